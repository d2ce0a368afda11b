import Foundation
import Postgres

/// Where Postgres's programs are, and how they are called.
struct PostgresPrograms {
    let folder: URL

    /// Those of the version `major` under Debian's folder, else its newest, else those on the PATH.
    ///
    /// - Throws: `PostgresError` naming the package to install.
    static func find(
        major: Int? = nil,
        under debian: String = "/usr/lib/postgresql",
        path: String = ProcessInfo.processInfo.environment["PATH"] ?? ""
    ) throws(PostgresError) -> PostgresPrograms {
        let versions = (try? FileManager.default.contentsOfDirectory(atPath: debian)) ?? []
        let newestFirst = versions.compactMap { Int($0) }.sorted(by: >)
        let installed = (newestFirst.filter { $0 == major } + newestFirst)
            .map { "\(debian)/\($0)/bin" }
        for folder in installed + path.split(separator: ":").map(String.init) {
            let both = ["initdb", "postgres"].allSatisfy {
                FileManager.default.isExecutableFile(atPath: folder + "/" + $0)
            }
            if both { return PostgresPrograms(folder: URL(filePath: folder)) }
        }
        throw PostgresError(
            "initdb and postgres are neither under \(debian) nor on the PATH",
            hint: "install them: apt-get install postgresql"
        )
    }

    func makeData(_ data: URL, _ account: ServerAccount, fsync: Bool) throws {
        var command = [
            folder.appending(path: "initdb").path, "--pgdata", data.path, "--username=palimpsest",
            "--auth=trust", "--encoding=UTF8", "--locale=C",
        ]
        if !fsync { command.append("--no-sync") }
        let (status, output) = try account.run(command)
        guard status == 0 else {
            throw PostgresError(
                "initdb could not make \(data.path)",
                detail: output.split(separator: "\n").suffix(4).joined(separator: " | ")
            )
        }
    }

    /// The command of the server, which listens on a socket in `socket` only.
    func server(_ data: URL, socket: URL, _ options: PrivatePostgres.Options) -> [String] {
        let durable = options.fsync ? "on" : "off"
        let settings =
            [
                "listen_addresses=", "unix_socket_directories=\(socket.path)",
                "unix_socket_permissions=0700", "max_connections=100", "shared_buffers=64MB",
                // /dev/shm, which parallel queries need, is small in containers.
                "max_parallel_workers_per_gather=0",
                "fsync=\(durable)", "synchronous_commit=\(durable)", "full_page_writes=\(durable)",
            ] + options.settings
        return [folder.appending(path: "postgres").path, "-D", data.path]
            + settings.flatMap { ["-c", $0] }
    }
}
