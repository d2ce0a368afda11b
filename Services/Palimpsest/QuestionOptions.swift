/// An option of a question, with the parameter that it sets.
struct QuestionOption {
    let name: String
    let parameter: String
    let value: QuestionValue
    let help: String

    init(_ name: String, _ parameter: String, _ value: QuestionValue, _ help: String) {
        (self.name, self.parameter, self.value, self.help) = (name, parameter, value, help)
    }
}

extension Question {
    static let rows = QuestionOption(
        "limit",
        "max_rows",
        .rows,
        "rows at most; more are announced"
    )
    static let roles = QuestionOption(
        "roles",
        "roles",
        .roles,
        "follow these roles only: init,teacher"
    )
    static let asOf = QuestionOption(
        "as-of",
        "as_of",
        .moment,
        "as it was known at this time"
    )
    static let kinds = QuestionOption(
        "kinds",
        "kinds",
        .kinds,
        "of these kinds only: checkpoint,report"
    )
    static let onlyLive = QuestionOption(
        "only-live",
        "only_live",
        .truth,
        "false lists those not live too"
    )
}
