import Foundation
import Postgres
import Testing

/// Ten thousand random graphs, each asked in Postgres and in Swift.
@Suite(.timeLimit(.minutes(6)))
struct PropertyTests {
    static let graphs = (0..<10_000).map { RandomGraph(number: $0, seed: UInt64($0) &* 7919) }

    /// A question: what SQL answers for the graph `g` with nodes `base + 1 …`, the asked ones `a`
    /// and `b` and the request `r`; and what the oracle says. Numbers are ascending.
    private struct Check: Sendable {
        let name: String
        let sql: String
        let oracle: @Sendable (RandomGraph) -> String
    }

    private static func list(_ nodes: Set<Int>) -> String {
        nodes.sorted().map(String.init).joined(separator: ",")
    }

    /// The artifacts of an answer as nodes of the graph.
    private static func nodes(_ call: String) -> String {
        """
        SELECT string_agg((x.seq - g.base - 1)::text, ',' ORDER BY x.seq)
        FROM \(call) q JOIN lineage.artifact x ON x.digest = decode(q.artifact, 'hex')
        """
    }

    private static let checks = [
        Check(
            name: "ancestors",
            sql: nodes("lineage.ancestors(g.a_digest)"),
            oracle: { list($0.ancestors($0.asked)) }
        ),
        Check(
            name: "descendants",
            sql: nodes("lineage.descendants(g.a_digest)"),
            oracle: { list($0.descendants($0.asked)) }
        ),
        Check(
            name: "is_derived_from",
            sql: "SELECT lineage.is_derived_from(g.a_digest, g.b_digest)::text",
            oracle: { String($0.ancestors($0.asked).contains($0.other)) }
        ),
        Check(
            name: "path",
            sql: """
                SELECT CASE WHEN count(*) > 0 THEN max(s.hop)::text END
                FROM lineage.shortest(g.a, ARRAY[g.b], NULL) s
                """,
            oracle: { $0.distance($0.asked, $0.other).map(String.init) ?? "" }
        ),
        Check(
            name: "path is made of edges",
            sql: """
                SELECT bool_and(p.role IS NULL OR EXISTS (
                    SELECT FROM lineage.edge e
                    WHERE e.child = p.seq AND e.parent = p.next AND e.role = p.role
                ))::text FROM (
                    SELECT s.*, lead(s.seq) OVER (ORDER BY s.hop) AS next
                    FROM lineage.shortest(g.a, ARRAY[g.b], NULL) s
                ) p
                """,
            oracle: { $0.distance($0.asked, $0.other) == nil ? "" : "true" }
        ),
        Check(
            name: "common_origin",
            sql: nodes("lineage.common_origin(g.a_digest, g.b_digest)"),
            oracle: { list($0.nearestShared) }
        ),
        Check(
            name: "tainted",
            sql: """
                SELECT string_agg((t - g.base - 1)::text, ',' ORDER BY t)
                FROM lineage.tainted(g.r) t
                """,
            oracle: { list($0.tainted) }
        ),
        Check(
            name: "is_tainted",
            sql: "SELECT lineage.is_tainted(g.a, g.r)::text",
            oracle: { String($0.tainted.contains($0.asked)) }
        ),
        Check(
            name: "status",
            sql: "SELECT lineage.status(g.a, g.r)",
            oracle: { $0.status($0.asked) }
        ),
        Check(
            name: "requests_status",
            sql: """
                SELECT CASE WHEN EXISTS (SELECT FROM lineage.concerns(g.b, 'infinity'))
                    THEN lineage.status(g.b, g.r) ELSE 'clean' END
                """,
            oracle: { graph in
                let status = graph.status(graph.other)
                // Unconcerned and cleansed is the same to who asks.
                let sources = graph.concerned(graph.other)
                return sources ? status : "clean"
            }
        ),
        Check(
            name: "exposed_deployments",
            sql: """
                SELECT string_agg((x.seq - g.base - 1)::text, ',' ORDER BY x.seq)
                FROM lineage.exposed_live(g.r) x (seq)
                """,
            oracle: { list($0.live.intersection($0.tainted)) }
        ),
    ]

    @Test func `random graphs are answered as the definitions say`() throws {
        let story = try Story()
        try PropertyTests.load(story)
        for check in PropertyTests.checks {
            let answers = try story.column(
                "SELECT (\(check.sql)) FROM story.graph g ORDER BY g.number"
            )
            let wrong = zip(PropertyTests.graphs, answers).filter { check.oracle($0) != $1 }
            // The smallest one says most.
            if let (graph, answer) = wrong.min(by: { $0.0.edges.count < $1.0.edges.count }) {
                Issue.record(
                    """
                    \(check.name): \(wrong.count) graphs differ; graph \(graph.number) says \
                    \(check.oracle(graph)), Postgres \(answer); \(graph)
                    """
                )
            }
            #expect(answers.count == PropertyTests.graphs.count)
        }
    }

    /// Loads all graphs at once, as a restore would, without triggers.
    private static func load(_ story: Story) throws {
        var (nodes, edges, applied): ([JSONNode], [JSONEdge], [JSONApplied]) = ([], [], [])
        for graph in graphs {
            nodes += (0..<graph.count).map {
                JSONNode(
                    g: graph.number,
                    k: $0,
                    c: graph.content[$0],
                    s: graph.seeds.contains($0),
                    l: graph.live.contains($0)
                )
            }
            edges += graph.edges.map {
                JSONEdge(
                    g: graph.number,
                    c: $0.child,
                    p: $0.parent,
                    r: $0.role,
                    x: $0.excluded
                )
            }
            applied += graph.applied.map {
                JSONApplied(g: graph.number, k: $0.key, m: $0.value.method, v: $0.value.result)
            }
        }
        let asked = graphs.map { [$0.number, $0.asked, $0.other] }
        try story.connection.query(
            "CREATE TABLE story.input AS SELECT $1::jsonb AS nodes, $2::jsonb AS edges, "
                + "$3::jsonb AS applied, $4::jsonb AS asked",
            [
                .text(try text(nodes)), .text(try text(edges)), .text(try text(applied)),
                .text(try text(asked)),
            ]
        )
        try story.run(file: "random_graphs.sql")
    }

    private static func text(_ value: some Encodable) throws -> String {
        String(decoding: try JSONEncoder().encode(value), as: UTF8.self)
    }

    private struct JSONNode: Encodable { let g, k, c: Int, s, l: Bool }
    private struct JSONEdge: Encodable { let g, c, p: Int, r: String, x: Bool }
    private struct JSONApplied: Encodable { let g, k: Int, m: String, v: String? }
}

extension RandomGraph {
    /// Whether a source lies among what `node` was made from in an influencing way, equal bytes
    /// included.
    func concerned(_ node: Int) -> Bool {
        var around: Set<Int> = [node]
        while true {
            let more = around.union(
                edges.filter { around.contains($0.child) && Self.influences.contains($0.role) }
                    .map(\.parent)
            ).union((0..<count).filter { one in around.contains { content[$0] == content[one] } })
            if more == around { return !around.isDisjoint(with: seeds) }
            around = more
        }
    }
}
