/// A question of the catalogue: what SQL answers for the graph `g` with nodes `base + 1 …`, the
/// asked ones `a` and `b` and the request `r`; and what the oracle says. Numbers are ascending.
struct Question: Sendable {
    let name: String
    let sql: String
    /// Asked of one graph in so many, where an answer takes milliseconds.
    var every = 1
    let oracle: @Sendable (RandomGraph) -> String

    static let all = derivation + exposure

    static func list(_ nodes: Set<Int>) -> String {
        nodes.sorted().map(String.init).joined(separator: ",")
    }

    /// The artifacts of an answer as nodes of the graph.
    static func nodes(_ call: String) -> String {
        """
        SELECT string_agg((x.seq - g.base - 1)::text, ',' ORDER BY x.seq)
        FROM \(call) q JOIN lineage.artifact x ON x.digest = decode(q.artifact, 'hex')
        """
    }

    /// The node with the digest in `column`, or a dash.
    static func node(_ column: String) -> String {
        "coalesce((SELECT (n.seq - g.base - 1)::text FROM lineage.artifact n "
            + "WHERE n.digest = decode(\(column), 'hex')), '-')"
    }

    /// The node with the number in `column`, or a dash.
    static func node(number column: String) -> String {
        "coalesce((\(column) - g.base - 1)::text, '-')"
    }

    static func text(_ value: Int?) -> String { value.map(String.init) ?? "-" }
}
