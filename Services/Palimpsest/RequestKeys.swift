import Commands
import Foundation
import Jobs
import Postgres
import Proofs

/// The file of the key of the request `name`, in a folder that is made where it is missing.
///
/// - Throws: `UsageError` where nothing can be called that, or `PALIMPSEST_KEYS` is no folder.
func keyFile(_ name: String) throws -> URL {
    guard JobRequest.isName(name) else {
        throw UsageError(
            "'\(name)' cannot name a request; it takes a letter and up to 99 letters, digits, "
                + "dots, dashes and underscores, and must not look like a digest"
        )
    }
    let given = setting("PALIMPSEST_KEYS")
    let folder = given.map { URL(filePath: $0) } ?? Connections.home.appending(path: "keys")
    var isFolder: ObjCBool = true
    guard
        !FileManager.default.fileExists(atPath: folder.path, isDirectory: &isFolder)
            || isFolder.boolValue
    else { throw UsageError("PALIMPSEST_KEYS is '\(folder.path)', which is no folder") }
    try FileManager.default.createDirectory(
        at: folder,
        withIntermediateDirectories: true,
        attributes: [.posixPermissions: 0o700]
    )
    return folder.appending(path: name + ".key")
}

/// The items of the request `name`, whose key must be here.
func items(of name: String) throws -> [String] {
    let file = try presentKey(name)
    let row = try officer().query("SELECT * FROM lineage.sealed_list($1)", [.text(name)]).first
    guard let row, try row.optional("ciphertext") != nil else {
        throw UsageError("request '\(name)' came without a list")
    }
    let sealed = SealedList(bytes: try row.bytes("nonce") + row.bytes("ciphertext"))
    return try sealed.items(for: name, under: RequestKey(file: file))
}

/// The file of the key of the request `name`.
///
/// - Throws: `UsageError` where it is not there.
func presentKey(_ name: String) throws -> URL {
    let file = try keyFile(name)
    guard FileManager.default.fileExists(atPath: file.path) else {
        throw UsageError("\(file.path) is not there: the list of '\(name)' cannot be read")
    }
    return file
}
