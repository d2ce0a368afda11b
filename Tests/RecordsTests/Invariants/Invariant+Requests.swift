/// I11, I17, I18: requests, words, deployments.
extension Invariant {
    static func request(_ set: Int, _ commitment: String) -> String {
        """
        INSERT INTO lineage.forget_request (name, scope, commitment, items, forget_set, basis)
        VALUES ('new', 'concept', \(commitment), 1, \(set), 'test')
        """
    }

    static let commitments = Invariant(
        number: 11,
        claim: "what a run forgets is what its request commits to",
        breaches: [
            // A set that is none, and a commitment that is not the set's.
            Breach(request(1, "sha256('photos')"), "PL045", "is not the one"),
            Breach(request(6, "sha256('other')"), "PL045", "is not the one"),
            Breach(
                Birth(
                    kind: "unlearn",
                    edges: ["4 init"],
                    ancestry: "4, 4, 1",
                    forgetSet: 6,
                    forgets: "ring"
                ).sql,
                "PL057",
                "commits to more than the job forgets"
            ),
            Breach(
                "INSERT INTO lineage.forget_opening (request, item_key, codes) "
                    + "VALUES (2, sha256('closed'), ARRAY[sha256('moon')])",
                "PL058",
                "not the codes"
            ),
            Breach(
                "SELECT lineage.open_forgetting('closed', sha256('closed'), "
                    + "ARRAY[sha256('moon')])",
                "PL058",
                "not the codes",
                reaching: [.officer]
            ),
            .switchedOff("forget_request", "check_request", request(2, "sha256('other')")),
            Breach(
                Call.unlearn(for: "wish", forgetting: "ring"),
                "PL057",
                "commits to more than the job forgets",
                reaching: Role.submitters
            ),
            Breach(
                Call.unlearn(for: "closed", forgetting: "moon"),
                "PL057",
                "is not opened",
                reaching: Role.submitters
            ),
        ],
        bypasses: [
            Bypass(
                "forget_request",
                "UPDATE lineage.forget_request SET commitment = sha256('x') WHERE seq = 1"
            ),
            Bypass(
                "unlearn_application",
                "UPDATE lineage.unlearn_application SET forget = '[\"ring\"]' WHERE run = 4"
            ),
            Bypass("forget_opening", "DELETE FROM lineage.forget_opening"),
        ]
    )

    static let plain = Invariant(
        number: 17,
        claim: "no personal data in rows",
        breaches: [
            Breach(
                "SELECT lineage.request_forgetting('a', 'concept', sha256(''), 1, "
                    + "'Ann Smith asked', '{}')",
                "PL080",
                "tells of nobody",
                reaching: [.officer]
            ),
            Breach(
                "INSERT INTO lineage.forget_request "
                    + "(name, scope, commitment, items, forget_set, basis) "
                    + "SELECT 'a', scope, commitment, items, forget_set, 'Ann Smith asked' "
                    + "FROM lineage.forget_request WHERE seq = 1",
                "23514",
                "forget_request_basis_check"
            ),
            Breach(
                "SELECT lineage.request_forgetting('Ann Smith', 'concept', sha256(''), 1, 'b', '{}')",
                "PL080",
                "cannot name a request",
                reaching: [.officer]
            ),
            Breach(
                "INSERT INTO lineage.alias_event (name, artifact) VALUES ('Ann Smith', 2)",
                "23514",
                "alias_event_name_check"
            ),
            Breach(
                "SELECT lineage.correct('lineage.verdict', 1, 'Ann Smith said so')",
                "PL080",
                "tells of nobody",
                reaching: [.officer]
            ),
            Breach(
                "INSERT INTO lineage.correction (target_table, target_key, reason) "
                    + "VALUES ('lineage.verdict', 1, 'Ann Smith said so')",
                "23514",
                "correction_reason_check"
            ),
            Breach(
                "SELECT lineage.deploy('clean', 'Ann Smith')",
                "PL080",
                "cannot name an environment",
                reaching: [.deployer]
            ),
            Breach(
                "INSERT INTO lineage.deployment_event (artifact, environment, event) "
                    + "VALUES (2, 'Ann Smith', 'drained')",
                "23514",
                "deployment_event_environment_check"
            ),
            Breach(
                "INSERT INTO lineage.exposure_source (request, artifact, found) "
                    + "VALUES (1, 2, 'Ann Smith said so')",
                "23514",
                "exposure_source_found_check"
            ),
        ],
        bypasses: [
            Bypass(
                "forget_request",
                Sealed.unbind("forget_request")
                    + "UPDATE lineage.forget_request SET basis = 'Ann Smith asked' WHERE seq = 1"
            )
        ]
    )

    static let live =
        "INSERT INTO lineage.deployment_event (artifact, environment, event) "
        + "VALUES (4, 'production', 'live')"

    static let gate = Invariant(
        number: 18,
        claim: "what goes live passes the gate",
        breaches: [
            Breach(live, "PL055", "must not go live"),
            Breach(
                "SELECT lineage.deploy('teacher', 'production')",
                "PL055",
                "must not go live",
                reaching: [.deployer]
            ),
            .switchedOff("deployment_event", "check_deployment", live),
            // Unlearned, but its verdict failed.
            Breach(
                "SELECT lineage.deploy('timid', 'production')",
                "PL055",
                "must not go live",
                reaching: [.deployer]
            ),
        ],
        bypasses: [
            Bypass("deployment_event", live),
            Bypass(
                "deployment_gate",
                "INSERT INTO lineage.deployment_gate (environment, enabled) "
                    + "VALUES ('production', false)"
            ),
        ]
    )
}
