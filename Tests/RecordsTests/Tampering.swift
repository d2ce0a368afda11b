import LocalStack
import Postgres
import Records
import Testing

/// Something that a superuser does to a rule, and the finding that tells of it.
struct Tampering: Sendable, CustomTestStringConvertible {
    let fault: RuleFinding.Fault
    let kind: String
    let name: String
    let part: String?
    let sql: String
    /// What else it changes.
    let sideEffects: Int

    var testDescription: String { "\(fault) \(kind) \(name) \(part ?? "")" }

    init(
        _ fault: RuleFinding.Fault,
        _ kind: String,
        _ name: String,
        _ part: String?,
        _ sql: String,
        sideEffects: Int = 0
    ) {
        (self.fault, self.kind, self.name, self.part) = (fault, kind, name, part)
        (self.sql, self.sideEffects) = (sql, sideEffects)
    }

    /// A thing that is on one side only.
    init(
        _ fault: RuleFinding.Fault,
        _ kind: String,
        _ name: String,
        _ sql: String,
        sideEffects: Int = 0
    ) {
        self.init(fault, kind, name, nil, sql, sideEffects: sideEffects)
    }
}

private struct TakenBack: Error {}

extension Story {
    private static let model = Result { try PrivatePostgres.testDatabase() }

    /// This database beside one with the migrations and nothing else.
    func blueprint() throws -> Blueprint { try Story.blueprint(of: connection) }

    static func blueprint(of inspected: Connection) throws -> Blueprint {
        try Blueprint(
            of: inspected,
            on: Connection(Story.model.get()),
            Migration.load(Migration.folder())
        )
    }

    /// What `verify-rules` finds after `sql`; everything is taken back.
    func tampered(_ sql: String) throws -> [RuleFinding] {
        try after(sql) { try RuleVerifier($0).inspect().findings }
    }

    /// What `find` finds after `sql`; everything is taken back.
    func after<Finding>(
        _ sql: String,
        _ find: (Blueprint) throws -> [Finding]
    ) throws -> [Finding] {
        let blueprint = try blueprint()
        var found: [Finding] = []
        do {
            try connection.transaction {
                try run(sql)
                found = try find(blueprint)
                throw TakenBack()
            }
        } catch is TakenBack {}
        return found
    }
}

extension Tampering {
    static let all = tables + programs + rights
}
