import Postgres

/// Compares the rules in force in a database with those of its migrations: whatever a superuser
/// dropped, added, switched off or wrote anew in its place.
///
/// Tolerated is what an operator does: the database's name and owner, roles of his own with
/// `palimpsest_` roles granted to them, their right to read tables and to use schemas, and how
/// tables are stored.
public struct RuleVerifier {
    private let blueprint: Blueprint

    public init(_ blueprint: Blueprint) { self.blueprint = blueprint }

    /// Reads the catalogs of both databases, each as of one moment.
    ///
    /// - Throws: `PostgresError` where they cannot be read; that needs no right but to connect and
    ///   to see `migration.applied`.
    public func verify() throws -> RuleReport {
        try blueprint.inspected.atOneMoment { try inspect() }
    }

    /// `verify` inside of a transaction that is open already.
    package func inspect() throws -> RuleReport {
        let found = try catalog(blueprint.inspected)
        let due = try blueprint.model.atOneMoment { try catalog(blueprint.model) }
        var report = RuleReport()
        for (query, (found, due)) in zip(CatalogQuery.all, zip(found, due)) {
            report.rules += due.count
            report.findings += query.differences(found, due)
        }
        return report
    }

    private func catalog(_ connection: Connection) throws -> [Things] {
        try connection.usePlainSettings()
        return try CatalogQuery.all.map { try $0.read(connection) }
    }
}

/// Things of one kind by their names, each with its parts.
typealias Things = [String: [(String, String?)]]

/// The things of one kind, as the catalogs hold them.
struct CatalogQuery {
    let kind: String
    /// The column `name`, and one for each part that is compared.
    let sql: String

    init(_ kind: String, _ sql: String) { (self.kind, self.sql) = (kind, sql) }

    static let all = tables + programs + rights

    fileprivate func read(_ connection: Connection) throws -> Things {
        var things: Things = [:]
        for row in try connection.query(CatalogQuery.terms + sql) {
            let parts = row.columnNames.dropFirst()
            things[try row.text("name")] = try parts.map { ($0, try row.optional($0)) }
        }
        return things
    }

    fileprivate func differences(_ found: Things, _ due: Things) -> [RuleFinding] {
        Set(found.keys).union(due.keys).sorted().flatMap { name -> [RuleFinding] in
            guard let there = found[name] else {
                return [RuleFinding(.missing, kind, name, due[name] ?? [])]
            }
            guard let due = due[name] else { return [RuleFinding(.extra, kind, name, there)] }
            return zip(there, due).filter { $0.0.1 != $0.1.1 }.map {
                RuleFinding(kind, name, $0.0, found: $0.1, due: $1.1)
            }
        }
    }
}

extension CatalogQuery {
    /// Which schemas are ours, and what roles are called: whoever owns the ledger, or is a
    /// superuser, is the operator, whatever his name.
    fileprivate static let terms = """
        WITH ours AS MATERIALIZED (
            SELECT n.oid, n.nspname, n.nspowner, n.nspacl FROM pg_namespace n
            WHERE n.nspname IN ('lineage', 'queue', 'migration')
        ), person AS MATERIALIZED (
            SELECT r.oid, CASE
                WHEN r.rolsuper OR r.oid IN (
                    SELECT n.nspowner FROM ours n WHERE n.nspname = 'lineage'
                ) THEN 'the operator' ELSE r.rolname::text
            END AS name
            FROM pg_roles r
            UNION ALL SELECT 0, 'PUBLIC'
        )

        """

    /// The rights of an access list beyond its owner's own. Roles that are neither the project's
    /// nor everybody may be given `tolerated`.
    static func rights(_ list: String, tolerated: String = "") -> String {
        """
        (SELECT string_agg(format('%s for %s%s', x.privilege_type, who.name,
            CASE WHEN x.is_grantable THEN ', to be passed on' END), '; '
            ORDER BY who.name COLLATE "C", x.privilege_type)
        FROM aclexplode(\(list)) x JOIN person who ON who.oid = x.grantee
        WHERE who.name <> 'the operator' AND (
            who.name = 'PUBLIC' OR starts_with(who.name, 'palimpsest_')
            OR x.privilege_type <> '\(tolerated)'
        )) AS rights
        """
    }

    static func owner(_ column: String) -> String {
        "(SELECT who.name FROM person who WHERE who.oid = \(column)) AS owner"
    }
}
