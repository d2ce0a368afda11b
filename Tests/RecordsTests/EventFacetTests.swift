import Foundation
import Jobs
import Postgres
import Records
import Testing

/// The facets that tell of the program, of names and of what an evaluation found.
@Suite(.timeLimit(.minutes(2)))
struct EventFacetTests {
    let desk: Desk

    init() throws { desk = try Desk() }

    /// SHA-256 of "abc" (FIPS 180-2, appendix B.1), in hex and as RFC 6920 writes it.
    private static let code: JSON = [
        "_producer": "urn:palimpsest:ledger:v1",
        "_schemaURL": .string(
            "https://openlineage.io/spec/facets/1-0-1/SourceCodeLocationJobFacet.json"
                + "#/$defs/SourceCodeLocationJobFacet"
        ),
        "type": "digest",
        "url": "ni:///sha-256;ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0",
        "version": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    ]

    @Test func `every event names the program that worked on it`() throws {
        let owner = try desk.enlisted()
        let ends: [(ClaimedJob) throws -> Void] = [
            { try desk.queue.complete($0, outputs: [Desk.output(content: "x")]) },
            { try desk.queue.fail($0.claim, JobFailure(.permanent, "no")) },
            {
                _ = try desk.queue.cancel($0.claim.job)
                try desk.queue.cancelled($0.claim)
            },
            { _ in
                try desk.connection.query(
                    "UPDATE queue.job SET lease_expires_at = now() WHERE state = 'running'"
                )
                try desk.queue.reap()
            },
        ]
        for end in ends {
            try desk.submit(Desk.request(.train))
            let job = try desk.claim(owner: owner)
            try desk.pass(seconds: 60)
            try desk.queue.renew(job.claim, lease: 60)
            try end(job)
        }
        let told = try Told.all(desk.outbox)
        let types = Set(told.map(\.type))
        #expect(told.count == 12 && types == ["START", "RUNNING", "COMPLETE", "FAIL", "ABORT"])
        for event in told {
            #expect(event.event["job"]?["facets"]?["sourceCodeLocation"] == EventFacetTests.code)
        }
    }

    @Test func `a program that is not known is not named`() throws {
        try desk.make(.train, "teacher")
        #expect(try Told.all(desk.outbox).allSatisfy { $0.event["job"]?["facets"] == nil })
    }

    private static let teacher = JSON.array([
        ["namespace": "palimpsest", "name": "teacher", "type": "alias"]
    ])

    private func names(of name: String) throws -> [JSON?] {
        let event = try desk.ledger.openLineageEvent(of: name)
        guard case .array(let outputs)? = event?["outputs"] else { return [] }
        let facets = outputs.first?["facets"]
        return [facets?["version"]?["datasetVersion"], facets?["symlinks"]?["identifiers"]]
    }

    @Test func `an output tells the name that it got with its seal, and no later one`() throws {
        let teacher = try desk.make(.train, "teacher")
        let due: [JSON?] = [
            .string(teacher.hex), EventFacetTests.teacher,
        ]
        #expect(try names(of: "teacher") == due)
        try desk.connection.query(
            """
            INSERT INTO lineage.alias_event (name, artifact, at_birth)
            SELECT 'later', max(seq), true FROM lineage.artifact
            """
        )
        #expect(try names(of: "later") == due)
        try desk.make(.train, "teacher", spec: ["work": .object(["steps": .int(3)])])
        #expect(try names(of: "teacher").first != due.first)
        #expect(try names(of: "later") == due)
    }

    @Test func `an output without a name has no such facets`() throws {
        try desk.submit(Desk.request(.train))
        let made = try desk.queue.complete(desk.claim(), outputs: [Desk.output(content: "x")])
        #expect(try names(of: #require(made["model"]).hex) == [nil, nil])
    }

    /// Transactions are counted anew in a restored database, so a number may come again.
    @Test func `a transaction with an old number gives no name at birth`() throws {
        let made = try desk.make(.train, "teacher")
        try desk.connection.transaction {
            try desk.connection.execute(
                script: """
                    SET LOCAL session_replication_role = replica;
                    UPDATE lineage.artifact SET born = pg_current_xact_id();
                    SET LOCAL session_replication_role = origin;
                    INSERT INTO lineage.alias_event (name, artifact)
                    SELECT 'restored', seq FROM lineage.artifact WHERE digest = '\\x\(made.hex)';
                    """
            )
        }
        let identifiers = try names(of: "restored").last
        #expect(identifiers == EventFacetTests.teacher)
    }
}
