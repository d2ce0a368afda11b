import Foundation
import Postgres
import Testing

@testable import LocalStack

@Suite(.timeLimit(.minutes(2)))
struct PrivatePostgresTests {
    let folder = FileManager.default.temporaryDirectory.appending(path: "palimpsest-\(UUID())")

    @Test func `what was committed is there after a restart`() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        var server = try PrivatePostgres.start(in: folder)
        try Connection(server.conninfo).execute(
            script: "CREATE TABLE kept (x integer); INSERT INTO kept VALUES (7)"
        )
        server.stop()
        #expect(throws: PostgresError.self) { try Connection(server.conninfo) }
        server = try PrivatePostgres.start(in: folder)
        let row = try Connection(server.conninfo).query("SELECT x FROM kept").first
        #expect(try row?.int("x") == 7)
        server.stop()
    }

    @Test func `a second server in the same folder is refused and the first goes on`() throws {
        var options = PrivatePostgres.Options()
        options.fsync = false
        options.removesFolder = true
        let server = try PrivatePostgres.start(in: folder, options)
        let error = #expect(throws: PostgresError.self) {
            try PrivatePostgres.start(in: folder)
        }
        #expect(error?.detail?.contains("postmaster.pid") == true)
        #expect(try Connection(server.conninfo).query("SELECT 1 AS x").count == 1)
        server.stop()
        #expect(!FileManager.default.fileExists(atPath: folder.path))
    }

    @Test func `a folder that the server's user cannot reach is stood in for`() throws {
        guard geteuid() == 0 else { return }
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        chmod(folder.path, 0o700)
        var options = PrivatePostgres.Options()
        options.fsync = false
        options.removesFolder = true
        let server = try PrivatePostgres.start(in: folder.appending(path: "inner"), options)
        #expect(!server.folder.path.hasPrefix(folder.path))
        #expect(try Connection(server.conninfo).query("SELECT 1 AS x").count == 1)
        server.stop()
        #expect(!FileManager.default.fileExists(atPath: server.folder.path))
    }

    @Test func `a path too long for a socket is stood in for`() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        var options = PrivatePostgres.Options()
        options.fsync = false
        options.removesFolder = true
        let deep = folder.appending(path: String(repeating: "long", count: 30))
        let server = try PrivatePostgres.start(in: deep, options)
        #expect(try Connection(server.conninfo).query("SELECT 1 AS x").count == 1)
        server.stop()
    }

    @Test func `a killed process leaves no server and no folder behind`() async throws {
        let path = folder.path
        await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String] in
            var options = PrivatePostgres.Options()
            options.fsync = false
            options.removesFolder = true
            let server = try PrivatePostgres.start(in: URL(filePath: path), options)
            let pid = try #require(
                try Connection(server.conninfo).query(
                    "SELECT pg_read_file('postmaster.pid', 0, 20) AS pid"
                ).first?.text("pid").split(separator: "\n").first
            )
            try Data(pid.utf8).write(to: URL(filePath: path + ".pid"))
            kill(getpid(), SIGKILL)
        }
        defer { try? FileManager.default.removeItem(atPath: path + ".pid") }
        let pid = try String(contentsOfFile: path + ".pid", encoding: .utf8)
        while FileManager.default.fileExists(atPath: path) {
            try await Task.sleep(for: .seconds(0.05))
        }
        #expect(!FileManager.default.fileExists(atPath: "/proc/" + pid))
    }

    @Test func `the version asked for is taken where it is installed, else the newest`() throws {
        for version in ["14", "15", "9", "notes"] {
            let bin = folder.appending(path: version).appending(path: "bin")
            try FileManager.default.createDirectory(at: bin, withIntermediateDirectories: true)
            for program in ["initdb", "postgres"] {
                let file = bin.appending(path: program).path
                try Data().write(to: URL(filePath: file))
                chmod(file, 0o755)
            }
        }
        defer { try? FileManager.default.removeItem(at: folder) }
        for (major, taken) in [(14, "14"), (9, "9"), (16, "15"), (nil, "15")] {
            let programs = try PostgresPrograms.find(major: major, under: folder.path, path: "")
            #expect(programs.folder.path == folder.path + "/\(taken)/bin")
        }
    }

    @Test func `missing programs name the package to install`() {
        let error = #expect(throws: PostgresError.self) {
            try PostgresPrograms.find(under: "/nowhere", path: "/nowhere/bin")
        }
        #expect(error?.hint == "install them: apt-get install postgresql")
    }
}
