import Foundation

/// A program of several commands.
public struct Program: Sendable {
    let name: String
    let summary: String
    let commands: [Command]
    private let version: (@Sendable () throws -> String)?
    private let explain: @Sendable (any Error) -> any Error

    /// What `version` returns is said for `--version`; `explain` turns errors of what the commands
    /// stand on into ours, where it knows better words.
    public init(
        _ name: String,
        summary: String,
        commands: [Command],
        version: (@Sendable () throws -> String)? = nil,
        explain: @escaping @Sendable (any Error) -> any Error = { $0 }
    ) {
        (self.name, self.summary, self.commands) = (name, summary, commands)
        (self.version, self.explain) = (version, explain)
    }

    /// Runs the command that the process was called with, or `fallback` without one, and ends the
    /// process: with status 64 where the call was wrong; 1 where the command failed, found something
    /// bad or could not deliver its answer.
    public func main(default fallback: String? = nil) -> Never {
        occupyStandardStreams()
        let words = Array(CommandLine.arguments.dropFirst())
        var errors: [any Error] = []
        do {
            try run(words.isEmpty ? fallback.map { [$0] } ?? [] : words)
        } catch { errors.append(explain(error)) }
        do { try Output.flush() } catch  where !(errors.last is OutputError) {
            errors.append(error)
        } catch {}
        for error in errors { report(error) }
        exit(errors.map { $0 is UsageError ? 64 : 1 }.max() ?? 0)
    }

    func run(_ words: [String]) throws {
        guard let first = words.first else { return print(help) }
        if first == "--version", let version { return print(try version()) }
        if Program.asksForHelp(first) { return print(try help(with: words.dropFirst())) }
        if words.prefix(while: { $0 != "--" }).contains(where: Program.isHelpOption) {
            return print(try help(with: words.prefix { !Program.isHelpOption($0) }))
        }
        guard let (command, rest) = command(words[...]) else {
            throw UsageError(unknown(words[...]))
        }
        try command.run(parse(rest, command))
    }

    /// The command of one or two words that `words` begins with, and the words after it.
    func command(_ words: ArraySlice<String>) -> (Command, [String])? {
        for count in [2, 1] where words.count >= count {
            let wanted = words.prefix(count).joined(separator: " ")
            guard let found = commands.first(where: { $0.name == wanted }) else { continue }
            return (found, Array(words.dropFirst(count)))
        }
        return nil
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

    /// A reader who has seen enough ends us as quietly as it ends every filter.
    private func report(_ error: any Error) {
        if let error = error as? OutputError, error.isClosedPipe {
            signal(SIGPIPE, SIG_DFL)
            raise(SIGPIPE)
        }
        let own = error is UsageError || error is Findings
        let line = (own ? "" : name + ": ") + sentence(of: error) + "\n"
        try? FileHandle.standardError.write(contentsOf: Data(line.utf8))
    }
}
