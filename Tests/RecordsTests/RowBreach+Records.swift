extension RowBreach {
    static let measured = [
        RowBreach(
            "I12",
            "evidence",
            [.trigger("check_evidence", on: "evidence")],
            Invariant.evidence("run", "4")
        ),
        RowBreach(
            "I12",
            "evidence",
            [.trigger("check_evidence", on: "evidence")],
            "INSERT INTO lineage.evaluator_event (evaluator, event) VALUES (1, 'revoked');"
                + Invariant.evidence("n", "n")
        ),
        RowBreach(
            "I12",
            "evidence",
            [.trigger("check_evidence", on: "evidence")],
            Invariant.otherBuild
        ),
        RowBreach(
            "I13",
            "score",
            [.trigger("check_score", on: "score")],
            Invariant.score("0.5, 0.5, 0.5, 0.5", formula: 2)
        ),
        RowBreach("I13", "verdict", [.trigger("check_verdict", on: "verdict")], passed("fail")),
        RowBreach(
            "I13",
            "verdict",
            [.trigger("check_verdict", on: "verdict")],
            "INSERT INTO lineage.policy (name, version, forgetting_min, leak_max, validity_min, "
                + "integrity_max) SELECT name, version + 1, 0, 1, 0, 1 FROM lineage.policy;"
                + passed("fail")
        ),
        RowBreach(
            "I13",
            "verdict",
            [.trigger("check_verdict", on: "verdict")],
            "SELECT story.closed_request('alice', 'sample', 'photos');"
                + "SELECT story.unlearn('u', 'teacher', 'alice');"
                + "SELECT story.evaluate('u', 'teacher', 0.99, 0.1);" + passed("inconclusive")
        ),
        RowBreach(
            "I13",
            "verdict",
            [.trigger("check_verdict", on: "verdict")],
            "SELECT story.unlearn('thrice', 'twice', 'wish');"
                + "SELECT story.evaluate('thrice', 'teacher', 0.99, 0.1);" + passed("inconclusive")
        ),
        RowBreach(
            "I21",
            "evidence",
            [.trigger("check_evidence", on: "evidence")],
            Invariant.evidence("reference", "3")
        ),
        RowBreach(
            "I21",
            "metric",
            [.trigger("check_reference", on: "metric")],
            "INSERT INTO lineage.metric (subject, reference, run, name, value) "
                + "VALUES (7, 3, 5, 'integrity_other', 1)"
        ),
    ]

    /// Passes what had another result.
    private static func passed(_ result: String) -> String {
        """
        INSERT INTO lineage.verdict (artifact, request, policy, evidence, result, supersedes)
        SELECT artifact, request, policy, evidence, 'pass', seq FROM lineage.verdict
        WHERE result = '\(result)' ORDER BY seq LIMIT 1
        """
    }

    static let others = [
        RowBreach(
            "I11",
            "forget_request",
            [.trigger("check_request", on: "forget_request")],
            Invariant.request(1, "sha256('photos')")
        ),
        RowBreach(
            "I11",
            "unlearn_application",
            [.trigger("check_applications", on: "unlearn_application")],
            Birth(
                kind: "unlearn",
                edges: ["4 init"],
                ancestry: "4, 4, 1",
                forgetSet: 6,
                forgets: "ring"
            ).sql
        ),
        RowBreach(
            "I11",
            "forget_opening",
            [.trigger("check_opening", on: "forget_opening")],
            """
            SELECT lineage.request_forgetting('shut', 'concept', sha256('x'), 1, 'law', '{}');
            INSERT INTO lineage.forget_opening (request, item_key, codes, recorded_at)
            VALUES (2, sha256('key'), ARRAY[sha256('moon')], '2999-01-01')
            """
        ),
        RowBreach(
            "I14",
            "alias_event",
            [.trigger("a_stamp", on: "alias_event")],
            "INSERT INTO lineage.alias_event (name, artifact, at) VALUES ('old', 4, '1999-01-01')"
        ),
        RowBreach(
            "I17",
            "exposure_source",
            [.constraint("exposure_source_found_check", of: "exposure_source")],
            "INSERT INTO lineage.exposure_source (request, artifact, found) "
                + "VALUES (1, 2, 'Ann Smith said so')"
        ),
        RowBreach(
            "I18",
            "deployment_event",
            [.trigger("check_deployment", on: "deployment_event")],
            Invariant.live
        ),
        RowBreach(
            "I18",
            "deployed_ancestor",
            [.trigger("check_deployment", on: "deployment_event")],
            "INSERT INTO lineage.deployment_event (artifact, environment, event) "
                + "VALUES (18, 'lab', 'live')"
        ),
        RowBreach(
            "I19",
            "alias_event",
            [.constraint("alias_event_name_check", of: "alias_event")],
            "INSERT INTO lineage.alias_event (name, artifact) VALUES ('abcdef012345', 4)"
        ),
        RowBreach(
            "I20",
            "metric",
            [.constraint("metric_subject_fkey", of: "metric")],
            "INSERT INTO lineage.metric (subject, run, name, value) VALUES (99, 2, 'x', 1)"
        ),
        RowBreach(
            nil,
            "tenancy",
            [.trigger("check_tenancy", on: "tenancy")],
            "SELECT lineage.add_tenant('acme');"
                + "INSERT INTO lineage.tenancy (artifact, tenant) VALUES (1, 1)"
        ),
    ]
}
