import Foundation

/// The fenced blocks of README.md in `language`.
func readmeBlocks(_ language: String) throws -> [String] {
    let file = repository.appending(path: "README.md")
    let text = try String(contentsOf: file, encoding: .utf8)
    return text.components(separatedBy: "```\(language)\n").dropFirst().compactMap {
        $0.components(separatedBy: "\n```").first
    }
}

/// The commands of README.md's shell blocks, continued lines joined, without comments.
func readmeCommands() throws -> [String] {
    try readmeBlocks("sh").flatMap { block in
        block.replacing("|\n", with: "|").split(separator: "\n").map { line in
            (line.components(separatedBy: " #").first ?? "").trimmingCharacters(in: .whitespaces)
        }
    }
}

/// The folder that holds Package.swift.
let repository = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()
