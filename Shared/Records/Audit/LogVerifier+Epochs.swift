import Foundation
import Jobs
import Postgres
import Proofs

extension LogVerifier {
    /// Builds the Merkle tree anew from `hashes`, as the epochs of the database order them, and
    /// compares each epoch, here and in `files`, with it.
    func check(_ files: [URL], _ hashes: [String: [Hash]], _ report: inout LogReport) throws {
        var growth = LogGrowth(hashes)
        var statements: [Int: EpochStatement] = [:]
        var strangers: [String: [Int]] = [:]
        var (newestKey, retired) = (0, [Int]())
        for row in try connection.query("SELECT * FROM lineage.log_epoch ORDER BY epoch") {
            let number = try row.int("epoch")
            var faults = try check(row, &growth, statements[number &- 1])
            if number != report.epochs + 1 { faults.append(("epoch", "epochs before it are gone")) }
            for (column, what) in faults {
                report.add(LogFinding("log_epoch", "\(number)", column: column, what))
            }
            report.epochs += 1
            let signer = try row.text("key_id")
            if let place = keys.firstIndex(where: { $0.id == signer }) {
                if place < newestKey { retired.append(number) }
                newestKey = max(newestKey, place)
            } else if !keys.isEmpty {
                strangers[signer, default: []].append(number)
            }
            statements[number] = try? EpochStatement(reading: Data(row.text("payload").utf8))
        }
        report.sealed = growth.frontier.count
        for (signer, epochs) in strangers.sorted(by: { $0.key < $1.key }) {
            let what = "\(epochs.count) epochs from here on were signed with the key \(signer), "
            report.add(
                LogFinding(
                    "log_epoch",
                    "\(epochs[0])",
                    column: "key_id",
                    what + "which is not among those given"
                )
            )
        }
        for epoch in retired {
            let what = "it was signed with a key after the next one of those given had signed"
            report.add(LogFinding("log_epoch", "\(epoch)", column: "key_id", what))
        }
        try checkRanges(statements, &report)
        for file in files {
            do {
                try compare(file, statements, growth, &report)
            } catch let error as ProofError {
                report.add(LogFinding("log_epoch", file.lastPathComponent, "\(error)"))
            }
        }
    }

    /// Compares an epoch that was kept outside with the one in the database.
    private func compare(
        _ file: URL,
        _ statements: [Int: EpochStatement],
        _ growth: LogGrowth,
        _ report: inout LogReport
    ) throws {
        let envelope = try SignedEnvelope(file: file)
        if !keys.isEmpty { try envelope.check(keys) }
        let kept = try EpochStatement(reading: envelope.payload)
        guard statements[kept.epoch] != kept else { return }
        let last = statements.keys.max() ?? 0
        let streams = growth.strangers(in: kept).joined(separator: ", ")
        let rewritten = streams.isEmpty ? "was rewritten before it" : "was rewritten in \(streams)"
        let isOlder = kept.epoch > last && growth.holds(kept)
        let doubt = keys.isEmpty ? ", or the file was changed: no key checked its signature" : ""
        let what =
            isOlder
            ? "is newer than the database, which ends with epoch \(last): it is an older copy, "
                + "or its end was removed"
            : "says otherwise: the log \(rewritten)\(doubt)"
        report.add(
            LogFinding(
                "log_epoch",
                "\(kept.epoch)",
                column: "root",
                "the epoch kept in \(file.lastPathComponent) \(what)"
            )
        )
    }

    /// What is wrong with an epoch's row, by column.
    private func check(
        _ row: Row,
        _ growth: inout LogGrowth,
        _ before: EpochStatement?
    ) throws -> [(String, String)] {
        let payload = try row.text("payload")
        guard let epoch = try? EpochStatement(reading: Data(payload.utf8)) else {
            return [("payload", "it is no epoch in canonical form")]
        }
        growth.add(epoch)
        let envelope = try? SignedEnvelope(reading: Data(row.text("envelope").utf8))
        let peaks = growth.frontier.peaks.map { "\"\\\\x\($0.hex)\"" }.joined(separator: ",")
        let rules: [(String, Bool, String)] = [
            ("payload", try epoch.epoch == row.int("epoch"), "it tells of another epoch"),
            ("payload", epoch.previous == before?.digest, "it does not follow the epoch before"),
            ("root", epoch.root == growth.frontier.root, "the entries have another root"),
            ("size", epoch.size == growth.frontier.count, "there are not as many entries"),
            ("size", try epoch.size == row.int("size"), "its payload says \(epoch.size)"),
            ("root", try row.text("root") == "\\x" + epoch.root.hex, "its payload says otherwise"),
            ("peaks", try row.text("peaks") == "{\(peaks)}", "the entries have other peaks"),
            ("envelope", envelope?.payload == Data(payload.utf8), "it holds another payload"),
            ("key_id", try envelope?.keyID == row.text("key_id"), "another key signed it"),
            (
                "sealed_at",
                try epoch.at.prefix(10) == row.text("sealed_at").prefix(10)
                    && sameSecond(epoch.at, row.text("sealed_at")), "its payload says \(epoch.at)"
            ),
        ]
        var faults = rules.filter { !$0.1 }.map { ($0.0, $0.2) }
        if let envelope, let key = keys.first(where: { $0.id == envelope.keyID }) {
            do { try envelope.check(key) } catch { faults.append(("envelope", "\(error)")) }
        }
        return faults
    }

