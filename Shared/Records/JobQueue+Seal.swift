import Foundation
public import Jobs
import Postgres

extension JobQueue {
    /// Finishes the job: its run, outputs, edges, metrics, name and final state are recorded in
    /// one transaction or not at all.
    ///
    /// Metrics of an evaluation are about its subject, against the original where they are about
    /// integrity; those of other jobs are about their main output.
    ///
    /// - Returns: the artifact digest of each output by its name.
    /// - Throws: `Fenced`; `JobFailure` where a metric is not finite or a rule of the ledger is
    ///   broken, after which the claim still holds; `PostgresError`.
    @discardableResult
    public func complete(
        _ job: ClaimedJob,
        outputs: [JobOutput],
        metrics: [MetricValue] = []
    ) throws -> [String: Digest] {
        for metric in metrics where !metric.isFinite {
            throw JobFailure(.diverged, "metric '\(metric.name)' is \(metric.value)")
        }
        let method = job.spec["method"]?.string ?? job.kind.rawValue
        let edges = outputs.flatMap {
            Edge.edges(of: $0, kind: job.kind, method: method, inputs: job.inputs.map(\.role))
        }
        let values: [Value] = [
            .uuid(job.claim.job), .int(job.claim.epoch),
            .json(.array(outputs.map { $0.sealed(by: job) })), .json(.array(edges.map(\.json))),
            .json(.array(metrics.map { $0.sealed(by: job) })),
        ]
        do {
            let rows = try connection.query(
                "SELECT * FROM queue.complete($1::uuid, $2, $3::jsonb, $4::jsonb, $5::jsonb)",
                values
            )
            return try Dictionary(
                rows.map { (try $0.text("output"), try $0.digest("artifact")) },
                uniquingKeysWith: { first, _ in first }
            )
        } catch let error as PostgresError where error.isRefusal {
            throw JobFailure(.permanent, "the ledger refuses the outputs: \(error)")
        } catch let error as PostgresError {
            throw fencing(error, "queue.complete")
        }
    }
}

/// What an artifact's digest is the digest of: its content, and where it came from.
enum ArtifactManifest {
    static func output(_ name: String, of job: UUID, content: Digest) -> JSON {
        .object([
            "content": .string(content.hex), "job": .string(job.uuidString.lowercased()),
            "output": .string(name),
        ])
    }

    static func imported(_ name: String, from source: String, content: Digest) -> JSON {
        .object([
            "content": .string(content.hex), "import": .string(source), "output": .string(name),
        ])
    }
}

extension JobOutput {
    fileprivate func sealed(by job: ClaimedJob) -> JSON {
        let manifest = ArtifactManifest.output(name, of: job.claim.job, content: content)
        return .object([
            "name": .string(name), "kind": .string(kind), "content": .string(content.hex),
            "bytes": .int(bytes), "info": info,
            "manifest": .string(String(decoding: manifest.canonical, as: UTF8.self)),
        ])
    }
}

extension MetricValue {
    fileprivate var isFinite: Bool {
        value.isFinite && low?.isFinite ?? true && high?.isFinite ?? true
    }

    fileprivate func sealed(by job: ClaimedJob) -> JSON {
        var members: [String: JSON] = ["name": .string(name), "value": .double(value)]
        if let low { members["low"] = .double(low) }
        if let high { members["high"] = .double(high) }
        if job.kind == .evaluate {
            members["subject"] = .string("subject")
            if name.hasPrefix("integrity") { members["reference"] = .string("original") }
        }
        return .object(members)
    }
}
