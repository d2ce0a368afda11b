import Foundation
import Jobs
import Postgres
import Proofs
import Records
import Testing

/// Signed epochs: when they are due, what they find, and their files.
@Suite(.timeLimit(.minutes(2)))
struct EpochTests {
    let sealed: Sealed

    init() throws { sealed = try Sealed() }

    /// A superuser who knows how the log works writes a row's entry and all that follow it anew.
    @Test func `a log rewritten with all its hashes is found by a kept epoch`() throws {
        try sealed.sealer.seal()
        let kept = try sealed.epochs
        let rewrite = """
            UPDATE lineage.policy SET leak_max = 0.9;
            UPDATE lineage.log_entry SET payload = replace(payload, '"leak_max":"0.1"',
                '"leak_max":"0.9"'), hash = sha256(
                    prev || int8send(octet_length(payload)) || convert_to(replace(payload,
                        '"leak_max":"0.1"', '"leak_max":"0.9"'), 'UTF8')
                    || int4send(octet_length(stream)) || convert_to(stream, 'UTF8') || int8send(n))
            WHERE stream = 'policy' AND relation = 'policy'
                AND n = (SELECT max(n) FROM lineage.log_entry WHERE stream = 'policy');
            DELETE FROM lineage.log_range;
            DELETE FROM lineage.log_epoch;
            """
        #expect(try sealed.damage(rewrite) == [])
        let found = try sealed.damage(rewrite, epochs: kept)
        #expect(found.count == 1)
        #expect(found.first?.what.contains("rewritten in policy") == true, "\(found)")
    }

    @Test func `an epoch signed by another key is found`() throws {
        try sealed.sealer.seal()
        let other = LogVerifier(sealed.desk.connection, keys: [SigningKey().verifying])
        let found = try other.verify(epochs: sealed.epochs).findings
        #expect(found.contains { $0.table == "log_epoch" && $0.column == "key_id" })
        // Two keys, one after the other.
        let (first, second) = (sealed.key, SigningKey())
        try sealed.desk.make(.train, "another")
        let next = LogSealer(sealed.desk.connection, key: second, folder: sealed.folder)
        _ = try #require(try next.seal())
        let both = LogVerifier(
            sealed.desk.connection,
            keys: [first.verifying, second.verifying]
        )
        #expect(try both.verify(epochs: sealed.epochs).findings == [])
        let one = try sealed.verifier.verify(epochs: [sealed.epochs[0]]).findings
        #expect(one.map(\.key) == ["2"] && one.map(\.column) == ["key_id"])
    }

    @Test func `a copy that is older than what was kept is not called rewritten`() throws {
        try sealed.sealer.seal()
        try sealed.desk.make(.train, "another")
        try sealed.sealer.seal()
        let found = try sealed.damage(
            """
            DELETE FROM lineage.log_range WHERE epoch = 2;
            DELETE FROM lineage.log_epoch WHERE epoch = 2;
            """,
            epochs: sealed.epochs
        )
        #expect(found.count == 1 && found[0].what.contains("is newer than the database"))
    }

    @Test func `a kept file that was changed is doubted without a key, refused with one`() throws {
        try sealed.sealer.seal()
        let other = try Sealed()
        try other.sealer.seal()
        let bare = LogVerifier(sealed.desk.connection)
        let doubt = try bare.verify(epochs: other.epochs).findings
        #expect(doubt.count == 1 && doubt[0].what.contains("no key checked its signature"))
        let refusal = try sealed.verifier.verify(epochs: other.epochs).findings
        #expect(refusal.count == 1 && refusal[0].what.contains("it was signed with the key"))
    }

    @Test func `an epoch is due after many entries or after a while`() throws {
        #expect(try sealed.sealer.isDue(entries: 5, seconds: 3_600))
        try sealed.sealer.seal()
        #expect(try !sealed.sealer.isDue(entries: 1, seconds: 0))
        try sealed.desk.make(.train, "another")
        #expect(try !sealed.sealer.isDue(entries: 10_000, seconds: 3_600))
        #expect(try sealed.sealer.isDue(entries: 10_000, seconds: 0))
    }

    /// A crash between the commit and the file leaves the newest epoch without one.
    @Test func `an epoch whose file is missing gets it again, byte for byte`() throws {
        try sealed.sealer.seal()
        try sealed.desk.make(.train, "another")
        let second = try #require(try sealed.sealer.seal())
        let kept = try sealed.epochs.map { try Data(contentsOf: $0) }
        try FileManager.default.removeItem(at: sealed.epochs[1])
        #expect(try sealed.sealer.restoreFiles() == [second])
        #expect(try sealed.epochs.map { try Data(contentsOf: $0) } == kept)
        #expect(try sealed.sealer.restoreFiles() == [])
        try FileManager.default.removeItem(at: sealed.folder)
        #expect(try sealed.sealer.seal() == nil)
        #expect(try sealed.epochs.map { try Data(contentsOf: $0) } == kept)
    }

    /// A worker may read the envelopes, which leave the database anyway; and what a superuser put
    /// there is not made into a file that vouches for it.
    @Test func `no file is made of an envelope that this key did not sign`() throws {
        let epoch = try #require(try sealed.sealer.seal())
        try FileManager.default.removeItem(at: sealed.epochs[0])
        let connection = sealed.desk.connection
        try connection.query("SET ROLE palimpsest_worker")
        let stranger = LogSealer(connection, key: SigningKey(), folder: sealed.folder)
        #expect(try stranger.restoreFiles() == [])
        try connection.query("RESET ROLE")
        try connection.execute(
            script: """
                SET session_replication_role = replica;
                UPDATE lineage.log_epoch SET envelope = replace(envelope, '"sig":"', '"sig":"AAAA');
                SET session_replication_role = origin;
                """
        )
        #expect(throws: ProofError.self) { try sealed.sealer.restoreFiles() }
        #expect(try sealed.epochs == [] && epoch.epoch == 1)
    }
}
