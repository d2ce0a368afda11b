/// I4, I8, I9: what a seal writes, and who may seal.
extension Invariant {
    static let digests = Invariant(
        number: 4,
        claim: "the digest is the manifest's",
        breaches: [
            Breach(
                Birth(edges: ["2 dataset"], digest: "sha256('other')").sql,
                "23514",
                "artifact_digest_of_manifest"
            ),
            Breach(
                Birth(edges: ["2 dataset"], content: "sha256('other')").sql,
                "23514",
                "artifact_manifest_names_content"
            ),
            Breach(
                Birth(edges: ["2 dataset"], name: "'other'").sql,
                "23514",
                "artifact_manifest_names_output"
            ),
            Breach(
                Call.complete(outputs: "story.outputs('distill', 'model')"),
                "PL012",
                "does not describe it",
                reaching: [.worker, .trainer]
            ),
            Breach(
                "SELECT lineage.register_import('{}', sha256(''), 'dataset', 'd', 1, '{}', 'x',"
                    + " NULL, NULL)",
                "PL012",
                "does not describe this import",
                reaching: [.publisher]
            ),
        ],
        bypasses: [
            Bypass(
                "artifact",
                Sealed.unbind("artifact")
                    + "UPDATE lineage.artifact SET digest = sha256('other') WHERE seq = 7"
            ),
            Bypass(
                "artifact",
                Sealed.unbind("artifact")
                    + "UPDATE lineage.artifact SET content_digest = sha256('x') WHERE seq = 7"
            ),
        ]
    )

    static let winners = Invariant(
        number: 8,
        claim: "only the winning epoch seals",
        breaches: [
            Breach(Call.complete(epoch: 0), "PL001", "fenced", reaching: [.worker, .trainer]),
            Breach(Call.complete(epoch: 2), "PL001", "fenced", reaching: [.worker, .trainer]),
        ],
        bypasses: [
            Bypass("run", "UPDATE lineage.run SET epoch = 9 WHERE seq = 4"),
            Bypass(
                "run",
                """
                INSERT INTO lineage.run
                    (job, epoch, kind, method, spec, spec_digest, attempts, started_at)
                VALUES (story.job('train'), 7, 'train', 'm', '{}', sha256(''), 1, now())
                """
            ),
        ]
    )

    static let again = """
        INSERT INTO lineage.run (job, epoch, kind, method, spec, spec_digest, attempts, started_at)
        VALUES (md5('trainteacher')::uuid, 2, 'train', 'm', '{}', sha256(''), 1, now());
        """

    static let once = Invariant(
        number: 9,
        claim: "one sealed output for each job and name",
        breaches: [
            Breach(
                Birth(edges: ["2 dataset"], then: second("model")).sql,
                "23505",
                "artifact_run_name_key"
            ),
            Breach(again, "23505", "run_job_key"),
            Breach(
                Call.complete(outputs: "story.outputs('train', 'model', 'model')"),
                "23505",
                "artifact_run_name_key",
                reaching: [.worker, .trainer]
            ),
        ],
        bypasses: [Bypass("run", Sealed.unbind("run") + again)]
    )
}
