import Exports
import Foundation
import Jobs

/// An unlearned checkpoint of a teacher that was trained on imported shapes.
enum Fixtures {
    static let shapes = String(repeating: "a", count: 64)
    static let teacher = String(repeating: "b", count: 64)
    static let subject = String(repeating: "c", count: 64)
    static let commitment = String(repeating: "d", count: 64)

    static func provenance() throws -> Provenance {
        try Provenance(JSONDecoder().decode(JSON.self, from: Data(text.utf8)))
    }

    private static let text = """
        {"subject": "\(subject)",
        "artifacts": [
        {"digest": "\(shapes)", "content": "\(shapes)", "kind": "dataset", "output": "dataset",
        "name": "shapes", "bytes": 10, "info": {}, "run": null, "source": "builtin:shapes",
        "licence": "CC0-1.0", "recorded_at": "2026-01-01T00:00:00.000000Z"},
        {"digest": "\(teacher)", "content": "\(teacher)", "kind": "checkpoint", "output": "model",
        "name": "teacher", "bytes": 20, "info": {},
        "run": "11111111-1111-4111-8111-111111111111", "source": null, "licence": null,
        "recorded_at": "2026-01-02T00:00:00.000000Z"},
        {"digest": "\(subject)", "content": "\(subject)", "kind": "checkpoint", "output": "model",
        "name": "forget \\"star\\"", "bytes": 20, "info": {},
        "run": "22222222-2222-4222-8222-222222222222", "source": null, "licence": null,
        "recorded_at": "2026-01-03T00:00:00.000000Z"}],
        "edges": [
        {"child": "\(teacher)", "parent": "\(shapes)", "role": "dataset"},
        {"child": "\(subject)", "parent": "\(teacher)", "role": "anchor"},
        {"child": "\(subject)", "parent": "\(teacher)", "role": "init"}],
        "runs": [
        {"run": "11111111-1111-4111-8111-111111111111",
        "job": "31111111-1111-4111-8111-111111111111", "kind": "train", "method": "diffusion",
        "spec": {"method": "diffusion", "work": {"steps": 10}}, "spec_digest": "\(commitment)",
        "seed": 3, "code": null, "environment": null,
        "started_at": "2026-01-01T10:00:00.000000Z", "sealed_at": "2026-01-02T00:00:00.000000Z",
        "applications": []},
        {"run": "22222222-2222-4222-8222-222222222222",
        "job": "32222222-2222-4222-8222-222222222222", "kind": "unlearn", "method": "saddle",
        "spec": {"method": "saddle", "forget": ["star"]}, "spec_digest": "\(commitment)",
        "seed": null, "code": "\(commitment)", "environment": null,
        "started_at": "2026-01-02T10:00:00.000000Z", "sealed_at": "2026-01-03T00:00:00.000000Z",
        "applications": [{"request": "42222222-2222-4222-8222-222222222222",
        "commitment": "\(commitment)", "method": "saddle", "params_digest": "\(commitment)",
        "applied_at": "2026-01-03T00:00:00.000000Z"}]}],
        "verdicts": [{"request": "42222222-2222-4222-8222-222222222222", "result": "pass",
        "policy": "default", "version": 1, "evidence": "\(commitment)",
        "decided_at": "2026-01-04T00:00:00.000000Z", "status": "cleansed"}],
        "metrics": [{"name": "integrity_normalised", "value": 0.1, "low": 0.05, "high": 0.2,
        "reference": "\(teacher)"},
        {"name": "unlearning_accuracy", "value": 1, "low": null, "high": null,
        "reference": null}]}
        """
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
