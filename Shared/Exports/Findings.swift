public import Jobs

/// What was known of an artifact at a time.
extension Provenance {
    /// Whether the artifact carries what a request wants forgotten.
    public struct Request: Codable, Equatable, Sendable {
        public var id: String
        public var name: String
        /// `clean`, `exposed`, `pending`, `failed` or `cleansed`.
        public var status: String
        /// The way on which it came, unless the artifact is free of it.
        public var witness: String?
        public var receivedAt: String
        public var dueAt: String?
    }

    public struct Verdict: Codable, Equatable, Sendable {
        public var artifact: String
        public var request: String
        public var result: String
        public var policy: String
        public var version: Int
        public var evidence: String?
        public var decidedAt: String
        /// What it comes to: `cleansed`, or why not.
        public var status: String

        var words: String { "\(result), policy \(policy) v\(version)" }
    }

    public struct Metric: Codable, Equatable, Sendable {
        public var name: String
        public var value: Double
        public var low: Double?
        public var high: Double?
        public var reference: String?
    }

    /// What an evaluation of the artifact found.
    public struct Report: Codable, Equatable, Sendable {
        public var digest: String
        public var output: String
        public var run: String
        public var recordedAt: String
    }

    public struct Epoch: Codable, Equatable, Sendable {
        public var number: Int
        public var root: String
        /// The id of the key that signed it.
        public var key: String
        public var sealedAt: String
    }

    /// What the run of the artifact stood on, as far as its worker said so.
    public struct MadeWith: Codable, Equatable, Sendable {
        public var deterministic: Bool?
        public var deviceClass: String?
        /// {libraries: {name: digest}, machine, system}.
        public var environment: JSON?
    }

    /// What made this document, and the time that it tells of.
    var signature: String {
        "palimpsest exporter \(exporterVersion)" + (asOf.map { ", as of \($0)" } ?? "")
    }

    func verdicts(on digest: String) -> [Verdict] { verdicts.filter { $0.artifact == digest } }

    /// The commands that make the proof of the artifact and check it.
    var proofCommands: [String] {
        [
            "palimpsest lineage proof \(subject) -o proof.json",
            "palimpsest verify proof.json --key ledger.pem.pub",
        ]
    }
}
