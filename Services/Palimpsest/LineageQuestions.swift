/// One function of the ledger that people ask on the command line.
struct Question {
    /// The words after `lineage`.
    let name: String
    /// The function in the schema `lineage`.
    let function: String
    let summary: String
    /// What the help calls the function's leading parameters; in brackets where they have defaults.
    let arguments: [String]
    let options: [QuestionOption]

    init(
        _ name: String,
        _ function: String? = nil,
        _ arguments: [String] = ["REF"],
        options: [QuestionOption] = [],
        _ summary: String
    ) {
        self.name = name
        self.function = function ?? name.replacing("-", with: "_")
        (self.summary, self.arguments, self.options) = (summary, arguments, options)
    }

    /// Every question but those with an answer that is drawn.
    static let all = [
        Question("original", "original_of", "Names the original, parent and weight root."),
        Question("ancestors", options: [roles, rows], "Lists what an artifact was made from."),
        Question(
            "descendants",
            options: [roles, kinds, asOf, rows],
            "Lists what was made from an artifact."
        ),
        Question(
            "is-derived-from",
            nil,
            ["A", "B"],
            options: [roles],
            "Says whether A was made from B."
        ),
        Question(
            "common-origin",
            nil,
            ["A", "B"],
            options: [rows],
            "Lists the nearest that both were made from."
        ),
        Question("diff", nil, ["A", "B"], "Lists how the making of two artifacts differs."),
        Question(
            "runs-using",
            nil,
            ["DATASET"],
            options: [asOf, rows],
            "Lists the runs that data went into, at any distance."
        ),
        Question("datasets-behind", options: [rows], "Lists the data an artifact learned from."),
        Question(
            "unlearned",
            "unlearned_from",
            options: [asOf, rows],
            "Compares all unlearned versions of an original."
        ),
        Question(
            "exposed-deployments",
            nil,
            ["REQUEST"],
            options: [asOf, rows],
            "Lists what is live and still carries a request."
        ),
        Question(
            "distilled-before-cleansing",
            nil,
            ["TEACHER", "REQUEST"],
            options: [asOf, onlyLive, rows],
            "Lists students that learned what was to be forgotten."
        ),
        Question(
            "requests-status",
            options: [asOf, rows],
            "Says what each request finds in an artifact, and on which way."
        ),
        Question(
            "reintroduced",
            nil,
            ["REQUEST"],
            options: [asOf, rows],
            "Lists where what was cleansed came back."
        ),
        Question(
            "remediation-plan",
            nil,
            ["REQUEST"],
            options: [asOf, rows],
            "Lists the runs to do again, in order."
        ),
        Question(
            "verdicts-depending-on",
            nil,
            ["DIGEST"],
            options: [asOf, rows],
            "Lists the verdicts that rest on an evaluator or a metric model."
        ),
        Question("overdue", nil, ["[TIME]"], "Lists requests past their date and still live."),
        Question("as-of-report", nil, ["REF", "TIME"], "Says what was believed at a time."),
        Question(
            "score-history",
            nil,
            ["REF", "REQUEST"],
            options: [asOf],
            "Lists evidence, scores and verdicts of an artifact for a request."
        ),
        Question("unlearning-debt", nil, ["BASE"], options: [asOf], "Adds up what a base owes."),
        Question("reproductions", options: [rows], "Lists runs that made the same bytes again."),
        Question(
            "content-twins",
            options: [asOf, rows],
            "Lists the same bytes with another history."
        ),
        Question("orphans", nil, [], options: [rows], "Lists what the ledger lacks."),
        Question("job-of", "Names the job that made an artifact, with its attempts."),
        Question("environment-of", "Names program, libraries and system that made an artifact."),
        Question("artifacts-of", nil, ["JOB"], "Lists what a job made."),
        Question("what-if-revoke", nil, ["VERDICT"], "Lists what would be exposed without it."),
        Question(
            "integrity-drift",
            options: [asOf],
            "Follows integrity along a chain of unlearnings."
        ),
        Question(
            "comparable",
            nil,
            ["A", "B"],
            options: [asOf],
            "Says whether two scores may be compared."
        ),
        Question(
            "corrections",
            nil,
            [],
            options: [asOf, rows],
            "Lists what was said to be wrong."
        ),
        Question("metrics", "Lists what was measured on an artifact."),
    ]
}

extension Question {
    /// One that takes a reference and is called like its function.
    init(
        _ name: String,
        options: [QuestionOption] = [],
        _ summary: String
    ) {
        self.init(name, nil, ["REF"], options: options, summary)
    }

    init(
        _ name: String,
        _ function: String,
        options: [QuestionOption] = [],
        _ summary: String
    ) {
        self.init(name, function, ["REF"], options: options, summary)
    }
}
