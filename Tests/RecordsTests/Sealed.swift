import Foundation
import Jobs
import Postgres
import Proofs
import Records

/// A ledger with a row in every table, a key, and a folder for the epochs it signs.
final class Sealed {
    let desk: Desk
    let key = SigningKey()
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)

    var sealer: LogSealer { LogSealer(desk.connection, key: key, folder: folder) }
    var verifier: LogVerifier { LogVerifier(desk.connection, keys: [key.verifying]) }
    var epochs: [URL] {
        get throws {
            try FileManager.default.contentsOfDirectory(
                at: folder,
                includingPropertiesForKeys: nil
            ).sorted { $0.path < $1.path }
        }
    }

    init() throws {
        desk = try Desk()
        try desk.make(.train, "judge")
        try desk.make(.train, "teacher")
        try desk.make(.unlearn, "forgetful", from: ["original": "teacher"])
        try desk.make(
            .distill,
            "student",
            from: ["teacher": "forgetful", "dataset": "shapes"]
        )
        try desk.evaluate(
            "forgetful",
            against: "teacher",
            [
                MetricValue("unlearning_accuracy", 0.9), MetricValue("leak_null", 0.01),
                MetricValue("leak_retained", 0.01), MetricValue("forget_validity", 0.9),
                MetricValue("integrity_normalised", 0.1, low: 0.05, high: 0.2),
                MetricValue("integrity_floor", 0), MetricValue("integrity_ceiling", 1),
            ]
        )
        try desk.ledger.register(
            Desk.output("copy", kind: "dataset", content: "shapes"),
            from: "elsewhere"
        )
        let guest = "guest_" + UUID().uuidString.prefix(8).lowercased()
        try desk.connection.query("CREATE ROLE \(guest) LOGIN IN ROLE palimpsest_tenant")
        try desk.connection.execute(script: Sealed.officers.replacing("GUEST", with: guest))
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    /// Rows that no job makes, one of them about the login GUEST.
    private static let officers = """
        BEGIN;
        SELECT lineage.request_forgetting('ask', 'sample', lineage.merkle_root(codes), 2, 'subject',
            ARRAY['shapes'], nonce => decode(repeat('01', 12), 'hex'),
            ciphertext => sha256('sealed'))
        FROM lineage.item_codes('{a,b}', sha256('key')) codes;
        SELECT lineage.open_forgetting('ask', sha256('key'), codes, publish_items => true)
        FROM lineage.item_codes('{a,b}', sha256('key')) codes;
        SELECT lineage.withdraw_request('ask');
        SELECT lineage.set_gate('production', false);
        SELECT lineage.deploy('student', 'production', 'live');
        SELECT lineage.revoke_evaluator(encode(digest, 'hex')) FROM lineage.evaluator;
        SELECT lineage.correct('lineage.metric', 1, 'mismeasured');
        SELECT lineage.add_tenant('acme');
        SELECT lineage.admit('GUEST', 'acme');
        SELECT lineage.dismiss('GUEST');
        SELECT lineage.give('student', 'acme');
        COMMIT;
        """

    /// Runs `body`, with no trigger and no foreign key in force, as a superuser can, verifies, and
    /// takes everything back.
    func damage(
        _ sql: String,
        epochs: [URL] = []
    ) throws -> [LogFinding] {
        struct TakenBack: Error {}
        var found: [LogFinding] = []
        do {
            try desk.connection.transaction {
                try desk.connection.execute(
                    script: "SET LOCAL session_replication_role = replica; \(sql)"
                )
                found = try verifier.inspect(epochs: epochs).findings
                throw TakenBack()
            }
        } catch is TakenBack {}
        return found
    }

    /// The first row of each table that only grows, with its columns.
    func tables() throws -> [Table] {
        try desk.connection.query(
            """
            SELECT c.relname AS name,
                (SELECT jsonb_agg(jsonb_build_object(
                    'name', a.attname, 'type', format_type(a.atttypid, NULL),
                    'key', i.indkey::int2[] @> ARRAY[a.attnum],
                    'made', a.attgenerated <> '', 'identity', a.attidentity <> ''
                ) ORDER BY a.attnum) FROM pg_attribute a
                WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) AS columns
            FROM pg_class c
            JOIN pg_index i ON i.indrelid = c.oid AND i.indisprimary
            JOIN pg_trigger t ON t.tgrelid = c.oid AND t.tgname = 'only_grows'
            WHERE c.relnamespace = 'lineage'::regnamespace
            ORDER BY c.relname
            """
        ).map { Table(name: try $0.text("name"), columns: try $0.decoded("columns")) }
    }

    struct Table: Sendable {
        let name: String
        let columns: [Column]
    }

    struct Column: Decodable, Sendable {
        let name: String
        let type: String
        let key: Bool
        /// Computed from other columns.
        let made: Bool
        let identity: Bool

        /// An expression that differs from the column in one byte, or from null.
        var flipped: String {
            switch type {
            case "boolean": "NOT coalesce(\(name), false)"
            case "smallint", "integer", "bigint": "coalesce(\(name), 0) + 1"
            case "double precision": "coalesce(\(name) + 0.001, 1)"
            case "timestamp with time zone":
                "coalesce(\(name), 'epoch') + interval '1 microsecond'"
            case "uuid": "gen_random_uuid()"
            case "jsonb": "\(name) || '{\"x\": 1}'"
            case "xid8": "(\(name)::text::bigint + 1)::text::xid8"
            case "bytea": "set_byte(\(name), 0, get_byte(\(name), 0) # 1)"
            case "bigint[]": "\(name) || 9::bigint"
            case "bytea[]": "\(name) || '\\x00'::bytea"
            case "text[]": "array_append(\(name), 'x'::text)"
            default: "overlay(\(name) PLACING 'x' FROM 1 FOR 1)"
            }
        }
    }
}

extension Row {
    fileprivate func decoded<Value: Decodable>(_ column: String) throws -> Value {
        try JSONDecoder().decode(Value.self, from: Data(text(column).utf8))
    }
}
