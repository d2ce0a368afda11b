import CPNG
public import Foundation

/// libpng's simplified interface: 16-bit, grey and palette images become 8-bit RGB. A transparent
/// colour is blended with white in linear light.
func decodePNG(_ data: Data) throws(ImageError) -> Image {
    var image = png_image()
    image.version = UInt32(PNG_IMAGE_VERSION)
    defer { png_image_free(&image) }
    var pixels: [UInt8] = []
    let done = data.withUnsafeBytes { bytes -> Bool in
        guard png_image_begin_read_from_memory(&image, bytes.baseAddress, bytes.count) != 0,
            Int(image.width) * Int(image.height) <= Image.mostPixels
        else { return false }
        image.format = UInt32(PNG_FORMAT_FLAG_COLOR)
        // Else libpng takes 16-bit samples without a gAMA chunk for linear light and brightens them.
        image.flags |= UInt32(PNG_IMAGE_FLAG_16BIT_sRGB)
        var white = png_color(red: 255, green: 255, blue: 255)
        pixels = [UInt8](repeating: 0, count: 3 * Int(image.width) * Int(image.height))
        return png_image_finish_read(&image, &white, &pixels, 3 * Int32(image.width), nil) != 0
    }
    let (width, height) = (Int(image.width), Int(image.height))
    guard width * height <= Image.mostPixels else {
        throw ImageError("a PNG of \(width)×\(height) pixels; at most \(Image.mostPixels) are read")
    }
    // A warning means that libpng mended something by guessing.
    guard done, image.warning_or_error == 0 else {
        throw ImageError("a damaged PNG: \(message(image))")
    }
    return Image(width: width, height: height, pixels: pixels)
}

extension Image {
    /// This image as a PNG file.
    public func png() -> Data {
        var image = png_image()
        image.version = UInt32(PNG_IMAGE_VERSION)
        (image.width, image.height) = (UInt32(width), UInt32(height))
        image.format = UInt32(PNG_FORMAT_FLAG_COLOR)
        var size = 3 * width * height * 2 + 65_536
        var bytes = [UInt8](repeating: 0, count: size)
        let done = png_image_write_to_memory(
            &image,
            &bytes,
            &size,
            0,
            pixels,
            Int32(3 * width),
            nil
        )
        precondition(done != 0, "libpng wrote nothing: \(message(image))")
        return Data(bytes.prefix(size))
    }
}

private func message(_ image: png_image) -> String {
    withUnsafeBytes(of: image.message) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
}
