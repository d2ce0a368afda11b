/// I7, I22: where weights come from, and what they are held to.
extension Invariant {
    static let roots = Invariant(
        number: 7,
        claim: "every checkpoint reaches an import or a run from scratch",
        breaches: [
            Breach(
                Birth(edges: ["2 dataset"], ancestry: "NULL, NULL, NULL").sql,
                "23514",
                "artifact_checkpoint_has_root"
            ),
            Breach(
                Birth(edges: ["2 dataset"], ancestry: "NULL, 4, 0").sql,
                "23514",
                "artifact_root_is_older"
            ),
            Breach(
                Birth(edges: ["2 dataset"], ancestry: "NULL, 4, 1").sql,
                "PL038",
                "original or root"
            ),
            Breach(unlearned(["7 init"], "4, 7, 2"), "PL038", "original or root"),
            Breach(unlearned(["7 init"], "4, 4, 1"), "PL038", "original or root"),
            Breach(Birth(edges: ["2 dataset", "1 init"]).sql, "PL037", "starts from a dataset"),
            Breach(Birth().sql, "PL036", "has no dataset"),
            Breach(
                """
                INSERT INTO lineage.artifact (seq, digest, content_digest, kind, name,
                    manifest_canonical, bytes, info, born, generation, origin_roots)
                OVERRIDING SYSTEM VALUE
                SELECT 99, sha256(m), sha256(''), 'dataset', 'd', m, 0, '{}', '0', 0, '{99}'
                FROM convert_to('{"content":"' || encode(sha256(''), 'hex')
                    || '","output":"d"}', 'UTF8') m
                """,
                "PL032",
                "from a run or from an import"
            ),
            // What a run made is declared an import, at once or later.
            Breach(
                Birth(
                    edges: ["2 dataset"],
                    then: "INSERT INTO lineage.import (artifact, source) VALUES (seq, 'x');"
                ).sql,
                "PL032",
                "from a run or from an import"
            ),
            Breach(
                "INSERT INTO lineage.import (artifact, source) VALUES (4, 'https://example.org')",
                "PL032",
                "from a run or from an import"
            ),
            .switchedOff(
                "import",
                "check_import",
                "INSERT INTO lineage.import (artifact, source) VALUES (4, 'x')"
            ),
            Breach(
                Call.complete(edges: "[]"),
                "PL036",
                "has no dataset",
                reaching: [.worker, .trainer]
            ),
        ],
        bypasses: [
            Bypass("artifact", "UPDATE lineage.artifact SET weight_root = 3 WHERE seq = 7"),
            Bypass("import", "INSERT INTO lineage.import (artifact, source) VALUES (4, 'x')"),
            Bypass("import", "DELETE FROM lineage.import WHERE artifact = 1"),
        ]
    )

    static let anchors = Invariant(
        number: 22,
        claim: "anchors equal or derive from the original",
        breaches: [
            Breach(unlearned(["4 init", "3 anchor"]), "PL043", "is held to what does not come"),
            // Younger than the original, and not made from it.
            Breach(unlearned(["4 init", "17 anchor"]), "PL043", "is held to what does not come"),
            Breach(
                Birth(edges: ["2 dataset", "4 anchor"]).sql,
                "PL043",
                "is held to what does not come"
            ),
            Breach(
                unlearned(["4 init"], then: early + Birth.edge("3", "anchor")),
                "PL031",
                "is sealed"
            ),
            Breach(
                Call.complete("unlearn", edges: #"[["original", "init"], ["other", "anchor"]]"#),
                "PL043",
                "is held to what does not come",
                reaching: [.worker, .unlearner]
            ),
        ],
        bypasses: [
            Bypass(
                "edge",
                "INSERT INTO lineage.edge (child, parent, role, run) VALUES (7, 3, 'anchor', 4)"
            )
        ]
    )
}
