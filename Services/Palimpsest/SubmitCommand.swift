import Commands
import Foundation
import Jobs
import Kafka
import Postgres
import Records

let submitCommand = Command(
    "submit",
    summary: "Publishes jobs from YAML or JSON files (-: standard input) and prints their ids.",
    arguments: ["FILE…"],
    options: [Option("watch", help: "follow each job to its end")]
) { invocation in
    let connections = Connections.find()
    for file in invocation.arguments {
        let id = try submit(file, connections)
        print(id.uuidString.lowercased())
        if invocation.flag("watch") { try watch(id, connections) }
    }
}

/// Publishes the job in the file at `path` and waits until a worker has taken or refused it; `check`
/// is called meanwhile, and ends the waiting by what it throws.
///
/// - Returns: the job's id, or that of the job which has its idempotency key.
/// - Throws: `SpecError` for a bad file, which is then not published; `Failure` for a refusal.
func submit(
    _ path: String,
    _ connections: Connections,
    check: () throws -> Void = {}
) throws -> UUID {
    let body = try JSON(yaml: Input.read(path, limit: JSON.limits.bytes))
    let request = try JobRequest(body, kind: nil, fallbackID: UUID())
    guard case .object(var members) = body else { throw Failure("\(path) holds no object") }
    try openRequest(of: request, connections)
    let message = Submitted(request: request)
    members["job_id"] = .string(message.job)
    try Producer(connections.openKafka()).send(
        to: request.kind.topic,
        key: message.job,
        headers: message.headers,
        value: JSON.object(members).canonical
    )
    return try message.awaitIntake(connections.openDatabase(), check)
}

/// A message that asks for a job. What becomes of it is found by its own id: there may be a job of
/// the same id, or refusals of it, since before.
private struct Submitted {
    let request: JobRequest
    private let id = UUID().uuidString
    private let source = "palimpsest-submit"

    init(request: JobRequest) { self.request = request }

    var job: String { request.id.uuidString.lowercased() }

    var headers: [String: String] {
        [
            "ce_specversion": "1.0", "ce_id": id, "ce_source": source,
            "ce_type": "job.\(request.kind.rawValue).submit.v1", "ce_subject": job,
            "content-type": "application/json",
        ]
    }

    /// Returns the id of the job that the message became, or that was there and is the same.
    ///
    /// - Throws: `Failure` where it is refused, or nobody takes it in a minute.
    func awaitIntake(_ database: Connection, _ check: () throws -> Void) throws -> UUID {
        let end = ContinuousClock.now + .seconds(60)
        while ContinuousClock.now < end {
            // A message that is taken and refused is both in one transaction, so what is refused is
            // looked for after what is taken.
            let found = try known(database)
            if let refusal = try refusal(database) { throw Failure("refused: \(refusal)") }
            if let found { return found }
            try check()
            Thread.sleep(forTimeInterval: 0.05)
        }
        throw Failure(
            "no \(request.kind.rawValue) worker has taken job \(job) in 60 s; it waits on "
                + "\(request.kind.topic); is a worker running?"
        )
    }

    /// The message's job, once the message is in the inbox. Who may not read that one learns only
    /// whether there is such a job.
    private func known(_ database: Connection) throws -> UUID? {
        let isTaken: Bool
        do {
            isTaken =
                try !database.query(
                    "SELECT FROM queue.inbox WHERE source = $1 AND message_id = $2",
                    [.text(source), .text(id)]
                ).isEmpty
        } catch  where error.sqlState == "42501" {
            isTaken = true
        }
        guard isTaken else { return nil }
        return try database.query(
            """
            SELECT job FROM queue.job_status WHERE job = $1::uuid OR idempotency_key = $2
            ORDER BY job = $1::uuid DESC LIMIT 1
            """,
            [.uuid(request.id), .text(request.options.idempotencyKey)]
        ).first?.uuid("job")
    }

    private func refusal(_ database: Connection) throws -> String? {
        try database.query(
            """
            SELECT detail FROM queue.rejected
            WHERE topic = $1 AND headers ->> 'ce_id' = $2 AND headers ->> 'ce_source' = $3
            """,
            [.text(request.kind.topic), .text(id), .text(source)]
        ).last?.text("detail")
    }
}
