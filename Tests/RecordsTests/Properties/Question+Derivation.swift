/// Questions 1 to 8 and 12: where artifacts come from.
extension Question {
    /// A step of `weight_path`: the node, its method, the request and what that forgot, its depth.
    private static func step(_ node: Int, _ graph: RandomGraph) -> String {
        let method = graph.imported.contains(node) ? "-" : graph.applied[node]?.method ?? "m"
        let request = graph.applied[node] == nil ? ["-"] : ["r\(graph.number)", #"["star"]"#]
        let depth = graph.data.contains(node) ? [] : ["\(graph.weights(node).count - 1)"]
        return (["\(node)", method] + request + depth).joined(separator: " ")
    }

    static let derivation = [
        Question(
            name: "1. original_of",
            sql: """
                SELECT concat_ws(' ', \(node("q.parent")), \(node("q.original")),
                    \(node("q.weight_root")), coalesce(q.weight_depth::text, '-'))
                FROM lineage.original_of(g.a_digest) q
                """,
            oracle: { graph in
                let node = graph.asked
                let parent = graph.parents(node, by: ["init"]).first
                guard !graph.data.contains(node) else { return "\(text(parent)) - - -" }
                let way = graph.weights(node)
                return "\(text(parent)) \(text(graph.original(of: node))) \(text(way.last)) "
                    + "\(way.count - 1)"
            }
        ),
        // What is stored at birth is checked against this at the seal.
        Question(
            name: "1. the ancestry that a birth must have",
            sql: """
                SELECT concat_ws(' ', d.generation, (
                        SELECT string_agg((o - g.base - 1)::text, ',' ORDER BY o)
                        FROM unnest(d.origin_roots) o
                    ), \(node(number: "d.original")), \(node(number: "d.weight_root")),
                    coalesce(d.weight_depth::text, '-'))
                FROM lineage.artifact x CROSS JOIN LATERAL lineage.ancestry(x) d WHERE x.seq = g.a
                """,
            oracle: { graph in
                let node = graph.asked
                let place = "\(graph.generation(node)) \(list(graph.origins(node)))"
                guard !graph.data.contains(node) else { return place + " - - -" }
                let way = graph.weights(node)
                return place
                    + " \(text(graph.original(of: node))) \(text(way.last)) \(way.count - 1)"
            }
        ),
        Question(
            name: "1. weight_path",
            sql: """
                SELECT string_agg(concat_ws(' ', x.seq - g.base - 1, coalesce(q.method, '-'),
                    coalesce(q.requests[1], '-'), q.forgotten, q.depth), ',' ORDER BY x.seq DESC)
                FROM lineage.weight_path(g.a_digest) q
                JOIN lineage.artifact x ON x.digest = decode(q.artifact, 'hex')
                """,
            oracle: { graph in
                graph.weights(graph.asked).map { step($0, graph) }.joined(separator: ",")
            }
        ),
        Question(
            name: "2. ancestors",
            sql: nodes("lineage.ancestors(g.a_digest)"),
            oracle: { list($0.ancestors($0.asked)) }
        ),
        Question(
            name: "2. ancestors by influence",
            sql: nodes("lineage.ancestors(g.a_digest, lineage.influences())"),
            oracle: { list($0.influences(on: $0.asked)) }
        ),
        Question(
            name: "3. descendants",
            sql: nodes("lineage.descendants(g.a_digest)"),
            oracle: { list($0.descendants($0.asked)) }
        ),
        Question(
            name: "4. path",
            sql: """
                SELECT CASE WHEN count(*) > 0 THEN max(s.hop)::text END
                FROM lineage.shortest(g.a, ARRAY[g.b], NULL) s
                """,
            oracle: { $0.distance($0.asked, $0.other).map(String.init) ?? "" }
        ),
        Question(
            name: "4. path is made of edges",
            sql: """
                SELECT bool_and(p.role IS NULL OR EXISTS (
                    SELECT FROM lineage.edge e
                    WHERE e.child = p.seq AND e.parent = p.next AND e.role = p.role
                ))::text FROM (
                    SELECT s.*, lead(s.seq) OVER (ORDER BY s.hop) AS next
                    FROM lineage.shortest(g.a, ARRAY[g.b], NULL) s
                ) p
                """,
            oracle: { $0.distance($0.asked, $0.other) == nil ? "" : "true" }
        ),
        Question(
            name: "5. is_derived_from",
            sql: "SELECT lineage.is_derived_from(g.a_digest, g.b_digest)::text",
            oracle: { String($0.ancestors($0.asked).contains($0.other)) }
        ),
        Question(
            name: "6. common_origin",
            sql: nodes("lineage.common_origin(g.a_digest, g.b_digest)"),
            oracle: { list($0.nearestShared) }
        ),
        Question(
            name: "7. diff",
            sql: "SELECT count(*)::text FROM lineage.diff(g.a_digest, g.b_digest) d "
                + "WHERE d.aspect = 'input'",
            oracle: {
                String($0.inputs(of: $0.asked).symmetricDifference($0.inputs(of: $0.other)).count)
            }
        ),
        Question(
            name: "8. runs_using",
            sql: nodes("lineage.runs_using(g.a_digest)"),
            oracle: { graph in
                list(
                    Set(
                        (0..<graph.count).filter {
                            graph.influences(on: $0).contains(graph.asked)
                        }
                    )
                )
            }
        ),
        Question(
            name: "8. datasets_behind",
            sql: nodes("lineage.datasets_behind(g.a_digest)"),
            every: 5,
            oracle: { list($0.influences(on: $0.asked).intersection($0.data)) }
        ),
        // The graphs that `random_graphs.sql` wrote entries for.
        Question(
            name: "12. proof",
            sql: """
                SELECT string_agg(w.words, ',' ORDER BY w.words COLLATE "C") FROM (
                    SELECT concat_ws(' ', p.j ->> 'table', CASE
                        WHEN p.j ->> 'table' IN ('forget_request', 'evaluator', 'policy') THEN NULL
                        WHEN p.j ->> 'table' = 'edge' THEN concat_ws('/',
                            (p.r ->> 'child')::bigint - g.base - 1,
                            (p.r ->> 'parent')::bigint - g.base - 1, p.r ->> 'role')
                        WHEN p.j ->> 'table' = 'unlearn_application'
                            THEN ((p.r ->> 'run')::bigint - g.base - 1)::text
                        ELSE (coalesce(p.r ->> 'artifact', p.r ->> 'seq')::bigint
                            - g.base - 1)::text
                    END) AS words
                    FROM (
                        SELECT e.payload::jsonb AS j, e.payload::jsonb -> 'row' AS r
                        FROM lineage.proof_entries(g.a_digest) e
                    ) p
                ) w
                """,
            every: 20,
            oracle: { $0.proof(of: $0.asked).sorted().joined(separator: ",") }
        ),
    ]
}
