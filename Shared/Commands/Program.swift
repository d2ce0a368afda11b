import Foundation

/// A program of several commands.
public struct Program: Sendable {
    let name: String
    let summary: String
    let commands: [Command]

    public init(_ name: String, summary: String, commands: [Command]) {
        (self.name, self.summary, self.commands) = (name, summary, commands)
    }

    /// Runs the command that the process was called with, or `fallback` without one, and ends the
    /// process: with status 64 where the call was wrong, 1 where the command failed.
    public func main(default fallback: String? = nil) -> Never {
        do {
            let words = Array(CommandLine.arguments.dropFirst())
            try run(words.isEmpty ? fallback.map { [$0] } ?? [] : words)
            exit(0)
        } catch let error as UsageError {
            report("\(error)")
            exit(64)
        } catch {
            report("\(name): \(error)")
            exit(1)
        }
    }

    func run(_ words: [String]) throws {
        guard let word = words.first, !["help", "--help", "-h"].contains(word) || words.count > 1
        else { return print(help) }
        let wanted = word == "help" ? words[1] : word
        let (command, rest) = try command(wanted, Array(words.dropFirst()))
        if word == "help" || rest.contains("--help") { return print(command.help(name)) }
        let invocation = try parse(rest, command)
        try command.run(invocation)
    }

    /// All commands with a line each.
    var help: String {
        let width = (commands.map(\.name.count).max() ?? 0) + 4
        let lines = commands.map {
            "  " + $0.name.padding(toLength: width, withPad: " ", startingAt: 0) + $0.summary
        }
        return
            ([summary, "", "usage: \(name) COMMAND …"] + lines
            + ["", "`\(name) help COMMAND` says more."]).joined(separator: "\n")
    }

    /// The command of one or two words that `words` begins with.
    private func command(_ first: String, _ rest: [String]) throws -> (Command, [String]) {
        if let second = rest.first,
            let found = commands.first(where: { $0.name == "\(first) \(second)" })
        {
            return (found, Array(rest.dropFirst()))
        }
        if let found = commands.first(where: { $0.name == first }) { return (found, rest) }
        let names = commands.map(\.name)
        let parts = names.filter { $0.hasPrefix(first + " ") }
        if !parts.isEmpty {
            throw UsageError("'\(first)' needs one of: \(parts.joined(separator: ", "))")
        }
        throw UsageError("there is no command '\(first)'" + hint(first, names))
    }

    private func parse(_ words: [String], _ command: Command) throws -> Invocation {
        var values: [String: String] = [:]
        let plain = try parseOptions(words, command.options, into: &values)
        let required = command.arguments.filter { !$0.hasPrefix("[") }.count
        let repeats = command.arguments.last?.contains("…") == true
        guard plain.count >= required, repeats || plain.count <= command.arguments.count else {
            throw UsageError(command.help(name))
        }
        return Invocation(arguments: plain, values: values)
    }
}

/// Sorts `words` by the table: `--name value`, `--name=value`, `-o value`, flags; the rest in order, and all of
/// it after `--`. (glibc's getopt keeps its state in globals, which Swift 6 does not let us read.)
private func parseOptions(
    _ words: [String],
    _ options: [Option],
    into values: inout [String: String]
) throws -> [String] {
    var plain: [String] = []
    var rest = words[...]
    while let word = rest.popFirst() {
        if word == "--" { return plain + rest }
        let short = options.first { $0.letter.map { "-\($0)" } == word }
        guard word.hasPrefix("--") || short != nil else {
            plain.append(word)
            continue
        }
        let parts = word.dropFirst(2).split(separator: "=", maxSplits: 1).map(String.init)
        guard let option = short ?? options.first(where: { $0.name == parts.first }) else {
            throw UsageError(
                "there is no option '\(word)'" + hint(word, options.map { "--" + $0.name })
            )
        }
        guard option.value != nil else {
            values[option.name] = ""
            continue
        }
        guard let value = parts.count > 1 ? parts[1] : rest.popFirst() else {
            throw UsageError("--\(option.name) needs a value: \(option.help)")
        }
        values[option.name] = value
    }
    return plain
}

private func hint(_ word: String, _ names: [String]) -> String {
    let close = names.map { ($0, edits(word, $0)) }.filter { $0.1 <= 3 }.min { $0.1 < $1.1 }
    return close.map { "; did you mean '\($0.0)'?" }
        ?? "; known are \(names.joined(separator: ", "))"
}

/// Levenshtein distance.
private func edits(_ a: String, _ b: String) -> Int {
    let (a, b) = (Array(a), Array(b))
    var row = Array(0...b.count)
    for (i, x) in a.enumerated() {
        var diagonal = row[0]
        row[0] = i + 1
        for (j, y) in b.enumerated() {
            let above = row[j + 1]
            row[j + 1] = min(above + 1, row[j] + 1, diagonal + (x == y ? 0 : 1))
            diagonal = above
        }
    }
    return row[b.count]
}

private func report(_ text: String) { FileHandle.standardError.write(Data((text + "\n").utf8)) }
