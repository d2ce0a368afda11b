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

/// Publishes the job in the file at `path` and waits until a worker has taken or refused it.
///
/// - Throws: `SpecError` for a bad file, which is then not published; `Failure` for a refusal.
func submit(_ path: String, _ connections: Connections) throws -> UUID {
    let body = try JSON(yaml: Input.read(path, limit: JSON.limits.bytes))
    let request = try JobRequest(body, kind: nil, fallbackID: UUID())
    guard case .object(var members) = body else { return request.id }
    try openRequest(of: request, connections)
    let id = request.id.uuidString.lowercased()
    members["job_id"] = .string(id)
    try Producer(connections.openKafka()).send(
        to: request.kind.topic,
        key: id,
        headers: [
            "ce_specversion": "1.0", "ce_id": UUID().uuidString, "ce_source": "palimpsest-submit",
            "ce_type": "job.\(request.kind.rawValue).submit.v1", "ce_subject": id,
            "content-type": "application/json",
        ],
        value: JSON.object(members).canonical
    )
    try awaitIntake(request, connections)
    return request.id
}

private func awaitIntake(_ request: JobRequest, _ connections: Connections) throws {
    let database = try connections.openDatabase()
    let id = request.id.uuidString.lowercased()
    let end = ContinuousClock.now + .seconds(60)
    while ContinuousClock.now < end {
        if try JobQueue(database).status(of: request.id) != nil { return }
        let refusals = try database.query(
            "SELECT detail FROM queue.rejected WHERE headers ->> 'ce_subject' = $1",
            [.text(id)]
        )
        if let refusal = refusals.last {
            throw Failure("refused: \(try refusal.text("detail"))")
        }
        Thread.sleep(forTimeInterval: 0.05)
    }
    throw Failure(
        "no \(request.kind.rawValue) worker has taken job \(id) in 60 s; it waits on "
            + "\(request.kind.topic); is a worker running?"
    )
}
