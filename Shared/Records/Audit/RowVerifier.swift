import Postgres

/// Computes anew, of every row of the ledger, what the invariants say of it, whoever wrote it and
/// whatever rules were in force then.
///
/// It asks in SQL of its own, sets of rows at a time, and takes the constraints from the blueprint.
/// Not told by rows is who sealed (I8), what was there before and is not any more (I3), and the
/// log's own part (I15), which `LogVerifier` tells.
public struct RowVerifier {
    let connection: Connection
    let blueprint: Blueprint

    public init(_ blueprint: Blueprint) {
        (connection, self.blueprint) = (blueprint.inspected, blueprint)
    }

    /// Reads the whole ledger, as of one moment.
    ///
    /// - Throws: `PostgresError` where the database lacks migrations that this build knows, or where
    ///   the tables, or some of their rows, may not be read. A question that the rows make impossible
    ///   is a finding.
    public func verify() throws -> RowReport {
        try connection.atOneMoment { try inspect() }
    }

    /// `verify` inside of a transaction that is open already.
    package func inspect() throws -> RowReport {
        guard blueprint.version == blueprint.newest else {
            throw PostgresError(
                "the database has the schema \(blueprint.version), and the rows are asked in terms "
                    + "of \(blueprint.newest)",
                hint: "run palimpsest migrate"
            )
        }
        try connection.usePlainSettings()
        try connection.refuseTenant()
        for setting in ["work_mem = '256MB'", "jit = off"] {
            try connection.query("SET LOCAL " + setting)
        }
        var report = RowReport()
        let tables = try tables()
        for table in tables {
            let count = "SELECT count(*) AS rows FROM lineage.\(table)"
            report.rows += try single(connection.query(count), of: "count").int("rows")
        }
        for check in try constraints() + RowCheck.all {
            report.checks += 1
            report.findings += try ask(check)
        }
        report.findings += try openings()
        return report
    }

    private func ask(_ check: RowCheck) throws -> [RowFinding] {
        do {
            return try connection.transaction {
                try connection.query(
                    "SELECT * FROM (\(check.sql)) q LIMIT \(RowReport.limit)"
                ).map {
                    RowFinding(
                        invariant: try $0.optional("invariant"),
                        table: check.table,
                        key: try $0.text("key"),
                        what: try $0.text("what")
                    )
                }
            }
        } catch let error as PostgresError where error.isRefusal {
            let what = "some row cannot even be asked: \(error.message)"
            return [RowFinding(invariant: nil, table: check.table, key: "", what: what)]
        }
    }

    private func tables() throws -> [String] {
        try blueprint.model.query(
            """
            SELECT relname AS name FROM pg_class
            WHERE relnamespace = 'lineage'::regnamespace AND relkind = 'r'
                AND relname NOT LIKE 'log%'
            """
        ).map { try $0.text("name") }
    }
}

extension RowCheck {
    static let all =
        births + ancestry + [lateEdges, anchors, exclusions] + measurements + verdicts + deployments
        + times
}