    /// Compares the ranges with the heads that the epochs signed.
    private func checkRanges(_ statements: [Int: EpochStatement], _ report: inout LogReport) throws
    {
        var expected: [String: [String]] = [:]
        var (sealed, leaf): ([String: Int], Int) = ([:], 0)
        for (number, epoch) in statements.sorted(by: { $0.key < $1.key }) {
            for (stream, head) in epoch.ordered {
                let first = sealed[stream, default: 0] &+ 1
                expected["\(stream)/\(head.number)"] = ["\(first)", "\(leaf)", "\(number)"]
                leaf = leaf &+ head.number &- first &+ 1
                sealed[stream] = head.number
            }
        }
        for row in try connection.query("SELECT * FROM lineage.log_range") {
            let key = try "\(row.text("stream"))/\(row.text("last_n"))"
            guard let values = expected.removeValue(forKey: key) else {
                report.add(LogFinding("log_range", key, "no epoch signed this range"))
                continue
            }
            for (column, value) in zip(["first_n", "first_leaf", "epoch"], values)
            where try row.text(column) != value {
                report.add(LogFinding("log_range", key, column: column, "the epochs say \(value)"))
            }
        }
        for key in expected.keys.sorted() {
            report.add(LogFinding("log_range", key, "the range was removed; an epoch signed it"))
        }
    }
}

/// `2026-01-02T03:04:05.600000Z` beside Postgres's `2026-01-02 03:04:05.6+00`.
private func sameSecond(_ iso: String, _ postgres: String) -> Bool {
    func digits(_ text: some StringProtocol) -> String {
        let plain = text.filter { $0.isNumber }
        return plain + String(repeating: "0", count: max(0, 20 - plain.count))
    }
    guard postgres.hasSuffix("+00") else { return false }
    return digits(iso) == digits(postgres.dropLast(3))
}

/// The tree as it grew from epoch to epoch.
struct LogGrowth {
    private let hashes: [String: [Hash]]
    private var sealed: [String: Int] = [:]
    private(set) var frontier = MerkleFrontier()

    init(_ hashes: [String: [Hash]]) { self.hashes = hashes }

    /// Adds the entries that `epoch` sealed.
    mutating func add(_ epoch: EpochStatement) {
        for (stream, head) in epoch.ordered {
            let entries = hashes[stream, default: []]
            let first = min(sealed[stream, default: 0], entries.count)
            let last = min(max(first, head.number), entries.count)
            for hash in entries[first..<last] { frontier.append(MerkleTree.leaf(hash.bytes)) }
            sealed[stream] = last
        }
    }

    /// Whether the entries at the epoch's heads are the same, as far as there are any.
    func holds(_ epoch: EpochStatement) -> Bool {
        epoch.heads.allSatisfy { stream, head in
            let (entries, place) = (hashes[stream, default: []], head.number &- 1)
            return !entries.indices.contains(place) || entries[place] == head.hash
        }
    }

    /// The streams whose entry at the epoch's head is another one now, or gone.
    func strangers(in epoch: EpochStatement) -> [String] {
        epoch.ordered.filter { stream, head in
            let (entries, place) = (hashes[stream, default: []], head.number &- 1)
            return !entries.indices.contains(place) || entries[place] != head.hash
        }.map(\.0)
    }
}

extension EpochStatement {
    /// The heads in the order in which their entries became leaves.
    var ordered: [(String, Head)] {
        heads.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }.map {
            ($0.key, $0.value)
        }
    }
}
