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

/// - Throws: `ProofError` where others than the owner may read the file that is at `file`, or that a
///   link there leads to.
func requirePrivate(_ file: URL) throws {
    let real = file.resolvingSymlinksInPath()
    let attributes = try FileManager.default.attributesOfItem(atPath: real.path)
    let mode = (attributes[.posixPermissions] as? NSNumber)?.intValue ?? 0o777
    guard mode & 0o077 == 0 else {
        let way = real.path == file.path ? "" : ", to which \(file.path) leads"
        throw ProofError(
            "others can read the key file \(real.path)\(way); run chmod 600 on it, or mount it with "
                + "mode 0400"
        )
    }
}

/// Overwrites the file, whatever other names it has, and removes it; false where nothing is there.
///
/// - Throws: `ProofError` where it is no file: a link's own removal would leave what it leads to.
func erasePrivate(_ file: URL) throws -> Bool {
    var status = stat()
    guard lstat(file.path, &status) == 0 else {
        if errno == ENOENT { return false }
        throw cannotErase(file)
    }
    switch status.st_mode & S_IFMT {
    case S_IFREG: break
    case S_IFLNK:
        throw ProofError(
            "\(file.path) is a link to \(try target(of: file)); erase that file and what it was made "
                + "from, then remove the link"
        )
    default: throw ProofError("\(file.path) is no file")
    }
    chmod(file.path, 0o600)
    let descriptor = open(file.path, O_WRONLY | O_NOFOLLOW | O_CLOEXEC)
    guard descriptor >= 0 else { throw cannotErase(file) }
    let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    try handle.write(contentsOf: Data(count: Int(status.st_size)))
    try handle.synchronize()
    try handle.close()
    guard unlink(file.path) == 0 else { throw cannotErase(file) }
    return true
}

/// Where the link `file` leads in the end, or, where nothing is there, what it says itself.
private func target(of file: URL) throws -> String {
    if let path = realpath(file.path, nil) {
        defer { free(path) }
        return String(cString: path)
    }
    return try FileManager.default.destinationOfSymbolicLink(atPath: file.path)
}

private func cannotErase(_ file: URL) -> ProofError {
    ProofError("cannot erase the key file \(file.path): \(String(cString: strerror(errno)))")
}
