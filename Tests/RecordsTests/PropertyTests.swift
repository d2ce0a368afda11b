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
        /// Asked of one graph in so many, where an answer takes milliseconds.
        var every = 1
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
            name: "ancestors by influence",
            sql: nodes("lineage.ancestors(g.a_digest, lineage.influences())"),
            oracle: { list($0.influences(on: $0.asked)) }
        ),
        Check(
            name: "runs_using",
            sql: nodes("lineage.runs_using(g.a_digest)"),
            oracle: { graph in
                list(
                    Set(
                        (0..<graph.count).filter {
                            graph.influences(on: $0).contains(graph.asked)
                        }
                    )
                )
            }
        ),
        Check(
            name: "diff",
            sql: "SELECT count(*)::text FROM lineage.diff(g.a_digest, g.b_digest) d "
                + "WHERE d.aspect = 'input'",
            oracle: {
                String($0.inputs(of: $0.asked).symmetricDifference($0.inputs(of: $0.other)).count)
            }
        ),
        Check(
            name: "witness",
            sql: "SELECT (lineage.witness(g.a, g.r) IS NOT NULL)::text",
            oracle: { String($0.tainted.contains($0.asked)) }
        ),
        Check(
            name: "a witness ends at a source and takes no step that taint does not",
            sql: """
                SELECT bool_and(CASE
                    WHEN p.role IS NULL THEN p.seq = ANY (lineage.seeds(g.r, 'infinity'))
                    ELSE lineage.is_tainted(p.seq, g.r)
                END)::text
                FROM lineage.shortest(
                    g.a, lineage.seeds(g.r, 'infinity'), lineage.influences(), g.r,
                    lineage.passing(g.r, 'infinity')
                ) p
                """,
            every: 10,
            oracle: { $0.tainted.contains($0.asked) ? "true" : "" }
        ),
        Check(
            name: "reintroduced",
            sql: nodes("lineage.reintroduced('r' || g.number)"),
            every: 10,
            oracle: { list($0.reintroduced) }
        ),
        Check(
            name: "remediation_plan has all that is live and nothing that is clean",
            sql: """
                SELECT string_agg((x.seq - g.base - 1)::text, ',' ORDER BY x.seq)
                    FILTER (WHERE q.live) || CASE
                        WHEN bool_and(lineage.is_tainted(x.seq, g.r)) THEN '' ELSE ' clean'
                    END
                FROM lineage.remediation_plan('r' || g.number) q
                JOIN lineage.artifact x ON x.digest = decode(q.artifact, 'hex')
                """,
            every: 10,
            oracle: { list($0.live.intersection($0.tainted)) }
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
                "SELECT (\(check.sql)) FROM story.graph g WHERE g.number % \(check.every) = 0 "
                    + "ORDER BY g.number"
            )
            let asked = PropertyTests.graphs.filter { $0.number % check.every == 0 }
            let wrong = zip(asked, answers).filter { check.oracle($0) != $1 }
            // The smallest one says most.
            if let (graph, answer) = wrong.min(by: { $0.0.edges.count < $1.0.edges.count }) {
                Issue.record(
                    """
                    \(check.name): \(wrong.count) graphs differ; graph \(graph.number) says \
                    \(check.oracle(graph)), Postgres \(answer); \(graph)
                    """
                )
            }
            #expect(answers.count == asked.count)
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
    /// All that has influence on `node`, at any distance.
    func influences(on node: Int) -> Set<Int> {
        edges.filter { $0.child == node && Self.influences.contains($0.role) }.map(\.parent)
            .reduce(into: []) { $0.formUnion(influences(on: $1).union([$1])) }
    }

    func inputs(of node: Int) -> Set<String> {
        Set(edges.filter { $0.child == node }.map { "\($0.role) \($0.parent)" })
    }

    /// Tainted ones with a tainted influence, and a parent that is cleansed or comes from what is
    /// and carries nothing.
    var reintroduced: Set<Int> {
        let tainted = tainted
        func children(_ node: Int) -> [Int] {
            edges.filter { $0.parent == node && Self.influences.contains($0.role) }.map(\.child)
        }
        var clean = Set(applied.filter { $0.value.result == "pass" }.map(\.key))
            .subtracting(tainted)
        while true {
            let more = clean.union(clean.flatMap(children).filter { !tainted.contains($0) })
            if more == clean { break }
            clean = more
        }
        return Set(clean.flatMap(children)).intersection(tainted).filter { node in
            edges.contains {
                $0.child == node && Self.influences.contains($0.role) && tainted.contains($0.parent)
            }
        }
    }

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
