public import Foundation
public import Jobs
import Postgres

/// An artifact of the ledger.
public struct ArtifactRecord: Sendable {
    public let artifact: Digest
    /// The digest of its manifest in the store.
    public let content: Digest
    /// checkpoint, dataset, sample_set or report.
    public let kind: String
    /// A name that it has now.
    public let name: String?
    public let output: String
    public let bytes: Int
    public let info: JSON
    public let job: UUID?
    public let runKind: String?
    public let method: String?
    public let importSource: String?
    public let recordedAt: String
}

/// One artifact in the answer to a question about ancestry.
public struct LineageEntry: Sendable {
    public let artifact: Digest
    public let kind: String
    public let name: String?
    public let runKind: String?
    public let method: String?
    public let recordedAt: String
}

/// Where a checkpoint comes from.
public struct Origin: Sendable {
    public struct Place: Equatable, Sendable {
        public let artifact: Digest
        public let name: String?
    }

    public let artifact: Digest
    public let name: String?
    /// The checkpoint whose weights it started from.
    public let parent: Place?
    /// The checkpoint that its unlearning began with; nil where nothing was unlearned.
    public let original: Place?
    /// The first checkpoint on the way of its weights.
    public let weightRoot: Place?
    public let weightDepth: Int?
}

/// One step on the way of a checkpoint's weights.
public struct WeightStep: Sendable {
    public let depth: Int
    public let artifact: Digest
    public let name: String?
    public let runKind: String?
    public let method: String?
    public let forgotten: [String]
    public let recordedAt: String
}

/// One number in the ledger.
public struct MetricRecord: Sendable {
    public let value: MetricValue
    /// What the subject was compared with.
    public let reference: Digest?
    public let referenceName: String?
    public let job: UUID
    public let recordedAt: String
}

/// One unlearned version of an original.
public struct UnlearnedVersion: Sendable {
    public let artifact: Digest
    public let name: String?
    public let method: String
    public let forgotten: [String]
    /// Share of samples for a forgotten class that are no longer taken for it; 1 is all.
    public let forgetting: Double?
    /// Normalised distance to the original on retained classes: 0 untouched, 1 unrelated.
    public let integrity: MetricValue?
    /// The same before normalisation.
    public let integrityDistance: Double?
    public let job: UUID
    public let recordedAt: String
}

extension ArtifactRecord {
    init(_ row: Row) throws {
        artifact = try row.digest("artifact")
        content = try row.digest("content")
        kind = try row.text("kind")
        name = try row.optional("name")
        output = try row.text("output")
        bytes = try row.int("bytes")
        info = try row.json("info")
        job = try row.optionalUUID("job")
        runKind = try row.optional("run_kind")
        method = try row.optional("method")
        importSource = try row.optional("import_source")
        recordedAt = try row.text("recorded_at")
    }
}

extension LineageEntry {
    init(_ row: Row) throws {
        artifact = try row.digest("artifact")
        kind = try row.text("kind")
        name = try row.optional("name")
        runKind = try row.optional("run_kind")
        method = try row.optional("method")
        recordedAt = try row.text("recorded_at")
    }
}

extension Origin {
    init(_ row: Row) throws {
        func place(_ column: String) throws -> Place? {
            guard let digest = try row.optionalDigest(column) else { return nil }
            return Place(artifact: digest, name: try row.optional(column + "_name"))
        }
        artifact = try row.digest("artifact")
        name = try row.optional("name")
        parent = try place("parent")
        original = try place("original")
        weightRoot = try place("weight_root")
        weightDepth = try row.optionalInt("weight_depth")
    }
}

extension WeightStep {
    init(_ row: Row) throws {
        depth = try row.int("depth")
        artifact = try row.digest("artifact")
        name = try row.optional("name")
        runKind = try row.optional("run_kind")
        method = try row.optional("method")
        forgotten = try row.strings("forgotten")
        recordedAt = try row.text("recorded_at")
    }
}

extension MetricRecord {
    init(_ row: Row) throws {
        value = MetricValue(
            try row.text("metric"),
            try row.double("value"),
            low: try row.optionalDouble("low"),
            high: try row.optionalDouble("high")
        )
        reference = try row.optionalDigest("reference")
        referenceName = try row.optional("reference_name")
        job = try row.uuid("job")
        recordedAt = try row.text("recorded_at")
    }
}

extension UnlearnedVersion {
    init(_ row: Row) throws {
        artifact = try row.digest("artifact")
        name = try row.optional("name")
        method = try row.text("method")
        forgotten = try row.strings("forgotten")
        forgetting = try row.optionalDouble("forgetting")
        integrity = try row.optionalDouble("integrity").map {
            MetricValue(
                "integrity_normalised",
                $0,
                low: try row.optionalDouble("integrity_low"),
                high: try row.optionalDouble("integrity_high")
            )
        }
        integrityDistance = try row.optionalDouble("integrity_distance")
        job = try row.uuid("job")
        recordedAt = try row.text("recorded_at")
    }
}
