/// I12, I13, I21: what is measured and what follows from it.
extension Invariant {
    /// The first evidence again, with one column changed.
    static func evidence(_ column: String, _ value: String) -> String {
        let columns = [
            "canonical", "subject", "reference", "request", "run", "evaluator", "protocol",
            "protocol_version", "eval_manifest", "sampler_config", "metric_models", "metrics",
            "floor", "ceiling", "n", "evaluated_at",
        ]
        let values = columns.map {
            $0 == column ? value : $0 == "canonical" ? "canonical || '!'" : $0
        }
        return """
            INSERT INTO lineage.evidence (\(columns.joined(separator: ", ")))
            SELECT \(values.joined(separator: ", ")) FROM lineage.evidence WHERE seq = 1
            """
    }

    /// Credited to a program that did not measure it.
    static let otherBuild =
        "INSERT INTO lineage.evaluator (digest, protocol, version) "
        + "VALUES (sha256('other'), 'featdist', 1);"
        + evidence("evaluator", "(SELECT max(v.seq) FROM lineage.evaluator v)")

    static let evaluators = Invariant(
        number: 12,
        claim: "who measures did not train, and is registered",
        breaches: [
            // The run that made the subject, another that made something, one that is none.
            Breach(evidence("run", "4"), "PL048", "both the maker and the judge"),
            Breach(evidence("run", "3"), "PL048", "both the maker and the judge"),
            Breach(evidence("run", "99"), "PL048", "both the maker and the judge"),
            Breach(evidence("evaluator", "99"), "PL049", "or is revoked"),
            Breach(evidence("protocol", "'lpips'"), "PL049", "or is revoked"),
            Breach(evidence("protocol_version", "2"), "PL049", "or is revoked"),
            Breach(
                "INSERT INTO lineage.evaluator_event (evaluator, event) VALUES (1, 'revoked');"
                    + evidence("n", "n"),
                "PL049",
                "or is revoked"
            ),
            Breach(otherBuild, "PL049", "is not the program"),
            .switchedOff("evidence", "check_evidence", evidence("run", "4")),
        ],
        bypasses: [
            Bypass("evidence", "UPDATE lineage.evidence SET run = 4 WHERE seq = 1"),
            Bypass("evidence", "UPDATE lineage.evidence SET evaluator = 99 WHERE seq = 1"),
            Bypass("evaluator", "UPDATE lineage.evaluator SET digest = sha256('x')"),
        ]
    )

    static func score(_ numbers: String, formula: Int = 1) -> String {
        "INSERT INTO lineage.score (evidence, formula, name, value, ci_low, ci_high, raw) "
            + "VALUES (1, \(formula), 'integrity_score', \(numbers))"
    }

    static let scores = Invariant(
        number: 13,
        claim: "a score follows from its evidence",
        breaches: [
            Breach(score("0.5, 0.5, 0.5, 0.5"), "PL051", "does not follow"),
            Breach(score("1, 1, 1, 0"), "PL051", "does not follow"),
            Breach(score("'NaN', 0, 1, 0"), "PL051", "does not follow"),
            Breach(score("'Infinity', 0, 1, 0"), "PL051", "does not follow"),
            Breach(score("0.5, 0.6, 1, 0.5"), "PL051", "does not follow"),
            .switchedOff("score", "check_score", score("0.5, 0.5, 0.5, 0.5", formula: 2)),
        ],
        bypasses: [
            Bypass("score", "UPDATE lineage.score SET value = 1, ci_high = 1 WHERE seq = 3"),
            Bypass("evidence", "UPDATE lineage.evidence SET metrics = '{}' WHERE seq = 1"),
        ]
    )

    static let pairs = Invariant(
        number: 21,
        claim: "integrity compares a checkpoint with its own original, pair by pair",
        breaches: [
            Breach(evidence("reference", "1"), "PL039", "is not an original"),
            Breach(evidence("reference", "3"), "PL039", "is not an original"),
            Breach(evidence("reference", "subject"), "PL039", "is not an original"),
            Breach(evidence("reference", "NULL"), "PL039", "is not an original"),
            Breach(evidence("subject", "4"), "PL039", "is not an original"),
            Breach(evidence("request", "2"), "PL050", "was not made to fulfil"),
            Breach(evidence("eval_manifest", "NULL"), "23502", "\"eval_manifest\""),
            Breach(evidence("eval_manifest", "'x'"), "23514", "evidence_eval_manifest_check"),
            Breach(evidence("sampler_config", "NULL"), "23502", "\"sampler_config\""),
            Breach(evidence("floor", "NULL"), "23502", "\"floor\""),
            Breach(evidence("ceiling", "NULL"), "23502", "\"ceiling\""),
            Breach(evidence("ceiling", "'NaN'"), "23514", "evidence_ceiling_check"),
            Breach(evidence("n", "-1"), "23514", "evidence_n_check"),
            Breach(evidence("canonical", "canonical"), "23505", "evidence_digest_key"),
            Breach(
                "INSERT INTO lineage.metric (subject, run, name, value) "
                    + "VALUES (7, 5, 'integrity_other', 1)",
                "23514",
                "metric_integrity_has_reference"
            ),
            Breach(
                "INSERT INTO lineage.metric (subject, reference, run, name, value) "
                    + "VALUES (7, 3, 5, 'integrity_other', 1)",
                "PL039",
                "is not an original"
            ),
            .switchedOff("evidence", "check_evidence", evidence("reference", "3")),
            Breach(
                Call.submit(
                    "evaluate",
                    "story.pin('subject', 'forgetful')",
                    "story.pin('original', 'judge')"
                ),
                "PL039",
                "neither the original",
                reaching: Role.submitters
            ),
        ],
        bypasses: [
            Bypass("evidence", "UPDATE lineage.evidence SET reference = 3 WHERE seq = 1"),
            Bypass("evidence", "UPDATE lineage.evidence SET eval_manifest = sha256('')"),
            Bypass("metric", "UPDATE lineage.metric SET reference = 3 WHERE seq = 8"),
        ]
    )
}
