public import Foundation

/// An 8-bit RGB image; `pixels` are rows of red, green, blue.
public struct Image: Equatable, Sendable {
    public let width: Int
    public let height: Int
    public var pixels: [UInt8]

    /// - Precondition: there are 3 · width · height bytes.
    public init(width: Int, height: Int, pixels: [UInt8]) {
        precondition(pixels.count == 3 * width * height, "an image of the wrong size")
        self.width = width
        self.height = height
        self.pixels = pixels
    }

    /// An image of one colour.
    public init(width: Int, height: Int, filledWith value: UInt8) {
        self.init(
            width: width,
            height: height,
            pixels: [UInt8](repeating: value, count: 3 * width * height)
        )
    }

    /// Decodes a PNG or a JPEG of any colour type as 8-bit RGB; transparency falls on white.
    ///
    /// - Throws: `ImageError` for another format, damage, or more than 64 million pixels.
    public init(decoding data: Data) throws(ImageError) {
        if data.isEmpty { throw ImageError("an empty file") }
        if data.starts(with: [0x89, 0x50, 0x4E, 0x47]) {
            self = try decodePNG(data)
        } else if data.starts(with: [0xFF, 0xD8]) {
            self = try decodeJPEG(data)
        } else {
            throw ImageError("not a PNG or JPEG image")
        }
    }

    static let mostPixels = 64 << 20
}

/// Why bytes are not an image.
public struct ImageError: Error, CustomStringConvertible {
    public let description: String
    init(_ description: String) { self.description = description }
}
