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
        let sent = try desk.outbox.take().filter { $0.topic == Topics.lineage }
        #expect(sent.count == 2)
        #expect(sent.allSatisfy { $0.headers["ce_type"] == "io.openlineage.RunEvent" })
        let event = try JSON(parsing: #require(sent[1].value))
        #expect(try desk.ledger.openLineageEvent(of: "forgetful") == event)
        #expect(event["run"]?["runId"]?.string == sent[1].key)
        #expect(try desk.ledger.openLineageEvent(of: "shapes") == nil)
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
