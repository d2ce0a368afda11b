import Foundation
import Jobs
import Lifecycle
import Postgres
import Records
import Store
import TestSupport
import Testing

@Suite(.serialized, .timeLimit(.minutes(5))) struct ProofPageTests {
    /// Jobs done by hand, with real blobs; then every command of the page, in its order.
    @Test func `the page about proofs does what it says`() throws {
        let stack = try TestStack(workers: [])
        try make(.train, "teacher", "diffusion", #"{"dataset": "tiny"}"#, stack)
        try make(.unlearn, "forgetful", "saddle", #"{"original": "teacher"}"#, stack)
        let file = repository.appending(path: "Documentation/proofs.md")
        let text = try String(contentsOf: file, encoding: .utf8)
        let blocks = text.components(separatedBy: "```sh\n").dropFirst().compactMap {
            $0.components(separatedBy: "\n```").first
        }
        #expect(blocks.count == 7)
        let (output, status) = try shell(blocks.joined(separator: "\n"), stack)
        #expect(status == 0, "\(output)")
        for words in [
            "of them in 1 signed epochs", "rules and rights compared", "rows asked",
            "Its original, before anything was unlearned",
            "\"specVersion\":\"1.6\"", "digraph lineage", "base_model:",
            "https://model_signing/signature/v1.0", "{\"algorithm\":\"sha256\"",
            "the store and the ledger agree",
        ] {
            #expect(output.contains(words), "\(words) is not in \(output)")
        }
        try verify(stack)
        try damage(stack)
    }

    /// What `verify` and `proof` say where a file is none, or nobody takes what they write.
    private func verify(_ stack: TestStack) throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let environment = stack.environment.merging(["D": folder.path]) { $1 }
        let started =
            "ln -s /dev/full $D/full; palimpsest lineage key $D/k; export PALIMPSEST_SIGNING_KEY=$D/k;"
            + " palimpsest lineage proof forgetful"
        let other = try Programs.shell(started, environment)
        #expect(other.status == 1 && other.text.contains("not with"), "\(other.text)")
        for (command, status, words) in [
            ("verify nofile", 1, "palimpsest: nofile: no such file"),
            ("verify $D", 1, "\(folder.path): is a directory"),
            ("verify ''", 64, "the name of a file is empty"),
            ("verify $D/k.pub", 1, "\(folder.path)/k.pub: this is no DSSE envelope"),
            ("verify - --key nokey", 1, "nokey: no such file"),
            ("verify - --key $D", 1, "is a directory"),
            ("verify - --key $D/k", 1, "k holds no Ed25519 public key"),
            ("verify - < /dev/null", 1, "standard input: this is no DSSE envelope"),
            ("verify - <&-", 1, "standard input: it is closed"),
            ("verify /dev/zero", 1, "/dev/zero: a proof has at most 64 MiB"),
            ("verify - < /dev/zero", 1, "standard input: a proof has at most 64 MiB"),
            ("submit /dev/zero", 1, "the file is too long; at most 262144 bytes are read"),
            (
                "lineage export forgetful --format dot --as-of yesterday", 64,
                "--as-of got 'yesterday'; it takes a time such as 2027-01-31"
            ),
            ("lineage export forgetful --format dot --as-of 2999-01-01", 64, "has not come yet"),
            ("lineage export forgetful --format x", 64, "known are openlineage, slsa, cyclonedx"),
            ("lineage export forgetful --format dot -o $D/full", 1, "no space left on device"),
            ("lineage export forgetful --format dot -o /dev/stdout", 0, "digraph lineage"),
            ("lineage export forgetful --format dot -o $D", 1, folder.path),
            ("lineage export forgetful --format dot -o $D/no/x", 1, "\(folder.path)/no"),
        ] {
            let answer = try Programs.shell("palimpsest \(command)", environment)
            #expect(answer.status == status && answer.text.contains(words), "\(answer)")
            #expect(!answer.text.contains("NSCocoa") && !answer.text.contains("Fatal"))
        }
    }

    /// The same commands, where something was changed.
    private func damage(_ stack: TestStack) throws {
        try stack.database.execute(
            script: """
                SET session_replication_role = replica;
                UPDATE lineage.import SET source = 'elsewhere';
                SET session_replication_role = origin;
                """
        )
        let log = try stack.palimpsest("lineage", "verify-log")
        #expect(log.status == 1)
        #expect(log.text.contains("lineage.import 1, column source: it is 'elsewhere'"))
        try verifyRules(stack)
        let blob = try #require(stack.store.listing().blobs.keys.first)
        try Data("x".utf8).write(to: stack.store.path(of: blob))
        let audit = try stack.palimpsest("lineage", "audit")
        #expect(audit.status == 1 && audit.text.contains("damaged  blobs/"), "\(audit.text)")
    }

    /// A rule that was dropped, and a row that broke it, as a table and as JSON.
    private func verifyRules(_ stack: TestStack) throws {
        try stack.database.execute(
            script: """
                DROP TRIGGER a_stamp ON lineage.alias_event;
                INSERT INTO lineage.alias_event (name, artifact, at) VALUES ('old', 1, '1999-01-01')
                """
        )
        for (command, table, json) in [
            (
                "verify-rules", "missing  trigger  a_stamp on lineage.alias_event",
                #""fault":"missing""#
            ),
            ("verify-rows", "I14  alias_event", #""invariant":"I14""#),
        ] {
            let found = try stack.palimpsest("lineage", command)
            #expect(found.status != 0 && found.text.contains(table), "\(found.text)")
            let document = try stack.palimpsest("lineage", command, "--json")
            #expect(document.status != 0 && document.text.contains(json), "\(document.text)")
        }
    }

    private func make(
        _ kind: JobKind,
        _ name: String,
        _ method: String,
        _ inputs: String,
        _ stack: TestStack
    ) throws {
        let forget = kind == .unlearn ? #", "forget": ["star"]"# : ""
        let body = """
            {"name": "\(name)", "spec": {"method": "\(method)"\(forget)}, "inputs": \(inputs)}
            """
        let json = try JSON(parsing: Data(body.utf8))
        let request = try JobRequest(json, kind: kind, fallbackID: UUID())
        let pinned = try stack.ledger.pin(request.inputs)
        _ = try stack.queue.submit(request, inputs: pinned, source: "test", messageID: name)
        let job = try #require(try stack.queue.claim([kind], owner: UUID(), lease: 60))
        var manifest = Manifest(format: "palimpsest.checkpoint.v1")
        try stack.store.add("weights", Data(name.utf8), to: &manifest)
        let output = JobOutput(
            name: "model",
            kind: "checkpoint",
            content: try stack.store.put(manifest),
            bytes: manifest.bytes,
            info: .object([:])
        )
        _ = try stack.queue.complete(job, outputs: [output])
    }

    private func shell(_ script: String, _ stack: TestStack) throws -> (String, Int32) {
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let process = Process()
        process.executableURL = URL(filePath: "/bin/sh")
        process.arguments = ["-euc", script + "\ncat forgetful.cdx.json"]
        process.currentDirectoryURL = folder
        process.environment = stack.environment.merging([
            "PATH": Programs.folder.path + ":/usr/bin:/bin",
            "STORE": URL(string: stack.store.url)?.path ?? "",
        ]) { $1 }
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        try process.start()
        let data = try pipe.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return (String(decoding: data, as: UTF8.self), process.terminationStatus)
    }
}
