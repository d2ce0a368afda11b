extension CatalogQuery {
    /// What runs, and when.
    static let programs = [
        CatalogQuery(
            "trigger",
            """
            SELECT format('%s on %s', t.tgname, t.tgrelid::regclass) AS name,
                pg_get_triggerdef(t.oid) AS definition, t.tgenabled AS "when it fires"
            FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
            JOIN ours n ON n.oid = c.relnamespace
            WHERE NOT t.tgisinternal
            """
        ),
        CatalogQuery(
            "event trigger",
            """
            SELECT e.evtname AS name, e.evtevent AS event, e.evtfoid::regproc AS function,
                e.evtenabled AS "when it fires", e.evttags AS tags, \(owner("e.evtowner"))
            FROM pg_event_trigger e
            """
        ),
        CatalogQuery(
            "function",
            """
            SELECT p.oid::regprocedure::text AS name, p.prosrc AS body,
                pg_get_function_sqlbody(p.oid) AS "SQL body", p.probin AS library,
                l.lanname AS language, pg_get_function_result(p.oid) AS result,
                pg_get_function_arguments(p.oid) AS arguments, p.prokind AS kind,
                p.provolatile AS volatility, p.prosecdef AS "security definer",
                p.proisstrict AS strict, p.proleakproof AS leakproof, p.proparallel AS parallel,
                nullif(p.prosupport, 0)::regproc AS support,
                array_to_string(p.proconfig, ', ') AS settings, \(owner("p.proowner")),
                \(rights("coalesce(p.proacl, acldefault('f', p.proowner))"))
            FROM pg_proc p JOIN ours n ON n.oid = p.pronamespace
            JOIN pg_language l ON l.oid = p.prolang
            """
        ),
        // Everybody's functions, operators and casts, which those above are written in.
        CatalogQuery(
            "function of Postgres",
            """
            SELECT p.oid::regprocedure::text AS name, p.prosrc AS body,
                pg_get_function_sqlbody(p.oid) AS "SQL body", p.probin AS library,
                l.lanname AS language, p.provolatile AS volatility,
                p.prosecdef AS "security definer", p.proisstrict AS strict,
                array_to_string(p.proconfig, ', ') AS settings
            FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang
            WHERE p.pronamespace = 'pg_catalog'::regnamespace AND NOT \(ofExtension("p"))
            """
        ),
        CatalogQuery(
            "operator",
            """
            SELECT o.oid::regoperator::text AS name, o.oprcode AS function,
                o.oprcom::regoper AS commutator, o.oprnegate::regoper AS negator
            FROM pg_operator o
            WHERE (o.oprnamespace = 'pg_catalog'::regnamespace
                OR o.oprnamespace IN (SELECT oid FROM ours)) AND NOT \(ofExtension("o"))
            """
        ),
        CatalogQuery(
            "cast",
            """
            SELECT format('%s to %s', c.castsource::regtype, c.casttarget::regtype) AS name,
                c.castfunc::regprocedure AS function, c.castcontext AS context,
                c.castmethod AS method
            FROM pg_cast c WHERE NOT \(ofExtension("c"))
            """
        ),
        CatalogQuery(
            "language",
            """
            SELECT l.lanname AS name, l.lanplcallfoid::regproc AS handler,
                l.laninline::regproc AS inline, l.lanvalidator::regproc AS validator,
                l.lanpltrusted AS trusted
            FROM pg_language l WHERE l.lanname IN ('internal', 'c', 'sql', 'plpgsql')
            """
        ),
        // A view is such a rule. Among those of Postgres are the views that are asked here.
        CatalogQuery(
            "rewrite rule",
            """
            SELECT format('%s on %s', r.rulename, r.ev_class::regclass) AS name,
                pg_get_ruledef(r.oid) AS definition, r.ev_enabled AS "when it fires"
            FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class
            WHERE c.relnamespace IN (SELECT oid FROM ours)
                OR c.relnamespace = 'pg_catalog'::regnamespace AND NOT \(ofExtension("c"))
            """
        ),
    ]

    /// Whether it came with an extension, which may be the operator's; ours has none but PL/pgSQL.
    private static func ofExtension(_ row: String) -> String {
        """
        EXISTS (
            SELECT FROM pg_depend d JOIN pg_extension e ON e.oid = d.refobjid
            WHERE d.objid = \(row).oid AND d.classid = \(row).tableoid AND d.deptype = 'e'
                AND d.refclassid = 'pg_extension'::regclass AND e.extname <> 'plpgsql'
        )
        """
    }
}
