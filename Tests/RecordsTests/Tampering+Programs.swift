import Records

extension Tampering {
    static let programs = [
        Tampering(
            .missing,
            "trigger",
            "check_score on lineage.score",
            "DROP TRIGGER check_score ON lineage.score"
        ),
        Tampering(
            .changed,
            "trigger",
            "check_score on lineage.score",
            "when it fires",
            "ALTER TABLE lineage.score DISABLE TRIGGER check_score"
        ),
        Tampering(
            .changed,
            "trigger",
            "only_grows on lineage.edge",
            "when it fires",
            "ALTER TABLE lineage.edge ENABLE REPLICA TRIGGER only_grows"
        ),
        Tampering(
            .changed,
            "trigger",
            "check_score on lineage.score",
            "definition",
            """
            CREATE OR REPLACE TRIGGER check_score AFTER INSERT ON lineage.score
            FOR EACH ROW EXECUTE FUNCTION lineage.check_score()
            """
        ),
        Tampering(
            .extra,
            "trigger",
            "z_undo on lineage.score",
            """
            CREATE FUNCTION public.undo() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN RETURN new; END $$;
            CREATE TRIGGER z_undo BEFORE INSERT ON lineage.score
            FOR EACH ROW EXECUTE FUNCTION public.undo()
            """
        ),
        Tampering(
            .extra,
            "event trigger",
            "spy",
            """
            CREATE FUNCTION public.spy() RETURNS event_trigger LANGUAGE plpgsql AS
            $$ BEGIN END $$;
            CREATE EVENT TRIGGER spy ON ddl_command_end EXECUTE FUNCTION public.spy()
            """
        ),
        Tampering(
            .changed,
            "function",
            "lineage.check_score()",
            "body",
            """
            CREATE OR REPLACE FUNCTION lineage.check_score() RETURNS trigger LANGUAGE plpgsql
            SET search_path = pg_catalog, pg_temp AS $$ BEGIN RETURN new; END $$
            """
        ),
        Tampering(
            .changed,
            "function",
            "lineage.twins_of(bigint,timestamp with time zone)",
            "SQL body",
            """
            CREATE OR REPLACE FUNCTION lineage.twins_of(
                artifact bigint, as_of timestamptz DEFAULT 'infinity'
            ) RETURNS SETOF bigint LANGUAGE sql STABLE PARALLEL SAFE
            BEGIN ATOMIC SELECT NULL::bigint; END
            """
        ),
        Tampering(
            .missing,
            "function",
            "lineage.wilson(double precision,double precision)",
            "DROP FUNCTION lineage.wilson"
        ),
        Tampering(
            .extra,
            "function",
            "lineage.back_door()",
            "CREATE FUNCTION lineage.back_door() RETURNS integer LANGUAGE sql AS 'SELECT 1'"
        ),
        Tampering(
            .changed,
            "function",
            "lineage.origins(bigint,bigint[])",
            "volatility",
            "ALTER FUNCTION lineage.origins IMMUTABLE"
        ),
        Tampering(
            .changed,
            "function",
            "lineage.origins(bigint,bigint[])",
            "security definer",
            "ALTER FUNCTION lineage.origins SECURITY DEFINER"
        ),
        Tampering(
            .changed,
            "function",
            "lineage.origins(bigint,bigint[])",
            "settings",
            "ALTER FUNCTION lineage.origins RESET ALL"
        ),
        Tampering(
            .changed,
            "function",
            "lineage.path(text,text,text[],integer)",
            "owner",
            "ALTER FUNCTION lineage.path OWNER TO palimpsest",
            sideEffects: 1
        ),
        Tampering(
            .changed,
            "function of Postgres",
            "sha256(bytea)",
            "body",
            "UPDATE pg_proc SET prosrc = 'sha224_bytea' WHERE oid = 'sha256(bytea)'::regprocedure"
        ),
        Tampering(
            .extra,
            "function of Postgres",
            "sha256(text)",
            """
            SET LOCAL allow_system_table_mods = on;
            CREATE FUNCTION pg_catalog.sha256(text) RETURNS bytea LANGUAGE sql AS
            'SELECT sha256(''x''::bytea)'
            """
        ),
        Tampering(
            .changed,
            "operator",
            "=(bigint,bigint)",
            "function",
            "UPDATE pg_operator SET oprcode = 'int8ne' WHERE oid = '=(bigint,bigint)'::regoperator"
        ),
        Tampering(
            .extra,
            "cast",
            "lineage.edge to text",
            "CREATE CAST (lineage.edge AS text) WITH INOUT AS IMPLICIT"
        ),
        Tampering(
            .changed,
            "language",
            "plpgsql",
            "validator",
            "UPDATE pg_language SET lanvalidator = 0 WHERE lanname = 'plpgsql'"
        ),
        Tampering(
            .extra,
            "rewrite rule",
            "swallow on lineage.verdict",
            "CREATE RULE swallow AS ON INSERT TO lineage.verdict DO INSTEAD NOTHING"
        ),
        Tampering(
            .changed,
            "rewrite rule",
            "_RETURN on lineage.edges",
            "definition",
            """
            DO $$ BEGIN EXECUTE 'CREATE OR REPLACE VIEW lineage.edges AS '
                || rtrim(pg_get_viewdef('lineage.edges'), ';') || ' LIMIT 3'; END $$
            """
        ),
    ]
}
