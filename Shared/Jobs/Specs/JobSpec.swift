/// The four kinds of work, each with a topic and a worker of its own.
public enum JobKind: String, Codable, Sendable, CaseIterable {
    case train, distill, unlearn, evaluate

    /// The topic that jobs of this kind arrive on.
    public var topic: String { "jobs.\(rawValue).v1" }

    public init?(topic: String) {
        guard let kind = JobKind.allCases.first(where: { $0.topic == topic }) else { return nil }
        self = kind
    }

    /// The roles of inputs, and whether a job of this kind must name each.
    func inputs(of spec: JobSpec) -> [(role: String, required: Bool)] {
        switch spec {
        case .train: [("dataset", true)]
        case .distill: [("teacher", true), ("dataset", true)]
        case .unlearn(let spec):
            switch spec.method {
            case .saddle, .overwrite:
                [("original", true), ("dataset", false), ("forget_request", false)]
            case .gradientAscent, .retainFinetune:
                [("original", true), ("dataset", true), ("forget_request", false)]
            }
        case .evaluate(let spec):
            [
                ("subject", true), ("classifier", true), ("dataset", spec.metrics.contains(.fid)),
                ("original", spec.metrics.contains(.integrity)),
            ]
        }
    }
}

/// The other topics.
public enum Topics {
    public static let control = "jobs.control.v1"
    public static let events = "jobs.events.v1"
    public static let deadLetters = "jobs.dlq.v1"
    /// What was sealed, as OpenLineage events, and the log's signed epochs.
    public static let lineage = "lineage.events.v1"
    public static let all =
        JobKind.allCases.map(\.topic) + [control, events, deadLetters, lineage]
}

/// What a job computes: everything that changes a number.
public enum JobSpec: Equatable, Sendable {
    case train(TrainSpec)
    case distill(DistillSpec)
    case unlearn(UnlearnSpec)
    case evaluate(EvaluateSpec)

    public var kind: JobKind {
        switch self {
        case .train: .train
        case .distill: .distill
        case .unlearn: .unlearn
        case .evaluate: .evaluate
        }
    }

    /// The method's name, as it stands in the spec.
    public var method: String {
        switch self {
        case .train(.diffusion): "diffusion"
        case .train(.classifier): "classifier"
        case .distill: "moment_matching"
        case .unlearn(let spec): spec.method.rawValue
        case .evaluate: "report"
        }
    }

    /// How many steps the job takes.
    public var steps: Int {
        switch self {
        case .train(.diffusion(let spec)): spec.work.steps
        case .train(.classifier(let spec)): spec.work.steps
        case .distill(let spec): spec.work.steps
        case .unlearn(let spec): spec.work.steps
        case .evaluate: 1
        }
    }

    /// Reads the spec of a job of `kind`, filling in defaults, and validates it.
    ///
    /// - Throws: `SpecError` listing every problem.
    public init(_ kind: JobKind, _ given: JSON) throws(SpecError) {
        let method = try JobSpec.method(of: given, kind)
        let defaults = try JobSpec.defaults(kind, method)
        let merged = try defaults.overlaid(with: given)
        switch (kind, method) {
        case (.train, "diffusion"): self = .train(.diffusion(try merged.decode(DiffusionSpec.self)))
        case (.train, _): self = .train(.classifier(try merged.decode(ClassifierSpec.self)))
        case (.distill, _): self = .distill(try merged.decode(DistillSpec.self))
        case (.unlearn, _): self = .unlearn(try merged.decode(UnlearnSpec.self))
        case (.evaluate, _): self = .evaluate(try merged.decode(EvaluateSpec.self))
        }
        try validate()
    }

    /// The spec with every default written out.
    public var json: JSON {
        get throws(SpecError) {
            try JobSpec.wrap(method) { () throws -> JSON in
                switch self {
                case .train(.diffusion(let spec)): try JSON(encoding: spec)
                case .train(.classifier(let spec)): try JSON(encoding: spec)
                case .distill(let spec): try JSON(encoding: spec)
                case .unlearn(let spec): try JSON(encoding: spec)
                case .evaluate(let spec): try JSON(encoding: spec)
                }
            }
        }
    }

    public func validate() throws(SpecError) {
        let problems =
            switch self {
            case .train(.diffusion(let spec)): spec.problems()
            case .train(.classifier(let spec)): spec.problems()
            case .distill(let spec): spec.problems()
            case .unlearn(let spec): spec.problems()
            case .evaluate(let spec): spec.problems()
            }
        guard problems.isEmpty else { throw SpecError(problems: problems.map { "spec." + $0 }) }
    }

    /// The names of the methods of `kind`.
    public static func methods(_ kind: JobKind) -> [String] {
        switch kind {
        case .train: ["diffusion", "classifier"]
        case .distill: ["moment_matching"]
        case .unlearn: UnlearnSpec.Method.allCases.map(\.rawValue)
        case .evaluate: ["report"]
        }
    }

    private static func method(of given: JSON, _ kind: JobKind) throws(SpecError) -> String {
        guard case .object(let members) = given else {
            throw SpecError("spec must be an object with the fields of a \(kind.rawValue) job")
        }
        let known = methods(kind)
        guard let value = members["method"] else {
            if known.count == 1 { return known[0] }
            throw SpecError(
                "spec.method is missing; it must be one of \(known.joined(separator: ", "))"
            )
        }
        guard let name = value.string, known.contains(name) else {
            let hint = value.string.flatMap { nearest($0, in: known) }
                .map { "; did you mean '\($0)'?" }
            throw SpecError(
                "spec.method is \(value.string.map { "'\($0)'" } ?? "not text"); it must be one of "
                    + known.joined(separator: ", ") + (hint ?? "")
            )
        }
        return name
    }

    private static func defaults(_ kind: JobKind, _ method: String) throws(SpecError) -> JSON {
        try wrap(method) { () throws -> JSON in
            switch (kind, method) {
            case (.train, "diffusion"): try JSON(encoding: DiffusionSpec())
            case (.train, _): try JSON(encoding: ClassifierSpec())
            case (.distill, _): try JSON(encoding: DistillSpec())
            case (.unlearn, _):
                try JSON(encoding: UnlearnSpec(method: .init(rawValue: method) ?? .saddle))
            case (.evaluate, _): try JSON(encoding: EvaluateSpec())
            }
        }
    }

    private static func wrap(
        _ method: String,
        _ body: () throws -> JSON
    ) throws(SpecError) -> JSON {
        do {
            guard case .object(var members) = try body() else { return .null }
            members["method"] = .string(method)
            return .object(members)
        } catch {
            throw SpecError("the spec cannot be written as JSON: \(error)")
        }
    }
}
