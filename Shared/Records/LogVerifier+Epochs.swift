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
        for row in try connection.query("SELECT * FROM lineage.log_epoch ORDER BY epoch") {
            let number = try row.int("epoch")
            var faults = try check(row, &growth, statements[number - 1])
            if number != report.epochs + 1 { faults.append(("epoch", "epochs before it are gone")) }
            for (column, what) in faults {
                report.add(LogFinding("log_epoch", "\(number)", column: column, what))
            }
            report.epochs += 1
            statements[number] = try? EpochStatement(reading: Data(row.text("payload").utf8))
        }
        report.sealed = growth.frontier.count
        try checkRanges(statements, &report)
        for file in files {
            do {
                let kept = try EpochStatement(file: file, signedBy: key)
                guard statements[kept.epoch] != kept else { continue }
                let streams = growth.strangers(in: kept)
                let what =
                    "the epoch kept in \(file.lastPathComponent) says otherwise: the log was "
                    + (streams.isEmpty
                        ? "rewritten before it" : "rewritten in \(streams.joined(separator: ", "))")
                report.add(LogFinding("log_epoch", "\(kept.epoch)", column: "root", what))
            } catch let error as ProofError {
                report.add(LogFinding("log_epoch", file.lastPathComponent, "\(error)"))
            }
        }
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
        if let key, let envelope {
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
                let first = sealed[stream, default: 0] + 1
                expected["\(stream)/\(head.number)"] = ["\(first)", "\(leaf)", "\(number)"]
                leaf += head.number - first + 1
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
            let first = sealed[stream, default: 0]
            let entries = hashes[stream, default: []]
            for hash in entries[min(first, entries.count)..<min(head.number, entries.count)] {
                frontier.append(MerkleTree.leaf(hash.bytes))
            }
            sealed[stream] = head.number
        }
    }

    /// The streams whose entry at the epoch's head is another one now.
    func strangers(in epoch: EpochStatement) -> [String] {
        epoch.ordered.filter { stream, head in
            let entries = hashes[stream, default: []]
            return entries.count < head.number || entries[head.number - 1] != head.hash
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
