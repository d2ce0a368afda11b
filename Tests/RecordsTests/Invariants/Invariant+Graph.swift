/// I1, I2, I16, I19: edges.
extension Invariant {
    /// A second output of the birth's run, `other`, and then `statements`.
    static func second(_ name: String, _ statements: String = "") -> String {
        """
        DECLARE
            other bigint := nextval(pg_get_serial_sequence('lineage.artifact', 'seq'));
            m bytea := convert_to(replace(
                convert_from(manifest, 'UTF8'), '"output":"model"', '"output":"\(name)"'
            ) || ' ', 'UTF8');
        BEGIN
            INSERT INTO lineage.artifact (seq, digest, content_digest, kind, name,
                manifest_canonical, bytes, info, run, born, generation, origin_roots)
            OVERRIDING SYSTEM VALUE
            VALUES (other, sha256(m), sha256('c'), 'report', '\(name)', m, 0, '{}', run, '0', 0,
                ARRAY[other]);
            \(statements)
        END;
        """
    }

    static let acyclic = Invariant(
        number: 1,
        claim: "acyclic",
        breaches: [
            Breach(Birth(edges: ["seq init"]).sql, "23514", "edge_parent_is_older"),
            Breach(Birth(edges: ["seq+1 init"]).sql, "23514", "edge_parent_is_older"),
            Breach(Birth(edges: ["-1 dataset"]).sql, "23503", "edge_parent_fkey"),
            // Two of one transaction, each the other's parent.
            Breach(
                Birth(
                    edges: ["2 dataset"],
                    then: second(
                        "other",
                        "INSERT INTO lineage.edge (child, parent, role, run) "
                            + "VALUES (other, seq, 'teacher', run), (seq, other, 'teacher', run);"
                    )
                ).sql,
                "23514",
                "edge_parent_is_older"
            ),
            // Parents are inputs, and those are older than the output.
            Breach(
                Call.complete(edges: #"[["model", "init"]]"#),
                "PL003",
                "that the job does not have",
                reaching: [.worker, .trainer]
            ),
        ],
        bypasses: [
            Bypass(
                "edge",
                Sealed.unbind("edge")
                    + "INSERT INTO lineage.edge (child, parent, role, run) VALUES (4, 5, 'init', 2)"
            )
        ]
    )

    static let late =
        "INSERT INTO lineage.edge (child, parent, role, run) VALUES (4, 2, 'retain_set', 2)"

    static let fromBirth = Invariant(
        number: 2,
        claim: "edges only at birth",
        breaches: [
            Breach(late, "PL031", "is sealed"),
            // The birth's check is had early, and an edge comes after it.
            Breach(
                Birth(
                    edges: ["2 dataset"],
                    then: early + Birth.edge("1", "dataset")
                ).sql,
                "PL031",
                "is sealed"
            ),
            // A restored cluster counts its transactions up to the one of an old birth.
            Breach(
                """
                SET LOCAL session_replication_role = replica;
                UPDATE lineage.artifact SET born = pg_current_xact_id() WHERE seq = 4;
                SET LOCAL session_replication_role = origin; \(late)
                """,
                "PL031",
                "is sealed",
                asSuperuser: true
            ),
            .switchedOff("edge", "edge_at_birth", late),
        ],
        bypasses: [
            Bypass("edge", late),
            Bypass("edge", "DELETE FROM lineage.edge WHERE child = 7 AND role = 'init'"),
        ]
    )

    static let generations = Invariant(
        number: 16,
        claim: "generation and origins are those of the parents",
        breaches: [
            Breach(
                Birth(edges: ["2 dataset"], generation: "5").sql,
                "PL040",
                "generation or origins"
            ),
            Breach(
                Birth(edges: ["2 dataset"], origins: "'{1,2}'").sql,
                "PL040",
                "generation or origins"
            ),
            Breach(
                Birth(
                    edges: ["2 dataset"],
                    then: early + Birth.edge("4", "teacher")
                ).sql,
                "PL031",
                "is sealed"
            ),
        ],
        bypasses: [
            Bypass("artifact", "UPDATE lineage.artifact SET generation = 9 WHERE seq = 7"),
            Bypass("artifact", "UPDATE lineage.artifact SET origin_roots = '{2}' WHERE seq = 7"),
        ]
    )

    static let numbers = Invariant(
        number: 19,
        claim: "names never in edges",
        breaches: [
            // The type refuses before anybody's rights are looked at.
            Breach(
                "INSERT INTO lineage.edge (child, parent, role, run) "
                    + "VALUES (4, 'photos', 'dataset', 2)",
                "22P02",
                "invalid input syntax for type bigint",
                reaching: Set(Role.allCases)
            ),
            Breach(Birth(edges: ["2 dataset", "1 friend"]).sql, "23514", "edge_role_check"),
            Breach(
                "INSERT INTO lineage.alias_event (name, artifact) VALUES ('abcdef012345', 4)",
                "23514",
                "alias_event_name_check"
            ),
            Breach(
                Call.complete(edges: #"[["clean", "dataset"]]"#),
                "PL003",
                "that the job does not have",
                reaching: [.worker, .trainer]
            ),
        ],
        bypasses: [
            Bypass(
                "alias_event",
                Sealed.unbind("alias_event")
                    + "UPDATE lineage.alias_event SET name = 'abcdef012345' WHERE artifact = 4"
            )
        ]
    )
}
