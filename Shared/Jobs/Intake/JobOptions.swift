public import Foundation

/// When and where a job runs, and what it waits for: nothing that changes a number.
public struct JobOptions: Equatable, Sendable {
    /// The jobs that must succeed first; its inputs may name what they will have made.
    public var after: [UUID] = []
    public var notBefore: Date?
    /// When it fails if it is not done, whatever the attempt.
    public var deadline: Date?
    /// Seconds that one attempt may take.
    public var maxRuntime: Double?
    /// Two requests with one key are one job.
    public var idempotencyKey: String?
    public var labels: [String: String] = [:]
    public var resources = Resources()
    /// Name → kind of everything that it must make, where the request says so.
    public var outputs: [String: String]?

    public init() {}

    /// What a job needs of the machine it runs on; nil needs nothing in particular.
    public struct Resources: Codable, Equatable, Sendable {
        public var deviceClass: String?
        public var memoryBytes: Int?
        public var threads: Int?
        /// How many workers compute it together; nil is one.
        public var worldSize: Int?

        public init(
            deviceClass: String? = nil,
            memoryBytes: Int? = nil,
            threads: Int? = nil,
            worldSize: Int? = nil
        ) {
            (self.deviceClass, self.memoryBytes, self.threads) = (deviceClass, memoryBytes, threads)
            self.worldSize = worldSize
        }
    }

    static let fields = [
        "after", "not_before", "deadline", "max_runtime", "idempotency_key", "labels", "resources",
        "outputs",
    ]

    /// Reads the fields from the body of a job message.
    ///
    /// - Throws: `SpecError` listing every problem.
    init(_ body: [String: JSON], id: UUID) throws(SpecError) {
        let body = body.filter { $0.value != .null }
        var problems: [String] = []
        func read<Value>(_ field: String, _ rule: String, _ parse: (JSON) -> Value?) -> Value? {
            guard let given = body[field] else { return nil }
            let value = parse(given)
            if value == nil { problems.append("\(field) is \(given.shown); it must be \(rule)") }
            return value
        }
        let time = "a time such as 2026-01-31T12:00:00Z"
        after = read("after", "a list of at most 1000 job ids", ids) ?? []
        if after.contains(id) { problems.append("after names the job itself, \(id)") }
        notBefore = read("not_before", time, date)
        deadline = read("deadline", time, date)
        maxRuntime = read("max_runtime", "a number of seconds above 0, at most 1000000000") {
            given in
            given.double.flatMap { $0 > 0 && $0 <= 1e9 ? $0 : nil }
        }
        idempotencyKey = read("idempotency_key", "text of 1 to 200 characters") { given in
            given.string.flatMap { (1...200).contains($0.unicodeScalars.count) ? $0 : nil }
        }
        labels =
            read("labels", "at most 64 texts of at most 1000 bytes by their names", texts) ?? [:]
        outputs = read("outputs", "a list of {name, kind}", declared)
        resources = read("resources", Resources.rule, Resources.init) ?? Resources()
        guard problems.isEmpty else { throw SpecError(problems: problems) }
    }
}

extension JobOptions.Resources {
    fileprivate static let rule =
        "an object of device_class (such as cpu or cuda), memory_bytes and threads (whole numbers "
        + "above 0) and world_size (1 to 64)"

    fileprivate init?(_ given: JSON) {
        guard case .object(let members) = given,
            Set(members.keys).isSubset(
                of: ["device_class", "memory_bytes", "threads", "world_size"]
            ),
            let decoded = try? given.decode(JobOptions.Resources.self),
            decoded.memoryBytes ?? 1 > 0, (1...1_000_000).contains(decoded.threads ?? 1),
            (1...64).contains(decoded.worldSize ?? 1), decoded.deviceClass?.isDeviceClass ?? true
        else { return nil }
        self = decoded
    }
}

extension String {
    /// Whether the text can name a class of devices: a lowercase letter, then letters, digits, `_`
    /// or `-`, 32 at most.
    public var isDeviceClass: Bool {
        guard let first = utf8.first, utf8.count <= 32, (0x61...0x7A).contains(first) else {
            return false
        }
        return utf8.allSatisfy {
            (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x5F || $0 == 0x2D
        }
    }
}

private func ids(_ given: JSON) -> [UUID]? {
    guard case .array(let items) = given, items.count <= 1_000 else { return nil }
    let ids = items.compactMap { $0.string.flatMap(UUID.init(uuidString:)) }
    return ids.count == items.count ? ids : nil
}

private func date(_ given: JSON) -> Date? {
    guard let text = given.string else { return nil }
    return (try? Date(text, strategy: .iso8601))
        ?? (try? Date(text, strategy: Date.ISO8601FormatStyle(includingFractionalSeconds: true)))
}

private func texts(_ given: JSON) -> [String: String]? {
    guard case .object(let members) = given, members.count <= 64 else { return nil }
    let texts = members.compactMapValues(\.string)
    let fits = texts.allSatisfy { (1...100).contains($0.utf8.count) && $1.utf8.count <= 1_000 }
    return texts.count == members.count && fits ? texts : nil
}

private func declared(_ given: JSON) -> [String: String]? {
    guard case .array(let items) = given, (1...100).contains(items.count) else { return nil }
    var outputs: [String: String] = [:]
    for item in items {
        guard case .object(let members) = item, members.count == 2,
            let name = members["name"]?.string, let kind = members["kind"]?.string,
            outputs.updateValue(kind, forKey: name) == nil
        else { return nil }
    }
    return outputs
}
