import Foundation
import Jobs
import LocalStack
import Postgres
import Records

/// A queue in a new database with a dataset named `shapes`, as its owner and as nobody else.
struct FaultDesk {
    let conninfo: String
    let connection: Connection

    var queue: JobQueue { JobQueue(connection) }

    init() throws {
        conninfo = try PrivatePostgres.testDatabase()
        connection = try Connection(conninfo)
        try register("shapes", "shapes")
    }

    /// Gives the name to a dataset with this content.
    @discardableResult
    func register(_ name: String, _ content: String) throws -> Digest {
        try Ledger(connection).register(
            FaultDesk.output("dataset", kind: "dataset", content),
            from: content,
            name: name
        )
    }

    static func output(
        _ name: String = "model",
        kind: String = "checkpoint",
        _ content: String = "x"
    ) -> JobOutput {
        JobOutput(
            name: name,
            kind: kind,
            content: Digest(of: Data(content.utf8)),
            bytes: 1,
            info: .object([:])
        )
    }

    /// A classifier's body with `more` fields.
    static func body(_ more: [String: JSON] = [:]) -> JSON {
        let plain: [String: JSON] = [
            "spec": .object(["method": .string("classifier")]),
            "inputs": .object(["dataset": .string("shapes")]),
        ]
        return .object(plain.merging(more) { $1 })
    }

    static func request(
        _ more: [String: JSON] = [:],
        id: UUID = UUID()
    ) throws(SpecError) -> JobRequest {
        try JobRequest(body(more), kind: .train, fallbackID: id)
    }

    /// Submits a request as the intake does, in a message of its own.
    @discardableResult
    func submit(_ request: JobRequest, message: String = UUID().uuidString) throws
        -> JobQueue.Submission
    {
        let isFirst = request.options.after.isEmpty
        return try queue.submit(
            request,
            inputs: isFirst ? Ledger(connection).pin(request.inputs) : [],
            source: "test",
            messageID: message
        )
    }

    /// Submits a new job with `more` fields and returns its id.
    func add(_ more: [String: JSON] = [:]) throws -> UUID {
        let request = try FaultDesk.request(more)
        try submit(request)
        return request.id
    }

    func claim(_ seconds: Double = 60) throws -> ClaimedJob? {
        try queue.claim([.train], owner: UUID(), lease: seconds)
    }

    func state(_ job: UUID) throws -> String? { try queue.status(of: job)?.state }
    func failure(_ job: UUID) throws -> JobFailure? { try queue.status(of: job)?.failure }

    func number(_ sql: String) throws -> Int {
        try connection.query("SELECT (\(sql)) AS n").first?.int("n") ?? -1
    }
}

extension UUID {
    var json: JSON { .string(uuidString.lowercased()) }
}
