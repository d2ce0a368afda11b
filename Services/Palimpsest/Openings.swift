import Commands
import Foundation
import Jobs
import Kafka
import Postgres
import Proofs

/// Opens the request `name`, whose key must be here; returns how many items it has.
///
/// - Throws: `UsageError` where its items are no classes, unless they are to be published.
func open(_ name: String, publishingItems: Bool, _ database: Connection) throws -> Int {
    _ = try presentKey(name)
    let row = try database.query(
        "SELECT scope FROM lineage.requests WHERE name = $1",
        [.text(name)]
    ).first
    if let scope = try row?.text("scope"), !classScopes.contains(scope), !publishingItems {
        throw UsageError(
            "'\(name)' is of scope \(scope), and no job needs it open. Opening it publishes the key of "
                + "its items' codes for ever: whoever reads the ledger, an audit or a proof can then "
                + "test whether a name or an address is one of them, also after `forget erase`, and "
                + "only jobs whose classes are its items fulfil it. Give --publish-items to do it"
        )
    }
    let opening = try opening(of: name)
    try publish(opening, of: name, items: publishingItems, database)
    return opening.codes.count
}

/// Opens the request that an unlearning job names, where its key is here, it is about classes, they
/// are the job's, and the brokers are there to take the job. Before the job is published, since a
/// worker refuses at once what names a closed request.
///
/// - Throws: `Failure` where the job would be refused: it forgets other than its request commits to.
func openRequest(of request: JobRequest, _ connections: Connections) throws {
    guard case .unlearn(let spec) = request.spec, let name = request.inputs["forget_request"]
    else { return }
    let database = try connections.openDatabase()
    let closed = try database.query(
        "SELECT FROM lineage.requests WHERE name = $1 AND NOT opened AND scope = ANY ($2::text[])",
        [.text(name), .array(classScopes)]
    )
    guard !closed.isEmpty, FileManager.default.fileExists(atPath: try keyFile(name).path) else {
        return
    }
    let opening = try opening(of: name)
    guard opening.differences(from: spec.forget) == (0, 0) else {
        throw Failure(
            "the job forgets other classes than request '\(name)' commits to, so it was not "
                + "published; `palimpsest forget list \(name)` shows them"
        )
    }
    let topic = request.kind.topic
    guard try Producer(connections.openKafka()).topics().contains(topic) else {
        throw Failure("the brokers have no topic \(topic); run `palimpsest topics`")
    }
    try publish(opening, of: name, items: false, database)
}

/// What opening the request `name`, whose key must be here, publishes.
private func opening(of name: String) throws -> RequestOpening {
    RequestOpening(of: try items(of: name), under: try RequestKey(file: try presentKey(name)))
}

private func publish(
    _ opening: RequestOpening,
    of name: String,
    items: Bool,
    _ database: Connection
) throws {
    let codes = opening.codes.map { "\"\\\\x\($0.hex)\"" }.joined(separator: ",")
    try database.query(
        "SELECT lineage.open_forgetting($1, $2::bytea, $3::bytea[], $4)",
        [.text(name), .bytes(opening.itemKey), .text("{\(codes)}"), .bool(items)]
    )
}
