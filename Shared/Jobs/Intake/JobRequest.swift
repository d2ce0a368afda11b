public import Foundation

/// A job as somebody asked for it: valid in itself, its inputs not yet pinned to digests.
public struct JobRequest: Equatable, Sendable {
    public var id: UUID
    public var spec: JobSpec
    /// Becomes a name of the job's main output when it succeeds.
    public var name: String?
    /// Role → a digest, at least twelve digits of one, or a name.
    public var inputs: [String: String]
    public var priority: Int
    public var maxAttempts: Int
    public var options: JobOptions

    public var kind: JobKind { spec.kind }

    /// Reads the body of a job message or file.
    ///
    /// - Parameters:
    ///   - body: the object with `spec`, `inputs` and so on.
    ///   - kind: what the topic or the envelope says; nil leaves it to the body's `kind`.
    ///   - fallbackID: the id where the body has no `job_id`.
    /// - Throws: `SpecError` listing every problem.
    public init(_ body: JSON, kind: JobKind?, fallbackID: UUID) throws(SpecError) {
        guard case .object(let members) = body else {
            throw SpecError("a job must be an object with the fields \(JobRequest.fields)")
        }
        var problems: [String] = []
        func read<Value>(_ parse: () throws -> Value) -> Value? {
            do { return try parse() } catch {
                problems += (error as? SpecError)?.problems ?? ["\(error)"]
                return nil
            }
        }
        _ = read { try JobRequest.checkFields(body) }
        let kind = read { try JobRequest.kind(members["kind"], expected: kind) }
        let spec = kind.flatMap { kind in
            read { try JobRequest.spec(members["spec"], kind) }
        }
        let id = read { try JobRequest.id(members["job_id"]) ?? fallbackID }
        let name = read { try JobRequest.name(members["name"]) }
        let inputs = spec.flatMap { spec in
            read { try JobRequest.inputs(members["inputs"], spec) }
        }
        let priority = read { try JobRequest.integer(members["priority"], "priority", 0...9) ?? 0 }
        let maxAttempts = read {
            try JobRequest.integer(members["max_attempts"], "max_attempts", 1...100) ?? 5
        }
        let options = read { try JobOptions(members, id: id ?? fallbackID) }
        guard problems.isEmpty, let spec, let id, let name, let inputs, let priority,
            let maxAttempts, let options
        else { throw SpecError(problems: problems) }
        (self.id, self.spec, self.name, self.inputs) = (id, spec, name, inputs)
        (self.priority, self.maxAttempts, self.options) = (priority, maxAttempts, options)
    }

    static let fields =
        ["job_id", "kind", "name", "spec", "inputs", "priority", "max_attempts"] + JobOptions.fields

    private static func checkFields(_ body: JSON) throws(SpecError) {
        _ = try JSON.object(Dictionary(uniqueKeysWithValues: fields.map { ($0, .null) }))
            .overlaid(with: body)
    }

    private static func spec(_ given: JSON?, _ kind: JobKind) throws(SpecError) -> JobSpec {
        guard let given else {
            throw SpecError("spec is missing; it holds the fields of a \(kind.rawValue) job")
        }
        return try JobSpec(kind, given)
    }

    private static func kind(_ given: JSON?, expected: JobKind?) throws(SpecError) -> JobKind {
        let names = JobKind.allCases.map(\.rawValue).joined(separator: ", ")
        guard let given else {
            guard let expected else {
                throw SpecError("kind is missing; it must be one of \(names)")
            }
            return expected
        }
        guard let kind = given.string.flatMap(JobKind.init(rawValue:)) else {
            throw SpecError("kind is \(given.shown); it must be one of \(names)")
        }
        if let expected, expected != kind {
            throw SpecError(
                "kind is '\(kind.rawValue)' on the topic of \(expected.rawValue) jobs; "
                    + "publish it on \(kind.topic)"
            )
        }
        return kind
    }

    private static func id(_ given: JSON?) throws(SpecError) -> UUID? {
        guard let given else { return nil }
        guard let id = given.string.flatMap(UUID.init(uuidString:)) else {
            throw SpecError("job_id is \(given.shown); it must be a UUID")
        }
        return id
    }

    private static func name(_ given: JSON?) throws(SpecError) -> String? {
        guard let given, given != .null else { return nil }
        guard let name = given.string, isName(name) else {
            throw SpecError(
                "name is \(given.shown); it must be 1 to 100 letters, digits, '.', "
                    + "'_' or '-', beginning with a letter, and not look like a digest or a job's id"
            )
        }
        return name
    }

    /// Whether `text` can name an artifact: it cannot be taken for a digest or an id.
    public static func isName(_ text: String) -> Bool {
        guard let first = text.unicodeScalars.first, (1...100).contains(text.utf8.count) else {
            return false
        }
        let letters = text.unicodeScalars.allSatisfy {
            $0.isASCII
                && ($0.properties.isAlphabetic || "0123456789._-".unicodeScalars.contains($0))
        }
        let digest = text.utf8.count >= 12 && text.allSatisfy(\.isHexDigit)
        return letters && first.properties.isAlphabetic && !digest && UUID(uuidString: text) == nil
    }

    private static func inputs(
        _ given: JSON?,
        _ spec: JobSpec
    ) throws(SpecError) -> [String: String] {
        let roles = spec.kind.inputs(of: spec)
        let members: [String: JSON]
        switch given {
        case .object(let found): members = found
        case nil: members = [:]
        case let other?:
            throw SpecError("inputs is \(other.shown); it must be an object from role to artifact")
        }
        var problems: [String] = []
        var result: [String: String] = [:]
        for (role, value) in members.sorted(by: { $0.key < $1.key }) {
            if !roles.contains(where: { $0.role == role }) {
                let known = roles.map(\.role).joined(separator: ", ")
                problems.append("inputs.\(role) is not used by this job; its inputs are \(known)")
            } else if let reference = value.string, !reference.isEmpty {
                result[role] = reference
            } else {
                problems.append(
                    "inputs.\(role) is \(value.shown); it must be text: a name or a digest"
                )
            }
        }
        for (role, required) in roles where required && members[role] == nil {
            problems.append("inputs.\(role) is missing; give the name or digest of an artifact")
        }
        guard problems.isEmpty else { throw SpecError(problems: problems) }
        return result
    }

    private static func integer(
        _ given: JSON?,
        _ field: String,
        _ range: ClosedRange<Int>
    ) throws(SpecError) -> Int? {
        guard let given else { return nil }
        guard case .int(let value) = given, range.contains(value) else {
            throw SpecError(
                "\(field) is \(given.shown); it must be a whole number from \(range.lowerBound) to "
                    + "\(range.upperBound)"
            )
        }
        return value
    }
}
