import Commands
import Foundation
import Jobs

/// Prints `rows` under `header`, if there is one, columns aligned.
func printTable(_ header: [String]?, _ rows: [[String]]) {
    let lines = (header.map { [$0] } ?? []) + rows
    let widths = (lines.first?.indices ?? 0..<0).map { column in
        lines.map { $0[column].count }.max() ?? 0
    }
    for row in lines {
        let cells = zip(row, widths).map { $0.padding(toLength: $1, withPad: " ", startingAt: 0) }
        var line = cells.joined(separator: "  ").replacing("\n", with: " ")
        while line.last == " " { line.removeLast() }
        print(Terminal.columns.map { String(line.prefix($0)) } ?? line)
    }
}

/// The number to four digits, or to as many as tell it from a 0 or a 1 that it is not.
func number(_ value: Double) -> String {
    guard value.isFinite else { return "\(value)" }
    if abs(value) >= 1_000, abs(value) < 1e15 { return String(format: "%.0f", value) }
    for digits in 4...17 {
        let text = String(format: "%.\(digits)g", value)
        let shown = abs(Double(text) ?? 0)
        if shown == abs(value) || (shown != 0 && shown != 1) { return text }
    }
    return "\(value)"
}

/// A JSON value in at most `width` characters: texts as they are, and how many things there are else.
func summary(_ text: String, width: Int) -> String {
    guard text.count > width, let json = try? JSON(parsing: Data(text.utf8)) else { return text }
    guard case .object(let members) = json else { return cut(text, width) }
    return members.sorted { $0.key < $1.key }.map { key, value in
        switch value {
        case .object(let inner): "\(inner.count) \(key)"
        case .array(let inner): "\(inner.count) \(key)"
        default:
            "\(key) \(cut(value.string ?? String(decoding: value.canonical, as: UTF8.self), width))"
        }
    }.joined(separator: ", ")
}

func cut(_ text: String, _ width: Int) -> String {
    text.count > width ? text.prefix(width - 1) + "…" : text
}
