import CJPEG
import Foundation

/// libjpeg-turbo's TurboJPEG interface; grey becomes RGB, CMYK is refused.
func decodeJPEG(_ data: Data) throws(ImageError) -> Image {
    guard let decoder = tjInitDecompress() else { throw ImageError("no JPEG decoder") }
    defer { tjDestroy(decoder) }
    var (width, height, subsampling, colours) = (Int32(0), Int32(0), Int32(0), Int32(0))
    let size = UInt(data.count)
    let header = data.withUnsafeBytes { bytes in
        tjDecompressHeader3(
            decoder,
            bytes.bindMemory(to: UInt8.self).baseAddress,
            size,
            &width,
            &height,
            &subsampling,
            &colours
        )
    }
    guard header == 0 else { throw ImageError("a damaged JPEG: \(message(decoder))") }
    guard colours != TJCS_CMYK.rawValue, colours != TJCS_YCCK.rawValue else {
        throw ImageError("a JPEG in CMYK, whose colours depend on a profile; save it as RGB")
    }
    guard Int(width) * Int(height) <= Image.mostPixels else {
        throw ImageError(
            "a JPEG of \(width)×\(height) pixels; at most \(Image.mostPixels) are read"
        )
    }
    var pixels = [UInt8](repeating: 0, count: 3 * Int(width) * Int(height))
    let done = data.withUnsafeBytes { bytes in
        tjDecompress2(
            decoder,
            bytes.bindMemory(to: UInt8.self).baseAddress,
            size,
            &pixels,
            width,
            3 * width,
            height,
            Int32(TJPF_RGB.rawValue),
            TJFLAG_STOPONWARNING
        )
    }
    guard done == 0 else { throw ImageError("a damaged JPEG: \(message(decoder))") }
    return Image(width: Int(width), height: Int(height), pixels: pixels)
}

private func message(_ decoder: tjhandle) -> String {
    tjGetErrorStr2(decoder).map { String(cString: $0) } ?? "unreadable"
}
