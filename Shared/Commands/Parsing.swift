import Spelling

/// Sorts `words` by the table: `--name value`, `--name=value`, `-o value`, flags; the rest in order, and all of
/// it after `--`. (glibc's getopt keeps its state in globals, which Swift 6 does not let us read.)
func parseOptions(
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
        let parts = word.dropFirst(2).split(
            separator: "=",
            maxSplits: 1,
            omittingEmptySubsequences: false
        ).map(String.init)
        guard let option = short ?? options.first(where: { $0.name == parts.first }) else {
            throw UsageError(unknown(option: word, options.map { "--" + $0.name }))
        }
        guard option.value != nil else {
            guard parts.count < 2 || short != nil else {
                throw UsageError("--\(option.name) takes no value")
            }
            values[option.name] = ""
            continue
        }
        guard let value = short == nil && parts.count > 1 ? parts[1] : rest.popFirst() else {
            throw UsageError("--\(option.name) needs a value: \(option.help)")
        }
        values[option.name] = value
    }
    return plain
}

private func unknown(option: String, _ names: [String]) -> String {
    let start = "there is no option '\(option)'"
    if let near = nearest(option, names) { return start + "; did you mean '\(near)'?" }
    return start + (names.isEmpty ? "" : "; known are \(names.joined(separator: ", "))")
}

/// That of `names` which `word` is a slip of, if it is one.
func nearest(_ word: String, _ names: [String]) -> String? {
    nearest(word, in: names, within: min(3, max(1, word.count / 3)))
}
