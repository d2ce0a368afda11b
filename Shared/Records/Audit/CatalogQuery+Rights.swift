extension CatalogQuery {
    /// Who may do what, and what takes rules out of force.
    static let rights = [
        CatalogQuery(
            "migration",
            """
            SELECT m.version::text AS name, m.name AS called, m.checksum AS checksum
            FROM migration.applied m
            """
        ),
        CatalogQuery(
            "schema",
            """
            SELECT n.nspname AS name, \(owner("n.nspowner")), \(rights(
                "coalesce(n.nspacl, acldefault('n', n.nspowner))",
                tolerated: "USAGE"
            ))
            FROM ours n
            """
        ),
        CatalogQuery(
            "policy",
            """
            SELECT format('%s on %s', p.polname, p.polrelid::regclass) AS name,
                pg_get_expr(p.polqual, p.polrelid) AS "rows seen",
                pg_get_expr(p.polwithcheck, p.polrelid) AS "rows written", p.polcmd AS command,
                p.polpermissive AS permissive, (
                    SELECT string_agg(r.name, ', ' ORDER BY r.name COLLATE "C")
                    FROM person r WHERE r.oid = ANY (p.polroles)
                ) AS roles
            FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid
            JOIN ours n ON n.oid = c.relnamespace
            """
        ),
        CatalogQuery(
            "role",
            """
            SELECT r.rolname AS name, r.rolsuper AS superuser, r.rolbypassrls AS "sees all rows",
                r.rolcreaterole AS "creates roles", r.rolcreatedb AS "creates databases",
                r.rolreplication AS replication, r.rolinherit AS inherits, r.rolcanlogin AS login
            FROM pg_roles r WHERE starts_with(r.rolname, 'palimpsest_')
            """
        ),
        // What our roles are members of. Who is a member of ours is the operator's business.
        CatalogQuery(
            "membership",
            """
            SELECT format('%s in %s', m.rolname, g.rolname) AS name,
                x.admin_option AS "may pass it on"
            FROM pg_auth_members x
            JOIN pg_roles m ON m.oid = x.member JOIN pg_roles g ON g.oid = x.roleid
            WHERE starts_with(m.rolname, 'palimpsest_')
            """
        ),
        CatalogQuery(
            "default right",
            """
            SELECT format('%s by %s in %s', a.defaclobjtype, a.defaclrole::regrole, n.nspname)
                AS name, a.defaclacl AS rights
            FROM pg_default_acl a JOIN ours n ON n.oid = a.defaclnamespace
            """
        ),
        // With it on `replica` no rule is in force in a session, and with a subscription it is.
        CatalogQuery(
            "setting",
            """
            SELECT s.name AS name, s.reset_val AS value FROM pg_settings s
            WHERE s.name = 'session_replication_role'
            UNION ALL
            SELECT format('%s for role %s', o.option_name, CASE r.setrole WHEN 0 THEN 'PUBLIC'
                ELSE r.setrole::regrole::text END), o.option_value
            FROM pg_db_role_setting r CROSS JOIN pg_options_to_table(r.setconfig) o
            WHERE o.option_name = 'session_replication_role' AND r.setdatabase IN (
                0, (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())
            )
            """
        ),
        CatalogQuery(
            "subscription",
            """
            SELECT s.subname AS name, s.subenabled AS enabled FROM pg_subscription s
            WHERE s.subdbid = (
                SELECT d.oid FROM pg_database d WHERE d.datname = current_database()
            )
            """
        ),
    ]
}
