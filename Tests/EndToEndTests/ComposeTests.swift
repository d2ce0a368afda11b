import Foundation
import TestSupport
import Testing

@Suite struct ComposeTests {
    /// The README's commands for containers, with `config -q` for docker-compose's own words, as that
    /// needs no daemon, and without the change of owner.
    @Test func `the README's commands make the password files that the compose file takes`() throws
    {
        let block = try #require(readmeBlocks("sh").first { $0.contains("docker-compose") })
        #expect(block.contains("chown 10001 "))
        let home = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        try FileManager.default.createDirectory(at: home, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: home) }
        let bash = Process()
        bash.executableURL = URL(filePath: "/bin/bash")
        let stubs = """
            set -eu
            sudo() { true; }
            docker-compose() { command docker-compose "${@:1:2}" config -q; }

            """
        bash.arguments = ["-c", stubs + block]
        bash.currentDirectoryURL = repository
        bash.environment = ProcessInfo.processInfo.environment.merging(["HOME": home.path]) { $1 }
        try bash.run()
        bash.waitUntilExit()
        #expect(bash.terminationStatus == 0)

        let files = ["palimpsest-password", "palimpsest-pgpass"].map { home.appending(path: $0) }
        let texts = try files.map { try String(contentsOf: $0, encoding: .utf8) }
        #expect(texts[0].count > 32)
        #expect(texts[1] == "postgres:5432:palimpsest:palimpsest:" + texts[0])
        for file in files {
            let mode = try FileManager.default.attributesOfItem(atPath: file.path)[
                .posixPermissions
            ]
            #expect(mode as? Int == 0o600)
        }
    }

    /// The owner that the README gives the password file is the image's user.
    @Test func `the image's user has the uid that the README says`() throws {
        let file = repository.appending(path: "Compose/Dockerfile")
        let text = try String(contentsOf: file, encoding: .utf8)
        #expect(text.contains("useradd --uid 10001 ") && text.contains("\nUSER palimpsest\n"))
    }
}
