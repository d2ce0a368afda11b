/// Questions 10, 11 and 13 to 15: who carries what was to be forgotten.
extension Question {
    private static func students(onlyLive: Bool) -> Question {
        Question(
            name: "11. distilled_before_cleansing, \(onlyLive ? "live" : "all")",
            sql: """
                SELECT string_agg(concat_ws(' ', x.seq - g.base - 1, q.made, \(node("q.successor"))),
                    ',' ORDER BY x.seq)
                FROM lineage.distilled_before_cleansing(
                    g.a_digest, 'r' || g.number, only_live => \(onlyLive)
                ) q JOIN lineage.artifact x ON x.digest = decode(q.artifact, 'hex')
                """,
            every: onlyLive ? 5 : 10,
            oracle: { graph in
                graph.students(of: graph.asked, onlyLive: onlyLive).map {
                    "\($0.node) \($0.after ? "after" : "before") "
                        + text(graph.successor(of: graph.asked))
                }.joined(separator: ",")
            }
        )
    }

    static let exposure = [
        Question(
            name: "tainted",
            sql: """
                SELECT string_agg((t - g.base - 1)::text, ',' ORDER BY t)
                FROM lineage.tainted(g.r) t
                """,
            oracle: { list($0.tainted) }
        ),
        Question(
            name: "is_tainted",
            sql: "SELECT lineage.is_tainted(g.a, g.r)::text",
            oracle: { String($0.tainted.contains($0.asked)) }
        ),
        Question(
            name: "10. exposed_deployments",
            sql: """
                SELECT string_agg((x.seq - g.base - 1)::text, ',' ORDER BY x.seq)
                FROM lineage.exposed_live(g.r) x (seq)
                """,
            oracle: { list($0.live.intersection($0.tainted)) }
        ),
        students(onlyLive: true),
        students(onlyLive: false),
        Question(
            name: "13. status",
            sql: "SELECT lineage.status(g.a, g.r)",
            oracle: { $0.status($0.asked) }
        ),
        Question(
            name: "13. requests_status",
            sql: """
                SELECT CASE WHEN EXISTS (SELECT FROM lineage.concerns(g.b, 'infinity'))
                    THEN lineage.status(g.b, g.r) ELSE 'clean' END
                """,
            // Unconcerned and cleansed is the same to who asks.
            oracle: { $0.concerned($0.other) ? $0.status($0.other) : "clean" }
        ),
        Question(
            name: "13. witness",
            sql: "SELECT (lineage.witness(g.a, g.r) IS NOT NULL)::text",
            oracle: { String($0.tainted.contains($0.asked)) }
        ),
        Question(
            name: "13. a witness ends at a source and takes no step that taint does not",
            sql: """
                SELECT bool_and(CASE
                    WHEN p.role IS NULL THEN p.seq = ANY (lineage.seeds(g.r, 'infinity'))
                    ELSE lineage.is_tainted(p.seq, g.r)
                END)::text
                FROM lineage.shortest(
                    g.a, lineage.seeds(g.r, 'infinity'), lineage.influences(), g.r,
                    lineage.passing(g.r, 'infinity')
                ) p
                """,
            every: 10,
            oracle: { $0.tainted.contains($0.asked) ? "true" : "" }
        ),
        Question(
            name: "14. reintroduced",
            sql: nodes("lineage.reintroduced('r' || g.number)"),
            every: 10,
            oracle: { list($0.reintroduced) }
        ),
        Question(
            name: "15. remediation_plan",
            sql: """
                SELECT string_agg(concat_ws(' ', q.step || '.', x.seq - g.base - 1,
                    CASE WHEN q.live THEN 'live' END,
                    CASE WHEN q.action LIKE 'replace by %'
                        THEN 'replace by ' || \(node("substr(q.action, 12)")) ELSE q.action END
                ), '; ' ORDER BY q.step)
                FROM lineage.remediation_plan('r' || g.number) q
                JOIN lineage.artifact x ON x.digest = decode(q.artifact, 'hex')
                """,
            every: 10,
            oracle: { graph in
                graph.plan.enumerated().map { step, node in
                    "\(step + 1). \(node)\(graph.live.contains(node) ? " live" : "") "
                        + graph.action(node)
                }.joined(separator: "; ")
            }
        ),
    ]
}
