import Foundation
import Jobs
import Postgres
import Records
import Testing

/// What OpenLineage 2-0-2 requires of a RunEvent and of its facets.
@Suite(.timeLimit(.minutes(2)))
struct OpenLineageTests {
    let desk: Desk

    init() throws {
        desk = try Desk()
        try desk.make(.train, "teacher")
        try desk.make(.unlearn, "forgetful", from: ["original": "teacher"])
    }

    @Test func `a seal sends the event that an export writes`() throws {
        let sent = try Told.all(desk.outbox).filter { $0.type == "COMPLETE" }
        try #require(sent.count == 2)
        for _ in 0..<2 {
            let export = try desk.ledger.openLineageEvent(of: "forgetful")
            #expect(export?.canonical == sent[1].event.canonical)
        }
        #expect(sent[1].run == sent[1].message.key)
        #expect(try desk.ledger.openLineageEvent(of: "shapes") == nil)
    }

    @Test func `whoever may read jobs can tell the id of a run`() throws {
        let known = try desk.connection.query("SELECT run_id FROM lineage.run ORDER BY seq")
        try desk.connection.query("SET ROLE palimpsest_reader")
        let told = try desk.connection.query(
            """
            SELECT lineage.run_id(job, epoch) FROM queue.job_history
            WHERE reason = 'started' ORDER BY at
            """
        )
        #expect(try told.map { try $0.text("run_id") } == known.map { try $0.text("run_id") })
        let fixed = try desk.connection.query(
            "SELECT lineage.run_id('00000000-0000-4000-8000-000000000001', 1)"
        )
        #expect(try fixed.first?.text("run_id") == "25413eb5-e7e7-8247-8094-b6407213b199")
    }

    @Test func `an event has what its schema requires`() throws {
        let event = try #require(try desk.ledger.openLineageEvent(of: "forgetful"))
        #expect(event["eventType"] == .string("COMPLETE"))
        let time = try #require(event["eventTime"]?.string)
        let form = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z/
        #expect(time.wholeMatch(of: form) != nil)
        for name in ["producer", "schemaURL"] {
            #expect(event[name]?.string.flatMap(URL.init(string:))?.scheme != nil)
        }
        #expect(UUID(uuidString: try #require(event["run"]?["runId"]?.string)) != nil)
        #expect(event["job"]?["name"] == .string("unlearn.saddle"))
        let facets = event.facets
        #expect(facets.count >= 4)
        for facet in facets {
            #expect(facet["_producer"]?.string != nil && facet["_schemaURL"]?.string != nil)
        }
    }

    /// Inputs × outputs would say that each output comes from each input.
    @Test func `each output names its own parents with their roles`() throws {
        let event = try #require(try desk.ledger.openLineageEvent(of: "forgetful"))
        guard case .array(let outputs)? = event["outputs"], let output = outputs.first,
            case .array(let parents)? = output["outputFacets"]?["palimpsest_parents"]?["parents"]
        else {
            Issue.record("the event has no output with parents")
            return
        }
        let teacher = try desk.ledger.resolve("teacher").artifact.hex
        #expect(
            parents.contains {
                $0["role"] == .string("init") && $0["name"] == .string(teacher)
            }
        )
        let artifact = try desk.ledger.resolve("forgetful").artifact.hex
        #expect(output["namespace"] == .string("sha256") && output["name"] == .string(artifact))
    }
}

extension JSON {
    /// Every facet of an event: the members of objects whose names end in `facets`.
    fileprivate var facets: [JSON] {
        switch self {
        case .array(let items): items.flatMap(\.facets)
        case .object(let members):
            members.flatMap { name, member -> [JSON] in
                guard name.lowercased().hasSuffix("facets"), case .object(let found) = member
                else { return member.facets }
                return Array(found.values)
            }
        default: []
        }
    }
}
