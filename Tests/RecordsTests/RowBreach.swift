import Testing

/// A row that a superuser writes while a rule is out of force, and what it breaks.
struct RowBreach: Sendable, CustomTestStringConvertible {
    let invariant: String?
    let table: String
    let rules: [Weakening]
    let sql: String

    var testDescription: String { "\(invariant ?? "-") \(table): \(sql.prefix(60))" }

    init(_ invariant: String?, _ table: String, _ rules: [Weakening], _ sql: String) {
        (self.invariant, self.table, self.rules, self.sql) = (invariant, table, rules, sql)
    }
}

extension RowBreach {
    private static let births = Weakening.function(
        "check_birth(lineage.artifact)",
        returns: "void"
    )

    /// On the graph of the story, in the numbers of `World`.
    static let all: [RowBreach] = graph + measured + others

    private static let graph = [
        RowBreach(
            "I1",
            "edge",
            [.constraint("edge_parent_is_older", of: "edge"), births],
            Birth(edges: ["2 dataset", "seq teacher"]).sql
        ),
        RowBreach("I2", "edge", [.trigger("edge_at_birth", on: "edge")], Invariant.late),
        RowBreach(
            "I4",
            "artifact",
            [.constraint("artifact_digest_of_manifest", of: "artifact")],
            Birth(edges: ["2 dataset"], digest: "sha256('other')").sql
        ),
        RowBreach("I5", "artifact", [births], Invariant.unlearned([])),
        RowBreach("I5", "artifact", [births], Invariant.unlearned(["4 init"], "NULL, 4, 1")),
        RowBreach(
            "I5",
            "artifact",
            [births],
            Birth(kind: "unlearn", edges: ["4 init"], ancestry: "4, 4, 1").sql
        ),
        RowBreach("I6", "artifact", [births], Birth(kind: "distill", edges: ["2 dataset"]).sql),
        RowBreach("I7", "artifact", [births], Birth().sql),
        RowBreach(
            "I7",
            "artifact",
            [births],
            Birth(edges: ["2 dataset"], ancestry: "NULL, 4, 1").sql
        ),
        RowBreach(
            "I9",
            "artifact",
            [.unique("artifact_run_name_key")],
            Birth(edges: ["2 dataset"], then: Invariant.second("model")).sql
        ),
        RowBreach(
            "I9",
            "run",
            [.unique("run_job_key"), .unique("run_run_id_key")],
            Invariant.again
        ),
        RowBreach(
            "I10",
            "edge",
            [.constraint("edge_parent_fkey", of: "edge")],
            Birth(edges: ["2 dataset", "-1 retain_set"]).sql
        ),
        RowBreach(
            "I16",
            "artifact",
            [births],
            Birth(edges: ["2 dataset"], generation: "5").sql
        ),
        RowBreach("I16", "artifact", [births], Birth(edges: ["2 dataset"], origins: "'{1,2}'").sql),
        RowBreach("I22", "artifact", [births], Invariant.unlearned(["4 init", "3 anchor"])),
        RowBreach("I22", "artifact", [births], Birth(edges: ["2 dataset", "4 anchor"]).sql),
        RowBreach(
            nil,
            "content_twin",
            [.trigger("note_twin", on: "artifact")],
            Birth(edges: ["2 dataset"], then: Invariant.second("other")).sql
        ),
    ]
}
