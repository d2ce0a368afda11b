/// I10, I20: what goes into a seal, and that it is all or nothing.
extension Invariant {
    static let sealed = Invariant(
        number: 10,
        claim: "inputs are sealed before use",
        breaches: [
            Breach(Birth(edges: ["2 dataset", "-1 retain_set"]).sql, "23503", "edge_parent_fkey"),
            Breach(
                Call.submit(
                    "train",
                    "story.pin('dataset', 'clean') || jsonb_build_object('artifact', repeat('0', 64))"
                ),
                "PL010",
                "not a sealed artifact",
                reaching: Role.submitters
            ),
            // Sealed, but with other bytes, or as something else.
            Breach(
                Call.submit(
                    "train",
                    "story.pin('dataset', 'clean') || jsonb_build_object('content', repeat('0', 64))"
                ),
                "PL010",
                "not a sealed artifact",
                reaching: Role.submitters
            ),
            Breach(
                Call.submit("train", #"story.pin('dataset', 'clean') || '{"kind": "checkpoint"}'"#),
                "PL010",
                "not a sealed artifact",
                reaching: Role.submitters
            ),
            Breach(
                Call.complete(edges: #"[["teacher", "init"]]"#),
                "PL003",
                "that the job does not have",
                reaching: [.worker, .trainer]
            ),
        ],
        bypasses: [
            Bypass(
                "edge",
                "INSERT INTO lineage.edge (child, parent, role, run) VALUES (4, -1, 'dataset', 2)"
            )
        ]
    )

    static let whole = Invariant(
        number: 20,
        claim: "a seal is one transaction, and leaves no part of itself",
        breaches: [
            // Its last step fails; the suite compares what is there before and after.
            Breach(
                Call.complete(outputs: "story.outputs('train', 'model', 'no name')"),
                "23514",
                "artifact_name_check",
                reaching: [.worker, .trainer]
            ),
            Breach(
                Call.complete(metrics: #"[{"name": "loss", "value": "NaN"}]"#),
                "23514",
                "metric_is_finite",
                reaching: [.worker, .trainer]
            ),
            // An output that comes after its run was sealed.
            Breach(
                """
                INSERT INTO lineage.artifact (seq, digest, content_digest, kind, name,
                    manifest_canonical, bytes, info, born, generation, origin_roots, run)
                OVERRIDING SYSTEM VALUE
                SELECT 99, sha256(m), sha256(''), 'report', 'late', m, 0, '{}', '0', 0, '{99}', 2
                FROM convert_to('{"content":"' || encode(sha256(''), 'hex')
                    || '","output":"late"}', 'UTF8') m
                """,
                "PL031",
                "what it made was fixed"
            ),
            Breach(
                "INSERT INTO lineage.metric (subject, run, name, value) VALUES (99, 2, 'x', 1)",
                "23503",
                "metric_subject_fkey"
            ),
            Breach(
                "INSERT INTO lineage.unlearn_application (run, request, method, forget, params) "
                    + "VALUES (2, 1, 'm', '[\"star\"]', '{}')",
                "PL047",
                "does not unlearn"
            ),
        ],
        bypasses: [
            Bypass("run", "DELETE FROM lineage.run WHERE seq = 4"),
            Bypass(
                "metric",
                "INSERT INTO lineage.metric (subject, run, name, value) VALUES (99, 2, 'x', 1)"
            ),
        ]
    )
}
