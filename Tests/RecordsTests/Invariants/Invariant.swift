import Testing

/// An invariant of the ledger (section 4 of its reference), with ways to break it.
struct Invariant: Sendable, CustomTestStringConvertible {
    let number: Int
    let claim: String
    /// Each tried as every role, as one with all rights, and as the owner, who is a superuser.
    let breaches: [Breach]
    /// What a superuser can do with the rules switched off, which the log must show.
    let bypasses: [Bypass]

    var testDescription: String { "I\(number): \(claim)" }
}

/// Statements that would break an invariant, and the rule that refuses them.
struct Breach: Sendable {
    let sql: String
    /// The SQLSTATE of the rule's refusal, and words of its message, which tell it from others.
    let state: String
    let words: String
    /// The roles that may come as far as the rule. All others have no right to the first step.
    let reaching: Set<Role>
    /// Whether it needs a superuser to come as far as the rule.
    let asSuperuser: Bool

    init(
        _ sql: String,
        _ state: String,
        _ words: String,
        reaching: Set<Role> = [],
        asSuperuser: Bool = false
    ) {
        (self.sql, self.state, self.words) = (sql, state, words)
        (self.reaching, self.asSuperuser) = (reaching, asSuperuser)
    }
}

extension Breach {
    /// The rule alone is switched off, and the log is not: then it refuses the row.
    static func switchedOff(_ table: String, _ rule: String, _ sql: String) -> Breach {
        Breach(
            "ALTER TABLE lineage.\(table) DISABLE TRIGGER \(rule);" + sql,
            "PL074",
            "a rule of lineage.\(table) is switched off",
            asSuperuser: true
        )
    }
}

/// Statements that no rule refuses any more, and the table in which the log shows it.
struct Bypass: Sendable {
    let sql: String
    let table: String

    init(_ table: String, _ sql: String) { (self.table, self.sql) = (table, sql) }
}

/// The roles that the migrations create, without `palimpsest_`.
enum Role: String, CaseIterable, Sendable {
    case worker, publisher, reader, officer, deployer, auditor, tenant, asker, sealer
    case trainer = "worker_train"
    case distiller = "worker_distill"
    case unlearner = "worker_unlearn"
    case evaluator = "worker_evaluate"

    static let workers: Set<Role> = [.worker, .trainer, .distiller, .unlearner, .evaluator]
    static let submitters = workers.union([.publisher])
}

extension Invariant {
    static let all: [Invariant] = [
        acyclic, fromBirth, appendOnly, digests, originals, teachers, roots, winners, once, sealed,
        commitments, evaluators, scores, clock, logged, generations, plain, gate, numbers, whole,
        pairs, anchors,
    ]
}
