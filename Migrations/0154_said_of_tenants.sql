-- What was said wrongly of tenants, policies and evaluators put the whole row into the server's log, by
-- a constraint's own text: with what may have been somebody's name. See 0106.

CREATE OR REPLACE FUNCTION lineage.add_tenant(name text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF (add_tenant.name ~ '^[a-z][a-z0-9_]{0,39}$') IS NOT TRUE THEN
        RAISE EXCEPTION 'this cannot name a tenant' USING
            ERRCODE = 'PL080',
            HINT = 'a name is a small letter and up to 39 small letters, digits and underscores, '
                'such as acme';
    ELSIF EXISTS (SELECT FROM lineage.tenant t WHERE t.name = add_tenant.name) THEN
        RAISE EXCEPTION 'the tenant ''%'' exists', name USING
            ERRCODE = 'PL081', HINT = 'SELECT lineage.admit(…) gives it a login';
    END IF;
    INSERT INTO lineage.tenant (name) VALUES (add_tenant.name);
END $$;

CREATE FUNCTION lineage.check_policy() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM lineage.check_name('a policy', new.name);
    RETURN new;
END $$;
CREATE TRIGGER check_policy BEFORE INSERT ON lineage.policy
FOR EACH ROW EXECUTE FUNCTION lineage.check_policy();

CREATE FUNCTION lineage.check_evaluator() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM lineage.check_reason('the protocol of an evaluator', new.protocol, 'featdist');
    RETURN new;
END $$;
CREATE TRIGGER check_evaluator BEFORE INSERT ON lineage.evaluator
FOR EACH ROW EXECUTE FUNCTION lineage.check_evaluator();

REVOKE ALL ON FUNCTION lineage.check_policy, lineage.check_evaluator FROM PUBLIC;
