/// What a child tells its worker, one JSON line each on standard output.
public enum ReportLine: Codable, Sendable {
    /// How much of what the steps need is made, before the first of them.
    case preparing(done: Int, total: Int)
    case progress(step: Int, total: Int, values: [String: Double])
    /// A state that is in the store, which took `seconds`.
    case snapshot(SnapshotReference, bytes: Int, seconds: Double)
    /// A snapshot that cannot be read, and the step at which the run begins instead.
    case damaged(SnapshotReference, reason: String, resumed: Int)
    case output(JobOutput)
    case metric(MetricValue)
    case failure(JobFailure)
    /// Stopped when asked to, after a snapshot.
    case released
    case finished
}

/// An artifact that a job made.
public struct JobOutput: Codable, Equatable, Sendable {
    public var name: String
    /// "checkpoint", "sample_set" or "report".
    public var kind: String
    public var content: Digest
    public var bytes: Int
    public var info: JSON

    public init(name: String, kind: String, content: Digest, bytes: Int, info: JSON) {
        self.name = name
        self.kind = kind
        self.content = content
        self.bytes = bytes
        self.info = info
    }
}

/// A number measured on the job's subject, with its 95 % interval where there is one.
public struct MetricValue: Codable, Equatable, Sendable {
    public var name: String
    public var value: Double
    public var low: Double?
    public var high: Double?

    public init(_ name: String, _ value: Double, low: Double? = nil, high: Double? = nil) {
        self.name = name
        self.value = value
        self.low = low
        self.high = high
    }
}

/// Why an attempt failed, and so whether another may help.
public struct JobFailure: Error, Codable, Equatable, CustomStringConvertible, Sendable {
    public enum Class: String, Codable, Sendable, CaseIterable {
        /// The job cannot be done as asked; no retry.
        case invalid
        /// It could be asked, but these inputs do not allow it; no retry.
        case permanent
        /// Worth another attempt.
        case transient
        /// Out of memory or disk; one more attempt.
        case resource
        /// The loss is no longer a number; one more attempt, from an earlier snapshot.
        case diverged
        /// The child ended without a word, or its lease ran out.
        case lost
        /// A job that it comes after failed, was cancelled or never came.
        case dependency
        /// It was not done in time.
        case deadline
    }

    public var reason: Class
    public var message: String
    public var description: String { "\(reason.rawValue): \(message)" }

    public init(_ reason: Class, _ message: String) {
        self.reason = reason
        self.message = message
    }
}
