import CCrypto
public import Foundation

/// A SHA-256 digest, written as 64 lower-case hexadecimal digits.
public struct Digest: Hashable, Sendable, Codable, CustomStringConvertible {
    public let hex: String
    public var description: String { hex }

    /// The digest of `bytes`.
    public init(of bytes: some DataProtocol) {
        var hasher = Hasher256()
        hasher.update(bytes)
        self = hasher.finish()
    }

    /// The digest that `hex` writes, or nil unless it is 64 hexadecimal digits.
    public init?(hex: String) {
        let lower = hex.lowercased()
        // Unicode counts full-width digits as hexadecimal ones.
        guard lower.utf8.count == 64, lower.utf8.allSatisfy("0123456789abcdef".utf8.contains) else {
            return nil
        }
        self.hex = lower
    }

    fileprivate init(raw: [UInt8]) {
        hex = raw.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let digest = Digest(hex: text) else {
            throw DecodingError.dataCorruptedError(
                in: container,
                debugDescription: "'\(text)' is not a digest; 64 hexadecimal digits are"
            )
        }
        self = digest
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(hex)
    }
}

/// SHA-256 over bytes that arrive in pieces (OpenSSL).
public struct Hasher256 {
    private var context = SHA256_CTX()

    public init() { SHA256_Init(&context) }

    public mutating func update(_ bytes: some DataProtocol) {
        for region in bytes.regions { region.withUnsafeBytes { update($0) } }
    }

    public mutating func update(_ bytes: UnsafeRawBufferPointer) {
        SHA256_Update(&context, bytes.baseAddress, bytes.count)
    }

    /// The digest of everything so far; call once.
    public mutating func finish() -> Digest {
        var raw = [UInt8](repeating: 0, count: 32)
        raw.withUnsafeMutableBytes { finish(into: $0) }
        return Digest(raw: raw)
    }

    /// Writes the 32 bytes of the digest of everything so far into `place`; call once.
    public mutating func finish(into place: UnsafeMutableRawBufferPointer) {
        precondition(place.count == 32, "SHA-256 has 32 bytes, not \(place.count)")
        SHA256_Final(place.bindMemory(to: UInt8.self).baseAddress, &context)
    }
}
