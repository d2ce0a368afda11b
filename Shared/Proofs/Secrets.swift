import CCrypto
import Foundation

/// Bytes that nobody can guess.
func randomBytes(_ count: Int) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    precondition(RAND_bytes(&bytes, Int32(count)) == 1, "libcrypto has no random bytes")
    return bytes
}

/// HMAC-SHA256 (RFC 2104).
func authenticationCode(_ message: [UInt8], under key: [UInt8]) -> Hash {
    var (bytes, count) = ([UInt8](repeating: 0, count: Hash.count), UInt32(Hash.count))
    let made = HMAC(
        EVP_sha256(),
        key,
        Int32(key.count),
        message,
        message.count,
        &bytes,
        &count
    )
    guard made != nil, let code = Hash(bytes) else {
        preconditionFailure("libcrypto has no HMAC-SHA256")
    }
    return code
}

/// Writes `data` to a new file that only its owner can read.
///
/// - Throws: `ProofError` where `file` is there already or cannot be made.
func writePrivate(_ data: Data, to file: URL) throws {
    let descriptor = open(file.path, O_WRONLY | O_CREAT | O_EXCL, 0o600)
    guard descriptor >= 0 else {
        throw ProofError(
            "cannot make the key file \(file.path): \(String(cString: strerror(errno)))"
        )
    }
    let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    try handle.write(contentsOf: data)
    try handle.synchronize()
    try handle.close()
}

/// - Throws: `ProofError` where others than the owner may read `file`.
func requirePrivate(_ file: URL) throws {
    let attributes = try FileManager.default.attributesOfItem(atPath: file.path)
    let mode = (attributes[.posixPermissions] as? NSNumber)?.intValue ?? 0o777
    guard mode & 0o077 == 0 else {
        throw ProofError("others can read the key file \(file.path); run chmod 600 on it")
    }
}
