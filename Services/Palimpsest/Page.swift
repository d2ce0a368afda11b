import Foundation
import Jobs
import Records

/// One self-contained HTML page of text, tables, pictures and curves.
struct Page {
    private let title: String
    private var body = ""

    init(_ title: String) { self.title = title }

    var html: String {
        """
        <!doctype html><html lang="en"><meta charset="utf-8"><title>\(escaped(title))</title>
        <style>body{font:15px/1.5 system-ui;max-width:64rem;margin:2rem auto;padding:0 1rem}
        pre{overflow:auto;background:#f4f4f4;padding:1rem}td,th{padding:.1rem 1rem .1rem 0;\
        text-align:left}img{image-rendering:pixelated;max-width:100%}</style>
        <h1>\(escaped(title))</h1>
        \(body)</html>
        """
    }

    mutating func add(_ heading: String, text: String) {
        body += "<h2>\(escaped(heading))</h2><pre>\(escaped(text))</pre>\n"
    }

    mutating func add(_ heading: String, metrics: [MetricRecord]) {
        let rows = metrics.map { metric in
            let cells = [
                metric.value.name, number(metric.value.value), interval(metric.value) ?? "",
            ]
            return "<tr>" + cells.map { "<td>\(escaped($0))</td>" }.joined() + "</tr>"
        }
        body += "<h2>\(escaped(heading))</h2><table><tr><th>metric<th>value<th>95 %</tr>"
        body += rows.joined() + "</table>\n"
    }

    /// Puts the PNG at `picture` into the page itself.
    mutating func add(_ picture: URL) throws {
        let data = try Data(contentsOf: picture).base64EncodedString()
        let name = escaped(picture.lastPathComponent)
        body += "<figure><img alt=\"\(name)\" src=\"data:image/png;base64,\(data)\">"
        body += "<figcaption>\(name)</figcaption></figure>\n"
    }

    /// Draws the loss over the steps.
    mutating func add(_ heading: String, curve: [CurvePoint]) {
        let points = curve.compactMap { point in point.values["loss"].map { (point.step, $0) } }
        guard let last = points.last, points.count > 1 else { return }
        let values = points.map(\.1).sorted()
        // The first steps would flatten the rest of the curve.
        let top = max(values[Int(0.98 * Double(values.count - 1))], .leastNormalMagnitude)
        let line = points.map { step, loss in
            let x = 600 * Double(step) / Double(last.0)
            return String(format: "%.1f,%.1f", x, 200 - 190 * min(1, max(0, loss / top)))
        }.joined(separator: " ")
        body += "<h2>Loss of \(escaped(heading))</h2>"
        body +=
            "<svg viewBox=\"0 0 600 220\" width=\"600\"><polyline fill=\"none\" stroke=\"#246\" "
        body += "points=\"\(line)\"/><text x=\"0\" y=\"216\" font-size=\"12\">"
        body += "0 to \(last.0) steps, 0 to \(String(format: "%.3g", top))</text></svg>\n"
    }
}

private func escaped(_ text: String) -> String {
    text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
        .replacing("\"", with: "&quot;")
}
