import Foundation
import Jobs

extension ProofMaterial {
    var json: JSON {
        .object([
            "key": .string(key.bytes.hexadecimal),
            "epoch": .string(String(decoding: epoch.canonical, as: UTF8.self)),
            "entries": .array(entries.map(\.json)), "since": since?.json ?? .null,
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
            case let entries = items.compactMap(Entry.init), entries.count == items.count,
            let told = log["since"], case let since = KeptEpoch(told), since != nil || told == .null
        else { throw ProofError("this is no statement of a lineage proof") }
        self.init(
            subject: subject,
            entries: entries,
            epoch: try SignedEnvelope(reading: Data(epoch.utf8)),
            key: key,
            since: since
        )
    }
}

extension KeptEpoch {
    fileprivate var json: JSON {
        .object([
            "size": .int(size), "root": .string(root.hex),
            "path": .array(path.map { .string($0.hex) }),
        ])
    }

    fileprivate init?(_ json: JSON) {
        guard case .int(let size)? = json["size"],
            let root = json["root"]?.string.flatMap(Hash.init(hex:)),
            let path = hashes(json["path"])
        else { return nil }
        self.init(size: size, root: root, path: path)
    }
}

private func hashes(_ json: JSON?) -> [Hash]? {
    guard case .array(let texts)? = json else { return nil }
    let hashes = texts.compactMap { $0.string.flatMap(Hash.init(hex:)) }
    return hashes.count == texts.count ? hashes : nil
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
            let path = hashes(json["path"])
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
