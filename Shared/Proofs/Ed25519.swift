import CCrypto
public import Foundation

/// The key that checks what a `SigningKey` signed (Ed25519, RFC 8032).
public struct VerifyingKey: Hashable, Sendable {
    public let bytes: [UInt8]

    /// The key with these 32 bytes, or nil where they are not 32.
    public init?(_ bytes: [UInt8]) {
        guard bytes.count == 32 else { return nil }
        self.bytes = bytes
    }

    /// Reads a PEM file as `openssl pkey -pubout` writes it.
    ///
    /// - Throws: `ProofError` naming the file that holds no such key.
    public init(file: URL) throws {
        guard let key = VerifyingKey(try pem(file, "PUBLIC KEY", after: VerifyingKey.header))
        else { throw ProofError("\(file.path) holds no Ed25519 public key in PEM form") }
        self = key
    }

    /// The key's fingerprint: the hash of its bytes.
    public var id: String { Hash(of: bytes).hex }

    /// SubjectPublicKeyInfo in PEM form.
    public var text: String { pem("PUBLIC KEY", VerifyingKey.header + bytes) }

    /// The DER of RFC 8410 up to the key itself.
    private static let header: [UInt8] = [
        0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00,
    ]

    public func verifies(_ signature: [UInt8], of message: [UInt8]) -> Bool {
        let key = EVP_PKEY_new_raw_public_key_ex(nil, "ED25519", nil, bytes, bytes.count)
        let context = EVP_MD_CTX_new()
        defer {
            EVP_MD_CTX_free(context)
            EVP_PKEY_free(key)
        }
        guard EVP_DigestVerifyInit(context, nil, nil, nil, key) == 1 else { return false }
        return EVP_DigestVerify(context, signature, signature.count, message, message.count) == 1
    }
}

/// A key that signs (Ed25519, RFC 8032).
public struct SigningKey: Sendable {
    private let seed: [UInt8]
    public let verifying: VerifyingKey

    /// A new key.
    public init() { self.init(checked: randomBytes(32)) }

    /// The key of these 32 bytes, or nil where they are not 32.
    public init?(seed: [UInt8]) {
        guard seed.count == 32 else { return nil }
        self.init(checked: seed)
    }

    /// Reads a PEM file as `write` and `openssl genpkey -algorithm ed25519` make it.
    ///
    /// - Throws: `ProofError` naming the file that holds no such key, or that others may read.
    public init(file: URL) throws {
        guard let key = SigningKey(seed: try pem(file, "PRIVATE KEY", after: SigningKey.header))
        else { throw ProofError("\(file.path) holds no Ed25519 private key in PEM form") }
        try requirePrivate(file)
        self = key
    }

    private init(checked seed: [UInt8]) {
        self.seed = seed
        var (bytes, count) = ([UInt8](repeating: 0, count: 32), 32)
        let key = EVP_PKEY_new_raw_private_key_ex(nil, "ED25519", nil, seed, seed.count)
        defer { EVP_PKEY_free(key) }
        guard EVP_PKEY_get_raw_public_key(key, &bytes, &count) == 1,
            let verifying = VerifyingKey(bytes)
        else { preconditionFailure("libcrypto has no Ed25519") }
        self.verifying = verifying
    }

    /// The DER of RFC 8410 up to the key itself.
    private static let header: [UInt8] = [
        0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04,
        0x20,
    ]

    public func sign(_ message: [UInt8]) -> [UInt8] {
        let key = EVP_PKEY_new_raw_private_key_ex(nil, "ED25519", nil, seed, seed.count)
        let context = EVP_MD_CTX_new()
        defer {
            EVP_MD_CTX_free(context)
            EVP_PKEY_free(key)
        }
        var (signature, count) = ([UInt8](repeating: 0, count: 64), 64)
        precondition(
            EVP_DigestSignInit(context, nil, nil, nil, key) == 1
                && EVP_DigestSign(context, &signature, &count, message, message.count) == 1,
            "libcrypto cannot sign"
        )
        return signature
    }

    /// Writes the key to `file`, which only its owner can read, and the public key to
    /// `file` + ".pub".
    ///
    /// - Throws: where the file is there already, or cannot be written.
    public func write(to file: URL) throws {
        try writePrivate(Data(pem("PRIVATE KEY", SigningKey.header + seed).utf8), to: file)
        try Data(verifying.text.utf8).write(to: URL(filePath: file.path + ".pub"))
    }
}

private func pem(_ label: String, _ der: [UInt8]) -> String {
    let body = Data(der).base64EncodedString(options: [
        .lineLength64Characters, .endLineWithLineFeed,
    ])
    return "-----BEGIN \(label)-----\n\(body)\n-----END \(label)-----\n"
}

/// What follows `header` in the PEM block `label` of `file`; empty where there is none.
private func pem(_ file: URL, _ label: String, after header: [UInt8]) throws -> [UInt8] {
    let text = String(decoding: try Data(contentsOf: file), as: UTF8.self)
    let (begin, end) = ("-----BEGIN \(label)-----", "-----END \(label)-----")
    guard let start = text.range(of: begin), let stop = text.range(of: end),
        start.upperBound < stop.lowerBound,
        let der = Data(
            base64Encoded: text[start.upperBound..<stop.lowerBound].filter { !$0.isWhitespace }
        ),
        der.starts(with: header)
    else { return [] }
    return Array(der.dropFirst(header.count))
}
