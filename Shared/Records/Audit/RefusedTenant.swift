import Postgres

extension Connection {
    /// Refuses a session that is a tenant's: row security hides rows from it, and what is missing
    /// there would seem to be well, or gone.
    ///
    /// It asks the catalogs who is a tenant's, and no function of the database.
    func refuseTenant() throws {
        let rows = try query(
            """
            SELECT r.rolname AS login FROM pg_roles r
            JOIN pg_roles t ON t.rolname = 'palimpsest_tenant'
            WHERE r.rolname = session_user AND NOT r.rolsuper
                AND pg_has_role(r.oid, t.oid, 'MEMBER')
                AND row_security_active(to_regclass('lineage.artifact'))
            """
        )
        guard let login = try rows.first?.text("login") else { return }
        let tenants = try query("SELECT name FROM lineage.tenant").map { try $0.text("name") }
        let whose = tenants.first.map { "is admitted to tenant '\($0)'" } ?? "is a tenant's"
        throw PostgresError(
            "the login '\(login)' \(whose) and does not see all rows",
            hint: "verify as a login that is not a member of palimpsest_tenant"
        )
    }
}
