import Jobs

/// What an artifact was to the one made from it.
public enum EdgeRole: String, Sendable, CaseIterable {
    /// Its weights are where the child's began.
    case initial = "init"
    /// Its weights were mixed into the child's.
    case merge
    /// The child learned from its answers.
    case teacher
    /// Its answers are what the child was held to.
    case anchor
    case dataset
    case retainSet = "retain_set"
    /// What was to be forgotten, or the commitment to it.
    case forgetSet = "forget_set"
    /// The child was trained anew to stand in its place.
    case replaces
    case config
    case code
    case evaluationSubject = "eval_subject"
    case reference
    /// The classifier that judged.
    case judge
}

/// One parent of an output: the input in the role `input`.
struct Edge: Equatable {
    let output: String
    let input: String
    let role: EdgeRole

    /// The edges of `output`, made by a job of `kind` from inputs in the roles `inputs`.
    static func edges(
        of output: JobOutput,
        kind: JobKind,
        method: String,
        inputs: [String]
    ) -> [Edge] {
        inputs.flatMap { input in
            roles(of: input, for: output.kind, kind, method).map {
                Edge(output: output.name, input: input, role: $0)
            }
        }
    }

    private static func roles(
        of input: String,
        for output: String,
        _ kind: JobKind,
        _ method: String
    ) -> [EdgeRole] {
        switch (kind, input) {
        case (.train, _): [.dataset]
        // The student starts as a copy of its teacher.
        case (.distill, "teacher"): [.initial, .teacher]
        case (.distill, _): [.dataset]
        case (.unlearn, "original"):
            ["saddle", "overwrite"].contains(method) ? [.initial, .anchor] : [.initial]
        case (.unlearn, "forget_request"): [.forgetSet]
        case (.unlearn, _):
            method == "gradient_ascent" ? [.retainSet, .forgetSet] : [.retainSet]
        // Samples carry what their model learned; nothing else went into them.
        case (.evaluate, "subject"): output == "sample_set" ? [.teacher] : [.evaluationSubject]
        case (.evaluate, "classifier"): output == "sample_set" ? [] : [.judge]
        case (.evaluate, _): output == "sample_set" ? [] : [.reference]
        }
    }

    var json: JSON {
        .object([
            "output": .string(output), "input": .string(input), "role": .string(role.rawValue),
        ])
    }
}
