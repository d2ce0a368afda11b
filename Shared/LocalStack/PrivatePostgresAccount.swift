import Foundation
import Jobs
import Postgres

/// The user that the server runs as: it refuses to be root.
struct ServerAccount {
    /// The user and group to change to; nil stays what we are.
    let identity: (user: uid_t, group: gid_t)?

    /// - Throws: `PostgresError` where we are root and there is nobody else to be.
    static func forServer(in folder: URL) throws(PostgresError) -> ServerAccount {
        guard geteuid() == 0 else { return ServerAccount(identity: nil) }
        var status = stat()
        if stat(folder.path, &status) == 0, status.st_uid != 0, getpwuid(status.st_uid) != nil {
            return ServerAccount(identity: (status.st_uid, status.st_gid))
        }
        guard let entry = getpwnam("postgres") else {
            throw PostgresError(
                "Postgres refuses to run as root, and there is no user 'postgres'",
                hint: "apt-get install postgresql makes one; or run this as another user"
            )
        }
        return ServerAccount(identity: (entry.pointee.pw_uid, entry.pointee.pw_gid))
    }

    /// `command` as this user. The signal at the parent's death is asked for after the change of
    /// user, which would clear it.
    func command(_ command: [String], diesWithParent: Bool = false) -> [String] {
        var options: [String] = []
        if let identity {
            options += ["--reuid=\(identity.user)", "--regid=\(identity.group)", "--clear-groups"]
        }
        if diesWithParent { options += ["--pdeathsig", "INT"] }
        return options.isEmpty ? command : ["/usr/bin/env", "setpriv"] + options + command
    }

    func run(_ words: [String]) throws -> (status: Int32, output: String) {
        let words = command(words)
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(filePath: words[0])
        process.arguments = Array(words.dropFirst())
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        process.standardError = output
        process.currentDirectoryURL = URL(filePath: "/")
        try process.run()
        let bytes = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: bytes, as: UTF8.self))
    }

    /// A folder for the server that this user can write in: `folder`'s `postgres`, else one in the
    /// temporary folder.
    func home(for folder: URL) throws -> URL {
        // A socket's path has at most 107 bytes.
        let near = folder.absoluteURL.standardizedFileURL.appending(path: "postgres")
        if near.path.utf8.count <= 80, try makeFolder(near) { return near }
        let name = "palimpsest-" + Digest(of: Data(near.path.utf8)).hex.prefix(16)
        let far = FileManager.default.temporaryDirectory.appending(path: name)
        guard try makeFolder(far) else {
            throw PostgresError(
                "the server's user can write neither in \(near.path) nor in \(far.path)",
                hint: "start in another folder, or remove the second"
            )
        }
        return far
    }

    /// The folder that was asked for, or the one in the temporary folder that stands in for it.
    func owned(_ home: URL) -> String {
        home.lastPathComponent == "postgres" ? home.deletingLastPathComponent().path : home.path
    }

    /// Makes `folder` and gives it to the server's user; whether that user can write there.
    private func makeFolder(_ folder: URL) throws -> Bool {
        let manager = FileManager.default
        if !manager.fileExists(atPath: folder.path) {
            try manager.createDirectory(at: folder, withIntermediateDirectories: true)
            if let identity, chown(folder.path, identity.user, identity.group) != 0 { return false }
            chmod(folder.path, 0o700)
        }
        var status = stat()
        guard lstat(folder.path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR,
            status.st_uid == identity?.user ?? geteuid()
        else { return false }
        return try run(["/usr/bin/test", "-w", folder.path]).status == 0
    }
}
