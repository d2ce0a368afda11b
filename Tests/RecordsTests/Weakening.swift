/// A rule that a superuser takes out of force for one moment, with the log on, and puts back as it
/// was, so that neither the log nor the rules show it.
enum Weakening: Sendable {
    case trigger(String, on: String)
    case function(String, returns: String)
    case constraint(String, of: String)
    case unique(String)

    /// Takes it out and leaves what puts it back in `kept`.
    fileprivate var out: String {
        switch self {
        case .trigger(let name, let table):
            """
            SELECT pg_get_triggerdef(oid) INTO kept FROM pg_trigger
            WHERE tgname = '\(name)' AND tgrelid = 'lineage.\(table)'::regclass;
            DROP TRIGGER \(name) ON lineage.\(table);
            """
        case .function(let signature, let result):
            """
            kept := pg_get_functiondef('lineage.\(signature)'::regprocedure);
            CREATE OR REPLACE FUNCTION lineage.\(signature.replacing("(", with: "(a "))
            RETURNS \(result) LANGUAGE plpgsql AS $f$ BEGIN END $f$;
            """
        case .constraint(let name, let table):
            """
            SELECT format('ALTER TABLE lineage.\(table) ADD CONSTRAINT \(name) %s NOT VALID',
                pg_get_constraintdef(oid)) INTO kept FROM pg_constraint WHERE conname = '\(name)';
            ALTER TABLE lineage.\(table) DROP CONSTRAINT \(name);
            """
        case .unique(let index):
            """
            kept := 'UPDATE pg_index SET indisunique = true
                WHERE indexrelid = ''lineage.\(index)''::regclass';
            UPDATE pg_index SET indisunique = false
            WHERE indexrelid = 'lineage.\(index)'::regclass;
            """
        }
    }

    private var back: String {
        switch self {
        case .constraint(let name, _):
            // As if it had looked at the rows.
            "UPDATE pg_constraint SET convalidated = true WHERE conname = '\(name)';"
        case .trigger, .function, .unique: ""
        }
    }

    /// `sql` with all of `rules` out of force, and its entries in the log made meanwhile.
    static func around(_ sql: String, without rules: [Weakening]) -> String {
        let out = rules.map {
            "DO $$ DECLARE kept text; BEGIN \($0.out)"
                + " INSERT INTO kept_rules VALUES (kept); END $$;"
        }
        return """
            CREATE TEMP TABLE kept_rules (sql text) ON COMMIT DROP;
            \(out.joined(separator: "\n"))
            \(sql);
            SET CONSTRAINTS ALL IMMEDIATE;
            DO $$ DECLARE kept text; BEGIN
                FOR kept IN SELECT k.sql FROM kept_rules k LOOP EXECUTE kept; END LOOP;
            END $$;
            \(rules.map(\.back).joined(separator: "\n"))
            """
    }
}
