public import Jobs

/// What `lineage.provenance` says of an artifact: how it came to be, and what was known of it at a
/// time.
public struct Provenance: Codable, Equatable, Sendable {
    public struct Artifact: Codable, Equatable, Sendable {
        public var digest: String
        public var content: String
        public var kind: String
        public var output: String
        public var name: String?
        public var bytes: Int
        public var info: JSON
        /// The run that made it; nil for an import.
        public var run: String?
        public var source: String?
        public var licence: String?
        public var recordedAt: String

        /// The name that it had, else the name of the output.
        var title: String { name ?? output }
        /// Whether it is a model, of which the ledger has a proof.
        var isModel: Bool { ["checkpoint", "adapter"].contains(kind) }
    }

    public struct Edge: Codable, Equatable, Sendable {
        public var child: String
        public var parent: String
        public var role: String
    }

    public struct Run: Codable, Equatable, Sendable {
        public var run: String
        public var job: String
        public var kind: String
        public var method: String
        public var spec: JSON
        public var specDigest: String
        public var seed: Int?
        public var code: String?
        public var environment: String?
        public var startedAt: String
        public var sealedAt: String
        public var applications: [Application]
    }

    public struct Application: Codable, Equatable, Sendable {
        public var request: String?
        public var commitment: String?
        public var method: String
        public var paramsDigest: String?
        public var appliedAt: String
    }

    public var subject: String
    /// The time of which all that changes is told; nil for all that the ledger had.
    public var asOf: String?
    public var artifacts: [Artifact]
    public var edges: [Edge]
    public var runs: [Run]
    public var madeWith: MadeWith?
    public var requests: [Request]
    /// Whether there are more requests than are listed.
    public var moreRequests: Bool
    /// Those on the artifact and on its ancestors, in their order.
    public var verdicts: [Verdict]
    public var metrics: [Metric]
    public var reports: [Report]
    /// The newest signed epoch that has the artifact's entry; nil where none has yet.
    public var epoch: Epoch?

    /// - Throws: `ExportError` where the value does not hold its own subject.
    public init(_ json: JSON) throws {
        self = try json.decode(Provenance.self)
        guard artifact(subject) != nil else {
            throw ExportError("the provenance of \(subject) lacks the artifact itself")
        }
    }

    func artifact(_ digest: String) -> Artifact? { artifacts.first { $0.digest == digest } }

    /// The artifact that all of it is about.
    public var main: Artifact {
        guard let found = artifact(subject) else { preconditionFailure("checked when made") }
        return found
    }

    /// The run that made an artifact.
    func run(of artifact: Artifact) -> Run? { runs.first { $0.run == artifact.run } }

    func parents(of digest: String) -> [Edge] { edges.filter { $0.child == digest } }
}

/// Why an artifact cannot be written in a form.
public struct ExportError: Error, Equatable, Sendable, CustomStringConvertible {
    public let description: String

    public init(_ description: String) { self.description = description }
}
