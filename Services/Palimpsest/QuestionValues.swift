import Commands
import Foundation
import Postgres
import Records

enum Limits {
    /// As many rows as an answer may have, here and in SQL (`lineage.row_limit`).
    static let rows = 1...1_000_000
}

/// What an argument or an option of a question takes, where that is known before the ledger is asked.
enum QuestionValue {
    case text, rows, moment, truth, whole, job, digest
    /// Some of these words.
    case words([String])

    static let roles = QuestionValue.words(EdgeRole.allCases.map(\.rawValue))
    /// What an artifact can be (`lineage.artifact_kinds`).
    static let kinds = QuestionValue.words([
        "checkpoint", "adapter", "dataset", "sample_set", "forget_set", "eval_manifest",
        "metric_model", "report", "config", "code",
    ])

    /// What the argument `name` of a question takes.
    init(argument name: String) {
        switch name {
        case "TIME": self = .moment
        case "VERDICT": self = .whole
        case "JOB": self = .job
        case "DIGEST": self = .digest
        default: self = .text
        }
    }

    /// The parameter that `text`, given for `name`, stands for.
    ///
    /// - Throws: `UsageError` naming the option, what it got and what it takes.
    func parameter(_ text: String, for name: String) throws -> Value {
        if case .words(let known) = self { return try words(text, of: known, for: name) }
        guard let wanted = refusal(of: text) else { return .text(text) }
        throw UsageError("\(name) got '\(text)'; it takes \(wanted)")
    }

    /// What would have been right, where `text` is not.
    private func refusal(of text: String) -> String? {
        switch self {
        case .text, .words: nil
        case .rows:
            Int(text).map(Limits.rows.contains) ?? false
                ? nil : "a whole number from \(Limits.rows.lowerBound) to \(Limits.rows.upperBound)"
        case .moment: isMoment(text) ? nil : momentForms
        case .truth: ["true", "false"].contains(text) ? nil : "true or false"
        case .whole: Int(text).map { $0 > 0 } ?? false ? nil : "a number, such as 12"
        case .job: UUID(uuidString: text) != nil ? nil : "a job's id; `palimpsest jobs` lists them"
        case .digest:
            text.wholeMatch(of: #/[0-9a-fA-F]{12,64}/#) != nil
                ? nil : "a digest, or at least 12 of its hexadecimal digits"
        }
    }

    /// A list with commas, or as Postgres writes an array.
    private func words(_ text: String, of known: [String], for name: String) throws -> Value {
        let isArray = text.hasPrefix("{") && text.hasSuffix("}")
        let given = list(isArray ? String(text.dropFirst().dropLast()) : text)
        let wrong = given.first { !known.contains($0) }
        guard !given.isEmpty, wrong == nil else {
            let got = wrong.map { "'\($0)'" } ?? "nothing"
            throw UsageError("\(name) got \(got); known are \(known.joined(separator: ", "))")
        }
        return .array(given)
    }
}

/// The parts of a list with commas.
func list(_ text: String?) -> [String] {
    (text ?? "").split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
        .filter { !$0.isEmpty }
}
