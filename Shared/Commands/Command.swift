import Foundation

/// One option of a command: `--name VALUE`, or a flag without a value.
public struct Option: Sendable {
    let name: String
    let value: String?
    /// The letter of its short form, `-o`.
    let letter: Character?
    let help: String

    /// - Precondition: `value`, what stands for the value in the help, is nil for a flag.
    public init(_ name: String, _ value: String? = nil, letter: Character? = nil, help: String) {
        (self.name, self.value, self.letter, self.help) = (name, value, letter, help)
    }

    /// How the help writes it.
    var usage: String {
        "  \(letter.map { "-\($0), " } ?? "")--\(name)\(value.map { " " + $0 } ?? "")"
    }
}

/// A command with its arguments and options, from which parsing and help both follow.
public struct Command: Sendable {
    public let name: String
    let summary: String
    let arguments: [String]
    let options: [Option]
    let run: @Sendable (Invocation) throws -> Void

    /// - Precondition: an argument in square brackets may be left out, and one ending in … repeats.
    public init(
        _ name: String,
        summary: String,
        arguments: [String] = [],
        options: [Option] = [],
        run: @escaping @Sendable (Invocation) throws -> Void
    ) {
        (self.name, self.summary, self.arguments) = (name, summary, arguments)
        (self.options, self.run) = (options, run)
    }

    /// One line for each argument and option.
    func help(_ program: String) -> String {
        let usage = ([program, name] + arguments).filter { !$0.isEmpty }.joined(separator: " ")
        let lines = options.map { option in
            let left = option.usage
            return left.padding(toLength: max(26, left.count + 2), withPad: " ", startingAt: 0)
                + option.help
        }
        return (["usage: \(usage)\(options.isEmpty ? "" : " [options]")", summary] + lines)
            .joined(separator: "\n")
    }
}

/// What a command was called with.
public struct Invocation: Sendable {
    public let arguments: [String]
    let values: [String: String]

    public func value(_ option: String) -> String? { values[option] }
    public func flag(_ option: String) -> Bool { values[option] != nil }

    /// The whole number given for `option`, of those in `range`.
    ///
    /// - Throws: `UsageError` naming the option, what it got and what it takes.
    public func integer(_ option: String, in range: ClosedRange<Int>? = nil) throws -> Int? {
        guard let text = values[option] else { return nil }
        guard let number = Int(text), range?.contains(number) ?? true else {
            let bounds = range.map { " from \($0.lowerBound) to \($0.upperBound)" } ?? ""
            throw UsageError("--\(option) got '\(text)'; it takes a whole number\(bounds)")
        }
        return number
    }

    /// Refuses two flags of which each asks for another form of the answer.
    ///
    /// - Throws: `UsageError` where both are given.
    public func refuse(_ one: String, with other: String) throws {
        guard flag(one), flag(other) else { return }
        throw UsageError("--\(one) and --\(other) cannot both be had; give one of them")
    }
}
