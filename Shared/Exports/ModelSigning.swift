import Foundation
import Jobs

/// The statement that OpenSSF Model Signing signs (OMS 1.0, sections 5 and 6), without a signature:
/// the artifact's files as `palimpsest export` writes them, by the digests of its manifest.
///
/// A signature is left to who signs: OMS takes ECDSA keys, and the ledger signs with Ed25519.
///
/// - Throws: `ExportError` where there is no file, which OMS refuses.
func modelSigningStatement(_ provenance: Provenance, _ files: [String: Digest]) throws -> JSON {
    guard !files.isEmpty else { throw ExportError("\(provenance.subject) has no files to sign") }
    // By code points (5.2.1); Swift's own order is that of normalised text.
    let named = files.sorted {
        $0.key.unicodeScalars.lexicographicallyPrecedes($1.key.unicodeScalars)
    }
    let root = Digest(of: Data(named.flatMap { bytes($0.value) }))
    return .object([
        "_type": .string("https://in-toto.io/Statement/v1"),
        "subject": .array([
            .object(["name": .string(provenance.main.title), "digest": sha256(root.hex)])
        ]),
        "predicateType": .string("https://model_signing/signature/v1.0"),
        "predicate": .object([
            "serialization": .object([
                "method": .string("files"), "hash_type": .string("sha256"),
                "allow_symlinks": .bool(false),
                // What its tools leave out by default (6.2).
                "ignore_paths": .array(
                    [".git", ".gitattributes", ".github", ".gitignore"].map { .string($0) }
                ),
            ]),
            "resources": .array(
                named.map { name, digest in
                    .object([
                        "name": .string(name), "algorithm": .string("sha256"),
                        "digest": .string(digest.hex),
                    ])
                }
            ),
        ]),
    ])
}

/// The 32 bytes that a digest writes in hex.
private func bytes(_ digest: Digest) -> [UInt8] {
    let digits = digest.hex.compactMap { $0.hexDigitValue }
    return stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
}
