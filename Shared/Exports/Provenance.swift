public import Jobs

/// How an artifact came to be: what `lineage.provenance` says of it.
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

    public struct Verdict: Codable, Equatable, Sendable {
        public var request: String
        public var result: String
        public var policy: String
        public var version: Int
        public var evidence: String?
        public var decidedAt: String
        /// What it comes to now: `cleansed`, or why not.
        public var status: String
    }

    public struct Metric: Codable, Equatable, Sendable {
        public var name: String
        public var value: Double
        public var low: Double?
        public var high: Double?
        public var reference: String?
    }

    public var subject: String
    public var artifacts: [Artifact]
    public var edges: [Edge]
    public var runs: [Run]
    public var verdicts: [Verdict]
    public var metrics: [Metric]

    /// - Throws: `ExportError` where the value does not hold its own subject.
    public init(_ json: JSON) throws {
        self = try json.decode(Provenance.self)
        guard artifact(subject) != nil else {
            throw ExportError("the provenance of \(subject) lacks the artifact itself")
        }
    }

    func artifact(_ digest: String) -> Artifact? { artifacts.first { $0.digest == digest } }

    /// The artifact that all of it is about.
    var main: Artifact {
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
