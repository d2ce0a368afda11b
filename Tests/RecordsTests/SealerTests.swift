import Foundation
import Jobs
import Postgres
import Proofs
import Records
import Testing

/// Who may seal an epoch, what one may say, and what stands in its way.
@Suite(.timeLimit(.minutes(2)))
struct SealerTests {
    let sealed: Sealed

    init() throws { sealed = try Sealed() }

    private var connection: Connection { sealed.desk.connection }

    private func asSuperuser(_ sql: String) throws {
        try connection.execute(
            script:
                "SET session_replication_role = replica; \(sql); RESET session_replication_role;"
        )
    }

    private static func newFolder() -> URL {
        FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    }

    private static func forget(from epoch: Int) -> String {
        "DELETE FROM lineage.log_range WHERE epoch >= \(epoch);"
            + "DELETE FROM lineage.log_epoch WHERE epoch >= \(epoch)"
    }

    /// A dump from before the last epoch, or a log that was cut: another epoch of that number would
    /// hide what the kept one shows.
    @Test func `a ledger that is older than what was kept seals nothing over it`() throws {
        try sealed.sealer.seal()
        try sealed.desk.make(.train, "another")
        try sealed.sealer.seal()
        let kept = try sealed.epochs.map { try Data(contentsOf: $0) }
        try asSuperuser(SealerTests.forget(from: 2))
        let refusal = #expect(throws: ProofError.self) { try sealed.sealer.seal() }
        #expect(refusal?.description.contains("keeps epoch 2, the ledger ends with 1") == true)
        try asSuperuser(SealerTests.forget(from: 1))
        #expect(throws: ProofError.self) { try sealed.sealer.seal() }
        #expect(try sealed.epochs.map { try Data(contentsOf: $0) } == kept)
        // Elsewhere it may, and then has another history under the same number.
        let elsewhere = SealerTests.newFolder()
        defer { try? FileManager.default.removeItem(at: elsewhere) }
        let sealer = LogSealer(connection, key: sealed.key, folder: elsewhere)
        #expect(try sealer.seal()?.epoch == 1)
        let refused = #expect(throws: ProofError.self) { try sealed.sealer.seal() }
        #expect(refused?.description.contains("keeps epoch 2") == true)
    }

    @Test func `a last epoch that differs from its file stops the next`() throws {
        try sealed.sealer.seal()
        let other = try Sealed()
        try other.sealer.seal()
        try FileManager.default.removeItem(at: sealed.epochs[0])
        try FileManager.default.copyItem(
            at: other.epochs[0],
            to: sealed.folder.appending(
                path: EpochStatement.fileName(1)
            )
        )
        try sealed.desk.make(.train, "another")
        let refusal = #expect(throws: ProofError.self) { try sealed.sealer.seal() }
        #expect(refusal?.description.contains("keeps another epoch 1 than the ledger") == true)
        #expect(try sealed.epochs.count == 1)
    }

    @Test func `a worker of one kind seals nothing, a sealer and one of all kinds do`() throws {
        for role in ["worker_train", "worker_evaluate", "officer", "reader", "publisher"] {
            try connection.query("SET ROLE palimpsest_\(role)")
            let error = #expect(throws: PostgresError.self) { try sealed.sealer.seal() }
            #expect(error?.sqlState == "42501", "\(role)")
            try connection.query("RESET ROLE")
        }
        try connection.query("SET ROLE palimpsest_sealer")
        #expect(try sealed.sealer.seal()?.epoch == 1)
        try connection.query("RESET ROLE")
        try sealed.desk.make(.train, "another")
        try connection.query("SET ROLE palimpsest_worker")
        #expect(try sealed.sealer.seal()?.epoch == 2)
        try connection.query("RESET ROLE")
        #expect(try sealed.verifier.verify(epochs: sealed.epochs).findings == [])
    }

