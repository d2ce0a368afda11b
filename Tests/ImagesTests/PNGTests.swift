import Foundation
import Images
import Testing

/// The pixels of a file of one row, in groups of red, green, blue.
private func row(_ file: Data) throws -> [[UInt8]] {
    let pixels = try Image(decoding: file).pixels
    return stride(from: 0, to: pixels.count, by: 3).map { Array(pixels[$0..<$0 + 3]) }
}

/// What `data` is refused for, or nil where it is read.
func refusal(_ data: Data) -> String? {
    do throws(ImageError) {
        _ = try Image(decoding: data)
        return nil
    } catch {
        return error.description
    }
}

struct PNGTests {
    private let photo = Image(
        width: 5,
        height: 3,
        pixels: (0..<45).map { UInt8(truncatingIfNeeded: $0 * 37) }
    )

    @Test func `an image written and read again is the same`() throws {
        #expect(try Image(decoding: photo.png()) == photo)
    }

    @Test func `grey becomes three equal channels`() throws {
        let eight = PNGFile.bytes(width: 3, depth: 8, .grey, rows: [[0, 100, 255]])
        #expect(try row(eight) == [[0, 0, 0], [100, 100, 100], [255, 255, 255]])
        let one = PNGFile.bytes(width: 3, depth: 1, .grey, rows: [[0b1010_0000]])
        #expect(try row(one) == [[255, 255, 255], [0, 0, 0], [255, 255, 255]])
    }

    /// 16-bit v becomes v / 257, rounded; without a gAMA chunk too it means sRGB, not linear light.
    @Test func `sixteen bits become eight without getting brighter`() throws {
        let grey = PNGFile.bytes(width: 2, depth: 16, .grey, rows: [[0x80, 0x80, 0x12, 0x34]])
        #expect(try row(grey) == [[128, 128, 128], [18, 18, 18]])
        let samples: [UInt8] = [0xFF, 0xFF, 0x40, 0x40, 0x00, 0x00]
        let rgb = PNGFile.bytes(width: 1, depth: 16, .rgb, rows: [samples])
        #expect(try row(rgb) == [[255, 64, 0]])
    }

    @Test func `a palette is looked up and its transparent entry is white`() throws {
        let file = PNGFile.bytes(
            width: 3,
            depth: 8,
            .palette,
            rows: [[2, 0, 1]],
            chunks: [("PLTE", [200, 0, 0, 0, 150, 0, 0, 0, 99]), ("tRNS", [255, 0])]
        )
        #expect(try row(file) == [[0, 0, 99], [200, 0, 0], [255, 255, 255]])
    }

    /// Half-transparent black over white lets 127/255 of the light through, which at libpng's gamma
    /// of 2.2 is written (127/255)^(1/2.2) · 255 = 185.8.
    @Test func `transparency falls on white`() throws {
        let file = PNGFile.bytes(
            width: 3,
            depth: 8,
            .rgbAlpha,
            rows: [[9, 8, 7, 0, 9, 8, 7, 255, 0, 0, 0, 128]]
        )
        let pixels = try row(file)
        #expect(pixels[0] == [255, 255, 255] && pixels[1] == [9, 8, 7])
        #expect(pixels[2] == [186, 186, 186])
        let grey = PNGFile.bytes(width: 2, depth: 8, .greyAlpha, rows: [[50, 255, 50, 0]])
        #expect(try row(grey) == [[50, 50, 50], [255, 255, 255]])
    }

    @Test(arguments: [4, 8, 20, 40, 60])
    func `a truncated file is refused as damaged`(length: Int) {
        let file = photo.png()
        #expect(length < file.count)
        #expect(refusal(file.prefix(length))?.hasPrefix("a damaged PNG: ") == true)
    }

    @Test func `a wrong checksum is refused as damaged`() {
        var file = photo.png()
        file[file.count - 20] ^= 1
        #expect(refusal(file)?.hasPrefix("a damaged PNG: ") == true)
    }

    /// The declared size costs nothing: it is refused before any memory is taken.
    @Test func `an absurd declared size is refused with its size`() {
        let file = PNGFile.bytes(
            width: 100_000,
            depth: 8,
            .grey,
            rows: [[UInt8]](repeating: [], count: 60_000)
        )
        let says = "a PNG of 100000×60000 pixels; at most 67108864 are read"
        #expect(refusal(file) == says)
    }

    @Test(arguments: [
        ("", "an empty file"), ("GIF89a…", "not a PNG or JPEG image"),
        ("#!/bin/sh", "not a PNG or JPEG image"),
    ])
    func `what is no image is refused by name`(text: String, says: String) {
        #expect(refusal(Data(text.utf8)) == says)
    }
}
