import Foundation
import Postgres
import Testing

/// Ten thousand random graphs, each asked in Postgres and in Swift.
@Suite(.timeLimit(.minutes(6)))
struct PropertyTests {
    static let graphs = (0..<10_000).map { RandomGraph(number: $0, seed: UInt64($0) &* 7919) }

    @Test func `random graphs are answered as the definitions say`() throws {
        let story = try Story()
        try PropertyTests.load(story)
        for question in Question.all {
            let answers = try story.column(
                "SELECT (\(question.sql)) FROM story.graph g "
                    + "WHERE g.number % \(question.every) = 0 ORDER BY g.number"
            )
            let asked = PropertyTests.graphs.filter { $0.number % question.every == 0 }
            let wrong = zip(asked, answers).filter { question.oracle($0) != $1 }
            // The smallest one says most.
            if let (graph, answer) = wrong.min(by: { $0.0.edges.count < $1.0.edges.count }) {
                Issue.record(
                    """
                    \(question.name): \(wrong.count) graphs differ; graph \(graph.number) says \
                    \(question.oracle(graph)), Postgres \(answer); \(graph)
                    """
                )
            }
            #expect(answers.count == asked.count)
            // No question is answered well by saying nothing.
            #expect(Set(answers).count > 1, "\(question.name)")
        }
    }

    /// Loads all graphs at once, as a restore would, without triggers.
    private static func load(_ story: Story) throws {
        let nodes = graphs.flatMap { graph in (0..<graph.count).map { JSONNode(graph, $0) } }
        let edges = graphs.flatMap { graph in graph.edges.map { JSONEdge(graph, $0) } }
        let applied = graphs.flatMap { graph in
            graph.applied.map {
                JSONApplied(
                    g: graph.number,
                    k: $0.key,
                    m: $0.value.method,
                    v: $0.value.result,
                    b: $0.value.besideParent
                )
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
}

/// Node `k` of graph `g`: its content, whether it is a source, live, imported, data; when its run
/// began; its original, weight root and depth.
private struct JSONNode: Encodable {
    let g, k, c: Int
    let s, l, i, x: Bool
    let t: Int
    let o, w, d: Int?

    init(_ graph: RandomGraph, _ node: Int) {
        let way = graph.data.contains(node) ? [] : graph.weights(node)
        (g, k, c, t) = (graph.number, node, graph.content[node], graph.started[node])
        (s, l) = (graph.seeds.contains(node), graph.live.contains(node))
        (i, x) = (graph.imported.contains(node), graph.data.contains(node))
        (o, w) = (way.isEmpty ? nil : graph.original(of: node), way.last)
        d = way.isEmpty ? nil : way.count - 1
    }
}

private struct JSONEdge: Encodable {
    let g, c, p: Int
    let r: String
    let x: Bool

    init(_ graph: RandomGraph, _ edge: RandomGraph.Edge) {
        (g, c, p) = (graph.number, edge.child, edge.parent)
        (r, x) = (edge.role, edge.excluded)
    }
}

private struct JSONApplied: Encodable {
    let g, k: Int
    let m: String
    let v: String?
    let b: Bool
}
