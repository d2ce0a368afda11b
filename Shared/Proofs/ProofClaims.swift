import Foundation
import Jobs

/// What a proof says in short, computed from its rows alone.
struct ProofClaims {
    let json: JSON

    /// - Throws: `ProofError` where the entries do not show what they should, contradict each
    ///   other, or are of something else than the subject.
    init(about subject: Digest, from entries: [LogEntry]) throws {
        let rows = try LoggedRows(entries)
        let derivation = try Derivation(of: subject, in: rows)
        try Belonging(to: derivation).check()
        try rows.checkVerdicts()
        let (openings, told) = (try rows.openings, try rows.told)
        let start = derivation.subject
        func digest(_ column: String) throws -> JSON {
            guard let key = start[column] else { return .null }
            return .string(try rows.row("artifact", key).hex("digest"))
        }
        json = .object([
            "artifact": .string(subject.hex), "content": .string(try start.hex("content_digest")),
            "original": try digest("original"), "weight_root": try digest("weight_root"),
            "path": .array(try derivation.path.map { try derivation.claim($0, openings) }),
            "unlearned_beside": .array(
                try derivation.beside.map { try derivation.claim($0, openings) }
            ),
            "evidence": .array(try rows.all("evidence").map { try rows.claim(evidence: $0) }),
            "scores": .array(try rows.all("score").map { try rows.claim(score: $0) }),
            "verdicts": .array(try rows.all("verdict").map { try rows.claim(verdict: $0) }),
            "metrics": .array(try rows.all("metric").map { try rows.claim(metric: $0, told) }),
            "corrections": .array(
                try rows.all("correction").map { try rows.claim(correction: $0) }
            ),
        ])
    }
}

extension Derivation {
    /// The unlearned ancestors that are not on the way of its weights, such as another teacher.
    fileprivate var beside: [LoggedRow] {
        let path = Set(path.map(\.key))
        return unlearned.filter { !path.contains($0.key) }
    }

    /// How one artifact on the way was made.
    fileprivate func claim(_ step: LoggedRow, _ openings: Openings) throws -> JSON {
        let run = try run(of: step)
        return .object([
            "artifact": .string(try step.hex("digest")),
            "made_by": .string(try run?.text("kind") ?? "import"), "method": text(run?["method"]),
            "sealed_at": try run?.time("sealed_at") ?? .null,
            "parents": .array(
                try parents(of: step).map {
                    .object([
                        "role": .string($0.role),
                        "artifact": .string(try $0.artifact.hex("digest")),
                    ])
                }
            ),
            "unlearned": .array(
                try applications(by: step).map { try rows.claim(application: $0, openings) }
            ),
        ])
    }
}

extension LoggedRows {
    fileprivate func claim(application: LoggedRow, _ openings: Openings) throws -> JSON {
        var members = [
            "method": text(application["method"]),
            "params_digest": text(application["params_digest"]),
            "applied_at": try application.time("applied_at"),
        ]
        guard let key = application["request"] else { return .object(members) }
        let request = try row("forget_request", key)
        members["request"] = .string(try request.text("id"))
        members["name"] = .string(try request.text("name"))
        members["commitment"] = .string(try request.hex("commitment"))
        members["items"] = .int(try request.count("items"))
        members["ended"] = try end(of: request)
        if let opening = openings[request.key] {
            let classes = try application.classes
            let differs = opening.differences(from: classes)
            guard differs.uncovered == 0 else {
                let name = "application \(application.key)"
                throw ProofError("\(name) forgets less than its request commits to")
            }
            members["classes"] = .array(classes.map { .string($0) })
            members["beyond_commitment"] = .int(differs.surplus)
        }
        return .object(members)
    }
}

private typealias Openings = [String: RequestOpening]

extension LoggedRow {
    /// The classes that a run forgot, as its spec named them.
    fileprivate var classes: [String] {
        get throws {
            let data = Data(try text("forget").utf8)
            guard let classes = try? JSONDecoder().decode([String].self, from: data) else {
                throw ProofError("application \(key) names no list of classes")
            }
            return classes
        }
    }
}

extension LoggedRows {
    /// What opens requests, by their keys, found to be what they commit to.
    fileprivate var openings: Openings {
        get throws {
            try Dictionary(
                all("forget_opening").map { row in
                    let request = try self.row("forget_request", row.text("request"))
                    return (request.key, try opening(request, row))
                }
            ) { first, _ in first }
        }
    }

    private func opening(_ request: LoggedRow, _ row: LoggedRow) throws -> RequestOpening {
        let codes = try row.text("codes").matches(of: /[0-9a-f]{64}/).compactMap {
            Hash(hex: String($0.output))
        }
        let key = try row.bytes("item_key")
        let opening = RequestOpening(itemKey: key, codes: codes)
        guard key.count == 32,
            try opening.commitment.root.bytes == request.bytes("commitment"),
            try opening.commitment.count == request.count("items")
        else { throw ProofError("request \(request.key) does not commit to what opens it") }
        return opening
    }

    /// That a request was withdrawn or superseded, and when; null while it is open.
    func end(of request: LoggedRow) throws -> JSON {
        guard let event = all("forget_request_event", "request", request.key).last else {
            return .null
        }
        return .object([
            "event": .string(try event.text("event")), "at": try event.time("recorded_at"),
        ])
    }
}

func text(_ text: String?) -> JSON { text.map { .string($0) } ?? .null }
