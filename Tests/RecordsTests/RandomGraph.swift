/// A small graph drawn from a seed, with one request, and what follows for it from the definitions
/// of the reference, computed without cleverness.
struct RandomGraph {
    struct Edge {
        let child: Int
        let parent: Int
        let role: String
        let excluded: Bool
    }

    let number: Int
    let count: Int
    private(set) var edges: [Edge] = []
    /// Nodes with equal content share a value.
    private(set) var content: [Int] = []
    private(set) var seeds: Set<Int> = []
    /// The method of nodes whose run applied the request, and whether their verdict passes.
    private(set) var applied: [Int: (method: String, result: String?)] = [:]
    private(set) var live: Set<Int> = []
    let asked: Int
    let other: Int

    static let influences = ["init", "merge", "teacher", "anchor", "dataset", "retain_set"]
    static let roles = influences + ["forget_set", "reference", "config"]

    init(number: Int, seed: UInt64) {
        var random = SplitMix(state: seed)
        self.number = number
        count = Int.random(in: 2...11, using: &random)
        asked = Int.random(in: 0..<count, using: &random)
        other = Int.random(in: 0..<count, using: &random)
        for node in 0..<count {
            let twin = node > 0 && Int.random(in: 0..<12, using: &random) == 0
            content.append(twin ? Int.random(in: 0..<node, using: &random) : node)
            if twin { content[node] = content[content[node]] }
            if Int.random(in: 0..<4, using: &random) == 0 { live.insert(node) }
            draw(parentsOf: node, &random)
        }
        for _ in 0..<Int.random(in: 0...2, using: &random) {
            seeds.insert(Int.random(in: 0..<count, using: &random))
        }
    }

    private mutating func draw(parentsOf node: Int, _ random: inout SplitMix) {
        guard node > 0 else { return }
        if Int.random(in: 0..<3, using: &random) == 0 {
            let method = Int.random(in: 0..<5, using: &random) == 0 ? "retrain" : "saddle"
            let result = ["pass", "pass", "fail", "withdrawn", nil].randomElement(using: &random)
            applied[node] = (method, result ?? nil)
        }
        var taken: Set<String> = []
        for _ in 0..<Int.random(in: 0...3, using: &random) {
            let parent = Int.random(in: 0..<node, using: &random)
            let role = RandomGraph.roles.randomElement(using: &random) ?? "init"
            // One `init` at most, and no edge twice.
            guard taken.insert(role == "init" ? "init" : "\(parent) \(role)").inserted else {
                continue
            }
            let excluded =
                role == "retain_set" && applied[node] != nil
                && Bool.random(using: &random)
            edges.append(Edge(child: node, parent: parent, role: role, excluded: excluded))
        }
    }

    // What follows -----------------------------------------------------------------------------

    private func parents(_ node: Int) -> [Int] {
        edges.filter { $0.child == node }.map(\.parent)
    }

    /// All that `node` was made from.
    func ancestors(_ node: Int) -> Set<Int> {
        parents(node).reduce(into: []) { $0.formUnion(ancestors($1).union([$1])) }
    }

    func descendants(_ node: Int) -> Set<Int> {
        Set((0..<count).filter { ancestors($0).contains(node) })
    }

    /// Edges on the shortest way up, nil where there is none.
    func distance(_ start: Int, _ goal: Int) -> Int? {
        if start == goal { return 0 }
        return parents(start).compactMap { distance($0, goal) }.min().map { $0 + 1 }
    }

    var nearestShared: Set<Int> {
        let shared = ancestors(asked).union([asked]).intersection(ancestors(other).union([other]))
        return shared.filter { one in !shared.contains { ancestors($0).contains(one) } }
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
        if applied.result == "pass" {
            return !inherits(node, tainted, besides: ["init", "merge", "anchor"])
        }
        return applied.method == "retrain" && !inherits(node, tainted)
    }

    func status(_ node: Int) -> String {
        let passes = applied[node]?.result == "pass"
        guard tainted.contains(node) else {
            return passes || applied[node]?.method == "retrain" ? "cleansed" : "clean"
        }
        guard let applied = applied[node], !passes else { return "exposed" }
        return applied.result == "fail" ? "failed" : "pending"
    }
}

/// Steele, Lea & Flood 2014, "Fast splittable pseudorandom number generators".
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}
