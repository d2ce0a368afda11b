public import Foundation

/// The secret of one forget request; destroying it makes the list of items unreadable for ever.
public struct RequestKey: Sendable {
    private let bytes: [UInt8]

    /// A new key.
    public init() { bytes = randomBytes(32) }

    /// The key of these 32 bytes, or nil where they are not 32.
    public init?(_ bytes: [UInt8]) {
        guard bytes.count == 32 else { return nil }
        self.bytes = bytes
    }

    /// Reads a file that `write` made.
    ///
    /// - Throws: `ProofError` naming the file that holds no key, or that others may read.
    public init(file: URL) throws {
        let text = String(decoding: try Data(contentsOf: file), as: UTF8.self)
        let digits = text.trimmingCharacters(in: .whitespacesAndNewlines)
        guard let bytes = [UInt8](hexadecimal: digits), let key = RequestKey(bytes) else {
            throw ProofError("\(file.path) holds no key of 64 hexadecimal digits")
        }
        try requirePrivate(file)
        self = key
    }

    /// Writes the key to a new file that only its owner can read.
    public func write(to file: URL) throws {
        try writePrivate(Data((bytes.hexadecimal + "\n").utf8), to: file)
    }

    /// Overwrites and removes the file of a key; false where nothing is there.
    ///
    /// - Throws: `ProofError` naming what is there instead of a file, such as a link and its target.
    public static func erase(_ file: URL) throws -> Bool { try erasePrivate(file) }

    /// HMAC-SHA256 of the item.
    func code(of item: String) -> Hash {
        authenticationCode(Array(item.utf8), under: items)
    }

    /// The key that codes of items are made under.
    var items: [UInt8] { derived("item") }

    /// The key that seals lists.
    var sealing: [UInt8] { derived("list") }

    /// A key for one use, so that no code of an item can ever be a key.
    private func derived(_ use: String) -> [UInt8] {
        authenticationCode(Array("palimpsest/\(use)/v1".utf8), under: bytes).bytes
    }
}
