/// A run with one checkpoint as SQL, written past the functions, as only an owner can. Left as it
/// is it is sound but for its parents.
struct Birth {
    var kind = "train"
    var method = "m"
    /// Parents and roles such as "4 init"; `seq` is the checkpoint itself.
    var edges: [String] = []
    /// Original, weight root and depth.
    var ancestry = "NULL, seq, 0"
    var generation: String?
    var origins: String?
    var digest = "sha256(manifest)"
    var content = "sha256('c')"
    var name = "'model'"
    /// The forget set of request 1, where the run applies that one, and the classes it forgets.
    var forgetSet: Int?
    var forgets = "star"
    /// Statements after all that; they know `seq`, `run` and `manifest`.
    var then = ""

    /// An edge of the checkpoint.
    static func edge(_ parent: String, _ role: String) -> String {
        "INSERT INTO lineage.edge (child, parent, role, run) "
            + "VALUES (seq, \(parent), '\(role)', run);"
    }

    private var parents: String {
        (edges.compactMap { $0.split(separator: " ").first.flatMap { Int($0) } }
            + [forgetSet].compactMap(\.self)).map(String.init).joined(separator: ",")
    }

    private var application: String {
        guard let forgetSet else { return "" }
        return """
            INSERT INTO lineage.unlearn_application (run, request, method, forget, params)
            VALUES (run, 1, '\(method)', '["\(forgets)"]', '{}');
            \(Birth.edge("\(forgetSet)", "forget_set"))
            """
    }

    var sql: String {
        let lines = edges.map { edge in
            let words = edge.split(separator: " ")
            return Birth.edge("\(words[0])", "\(words[1])")
        }
        return """
            DO $$
            DECLARE
                run bigint;
                seq bigint := nextval(pg_get_serial_sequence('lineage.artifact', 'seq'));
                manifest bytea := convert_to('{"content":"' || encode(sha256('c'), 'hex')
                    || '","job":"' || gen_random_uuid() || '","output":"model"}', 'UTF8');
            BEGIN
                INSERT INTO lineage.run
                    (job, epoch, kind, method, spec, spec_digest, attempts, started_at)
                VALUES
                    (gen_random_uuid(), 1, '\(kind)', '\(method)', '{}', sha256(''), 1, now())
                RETURNING lineage.run.seq INTO run;
                INSERT INTO lineage.artifact (seq, digest, content_digest, kind, name,
                    manifest_canonical, bytes, info, run, born, original, weight_root,
                    weight_depth, generation, origin_roots)
                OVERRIDING SYSTEM VALUE
                VALUES (seq, \(digest), \(content), 'checkpoint', \(name), manifest, 0, '{}',
                    run, '0', \(ancestry),
                    \(generation ?? "coalesce((SELECT max(a.generation) + 1 "
                        + "FROM lineage.artifact a WHERE a.seq = ANY ('{\(parents)}')), 0)"),
                    \(origins ?? "lineage.origins(seq, '{\(parents)}')"));
                \(application)
                \(lines.joined(separator: "\n"))
                \(then)
            END $$
            """
    }
}
