public import Foundation
public import Jobs
public import Postgres

/// The lineage in Postgres, over one connection.
///
/// A reference is a name, a digest or at least twelve digits of one, or the id of a finished job.
/// An unknown one throws a `PostgresError` with SQLSTATE PL010, an ambiguous one with PL011.
public struct Ledger {
    let connection: Connection

    public init(_ connection: Connection) { self.connection = connection }

    /// The artifact that `reference` means.
    public func resolve(_ reference: String) throws -> ArtifactRecord {
        let rows = try ask("describe", reference)
        return try ArtifactRecord(single(rows, of: "lineage.describe"))
    }

    /// What an input in each role must be, where that is no checkpoint.
    private static let kinds = ["dataset": "dataset", "forget_request": "forget_set"]

    private static let ofRequests: String? =
        "open a request of that name with `palimpsest forget request`"

    /// Turns a request's inputs into digests that can no longer change their meaning: what they
    /// mean to `tenant`, the label of a job that has one.
    ///
    /// - Throws: `SpecError` listing every input that is unknown, ambiguous or of the wrong kind.
    public func pin(
        _ inputs: [String: String],
        for tenant: String? = nil
    ) throws -> [PinnedInput] {
        var problems: [String] = []
        var pinned: [PinnedInput] = []
        for (role, reference) in inputs.sorted(by: { $0.key < $1.key }) {
            do {
                let found = try input(role, reference.storable, for: tenant)
                let wanted = Ledger.kinds[role] ?? "checkpoint"
                if found.kind != wanted {
                    problems.append(
                        "inputs.\(role) is '\(reference)', a \(found.kind); it must be a \(wanted)"
                    )
                }
                pinned.append(found)
            } catch let error as PostgresError where error.isAboutReference {
                let known = role == "forget_request" ? Ledger.ofRequests : error.hint
                let hint = known.map { "; " + $0 } ?? ""
                problems.append("inputs.\(role): \(error.message)\(hint)")
            }
        }
        guard problems.isEmpty else { throw SpecError(problems: problems) }
        return pinned
    }

    private func input(
        _ role: String,
        _ reference: String,
        for tenant: String?
    ) throws -> PinnedInput {
        guard let tenant else {
            let found = try resolve(reference)
            return PinnedInput(
                role: role,
                artifact: found.artifact,
                content: found.content,
                kind: found.kind
            )
        }
        let rows = try connection.query(
            "SELECT * FROM lineage.described_to($1, $2)",
            [.text(tenant.storable), .text(reference)]
        )
        let row = try single(rows, of: "lineage.described_to")
        return PinnedInput(
            role: role,
            artifact: try row.digest("artifact"),
            content: try row.digest("content"),
            kind: try row.text("kind")
        )
    }

    public func origin(of reference: String) throws -> Origin {
        let rows = try ask("original_of", reference)
        return try Origin(single(rows, of: "lineage.original_of"))
    }

    /// The way of the weights, newest first.
    public func weightPath(of reference: String) throws -> [WeightStep] {
        try ask("weight_path", reference).map(WeightStep.init)
    }

    /// What `reference` was made from, newest first, at most 10 000 rows.
    public func ancestors(of reference: String) throws -> [LineageEntry] {
        try ask("ancestors", reference).map(LineageEntry.init)
    }

    /// What was made from `reference`, oldest first, at most 10 000 rows.
    public func descendants(of reference: String) throws -> [LineageEntry] {
        try ask("descendants", reference).map(LineageEntry.init)
    }

    /// The metrics of `reference`, oldest first.
    public func metrics(of reference: String) throws -> [MetricRecord] {
        try ask("metrics", reference).map(MetricRecord.init)
    }

    /// All unlearned versions of `reference`, or of its original where it is one of them.
    public func unlearned(from reference: String) throws -> [UnlearnedVersion] {
        try ask("unlearned_from", reference).map(UnlearnedVersion.init)
    }

    /// The ancestry as indented lines.
    public func tree(of reference: String) throws -> [String] {
        try ask("tree", reference).map { try $0.text("line") }
    }

    /// The outputs of `job`, as they were recorded.
    public func outputs(of job: UUID) throws -> [ArtifactRecord] {
        try connection.query(
            """
            SELECT d.* FROM lineage.artifacts a
            CROSS JOIN LATERAL lineage.describe(a.artifact) d
            WHERE a.job = $1::uuid
            ORDER BY a.seq
            """,
            [.uuid(job)]
        ).map(ArtifactRecord.init)
    }

    /// The newest `limit` artifacts, newest first, of one `kind` where it is given.
    public func artifacts(kind: String? = nil, limit: Int = 100) throws -> [LineageEntry] {
        try connection.query(
            """
            SELECT * FROM lineage.artifacts
            WHERE $1::text IS NULL OR kind = $1
            ORDER BY seq DESC
            LIMIT $2
            """,
            [.text(kind), .int(limit)]
        ).map(LineageEntry.init)
    }

    /// Records an artifact that came from outside; the same again changes nothing, but `name`
    /// means it from now on.
    ///
    /// The kind of `output` is "dataset" or "checkpoint"; `source` says where it came from, such as
    /// a path or an address, and `licence` under which terms.
    @discardableResult
    public func register(
        _ output: JobOutput,
        from source: String,
        licence: String? = nil,
        name: String? = nil
    ) throws -> Digest {
        let source = source.storable
        let manifest = ArtifactManifest.imported(
            output.name,
            from: source,
            content: output.content
        )
        let rows = try connection.query(
            """
            SELECT lineage.register_import(
                $1::bytea, $2::bytea, $3, $4, $5, $6::jsonb, $7, $8, $9
            ) AS artifact
            """,
            [
                .bytes(manifest.canonical), .digest(output.content), .text(output.kind),
                .text(output.name), .int(output.bytes), .json(output.info), .text(source),
                .text(licence), .text(name),
            ]
        )
        return try single(rows, of: "lineage.register_import").digest("artifact")
    }

    private func ask(_ function: String, _ reference: String) throws(PostgresError) -> [Row] {
        try connection.query("SELECT * FROM lineage.\(function)($1)", [.text(reference)])
    }
}

extension PostgresError {
    /// Whether a reference to an artifact was unknown (PL010) or ambiguous (PL011).
    public var isAboutReference: Bool { sqlState == "PL010" || sqlState == "PL011" }
}
