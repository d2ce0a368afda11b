/// The JSON Schema of a job message's body: one branch for each method of its kind.
enum JobSchema {
    static func document(_ kind: JobKind) throws(SpecError) -> JSON {
        var branches: [JSON] = []
        for method in JobSpec.methods(kind) { branches.append(try branch(kind, method)) }
        let head: [String: JSON] = [
            "$schema": .string(Schemas.dialect), "$id": .string(Schemas.identifier(of: kind)),
            "title": .string("The body of a \(kind.rawValue) job"),
        ]
        guard case .object(let only)? = branches.first, branches.count == 1 else {
            return .object(head.merging(["oneOf": .array(branches)]) { own, _ in own })
        }
        return .object(head.merging(only) { own, _ in own })
    }

    private static func branch(_ kind: JobKind, _ method: String) throws(SpecError) -> JSON {
        let unwritten = JobSpec.unwritten(kind, method)
        var properties = try BodyFields.known()
        properties["kind"] = ["const": .string(kind.rawValue)]
        properties["spec"] = .object(try spec(unwritten, alone: JobSpec.methods(kind).count == 1))
        let roles = kind.inputs(of: unwritten)
        let conditions = conditions(unwritten)
        let always = roles.filter { $0.required && !conditions.keys.contains($0.role) }.map(\.role)
        let references = roles.map { ($0.role, reference) }
        properties["inputs"] = .object(
            TypeSchema.object(Dictionary(references) { $1 }, required: always)
        )
        var schema = TypeSchema.object(properties, required: ["inputs", "spec"])
        let clauses = conditions.sorted { $0.key < $1.key }.map(\.value)
        if !clauses.isEmpty { schema["allOf"] = .array(clauses) }
        return .object(schema)
    }

    private static func spec(_ spec: JobSpec, alone: Bool) throws(SpecError) -> [String: JSON] {
        let types = TypeSchema(rules: spec.problems().rules, defaults: try spec.json)
        var schema = try types.schema(spec.value)
        guard case .object(var properties) = schema["properties"] else { return schema }
        properties["method"] = ["const": .string(spec.method)]
        schema["properties"] = .object(properties)
        var required: [JSON] = []
        if case .array(let given)? = schema["required"] { required = given }
        if !alone { required.append("method") }
        if !required.isEmpty { schema["required"] = .array(required) }
        return schema
    }

    /// The roles that a job must name only when it asks for a certain metric, each with the clause
    /// that says so.
    private static func conditions(_ spec: JobSpec) -> [String: JSON] {
        guard case .evaluate(let unwritten) = spec else { return [:] }
        var clauses: [String: JSON] = [:]
        for metric in EvaluateSpec.Metric.allCases {
            var asked = unwritten
            asked.metrics = EvaluateSpec.Metric.allCases.filter { $0 != metric }
            let without = required(.evaluate(asked))
            asked.metrics = EvaluateSpec.Metric.allCases
            for role in required(.evaluate(asked)).subtracting(without) {
                clauses[role] = clause(role, metric, byDefault: unwritten.metrics.contains(metric))
            }
        }
        return clauses
    }

    private static func required(_ spec: JobSpec) -> Set<String> {
        Set(spec.kind.inputs(of: spec).filter(\.required).map(\.role))
    }

    /// `role` is required where `metric` is listed, or nothing is and it is so by default.
    private static func clause(
        _ role: String,
        _ metric: EvaluateSpec.Metric,
        byDefault: Bool
    ) -> JSON {
        let contains: JSON = ["metrics": ["contains": ["const": .string(metric.rawValue)]]]
        var asked: [String: JSON] = ["properties": contains]
        if !byDefault { asked["required"] = .array(["metrics"]) }
        return [
            "if": ["properties": ["spec": .object(asked)]],
            "then": ["properties": ["inputs": ["required": .array([.string(role)])]]],
        ]
    }

    private static let reference: JSON = [
        "type": "string", "minLength": .int(1),
        "description": "A name, a digest, or at least twelve digits of one.",
    ]
}

extension JobSpec {
    /// The structure that this case holds.
    var value: Any {
        switch self {
        case .train(.diffusion(let spec)): spec
        case .train(.classifier(let spec)): spec
        case .distill(let spec): spec
        case .unlearn(let spec): spec
        case .evaluate(let spec): spec
        }
    }
}
