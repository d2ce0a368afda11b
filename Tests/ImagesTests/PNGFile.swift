import Foundation

/// A PNG file put together chunk by chunk (ISO/IEC 15948), so that every colour type and every kind
/// of damage can be made; its rows are stored without compression.
enum PNGFile {
    enum Colour: UInt8 {
        case grey = 0, rgb = 2, palette = 3, greyAlpha = 4, rgbAlpha = 6
    }

    /// * `rows`: the bytes of each row as the format packs them.
    /// * `chunks`: what stands between header and pixels, such as `PLTE`.
    static func bytes(
        width: Int,
        depth: UInt8,
        _ colour: Colour,
        rows: [[UInt8]],
        chunks: [(String, [UInt8])] = []
    ) -> Data {
        let header = big(width) + big(rows.count) + [depth, colour.rawValue, 0, 0, 0]
        let pixels = stored(rows.flatMap { [0] + $0 })
        var data = Data([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A])
        for (name, body) in [("IHDR", header)] + chunks + [("IDAT", pixels), ("IEND", [])] {
            let named = Array(name.utf8) + body
            data.append(contentsOf: big(body.count) + named + big(Int(checksum(named))))
        }
        return data
    }

    /// A zlib stream of one stored block (RFC 1950, 1951).
    private static func stored(_ bytes: [UInt8]) -> [UInt8] {
        let (low, high) = (UInt8(bytes.count & 255), UInt8(bytes.count >> 8))
        var (a, b) = (1, 0)
        for byte in bytes {
            a = (a + Int(byte)) % 65_521
            b = (b + a) % 65_521
        }
        return [0x78, 0x01, 1, low, high, ~low, ~high] + bytes + big(b << 16 | a)
    }

    /// CRC-32 as the format's annex D has it.
    private static func checksum(_ bytes: [UInt8]) -> UInt32 {
        ~bytes.reduce(UInt32.max) { crc, byte in
            (0..<8).reduce(crc ^ UInt32(byte)) { crc, _ in
                crc & 1 == 1 ? crc >> 1 ^ 0xEDB8_8320 : crc >> 1
            }
        }
    }

    private static func big(_ value: Int) -> [UInt8] {
        (0..<4).map { UInt8(truncatingIfNeeded: value >> (24 - 8 * $0)) }
    }
}
