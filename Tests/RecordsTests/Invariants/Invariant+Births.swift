/// I5, I6: what a checkpoint must have from its birth.
extension Invariant {
    /// Has a birth checked before its transaction ends.
    static let early = "SET CONSTRAINTS ALL IMMEDIATE;"

    static func unlearned(
        _ edges: [String],
        _ ancestry: String = "4, 4, 1",
        method: String = "saddle",
        then: String = ""
    ) -> String {
        var birth = Birth(kind: "unlearn", method: method, edges: edges, ancestry: ancestry)
        (birth.forgetSet, birth.then) = (6, then)
        return birth.sql
    }

    /// The same without a fault.
    static let sound = [
        Birth(edges: ["2 dataset"]).sql,
        Birth(kind: "distill", edges: ["4 teacher"]).sql,
        unlearned(["4 init", "4 anchor"]),
        unlearned(["7 init"], "4, 4, 2"),
        unlearned(["7 replaces"], "4, seq, 0", method: "retrain"),
        Birth(edges: ["2 dataset"], then: second("other")).sql,
    ]

    static let originals = Invariant(
        number: 5,
        claim: "an unlearned checkpoint has one original, its requests and their forget sets",
        breaches: [
            Breach(unlearned([]), "PL033", "no original to start from"),
            Breach(unlearned(["4 init", "7 init"]), "23505", "edge_one_init"),
            Breach(unlearned(["4 init"], method: "retrain"), "PL033", "no original"),
            Breach(unlearned([], method: "retrain"), "PL033", "no original"),
            Breach(
                unlearned(["7 replaces", "4 merge", "7 merge"], "4, 4, 1", method: "retrain"),
                "PL033",
                "trained again from weights"
            ),
            Breach(unlearned(["4 replaces"], "4, seq, 0"), "PL033", "no original"),
            Breach(
                unlearned(["4 replaces", "7 replaces"], "4, seq, 0", method: "retrain"),
                "23505",
                "edge_one_replaced"
            ),
            Breach(
                Birth(kind: "unlearn", edges: ["4 init"], ancestry: "4, 4, 1").sql,
                "PL034",
                "unlearned nothing"
            ),
            // With another request's forget set besides its own.
            Breach(unlearned(["4 init", "19 forget_set"]), "PL041", "forget sets"),
            Breach(
                Birth(edges: ["2 dataset"], ancestry: "seq, seq, 0").sql,
                "23514",
                "artifact_original_is_older"
            ),
            Breach(unlearned(["4 init"], "NULL, 4, 1"), "PL038", "original or root"),
            Breach(unlearned(["4 init"], "3, 4, 1"), "PL038", "original or root"),
            // The original stays the first one through a second unlearning.
            Breach(unlearned(["7 init"], "7, 4, 2"), "PL038", "original or root"),
            Breach(
                unlearned(
                    ["4 init", "4 anchor"],
                    then: early
                        + "INSERT INTO lineage.unlearn_application (run, request, method, forget,"
                        + " params) VALUES (run, 2, 'saddle', '[\"moon\"]', '{}');"
                ),
                "PL031",
                "is sealed"
            ),
            Breach(
                Call.complete("unlearn", edges: "[]"),
                "PL033",
                "no original to start from",
                reaching: [.worker, .unlearner]
            ),
        ],
        bypasses: [
            Bypass("edge", "DELETE FROM lineage.edge WHERE child = 7 AND role = 'forget_set'"),
            Bypass("artifact", "UPDATE lineage.artifact SET original = 3 WHERE seq = 7"),
            Bypass("unlearn_application", "DELETE FROM lineage.unlearn_application WHERE run = 4"),
        ]
    )

    static let teachers = Invariant(
        number: 6,
        claim: "a distilled checkpoint has a teacher",
        breaches: [
            Breach(Birth(kind: "distill", edges: ["2 dataset"]).sql, "PL035", "has no teacher"),
            Breach(
                Call.complete("distill", edges: #"[["dataset", "dataset"], ["teacher", "init"]]"#),
                "PL035",
                "has no teacher",
                reaching: [.worker, .distiller]
            ),
        ],
        bypasses: [
            Bypass("edge", "DELETE FROM lineage.edge WHERE child = 5 AND role = 'teacher'"),
            Bypass("run", "UPDATE lineage.run SET kind = 'distill' WHERE seq = 2"),
        ]
    )
}
