-- Who is a tenant's, and until when. `admit` took any login, for good: an auditor, a reader or a
-- worker who was admitted was shown less from then on, and was told nothing of it.

-- What became of a login after it was first admitted; the newest event decides.
CREATE TABLE lineage.tenant_login_event (
    seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    login text NOT NULL REFERENCES lineage.tenant_login,
    tenant bigint NOT NULL REFERENCES lineage.tenant,
    event text NOT NULL CHECK (event IN ('admitted', 'dismissed')),
    actor text NOT NULL DEFAULT session_user,
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX tenant_login_event_login ON lineage.tenant_login_event (login, seq DESC);
CREATE TRIGGER only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON lineage.tenant_login_event
FOR EACH STATEMENT EXECUTE FUNCTION lineage.refuse_change();
SELECT lineage.watch('lineage.tenant_login_event');

CREATE FUNCTION lineage.stamp_tenant_login_event() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    new.recorded_at := greatest(clock_timestamp(), (
        SELECT max(t.recorded_at) FROM lineage.tenant_login_event t
    ));
    RETURN new;
END $$;
CREATE TRIGGER a_stamp BEFORE INSERT ON lineage.tenant_login_event
FOR EACH ROW EXECUTE FUNCTION lineage.stamp_tenant_login_event();

ALTER TABLE lineage.tenant_login_event ENABLE ROW LEVEL SECURITY;
CREATE POLICY sees ON lineage.tenant_login_event FOR SELECT USING (
    (SELECT lineage.my_tenant() IS NULL) OR tenant = (SELECT lineage.my_tenant())
);
GRANT SELECT ON lineage.tenant_login_event TO palimpsest_asker, palimpsest_auditor;

-- The tenant that a login is admitted to; null where it is to none.
CREATE FUNCTION lineage.admitted_to(login text) RETURNS bigint
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT CASE e.event WHEN 'admitted' THEN e.tenant END FROM (
        SELECT 0 AS seq, l.tenant, 'admitted' AS event FROM lineage.tenant_login l
        WHERE l.login = admitted_to.login
        UNION ALL
        SELECT n.seq, n.tenant, n.event FROM lineage.tenant_login_event n
        WHERE n.login = admitted_to.login
    ) e ORDER BY e.seq DESC LIMIT 1;
$$;

-- The tenant of this session; null for the operator. `session_user` is who logged in: neither SET
-- ROLE nor a setting changes it. Only a member of `palimpsest_tenant` has one, whoever was
-- admitted; a member who is admitted nowhere is shown nothing of anybody's.
CREATE OR REPLACE FUNCTION lineage.my_tenant() RETURNS bigint
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    -- Of a superuser every membership is said to be there.
    PERFORM FROM pg_roles r
    WHERE r.rolname = session_user AND NOT r.rolsuper
        AND pg_has_role(r.oid, 'palimpsest_tenant', 'MEMBER');
    IF NOT FOUND THEN RETURN NULL; END IF;
    RETURN coalesce(lineage.admitted_to(session_user), 0);
END $$;

-- A reader who was admitted without that membership saw his tenant's rows only, and shall go on so.
DO $$
DECLARE
    reader text;
BEGIN
    FOR reader IN
        SELECT r.rolname FROM lineage.tenant_login l JOIN pg_roles r ON r.rolname = l.login
        WHERE NOT r.rolsuper AND pg_has_role(r.oid, 'palimpsest_reader', 'MEMBER')
            AND NOT EXISTS (
                SELECT FROM pg_roles o
                WHERE o.rolname LIKE 'palimpsest\_%' AND o.rolname <> 'palimpsest_reader'
                    AND o.oid <> r.oid AND pg_has_role(r.oid, o.oid, 'MEMBER')
            )
    LOOP
        EXECUTE format('GRANT palimpsest_tenant TO %I', reader);
    END LOOP;
END $$;

-- Refuses a login that is no tenant's, or from which rows are not to be hidden.
CREATE FUNCTION lineage.check_login(login text) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    r pg_roles;
    others text;
BEGIN
    SELECT p.* INTO r FROM pg_roles p WHERE p.rolname = check_login.login AND p.rolcanlogin;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no login ''%''', login USING
            ERRCODE = 'PL080', HINT = 'CREATE ROLE … LOGIN IN ROLE palimpsest_tenant';
    ELSIF r.rolsuper THEN
        RAISE EXCEPTION '''%'' is a superuser, from whom no row can be hidden', login
            USING ERRCODE = 'PL080';
    ELSIF NOT pg_has_role(r.oid, 'palimpsest_tenant', 'MEMBER') THEN
        RAISE EXCEPTION '''%'' is not a member of palimpsest_tenant', login USING
            ERRCODE = 'PL080', HINT = format('GRANT palimpsest_tenant TO %I', login);
    END IF;
    SELECT string_agg(o.rolname, ', ' ORDER BY o.rolname) INTO others FROM pg_roles o
    WHERE o.rolname LIKE 'palimpsest\_%' AND o.rolname <> 'palimpsest_tenant'
        AND o.oid <> r.oid AND pg_has_role(r.oid, o.oid, 'MEMBER');
    IF others IS NOT NULL THEN
        RAISE EXCEPTION '''%'' is a member of %, and would see less than that is for', login, others
            USING ERRCODE = 'PL080', HINT = 'give each tenant a login of his own';
    END IF;
END $$;

CREATE OR REPLACE FUNCTION lineage.admit(login text, tenant text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    wanted bigint := (SELECT t.seq FROM lineage.tenant t WHERE t.name = admit.tenant);
    before text;
BEGIN
    IF wanted IS NULL THEN
        RAISE EXCEPTION 'there is no tenant ''%''', tenant USING ERRCODE = 'PL059';
    END IF;
    PERFORM lineage.check_login(login);
    SELECT t.name INTO before FROM lineage.tenant t WHERE t.seq = lineage.admitted_to(login);
    IF FOUND THEN
        RAISE EXCEPTION '''%'' is admitted to tenant ''%'' already', login, before USING
            ERRCODE = 'PL081', HINT = format('SELECT lineage.dismiss(%L)', login);
    END IF;
    INSERT INTO lineage.tenant_login (login, tenant) VALUES (admit.login, wanted)
    ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN
        INSERT INTO lineage.tenant_login_event (login, tenant, event)
        VALUES (admit.login, wanted, 'admitted');
    END IF;
END $$;

-- Also a login that is not there any more, so that the next of its name is nobody's.
CREATE FUNCTION lineage.dismiss(login text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    was bigint := lineage.admitted_to(login);
BEGIN
    IF was IS NULL THEN
        RAISE EXCEPTION '''%'' is admitted to no tenant', login USING ERRCODE = 'PL081';
    END IF;
    INSERT INTO lineage.tenant_login_event (login, tenant, event)
    VALUES (dismiss.login, was, 'dismissed');
END $$;

REVOKE ALL ON FUNCTION
    lineage.stamp_tenant_login_event, lineage.admitted_to, lineage.check_login, lineage.dismiss
FROM PUBLIC;
GRANT EXECUTE ON FUNCTION lineage.dismiss TO palimpsest_officer;
