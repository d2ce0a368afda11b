/// Where nodes come from.
extension RandomGraph {
    private func parents(_ node: Int) -> [Int] {
        edges.filter { $0.child == node }.map(\.parent)
    }

    func parents(_ node: Int, by roles: [String]) -> [Int] {
        edges.filter { $0.child == node && roles.contains($0.role) }.map(\.parent)
    }

    /// All that `node` was made from.
    func ancestors(_ node: Int) -> Set<Int> {
        parents(node).reduce(into: []) { $0.formUnion(ancestors($1).union([$1])) }
    }

    /// All that `node` was made from by `roles` alone.
    func ancestors(_ node: Int, by roles: [String]) -> Set<Int> {
        parents(node, by: roles).reduce(into: []) {
            $0.formUnion(ancestors($1, by: roles).union([$1]))
        }
    }

    /// All that has influence on `node`, at any distance.
    func influences(on node: Int) -> Set<Int> { ancestors(node, by: RandomGraph.influences) }

    func descendants(_ node: Int) -> Set<Int> {
        Set((0..<count).filter { ancestors($0).contains(node) })
    }

    func inputs(of node: Int) -> Set<String> {
        Set(edges.filter { $0.child == node }.map { "\($0.role) \($0.parent)" })
    }

    /// Edges on the shortest way up, nil where there is none.
    func distance(_ start: Int, _ goal: Int) -> Int? {
        if start == goal { return 0 }
        return parents(start).compactMap { distance($0, goal) }.min().map { $0 + 1 }
    }

    /// Edges on the longest way up.
    func generation(_ node: Int) -> Int { parents(node).map { generation($0) + 1 }.max() ?? 0 }

    /// The nodes without parents that `node` comes from, itself where it is one.
    func origins(_ node: Int) -> Set<Int> {
        ancestors(node).union([node]).filter { parents($0).isEmpty }
    }

    var nearestShared: Set<Int> {
        let shared = ancestors(asked).union([asked]).intersection(ancestors(other).union([other]))
        return shared.filter { one in !shared.contains { ancestors($0).contains(one) } }
    }

    // Weights ----------------------------------------------------------------------------------

    /// Where the weights of `node` came from: what it starts from, else of those merged the oldest
    /// that was unlearned, else the oldest.
    private func weightParent(_ node: Int) -> Int? {
        if let start = parents(node, by: ["init"]).first { return start }
        let merged = parents(node, by: ["merge"])
        return merged.filter { original(of: $0) != nil }.min() ?? merged.min()
    }

    /// The way of the weights from `node` to their root.
    func weights(_ node: Int) -> [Int] { [node] + (weightParent(node).map(weights) ?? []) }

    /// θ0: what the first unlearning on the way of the weights began with, or stands in for.
    func original(of node: Int) -> Int? {
        guard let first = weights(node).last(where: { applied[$0] != nil }) else { return nil }
        let role = applied[first]?.method == "retrain" ? "replaces" : "init"
        return parents(first, by: [role]).first.map { original(of: $0) ?? $0 }
    }

    /// The names of the rows that prove `node`, as the reference lists them: derivation, runs,
    /// requests, and what was measured and judged of it and of what it comes from.
    func proof(of node: Int) -> Set<String> {
        let whole = ancestors(node).union([node])
        var rows = Set(whole.map { "artifact \($0)" })
        rows.formUnion(whole.map { imported.contains($0) ? "import \($0)" : "run \($0)" })
        rows.formUnion(
            edges.filter { whole.contains($0.child) }.map {
                "edge \($0.child)/\($0.parent)/\($0.role)"
            }
        )
        for node in whole where applied[node] != nil { rows.formUnion(found(of: node)) }
        return rows
    }

    /// What was unlearned with what came of it: beside the original, and beside the parent, which
    /// `random_graphs.sql` numbers a million higher.
    private func found(of node: Int) -> Set<String> {
        var rows: Set = ["unlearn_application \(node)", "forget_request"]
        if applied[node]?.result != nil {
            rows.formUnion(["evidence \(node)", "verdict \(node)", "evaluator", "policy"])
        }
        if applied[node]?.besideParent == true, !parents(node, by: ["init"]).isEmpty {
            rows.formUnion(["evidence \(1_000_000 + node)", "evaluator"])
        }
        return rows
    }
}
