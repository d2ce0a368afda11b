import Foundation
import Jobs
import LocalStack
import Postgres
import Proofs
import Records

/// A queue and a ledger in a new database, with a dataset named `shapes`, and the short ways that
/// tests take.
struct Desk {
    let conninfo: String
    let connection: Connection
    let dataset: Digest

    var queue: JobQueue { JobQueue(connection) }
    var ledger: Ledger { Ledger(connection) }
    var outbox: Outbox { Outbox(connection) }

    /// In the database at `given`, or in a new one.
    init(_ given: String? = nil) throws {
        conninfo = try given ?? PrivatePostgres.testDatabase()
        connection = try Connection(conninfo)
        dataset = try Ledger(connection).register(
            Desk.output("shapes", kind: "dataset", content: "shapes"),
            from: "builtin:shapes",
            name: "shapes"
        )
    }

    /// An output whose content is the digest of `content`.
    static func output(
        _ name: String = "model",
        kind: String = "checkpoint",
        content: String
    ) -> JobOutput {
        JobOutput(
            name: name,
            kind: kind,
            content: Digest(of: Data(content.utf8)),
            bytes: content.utf8.count,
            info: .object(["note": .string(content)])
        )
    }

    /// A request of `kind` with a spec and inputs that fit.
    static func request(
        _ kind: JobKind,
        id: UUID = UUID(),
        name: String? = nil,
        spec: [String: JSON] = [:],
        inputs: [String: String] = [:],
        priority: Int = 0,
        attempts: Int = 3
    ) throws -> JobRequest {
        let defaults: (spec: [String: JSON], inputs: [String: String]) =
            switch kind {
            case .train: (["method": .string("classifier")], ["dataset": "shapes"])
            case .distill: ([:], ["dataset": "shapes"])
            case .unlearn:
                (["method": .string("saddle"), "forget": .array([.string("circle")])], [:])
            case .evaluate: (["metrics": .array([.string("accuracy")])], [:])
            }
        let inputs = defaults.inputs.merging(inputs) { $1 }.mapValues { JSON.string($0) }
        var body: [String: JSON] = [
            "spec": .object(defaults.spec.merging(spec) { $1 }), "inputs": .object(inputs),
            "priority": .int(priority), "max_attempts": .int(attempts),
        ]
        if let name { body["name"] = .string(name) }
        return try JobRequest(.object(body), kind: kind, fallbackID: id)
    }

    /// Submits `request` in a message of its own.
    @discardableResult
    func submit(
        _ request: JobRequest,
        messageID: String = UUID().uuidString
    ) throws -> JobQueue.Submission {
        try queue.submit(
            request,
            inputs: ledger.pin(request.inputs, for: request.options.labels["tenant"]),
            source: "test",
            messageID: messageID
        )
    }

    /// Claims the next job of `kind` for a minute.
    func claim(
        _ kind: JobKind = .train,
        lease: Double = 60,
        owner: UUID = UUID()
    ) throws -> ClaimedJob {
        guard let job = try queue.claim([kind], owner: owner, lease: lease) else {
            throw PostgresError("no \(kind) job waits")
        }
        return job
    }

    /// The start of a worker whose program is the bytes of `program`.
    func enlisted(_ kind: JobKind = .train, program: String = "abc") throws -> UUID {
        let owner = UUID()
        let build = WorkerBuild(code: Digest(of: Data(program.utf8)), environment: .object([:]))
        try queue.enlist(owner, kind, offer: .init(), build: build)
        return owner
    }

    /// Lets time pass for jobs that are not over, as far as their events can tell.
    func pass(seconds: Double) throws {
        try connection.query(
            """
            UPDATE queue.job SET
                attempt_started_at = attempt_started_at - make_interval(secs => $1::float8),
                told_at = told_at - make_interval(secs => $1::float8)
            WHERE state NOT IN ('succeeded', 'failed', 'cancelled')
            """,
            [.double(seconds)]
        )
    }

    /// Runs a whole job that makes one checkpoint and returns its digest.
    @discardableResult
    func make(
        _ kind: JobKind,
        _ name: String,
        spec: [String: JSON] = [:],
        from inputs: [String: String] = [:]
    ) throws -> Digest {
        try submit(Desk.request(kind, name: name, spec: spec, inputs: inputs))
        let made = try queue.complete(claim(kind), outputs: [Desk.output(content: name)])
        return try made["model"] ?? { throw PostgresError("no model came of \(name)") }()
    }

    /// Runs an evaluation of `subject` that measures `metrics`, those of forgetting for `forget`.
    func evaluate(
        _ subject: String,
        against original: String?,
        forget: [String] = ["circle"],
        _ metrics: [MetricValue]
    ) throws {
        var inputs = ["subject": subject, "classifier": "judge"]
        var spec: [String: JSON] = ["metrics": .array([.string("accuracy")])]
        if let original {
            inputs["original"] = original
            spec["metrics"] = .array(["integrity", "forgetting"].map { .string($0) })
            spec["forget"] = .array(forget.map(JSON.string))
        }
        let request = try Desk.request(.evaluate, spec: spec, inputs: inputs)
        try submit(request)
        try queue.complete(
            claim(.evaluate),
            outputs: [
                Desk.output("samples", kind: "sample_set", content: "s\(request.id)"),
                Desk.output("report", kind: "report", content: "r\(request.id)"),
            ],
            metrics: metrics
        )
    }

    /// Makes a request named `name` for the class circle, which came in with `source`, and opens
    /// it to jobs.
    func request(
        _ name: String,
        for items: [String] = ["circle"],
        from source: String...,
        due: String? = nil,
        opened: Bool = true
    ) throws {
        let key = RequestKey()
        let commitment = Commitment(to: items, under: key)
        try connection.query(
            """
            SELECT lineage.request_forgetting(
                $1, 'concept', $4::bytea, $5, 'subject_request', $2::text[], $3::timestamptz
            )
            """,
            [
                .text(name), .text("{" + source.joined(separator: ",") + "}"), .text(due),
                .bytes(Data(commitment.root.bytes)), .int(commitment.count),
            ]
        )
        if opened { try open(name, RequestOpening(of: items, under: key)) }
    }

    func open(
        _ name: String,
        _ opening: RequestOpening,
        publishingItems: Bool = false
    ) throws {
        let codes = opening.codes.map { "\"\\\\x\($0.hex)\"" }.joined(separator: ",")
        try connection.query(
            "SELECT lineage.open_forgetting($1, $2::bytea, $3::bytea[], $4)",
            [
                .text(name), .bytes(opening.itemKey), .text("{\(codes)}"),
                .bool(publishingItems),
            ]
        )
    }

    /// How many rows `table` has.
    func count(_ table: String) throws -> Int {
        try connection.query("SELECT count(*) AS n FROM \(table)").first?.int("n") ?? 0
    }

    func state(_ job: UUID) throws -> String? { try queue.status(of: job)?.state }
}
