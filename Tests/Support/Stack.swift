import Datasets
public import Foundation
import Jobs
public import Postgres
public import Records
public import Store

/// A Postgres, a broker, and real workers as processes.
public protocol Stack: AnyObject {
    var database: Connection { get }
    /// What all programs of the stack get.
    var environment: [String: String] { get }
    /// What the workers have said, for the report of a test that waits in vain.
    var logged: String { get }
}

extension Stack {
    public var queue: JobQueue { JobQueue(database) }
    public var ledger: Ledger { Ledger(database) }
    public var logged: String { "" }

    /// Waits until `body` has a value.
    ///
    /// - Throws: `Silence` where it has none after `seconds`.
    @discardableResult
    public func wait<Value>(
        _ seconds: Double = 60,
        for what: String = "something",
        _ body: () throws -> Value?
    ) throws -> Value {
        let end = ContinuousClock.now + .seconds(seconds)
        while ContinuousClock.now < end {
            if let value = try body() { return value }
            Thread.sleep(forTimeInterval: 0.02)
        }
        throw Silence(what: what, seconds: seconds, logs: String(logged.suffix(2_000)))
    }

    /// Waits for the job's end.
    ///
    /// - Throws: where it has not come after `seconds`.
    public func finish(_ job: UUID, seconds: Double = 120) throws -> JobStatus {
        try wait(seconds, for: "the end of job \(job)") {
            try queue.status(of: job).flatMap { $0.isFinished ? $0 : nil }
        }
    }

    /// Puts 64 small shapes into `store` and the ledger, named `tiny`.
    public func registerShapes(in store: ArtifactStore) throws {
        let dataset = Shapes.dataset(count: 64, resolution: 16, seed: 1)
        let (digest, manifest) = try dataset.save(in: store)
        let output = JobOutput(
            name: "dataset",
            kind: "dataset",
            content: digest,
            bytes: manifest.bytes,
            info: manifest.info
        )
        try ledger.register(output, from: "test", name: "tiny")
    }

    /// Runs the program `palimpsest` and returns what it printed, with its status.
    @discardableResult
    public func palimpsest(_ arguments: String...) throws -> Programs.Answer {
        try palimpsest(arguments)
    }

    /// The same with `folder` as the current one.
    @discardableResult
    public func palimpsest(_ arguments: [String], in folder: URL? = nil) throws -> Programs.Answer {
        try Programs.run("palimpsest", arguments, environment, in: folder)
    }
}

/// Something that should have happened did not.
public struct Silence: Error {
    public let what: String
    public let seconds: Double
    public let logs: String
}
