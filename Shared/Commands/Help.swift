import Foundation

extension Program {
    static func isHelpOption(_ word: String) -> Bool { ["--help", "-h"].contains(word) }
    static func asksForHelp(_ word: String) -> Bool { word == "help" || isHelpOption(word) }

    /// All commands with a line each.
    var help: String {
        """
        \(summary)

        usage: \(name) COMMAND …
        \(lines(commands))

        `\(name) help COMMAND` says more.
        Status: 0 well; 1 it failed, or what it found is bad news; 64 the call was wrong.
        """
    }

    /// What `words` begins with: a command, a group of commands, or nothing for all of them.
    ///
    /// - Throws: `UsageError` where there is no such command.
    func help(with words: ArraySlice<String>) throws -> String {
        guard let first = words.first else { return help }
        if Program.asksForHelp(first) {
            return "usage: \(name) help [COMMAND]\nSays what a command does, or lists all of them."
        }
        if let (command, _) = command(words) { return command.help(name) }
        guard words.count == 1, !group(first).isEmpty else { throw UsageError(unknown(words)) }
        return "usage: \(name) \(first) COMMAND …\n\(lines(group(first)))"
    }

    /// Why `words` is no command, with what was meant where that can be told.
    func unknown(_ words: ArraySlice<String>) -> String {
        let first = words.first ?? ""
        let members = group(first)
        guard !members.isEmpty else {
            let pair = words.prefix(2).joined(separator: " ")
            let groups = commands.compactMap {
                $0.name.split(separator: " ").first.map(String.init)
            }
            let near = nearest(pair, commands.map(\.name)) ?? nearest(first, groups)
            return refusal(first, near, "\(name) help")
        }
        guard let second = words.dropFirst().first else {
            return "'\(first)' needs one of these after it:\n\(lines(members))"
        }
        let names = members.map { String($0.name.dropFirst(first.count + 1)) }
        let near = nearest(second, names).map { first + " " + $0 }
        return refusal(first + " " + second, near, "\(name) help \(first)")
    }

    private func refusal(_ wanted: String, _ near: String?, _ list: String) -> String {
        "there is no command '\(wanted)'; "
            + (near.map { "did you mean '\($0)'?" } ?? "`\(list)` lists them")
    }

    /// The commands of two words that begin with `first`.
    private func group(_ first: String) -> [Command] {
        commands.filter { $0.name.hasPrefix(first + " ") }
    }

    private func lines(_ commands: [Command]) -> String {
        let width = (commands.map(\.name.count).max() ?? 0) + 4
        return commands.map {
            "  " + $0.name.padding(toLength: width, withPad: " ", startingAt: 0) + $0.summary
        }.joined(separator: "\n")
    }
}
