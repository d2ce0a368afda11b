/// Who carries what was to be forgotten, and what to do about it.
extension RandomGraph {
    /// By a verdict that counts: what starts from another than its original was measured beside it.
    private func passes(_ node: Int) -> Bool {
        guard let applied = applied[node], applied.result == "pass" else { return false }
        let start = edges.first { $0.child == node && $0.role == "init" }?.parent
        return applied.besideParent || start == nil || start == original(of: node)
    }

    /// The least set with the sources, the twins of its members, and every child by a role that
    /// carries influence, but those cleansed.
    var tainted: Set<Int> {
        var tainted = seeds
        while true {
            let next = tainted.union(
                (0..<count).filter { node in
                    let twin = (0..<count).contains {
                        $0 != node && content[$0] == content[node] && tainted.contains($0)
                    }
                    return twin || (inherits(node, tainted) && !isCleansed(node, tainted))
                }
            )
            if next == tainted { return tainted }
            tainted = next
        }
    }

    private func inherits(_ node: Int, _ tainted: Set<Int>, besides: [String] = []) -> Bool {
        edges.contains {
            $0.child == node && !$0.excluded && RandomGraph.influences.contains($0.role)
                && !besides.contains($0.role) && tainted.contains($0.parent)
        }
    }

    private func isCleansed(_ node: Int, _ tainted: Set<Int>) -> Bool {
        guard let applied = applied[node] else { return false }
        if passes(node) {
            return !inherits(node, tainted, besides: ["init", "merge", "anchor"])
        }
        return applied.method == "retrain" && !inherits(node, tainted)
    }

    /// What stopped the request and carries nothing: outputs that pass, and those trained again.
    private func cleansed(_ tainted: Set<Int>) -> Set<Int> {
        Set((0..<count).filter { passes($0) || applied[$0]?.method == "retrain" })
            .subtracting(tainted)
    }

    func status(_ node: Int) -> String {
        let tainted = tainted
        guard tainted.contains(node) else {
            return cleansed(tainted).contains(node) ? "cleansed" : "clean"
        }
        guard let applied = applied[node], !passes(node) else { return "exposed" }
        // The bytes of its original have forgotten nothing.
        let same = original(of: node).map { content[$0] == content[node] } ?? false
        return same || applied.result == "fail" ? "failed" : "pending"
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

    /// Tainted ones with a tainted influence, and a parent that is cleansed or comes from what is
    /// and carries nothing.
    var reintroduced: Set<Int> {
        let tainted = tainted
        func children(_ node: Int) -> [Int] {
            edges.filter { $0.parent == node && Self.influences.contains($0.role) }.map(\.child)
        }
        var clean = cleansed(tainted)
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

    /// The first cleansed artifact with weights from `node`, or trained to replace it.
    func successor(of node: Int) -> Int? {
        cleansed(tainted).sorted().first {
            ancestors($0, by: ["init", "merge", "replaces"]).contains(node)
        }
    }

    /// The weights that learned from `teacher`, at any distance, if that carries the request and
    /// they do; with whether a cleansed successor was there when their run began.
    func students(of teacher: Int, onlyLive: Bool) -> [(node: Int, after: Bool)] {
        let tainted = tainted
        let successor = successor(of: teacher)
        func learned(_ node: Int) -> Bool {
            edges.contains { edge in
                guard edge.child == node, Self.influences.contains(edge.role) else { return false }
                let comes =
                    edge.parent == teacher || influences(on: edge.parent).contains(teacher)
                return edge.role == "teacher" && comes || learned(edge.parent)
            }
        }
        guard tainted.contains(teacher) else { return [] }
        let ready = successor.map { 2 * $0 + 1 } ?? .max
        return (0..<count).filter {
            tainted.contains($0) && !data.contains($0) && learned($0)
                && (!onlyLive || live.contains($0))
        }.map { ($0, started[$0] >= ready) }
    }

    /// What to make again, in order: what is live and carries the request, and up from there every
    /// carrier by which it came in that a run made and that has no cleansed successor.
    var plan: [Int] {
        let tainted = tainted
        var plan = live.intersection(tainted)
        while true {
            let more = edges.filter { edge in
                plan.contains(edge.child) && tainted.contains(edge.parent) && !edge.excluded
                    && Self.influences.contains(edge.role)
                    && !(["init", "merge", "anchor"].contains(edge.role) && passes(edge.child))
                    && !imported.contains(edge.parent) && successor(of: edge.parent) == nil
            }
            let next = plan.union(more.map(\.parent))
            if next == plan { return plan.sorted() }
            plan = next
        }
    }

    /// What to do about a step of the plan.
    func action(_ node: Int) -> String {
        if let better = successor(of: node) { return "replace by \(better)" }
        if imported.contains(node) { return "take out of use" }
        let plan = plan
        let again = parents(node, by: ["teacher"]).contains {
            plan.contains($0) || successor(of: $0) != nil
        }
        return again ? "make again from the cleansed teacher" : "unlearn, or train again without it"
    }
}
