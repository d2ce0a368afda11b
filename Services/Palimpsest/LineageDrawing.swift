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

/// A way as a graph for Graphviz.
func graph(of steps: [(label: String, kind: String, role: String?)]) -> String {
    let quoted = steps.map { "\"" + $0.label.replacing("\"", with: "\\\"") + "\"" }
    let nodes = zip(quoted, steps).map { "  \($0);  // \($1.kind)" }
    let edges = zip(quoted.indices.dropFirst(), steps).map { index, step in
        "  \(quoted[index - 1]) -> \(quoted[index]) [label=\"\(step.role ?? "")\"];"
    }
    return (["digraph way {", "  rankdir=BT;"] + nodes + edges + ["}"]).joined(separator: "\n")
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

func number(_ value: Double) -> String { String(format: "%.4f", value) }

func interval(_ metric: MetricValue) -> String? {
    guard let low = metric.low, let high = metric.high else { return nil }
    return String(format: "%.4f … %.4f", low, high)
}
