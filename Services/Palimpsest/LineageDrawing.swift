import Foundation
import Jobs
import Records

/// The indented lines of a tree with branches drawn in front.
func branches(_ lines: [String]) -> [String] {
    let depths = lines.map { $0.prefix { $0 == " " }.count / 2 }
    return lines.indices.map { index in
        let depth = depths[index]
        let text = lines[index].drop { $0 == " " }
        guard depth > 0 else { return String(text) }
        let stems = (1..<depth).map { level in
            goesOn(depths, after: index, at: level) ? "│  " : "   "
        }
        let knee = goesOn(depths, after: index, at: depth) ? "├─ " : "└─ "
        return stems.joined() + knee + text
    }
}

/// Whether the branch at `level` has another twig below `index`.
private func goesOn(_ depths: [Int], after index: Int, at level: Int) -> Bool {
    depths[(index + 1)...].first { $0 <= level } == level
}

/// An artifact on a way from child to parent; `role` is what the next one was to it.
struct WayStep {
    let label: String
    let text: String
    let role: String?

    init(_ label: String, _ text: String, role: String?) {
        (self.label, self.text, self.role) = (label, text, role)
    }
}

/// A way as a tree of one branch, which after twenty steps goes straight down.
func drawn(_ steps: [WayStep]) -> [String] {
    steps.enumerated().map { depth, step in
        let indent = String(repeating: "   ", count: min(20, max(0, depth - 1)))
        let before = depth == 0 ? "" : indent + "└─ " + (steps[depth - 1].role ?? "") + ": "
        return before + step.label + "  " + step.text
    }
}

/// A way as a graph for Graphviz, whose edges lead from a parent to its child.
func graph(of steps: [WayStep], isCut: Bool) -> String {
    let quoted = steps.map { step in
        "\"" + step.label.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
    }
    let nodes = zip(quoted, steps).map { "  \($0);  // \($1.text)" }
    let edges = zip(quoted.indices.dropFirst(), steps).map { index, step in
        "  \(quoted[index]) -> \(quoted[index - 1]) [label=\"\(step.role ?? "")\"];"
    }
    let head = ["digraph way {", "  // edges lead from a parent to its child", "  rankdir=TB;"]
    let end = (isCut ? ["  // the way is longer"] : []) + ["}"]
    return (head + nodes + edges + end).joined(separator: "\n")
}

/// Prints metrics with their intervals.
func printMetrics(_ metrics: [MetricRecord]) {
    printTable(
        ["metric", "value", "interval", "against"],
        metrics.map {
            [
                $0.value.name, number($0.value.value), interval($0.value) ?? "",
                $0.referenceName ?? "",
            ]
        }
    )
}

func interval(_ metric: MetricValue) -> String? {
    guard let low = metric.low, let high = metric.high else { return nil }
    return "\(number(low)) … \(number(high))"
}