    /// What an epoch says, changed one by one; only as it was is it taken again.
    @Test func `what the entries do not make is refused, whoever sends it`() throws {
        try sealed.sealer.seal()
        try sealed.desk.make(.train, "another")
        let epoch = try #require(try sealed.sealer.seal())
        let row = try #require(
            try connection.query(
                "SELECT payload, envelope, key_id, to_jsonb(ARRAY(SELECT encode(p, 'hex') "
                    + "FROM unnest(peaks) p)) AS peaks FROM lineage.log_epoch WHERE epoch = 2"
            ).first
        )
        let payload = try row.text("payload")
        let (peaks, root) = (try row.text("peaks"), epoch.root.hex)
        let wrong = String(repeating: "ab", count: 32)
        try asSuperuser(SealerTests.forget(from: 2))
        try connection.query("SET ROLE palimpsest_sealer")
        func refusal(_ payload: String, _ peaks: String, envelope: String? = nil) throws -> String?
        {
            let signed = SignedEnvelope(
                Data(payload.utf8),
                type: EpochStatement.type,
                signedBy: sealed.key
            ).canonical
            do {
                try connection.query(
                    "SELECT lineage.seal_epoch($1, $2, $3, $4::jsonb)",
                    [
                        .text(payload), .text(envelope ?? String(decoding: signed, as: UTF8.self)),
                        .text(sealed.key.verifying.id), .text(peaks),
                    ]
                )
                return nil
            } catch { return error.sqlState }
        }
        #expect(try refusal(payload.replacing(root, with: wrong), peaks) == "PL078")
        #expect(try refusal(payload, #"["\#(wrong)"]"#) == "PL078")
        #expect(try refusal(payload, "[]") == "PL078")
        #expect(try refusal(payload + " ", peaks) == "PL076")
        #expect(try refusal(payload, peaks, envelope: "{}") == "PL077")
        #expect(try refusal(payload, peaks, envelope: "junk") == "22P02")
        #expect(try refusal(payload, peaks, envelope: row.text("envelope")) == nil)
        try connection.query("RESET ROLE")
        #expect(try sealed.verifier.verify(epochs: sealed.epochs).findings == [])
    }

    /// A sealer with no key can sign by any: the next of ours is on top of it, and a proof is possible.
    @Test func `an epoch that a stranger signed is followed by ours, though nothing is new`() throws
    {
        let elsewhere = SealerTests.newFolder()
        defer { try? FileManager.default.removeItem(at: elsewhere) }
        try LogSealer(connection, key: SigningKey(), folder: elsewhere).seal()
        #expect(throws: ProofError.self) {
            try sealed.desk.ledger.proof(of: "forgetful", key: sealed.key)
        }
        #expect(try sealed.sealer.seal()?.epoch == 2)
        #expect(try sealed.sealer.seal() == nil)
        let proof = try sealed.desk.ledger.proof(of: "forgetful", key: sealed.key)
        #expect(
            try ProofBundle(reading: proof.canonical, signedBy: sealed.key.verifying).epoch.epoch
                == 2
        )
        let found = try sealed.verifier.verify(epochs: sealed.epochs).findings
        #expect(found.map(\.key) == ["1"] && found.map(\.column) == ["key_id"])
    }

    @Test func `a key that another followed signs no more`() throws {
        let second = SigningKey()
        let next = LogSealer(connection, key: second, folder: sealed.folder)
        for sealer in [sealed.sealer, next, sealed.sealer] { try sealer.seal() }
        func found(_ keys: [SigningKey]) throws -> [String] {
            try LogVerifier(connection, keys: keys.map(\.verifying)).verify(epochs: sealed.epochs)
                .findings.map(\.key)
        }
        #expect(try found([sealed.key, second]) == ["3"])
        #expect(try found([second, sealed.key]) == ["2"])
    }

    /// Who may connect and no more.
    @Test func `a stranger takes none of the locks`() throws {
        let name = try connection.query("SELECT current_database() AS name")[0].text("name")
        try connection.query("CREATE ROLE \"stranger_\(name)\"")
        try connection.query("SET ROLE \"stranger_\(name)\"")
        for call in [
            "pg_advisory_lock(7215331048)", "pg_advisory_xact_lock_shared(1)",
            "pg_try_advisory_lock(1, 2)",
        ] {
            let error = #expect(throws: PostgresError.self) {
                try connection.query("SELECT \(call)")
            }
            #expect(error?.sqlState == "42501", "\(call)")
        }
        try connection.query("RESET ROLE")
        try connection.query("DROP ROLE \"stranger_\(name)\"")
    }
}
