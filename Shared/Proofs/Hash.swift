public import Foundation
public import Jobs

/// A SHA-256 as 32 bytes in place, for trees and chains of many.
public struct Hash: Hashable, Sendable, CustomStringConvertible {
    public static let count = 32
    /// The bytes in their order in memory.
    private var lanes = SIMD4<UInt64>()

    public var description: String { hex }

    /// The hash of what `write` gives to the hasher.
    public init(_ write: (inout Hasher256) -> Void) {
        self.init()
        var hasher = Hasher256()
        write(&hasher)
        withUnsafeMutableBytes(of: &lanes) { hasher.finish(into: $0) }
    }

    /// The hash of `bytes`.
    public init(of bytes: some ContiguousBytes) {
        self.init { hasher in bytes.withUnsafeBytes { hasher.update($0) } }
    }

    /// The hash that `bytes` are, or nil unless they are 32.
    public init?(_ bytes: some Collection<UInt8>) {
        guard bytes.count == Hash.count else { return nil }
        self.init()
        withUnsafeMutableBytes(of: &lanes) { $0.copyBytes(from: bytes) }
    }

    /// The hash that 64 lower-case hexadecimal digits write, or nil.
    public init?(hex: String) {
        guard let bytes = [UInt8](hexadecimal: hex) else { return nil }
        self.init(bytes)
    }

    /// Thirty-two zeros, the hash before the first.
    public init() {}

    public var bytes: [UInt8] { withUnsafeBytes { Array($0) } }
    public var hex: String { bytes.hexadecimal }
    public var digest: Digest { Digest(hash: self) }
}

extension Hash: ContiguousBytes {
    public func withUnsafeBytes<Result>(
        _ body: (UnsafeRawBufferPointer) throws -> Result
    ) rethrows -> Result {
        try Swift.withUnsafeBytes(of: lanes, body)
    }
}

extension Digest {
    /// The same digest, written.
    public init(hash: Hash) {
        guard let digest = Digest(hex: hash.hex) else { preconditionFailure("a hash has 32 bytes") }
        self = digest
    }
}

extension Collection<UInt8> {
    /// Two lower-case hexadecimal digits a byte.
    public var hexadecimal: String {
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        text.reserveCapacity(2 * count)
        for byte in self {
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        return String(decoding: text, as: UTF8.self)
    }
}

extension [UInt8] {
    /// The bytes that lower-case hexadecimal digits write, or nil where these are not all.
    public init?(hexadecimal text: String) {
        let digits = Array(text.utf8)
        guard digits.count.isMultiple(of: 2) else { return nil }
        self = []
        reserveCapacity(digits.count / 2)
        for place in stride(from: 0, to: digits.count, by: 2) {
            guard let high = nibble(digits[place]), let low = nibble(digits[place + 1]) else {
                return nil
            }
            append(high << 4 | low)
        }
    }
}

private func nibble(_ digit: UInt8) -> UInt8? {
    switch digit {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
    default: nil
    }
}
