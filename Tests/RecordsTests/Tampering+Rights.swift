import Records

extension Tampering {
    static let rights = [
        Tampering(
            .changed,
            "migration",
            "95",
            "checksum",
            "UPDATE migration.applied SET checksum = '' WHERE version = 95"
        ),
        Tampering(
            .missing,
            "migration",
            "20",
            "DELETE FROM migration.applied WHERE version = 20"
        ),
        Tampering(
            .changed,
            "schema",
            "lineage",
            "rights",
            "GRANT CREATE ON SCHEMA lineage TO palimpsest_asker"
        ),
        Tampering(
            .changed,
            "table",
            "lineage.edge",
            "rights",
            "GRANT INSERT ON lineage.edge TO palimpsest_worker"
        ),
        Tampering(
            .changed,
            "table",
            "lineage.log_entry",
            "rights",
            "GRANT SELECT ON lineage.log_entry TO PUBLIC"
        ),
        Tampering(
            .changed,
            "table",
            "lineage.run_seq_seq",
            "rights",
            "GRANT USAGE ON SEQUENCE lineage.run_seq_seq TO PUBLIC"
        ),
        Tampering(
            .changed,
            "table",
            "lineage.verdict",
            "rights",
            "CREATE ROLE rule_clerk; GRANT INSERT ON lineage.verdict TO rule_clerk"
        ),
        Tampering(
            .changed,
            "table",
            "lineage.verdict",
            "owner",
            "CREATE ROLE rule_clerk; ALTER TABLE lineage.verdict OWNER TO rule_clerk",
            sideEffects: 3
        ),
        Tampering(
            .changed,
            "column",
            "lineage.run.kind",
            "rights",
            "GRANT UPDATE (kind) ON lineage.run TO palimpsest_worker"
        ),
        Tampering(
            .changed,
            "function",
            "lineage.log_append(text,text,text,text)",
            "rights",
            "GRANT EXECUTE ON FUNCTION lineage.log_append TO palimpsest_worker"
        ),
        Tampering(
            .changed,
            "function",
            "lineage.give(text,text)",
            "rights",
            "REVOKE EXECUTE ON FUNCTION lineage.give FROM palimpsest_officer"
        ),
        Tampering(
            .missing,
            "policy",
            "sees on lineage.edge",
            "DROP POLICY sees ON lineage.edge"
        ),
        Tampering(
            .changed,
            "policy",
            "sees on lineage.edge",
            "rows seen",
            "ALTER POLICY sees ON lineage.edge USING (true)"
        ),
        Tampering(
            .extra,
            "policy",
            "more on lineage.edge",
            "CREATE POLICY more ON lineage.edge USING (true)"
        ),
        Tampering(
            .changed,
            "role",
            "palimpsest_reader",
            "sees all rows",
            "ALTER ROLE palimpsest_reader BYPASSRLS"
        ),
        Tampering(
            .extra,
            "membership",
            "palimpsest_worker in palimpsest_officer",
            "GRANT palimpsest_officer TO palimpsest_worker"
        ),
        Tampering(
            .extra,
            "default right",
            "r by palimpsest in lineage",
            "ALTER DEFAULT PRIVILEGES IN SCHEMA lineage GRANT INSERT ON TABLES TO PUBLIC"
        ),
        Tampering(
            .extra,
            "setting",
            "session_replication_role for role PUBLIC",
            """
            DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET session_replication_role = replica',
                current_database()); END $$
            """
        ),
        Tampering(
            .extra,
            "subscription",
            "feed",
            "CREATE SUBSCRIPTION feed CONNECTION '' PUBLICATION p WITH (connect = false)"
        ),
    ]
}
