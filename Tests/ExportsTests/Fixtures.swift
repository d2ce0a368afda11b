import Exports
import Foundation
import Jobs

/// Provenance without a database, from files of `Fixtures/exports`: `forgetful`, an unlearned
/// checkpoint of a teacher that was trained on imported shapes, as of a time, and `student`, which
/// it taught but which started from that teacher too.
enum Fixtures {
    static let shapes = String(repeating: "a", count: 64)
    static let teacher = String(repeating: "b", count: 64)
    static let subject = String(repeating: "c", count: 64)

    static let folder = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "Fixtures/exports")

    static func provenance(_ name: String = "forgetful") throws -> Provenance {
        let file = folder.appending(path: "\(name).json")
        return try Provenance(JSON(parsing: Data(contentsOf: file)))
    }

    /// Files whose statement the tool `model_signing` 1.1.1 made too; its root is `root`.
    static let files = [
        "weights.safetensors": digest("w\n"), "config.json": digest("{}\n"),
    ]
    static let root = "c43a43162d641d7a27accf138218dfa971428353fd7febec1022398be3a3def7"

    private static func digest(_ text: String) -> Digest { Digest(of: Data(text.utf8)) }
}

extension JSON {
    /// The value at a path of keys and places.
    subscript(path path: [String]) -> JSON? {
        path.reduce(self) { value, part in
            if case .array(let items)? = value, let place = Int(part) {
                return items.indices.contains(place) ? items[place] : nil
            }
            return value?[part]
        }
    }
}
