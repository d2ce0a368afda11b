public import Foundation
import Jobs
public import Postgres
public import Proofs

/// Seals the log's new entries into epochs: a signed Merkle root, kept outside of the database.
public struct LogSealer {
    let connection: Connection
    let key: SigningKey
    let folder: URL

    /// Signs with `key` and writes each epoch's file into `folder`, which is made when needed.
    public init(_ connection: Connection, key: SigningKey, folder: URL) {
        (self.connection, self.key, self.folder) = (connection, key, folder)
    }

    /// Whether there are `entries` new ones, or any that have waited `seconds` since the last epoch.
    public func isDue(entries: Int = 1_000, seconds: Double = 60) throws -> Bool {
        let waiting = try pending().reduce(0) { $0 + $1.last - $1.first + 1 }
        guard waiting > 0, waiting < entries else { return waiting > 0 }
        let rows = try connection.query("SELECT age FROM lineage.log_last_epoch()")
        return try rows.first.map { try $0.double("age") >= seconds } ?? true
    }

    /// Seals what is new and returns the epoch, or nil where nothing is new or another seals. Where
    /// another key signed the last epoch, a new one is made for this key though nothing is new. Files
    /// that an earlier crash left out are written first.
    ///
    /// - Throws: `ProofError` where the folder keeps epochs that this ledger does not have.
    @discardableResult
    public func seal() throws -> EpochStatement? {
        try requireContinuation()
        try restoreFiles()
        guard let epoch = try connection.transaction(append) else { return nil }
        try keep(epoch.signed(by: key), of: epoch)
        return epoch
    }

    private struct Pending {
        let stream: String
        let first: Int
        let last: Int
    }

    private func pending() throws -> [Pending] {
        try connection.query("SELECT * FROM lineage.log_pending()").map {
            Pending(
                stream: try $0.text("stream"),
                first: try $0.int("first_n"),
                last: try $0.int("last_n")
            )
        }
    }

    private func append() throws -> EpochStatement? {
        // One seals at a time; who comes second leaves it to the first.
        let lock = try connection.query("SELECT lineage.log_try_lock() AS mine")
        guard try single(lock, of: "the lock of the epochs").bool("mine") else { return nil }
        let waiting = try pending()
        let before = try connection.query("SELECT * FROM lineage.log_last_epoch()").first
        let isNewKey = try before.map {
            try envelope(of: $0.int("epoch")).keyID != key.verifying.id
        }
        guard !waiting.isEmpty || isNewKey == true else { return nil }
        var frontier = try before.map(LogSealer.frontier) ?? MerkleFrontier()
        var heads: [String: EpochStatement.Head] = [:]
        for stream in waiting {
            for hash in try hashes(stream) {
                frontier.append(MerkleTree.leaf(hash.bytes))
                heads[stream.stream] = .init(number: stream.last, hash: hash)
            }
        }
        let epoch = EpochStatement(
            epoch: try (before?.int("epoch") ?? 0) + 1,
            tree: (frontier.count, frontier.root),
            previous: try before?.digest("digest"),
            at: try now(),
            heads: heads
        )
        try record(epoch, frontier)
        return epoch
    }

    private func hashes(_ stream: Pending) throws -> [Hash] {
        try connection.query(
            "SELECT hash FROM lineage.log_hashes($1, $2, $3)",
            [.text(stream.stream), .int(stream.first), .int(stream.last)]
        ).map { row in
            guard let hash = Hash(hex: try row.text("hash")) else {
                throw PostgresError("an entry of the log has no hash")
            }
            return hash
        }
    }

    private func now() throws -> String {
        let rows = try connection.query(
            """
            SELECT to_char(
                clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'
            ) AS at
            """
        )
        return try single(rows, of: "clock_timestamp").text("at")
    }

    private func record(_ epoch: EpochStatement, _ frontier: MerkleFrontier) throws {
        let peaks = JSON.array(frontier.peaks.map { .string($0.hex) })
        try connection.query(
            "SELECT lineage.seal_epoch($1, $2, $3, $4::jsonb)",
            [
                .text(String(decoding: epoch.canonical, as: UTF8.self)),
                .text(String(decoding: epoch.signed(by: key).canonical, as: UTF8.self)),
                .text(key.verifying.id), .json(peaks),
            ]
        )
    }

    private static func frontier(_ row: Row) throws -> MerkleFrontier {
        let peaks = try row.json("peaks").decode([String].self).compactMap(Hash.init(hex:))
        guard let frontier = MerkleFrontier(count: try row.int("size"), peaks: peaks) else {
            throw PostgresError("the last epoch of the log is damaged; run `lineage verify-log`")
        }
        return frontier
    }
}
