/// I14, I15: time and the log.
extension Invariant {
    /// Writes a row whose time, `AT`, is forged. The rule does not refuse it, it writes the clock's.
    private static func forged(_ row: String, at stamp: String = "recorded_at") -> Breach {
        let sql = """
            DO $$
            DECLARE
                kept timestamptz;
            BEGIN
                INSERT INTO lineage.\(row.replacing("AT", with: stamp)), '1999-01-01')
                RETURNING \(stamp) INTO kept;
                IF kept > '2020-01-01' THEN
                    RAISE EXCEPTION 'the clock stands' USING ERRCODE = 'TS014';
                END IF;
            END $$
            """
        return Breach(sql, "TS014", "the clock stands")
    }

    private static let imported = Breach(
        """
        DO $$
        DECLARE
            seq bigint := nextval(pg_get_serial_sequence('lineage.artifact', 'seq'));
            kept timestamptz[];
        BEGIN
            INSERT INTO lineage.artifact (seq, digest, content_digest, kind, name,
                manifest_canonical, bytes, info, born, generation, origin_roots, recorded_at)
            OVERRIDING SYSTEM VALUE
            SELECT seq, sha256(m), sha256(''), 'dataset', 'd', m, 0, '{}', '0', 0, ARRAY[seq],
                '1999-01-01'
            FROM convert_to('{"content":"' || encode(sha256(''), 'hex') || '","output":"d"}',
                'UTF8') m RETURNING ARRAY[recorded_at] INTO kept;
            INSERT INTO lineage.import (artifact, source, imported_at)
            VALUES (seq, 'x', '1999-01-01') RETURNING kept || imported_at INTO kept;
            IF '2020-01-01' < ALL (kept) THEN
                RAISE EXCEPTION 'the clock stands' USING ERRCODE = 'TS014';
            END IF;
        END $$
        """,
        "TS014",
        "the clock stands"
    )

    static let clock = Invariant(
        number: 14,
        claim: "times are the database's clock, whatever is written",
        breaches: [
            imported,
            forged(
                "policy (name, version, forgetting_min, leak_max, validity_min, integrity_max, AT) "
                    + "VALUES ('p', 1, 1, 1, 1, 1"
            ),
            forged("alias_event (name, artifact, AT) VALUES ('x', 4", at: "at"),
            forged(
                "deployment_event (artifact, environment, event, AT) VALUES (2, 'lab', 'live'",
                at: "at"
            ),
            forged("deployment_gate (environment, enabled, AT) VALUES ('lab', true", at: "at"),
            forged(
                "correction (target_table, target_key, reason, AT) "
                    + "VALUES ('lineage.metric', 1, 'wrong'"
            ),
            forged("evaluator (digest, protocol, version, AT) VALUES (sha256('x'), 'lpips', 1"),
            forged("evaluator_event (evaluator, event, AT) VALUES (1, 'revoked'"),
            forged("metric (subject, run, name, value, AT) VALUES (7, 5, 'x', 1"),
            forged("exposure_source (request, artifact, found, AT) VALUES (1, 2, 'searched'"),
            forged("forget_request_event (request, event, AT) VALUES (1, 'withdrawn'"),
            forged(
                "forget_list (request, cipher, nonce, ciphertext, AT) "
                    + "VALUES (1, 'aes-256-gcm', decode(repeat('00', 12), 'hex'), sha256('')"
            ),
            forged(
                "verdict (artifact, request, policy, evidence, result, supersedes, AT) "
                    + "VALUES (7, 1, 1, 1, 'withdrawn', 1",
                at: "decided_at"
            ),
            forged(
                "run (job, epoch, kind, method, spec, spec_digest, attempts, started_at, AT) "
                    + "VALUES (gen_random_uuid(), 1, 'evaluate', 'm', '{}', sha256(''), 1, now()",
                at: "sealed_at"
            ),
            forged("tenant (name, AT) VALUES ('acme'"),
            forged("tenant_login (login, tenant, AT) VALUES ('ann', 1"),
            forged(
                "tenant_login_event (login, tenant, event, AT) VALUES ('guest', 1, 'dismissed'"
            ),
            forged("tenancy (artifact, tenant, AT) VALUES (18, 1"),
            .switchedOff(
                "tenant",
                "a_stamp",
                "INSERT INTO lineage.tenant (name, recorded_at) VALUES ('acme', '1999-01-01')"
            ),
        ],
        bypasses: [
            Bypass("metric", "UPDATE lineage.metric SET recorded_at = '1999-01-01' WHERE seq = 8"),
            Bypass("tenant", "UPDATE lineage.tenant SET recorded_at = '1999-01-01'"),
        ]
    )

    private static func entry(_ prev: String, _ hash: String) -> String {
        """
        INSERT INTO lineage.log_entry (stream, n, prev, hash, relation, key, payload)
        SELECT 'x', 1, \(prev), \(hash), 'policy', '77', 'p' FROM (
            SELECT decode(repeat('00', 32), 'hex')
        ) x (zero);
        """
    }

    private static let policy = """
        INSERT INTO lineage.policy (seq, name, version, forgetting_min, leak_max, validity_min,
            integrity_max) OVERRIDING SYSTEM VALUE VALUES (77, 'p', 1, 1, 1, 1, 1);
        """

    static let logged = Invariant(
        number: 15,
        claim: "every row has its entry in the log, from its own transaction",
        breaches: [
            // An entry that was there before says something else of the row.
            Breach(
                entry(
                    "zero",
                    "sha256(zero || int8send(1) || 'p' || int4send(1) || 'x' || int8send(1))"
                ) + policy,
                "23505",
                "log_entry_relation_key_key"
            ),
            Breach(entry("zero", "sha256('x')"), "23514", "log_entry_is_hashed"),
            Breach(
                policy + "SET CONSTRAINTS ALL IMMEDIATE;"
                    + "DELETE FROM lineage.log_entry WHERE relation = 'policy' AND key = '77'",
                "PL030",
                "only grows"
            ),
            // Who seals epochs cannot seal what is not there.
            Breach(
                "SELECT lineage.seal_epoch('{\"epoch\": 9, \"size\": 1}', 'e', 'k', '[]')",
                "PL070",
                "does not follow",
                reaching: [.worker, .sealer]
            ),
            Breach(
                """
                SELECT lineage.seal_epoch('{"epoch": 1, "size": 1, "root": "\(
                    String(repeating: "0", count: 64)
                )", "at": "2026-01-01", "heads": {"x": {"n": 1, "hash": "00"}}}', 'e', 'k', '[]')
                """,
                "PL071",
                "names a head",
                reaching: [.worker, .sealer]
            ),
        ],
        bypasses: [
            Bypass("policy", policy),
            Bypass("policy", "DELETE FROM lineage.log_entry WHERE relation = 'policy'"),
            Bypass("log_entry", "DELETE FROM lineage.log_entry WHERE stream = 'data' AND n = 1"),
            Bypass(
                "log_entry",
                Sealed.unbind("log_entry")
                    + "UPDATE lineage.log_entry SET prev = hash WHERE n = 1"
            ),
        ]
    )
}
