-- Entries in the log for every row of a graph that was loaded without them.
SET session_replication_role = replica;
TRUNCATE lineage.log_entry;
SET session_replication_role = origin;
DO $$
DECLARE
    part record;
BEGIN
    FOR part IN SELECT relation, name FROM lineage.watchable ORDER BY name COLLATE "C" LOOP
        EXECUTE format('DROP TRIGGER log_row ON %s', part.relation);
        PERFORM lineage.watch(part.relation);
    END LOOP;
END $$;
ANALYZE;
