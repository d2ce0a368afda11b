-- The checks of a birth read a few rows by their keys too: see 0067.

DO $$
DECLARE
    f text;
BEGIN
    FOREACH f IN ARRAY ARRAY[
        'lineage.check_birth', 'lineage.ancestry', 'lineage.inherit_tenant', 'lineage.is_logged'
    ] LOOP
        EXECUTE format(
            'ALTER FUNCTION %s SET enable_seqscan = off SET enable_hashjoin = off
            SET enable_mergejoin = off', f
        );
    END LOOP;
END $$;
