import Foundation

/// The fenced blocks of README.md in `language`.
func readmeBlocks(_ language: String) throws -> [String] {
    let file = repository.appending(path: "README.md")
    let text = try String(contentsOf: file, encoding: .utf8)
    return text.components(separatedBy: "```\(language)\n").dropFirst().compactMap {
        $0.components(separatedBy: "\n```").first
    }
}

/// The folder that holds Package.swift.
let repository = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()
