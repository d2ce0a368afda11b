import Foundation
import Jobs

extension ProofMaterial {
    var json: JSON {
        .object([
            "key": .string(key.bytes.hexadecimal),
            "epoch": .string(String(decoding: epoch.canonical, as: UTF8.self)),
            "entries": .array(entries.map(\.json)),
        ])
    }

    /// Reads what `ProofBundle.statement` wrote.
    init(statement: Data) throws {
        let json = try? JSONDecoder().decode(JSON.self, from: statement)
        if let type = json?["predicateType"]?.string, type != ProofBundle.predicate,
            type.hasPrefix("urn:palimpsest:predicate:lineage-proof:")
        {
            throw ProofError("the proof has the form of another version; make it anew")
        }
        guard let json, let claims = json["predicate"]?["claims"],
            let log = json["predicate"]?["log"],
            let subject = claims["artifact"]?.string.flatMap(Digest.init(hex:)),
            let bytes = log["key"]?.string.flatMap([UInt8].init(hexadecimal:)),
            let key = VerifyingKey(bytes), let epoch = log["epoch"]?.string,
            case .array(let items)? = log["entries"],
            case let entries = items.compactMap(Entry.init), entries.count == items.count
        else { throw ProofError("this is no statement of a lineage proof") }
        self.init(
            subject: subject,
            entries: entries,
            epoch: try SignedEnvelope(reading: Data(epoch.utf8)),
            key: key
        )
    }
}

extension ProofMaterial.Entry {
    fileprivate var json: JSON {
        .object([
            "stream": .string(entry.stream), "n": .int(entry.number),
            "prev": .string(entry.previous.hex),
            "payload": .string(String(decoding: entry.payload, as: UTF8.self)),
            "leaf": .int(leaf), "path": .array(path.map { .string($0.hex) }),
        ])
    }

    fileprivate init?(_ json: JSON) {
        guard let stream = json["stream"]?.string, case .int(let number)? = json["n"],
            let previous = json["prev"]?.string.flatMap(Hash.init(hex:)),
            let payload = json["payload"]?.string, case .int(let leaf)? = json["leaf"],
            case .array(let texts)? = json["path"],
            case let path = texts.compactMap({ $0.string.flatMap(Hash.init(hex:)) }),
            path.count == texts.count
        else { return nil }
        self.init(
            LogEntry(
                stream: stream,
                number: number,
                previous: previous,
                payload: Array(payload.utf8)
            ),
            leaf: leaf,
            path: path
        )
    }
}
