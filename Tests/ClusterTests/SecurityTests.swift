import Foundation
import HTTP
import Jobs
import Kafka
import TestSupport
import Testing

@Suite(.serialized, .timeLimit(.minutes(5)), .enabled(if: Cluster.isThere))
struct SecurityTests {
    /// The user `worker` may do what the README says a training worker needs, and no more.
    @Test(arguments: ["mtls", "plain-tls"])
    func `a worker reads its own topic and no other`(security: String) throws {
        let cluster = try Cluster(security: security, acl: true)
        let admin = try String(contentsOfFile: cluster.client("admin"), encoding: .utf8)
        let fleet = try Fleet(cluster.bootstrap, settings: admin)
        #expect(try fleet.palimpsest("topics").status == 0)
        let id = try fleet.publish(fleet.producer())
        for grant in [
            ["--operation", "Read", "--topic", "jobs.train.v1", "--group", "jobs-train"],
            ["--operation", "Read", "--topic", "jobs.control.v1", "--group", "jobs-control"],
            [
                "--operation", "Write", "--topic", "jobs.events.v1", "--topic", "jobs.dlq.v1",
                "--topic", "lineage.events.v1",
            ],
        ] { try cluster.grant("worker", grant) }

        let worker = try Fleet(cluster.bootstrap, settings: cluster.settings("worker"))
        let training = try worker.start()
        try worker.await([id])
        try worker.wait(for: "readiness") { training.isReady ? true : nil }
        let sent = #"outbox_published_total{topic="jobs.events.v1",result="ok"}"#
        try worker.wait(for: "an event on jobs.events.v1") {
            try training.page("/metrics").body.contains(sent) ? true : nil
        }
        let distillation = try worker.start("distillation")
        try worker.wait(for: "the other worker's end") {
            distillation.process.isRunning ? nil : true
        }
        #expect(distillation.process.terminationStatus == 1)
        #expect(distillation.logged.contains("authorization failed"), "\(distillation.logged)")

        let outsider = try Fleet(cluster.bootstrap, settings: cluster.settings("outsider"))
        let refused = try outsider.palimpsest("topics")
        #expect(refused.status == 1 && refused.text.contains("uthorization"), "\(refused.text)")
        for secret in cluster.secrets {
            let told = training.logged + distillation.logged + refused.text
            #expect(!told.contains(secret))
        }
    }

    @Test func `SCRAM is refused by worker and doctor with what to use instead`() throws {
        guard Configuration.libraryVersion < (2, 6, 1) else {
            print("librdkafka is 2.6.1 or later: SCRAM works and is not refused")
            return
        }
        let cluster = try Cluster()
        let scram = "security.protocol=sasl_ssl\nsasl.mechanism=SCRAM-SHA-512\nsasl.username=u\n"
        let fleet = try Fleet(cluster.bootstrap, settings: scram + "sasl.password=hunter2\n")
        let worker = try fleet.start()
        worker.process.waitUntilExit()
        let doctor = try fleet.palimpsest("doctor")
        #expect(worker.process.terminationStatus == 1 && doctor.status == 1)
        for text in [worker.logged, doctor.text] {
            #expect(text.contains("SCRAM-SHA-512 fails with Kafka 4"), "\(text)")
            #expect(text.contains("use mTLS or SASL/PLAIN over TLS") && !text.contains("hunter2"))
        }
    }
}

extension Cluster {
    func grant(_ user: String, _ arguments: [String]) throws {
        let said = try tool(["acls", "--add", "--allow-principal", "User:\(user)"] + arguments)
        try #require(said.contains("principal=User:\(user)"), "\(said)")
    }

    func settings(_ user: String) throws -> String {
        try String(contentsOfFile: client(user), encoding: .utf8)
    }

    /// All passwords of the users, where there are any.
    var secrets: [String] {
        ["admin", "worker", "outsider"].compactMap { user in
            (try? settings(user))?.split(separator: "\n")
                .first { $0.hasPrefix("sasl.password=") }.map { String($0.dropFirst(14)) }
        }
    }
}
