/// A small graph drawn from a seed, with one request. What follows for it from the definitions of
/// the reference is computed in its extensions, without cleverness.
struct RandomGraph {
    struct Edge {
        let child: Int
        let parent: Int
        var role: String
        let excluded: Bool
    }

    let number: Int
    let count: Int
    private(set) var edges: [Edge] = []
    /// Nodes with equal content share a value.
    private(set) var content: [Int] = []
    private(set) var seeds: Set<Int> = []
    /// The method of nodes whose run applied the request, their verdict, and whether they were
    /// measured beside the node that they start from.
    private(set) var applied: [Int: (method: String, result: String?, besideParent: Bool)] = [:]
    private(set) var live: Set<Int> = []
    /// When the run of a node began. Node n is sealed at 2n + 1.
    private(set) var started: [Int] = []
    /// Nodes that no run made.
    private(set) var imported: Set<Int> = []
    /// Nodes that are no weights.
    private(set) var data: Set<Int> = []
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
            started.append(Int.random(in: 0...2 * node, using: &random))
            draw(parentsOf: node, &random)
        }
        for _ in 0..<Int.random(in: 0...2, using: &random) {
            seeds.insert(Int.random(in: 0..<count, using: &random))
        }
        drawKinds(&random)
    }

    private mutating func draw(parentsOf node: Int, _ random: inout SplitMix) {
        guard node > 0 else { return }
        if Int.random(in: 0..<3, using: &random) == 0 {
            let method = Int.random(in: 0..<5, using: &random) == 0 ? "retrain" : "saddle"
            let result = ["pass", "pass", "fail", "withdrawn", nil].randomElement(using: &random)
            let beside = Int.random(in: 0..<3, using: &random) > 0
            applied[node] = (method, result ?? nil, beside)
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
        if applied[node] != nil { drawStart(of: node, &random) }
    }

    /// What was unlearned starts from one; what was trained again has no weights from anywhere and
    /// replaces one.
    private mutating func drawStart(of node: Int, _ random: inout SplitMix) {
        if !edges.contains(where: { $0.child == node && $0.role == "init" }) {
            let parent = Int.random(in: 0..<node, using: &random)
            edges.append(Edge(child: node, parent: parent, role: "init", excluded: false))
        }
        guard applied[node]?.method == "retrain" else { return }
        edges.removeAll { $0.child == node && $0.role == "merge" }
        for index in edges.indices where edges[index].child == node && edges[index].role == "init" {
            edges[index].role = "replaces"
        }
    }

    private mutating func drawKinds(_ random: inout SplitMix) {
        let weights = edges.filter { ["init", "merge", "replaces"].contains($0.role) }
        for node in 0..<count where applied[node] == nil {
            if !weights.contains(where: { $0.child == node || $0.parent == node }),
                Bool.random(using: &random)
            {
                data.insert(node)
            }
            if !edges.contains(where: { $0.child == node }), Bool.random(using: &random) {
                imported.insert(node)
            }
        }
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
