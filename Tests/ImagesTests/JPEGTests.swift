import CJPEG
import Foundation
import Images
import Testing

/// A JPEG of one colour, 16 × 16, by libjpeg-turbo.
private func jpeg(_ colour: [UInt8], _ format: TJPF, _ sampling: TJSAMP) throws -> Data {
    let encoder = try #require(tjInitCompress())
    defer { tjDestroy(encoder) }
    let pixels = (0..<256).flatMap { _ in colour }
    var (bytes, size): (UnsafeMutablePointer<UInt8>?, UInt) = (nil, 0)
    defer { tjFree(bytes) }
    let status = tjCompress2(
        encoder,
        pixels,
        16,
        0,
        16,
        Int32(format.rawValue),
        &bytes,
        &size,
        Int32(sampling.rawValue),
        95,
        0
    )
    try #require(status == 0)
    return Data(bytes: try #require(bytes), count: Int(size))
}

struct JPEGTests {
    /// The way through YCbCr rounds each channel by at most 2.
    @Test func `a colour survives`() throws {
        let image = try Image(decoding: jpeg([200, 100, 50], TJPF_RGB, TJSAMP_444))
        #expect(image.width == 16 && image.height == 16)
        for (index, value) in image.pixels.enumerated() {
            #expect(abs(Int(value) - [200, 100, 50][index % 3]) <= 2)
        }
    }

    @Test func `grey becomes three equal channels`() throws {
        let pixels = try Image(decoding: jpeg([77], TJPF_GRAY, TJSAMP_GRAY)).pixels
        #expect(pixels.allSatisfy { abs(Int($0) - 77) <= 1 })
        #expect(Set(pixels).count == 1)
    }

    @Test func `CMYK is refused by name`() throws {
        let file = try jpeg([10, 20, 30, 40], TJPF_CMYK, TJSAMP_444)
        #expect(
            refusal(file) == "a JPEG in CMYK, whose colours depend on a profile; save it as RGB"
        )
    }

    @Test(arguments: [2, 3, 100, -4])
    func `a truncated file is refused as damaged`(length: Int) throws {
        let file = try jpeg([200, 100, 50], TJPF_RGB, TJSAMP_444)
        let cut = length < 0 ? file.dropLast(-length) : file.prefix(length)
        #expect(cut.count < file.count)
        #expect(refusal(Data(cut))?.hasPrefix("a damaged JPEG: ") == true)
    }

    /// Height and width stand 5 bytes after the marker FFC0.
    @Test func `an absurd declared size is refused with its size`() throws {
        var file = try jpeg([200, 100, 50], TJPF_RGB, TJSAMP_444)
        let frame = try #require(file.firstRange(of: Data([0xFF, 0xC0]))?.lowerBound)
        file.replaceSubrange(frame + 5..<frame + 9, with: [0xFF, 0x00, 0xFF, 0x00])
        #expect(refusal(file) == "a JPEG of 65280×65280 pixels; at most 67108864 are read")
    }
}
