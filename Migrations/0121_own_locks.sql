-- The ledger and the queue take their turns by advisory locks, whose numbers are no secret. Everybody
-- who could connect could hold them, and so stop seals, verdicts and deployments, in a COMMIT where no
-- statement_timeout ends the waiting. In this database they are for the owner's functions alone.
DO $$
DECLARE
    lock regprocedure;
BEGIN
    FOR lock IN
        SELECT p.oid FROM pg_proc p
        WHERE p.pronamespace = 'pg_catalog'::regnamespace AND p.proname ~ '^pg_(try_)?advisory_'
    LOOP
        EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', lock);
        EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO %I', lock, current_user);
    END LOOP;
EXCEPTION WHEN insufficient_privilege THEN
    -- A managed server keeps its own functions; its operator decides who may connect.
    RAISE NOTICE 'pg_advisory_lock stays open to all who may connect: %', sqlerrm;
END $$;
