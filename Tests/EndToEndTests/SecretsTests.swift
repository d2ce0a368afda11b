import Foundation
import HTTP
import Jobs
import Postgres
import Records
import TestSupport
import Testing

@Suite(.serialized, .timeLimit(.minutes(5))) struct SecretsTests {
    /// The passwords of Postgres and Kafka are nowhere that a stranger looks: not in logs, events,
    /// dead letters or pages, not in a command line, not in the child that reads user data.
    @Test func `fault 56: no secret leaves the worker`() throws {
        let secret = "hunter2-\(UInt32.random(in: 0...UInt32.max))"
        let stack = try TestStack(workers: [.train], secret: secret)
        let worker = try stack.worker(.train)
        // Its environment is to be seen once the program has begun.
        try stack.wait(10, for: "the secret in the worker's own environment") {
            try file(worker, "environ").contains(secret) ? true : nil
        }

        try stack.publish(raw: "{", to: "jobs.train.v1")
        let inputs = #"{"dataset": "tiny"}"#
        let failing = Tiny.classifier.replacing(#""depth": 1"#, with: #""depth": 1, "patch": 7"#)
        let failed = try stack.publish(.train, failing, inputs: inputs)
        #expect(try stack.finish(failed).isFinished)
        let long = try stack.publish(.train, Tiny.teacher(steps: 1_000_000), inputs: inputs)
        let child = try stack.wait { try stack.child(of: .train) }
        var told = [try file(child, "environ"), try file(child, "cmdline")]
        told.append(try file(worker, "cmdline"))
        _ = try stack.queue.cancel(long)
        #expect(try stack.finish(long).state == "cancelled")

        told.append(try stack.logged(.train))
        for path in ["/metrics", "/readyz"] { told.append(try stack.page(path).body) }
        let rows = try stack.database.query(
            """
            SELECT
                (SELECT string_agg(o::text || convert_from(o.value, 'UTF8'), '') FROM queue.outbox o)
                || (SELECT string_agg(r::text, '') FROM queue.rejection r)
                || (SELECT string_agg(j::text, '') FROM queue.job j) AS all_of_it
            """
        )
        told.append(try #require(rows.first).text("all_of_it"))
        for arguments in [["jobs"], ["doctor"]] {
            told.append(try stack.palimpsest(arguments[0]).text)
        }
        #expect(told.allSatisfy { !$0.isEmpty })
        for text in told { #expect(!text.contains(secret), "\(text)") }
    }

    /// libpq repeats what it cannot read; a worker that waited would log it every second.
    @Test(arguments: ["s3cr%et", "s3cr@et", "s3cr/et"])
    func `a mistyped password is not shown, and nobody waits for it`(password: String) throws {
        let stack = try TestStack(workers: [])
        let environment = stack.environment.merging([
            "PALIMPSEST_DATABASE": "postgresql://user:\(password)@127.0.0.1:1/db"
        ]) { $1 }
        for command in ["palimpsest jobs", "palimpsest doctor", "timeout 15 training-worker"] {
            let (text, status) = try Programs.shell(command, environment)
            #expect(status == 1, "\(command): \(text)")
            #expect(text.contains("PALIMPSEST_DATABASE is neither a URI"), "\(command): \(text)")
            #expect(!text.contains("s3cr") && !text.contains("et@"), "\(command): \(text)")
        }
    }

    private func file(_ process: Int32, _ name: String) throws -> String {
        let data = try Data(contentsOf: URL(filePath: "/proc/\(process)/\(name)"))
        return String(decoding: data, as: UTF8.self)
    }
}
