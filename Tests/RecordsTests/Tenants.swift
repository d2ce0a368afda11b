import Foundation
import Jobs
import Postgres
import Records
import Testing

/// A ledger with a base that two tenants, `a` and `b`, share, and what each made of it.
struct Tenants {
    let desk: Desk
    /// Logins belong to the whole server, so each test has its own.
    let mark = UUID().uuidString.prefix(8).lowercased()

    init() throws {
        desk = try Desk()
        try desk.make(.train, "base")
        for tenant in ["a", "b"] {
            try desk.connection.query("SELECT lineage.add_tenant($1)", [.text(tenant)])
            let login = try newLogin(tenant)
            try desk.connection.query("SELECT lineage.admit('\(login)', '\(tenant)')")
        }
        try desk.ledger.register(
            Desk.output("data", kind: "dataset", content: "of-b"),
            from: "b",
            name: "data-b"
        )
        try desk.connection.query("SELECT lineage.give('data-b', 'b')")
        try fill("a")
        try fill("b")
    }

    func login(_ name: String) -> String { "login_\(mark)_\(name)" }

    /// A login that is a member of palimpsest_`roles`, and admitted to nothing.
    @discardableResult
    func newLogin(_ name: String, _ roles: String...) throws -> String {
        let roles = (roles.isEmpty ? ["tenant"] : roles).map { "palimpsest_" + $0 }
        try desk.connection.query(
            "CREATE ROLE \(login(name)) LOGIN IN ROLE \(roles.joined(separator: ", "))"
        )
        return login(name)
    }

    func session(_ name: String) throws -> Connection {
        try Connection(desk.conninfo.replacing("user=palimpsest", with: "user=\(login(name))"))
    }

    /// A checkpoint of the shared base, an unlearned one of that and a student, as `tenant`.
    private func fill(_ tenant: String) throws {
        try make(.distill, "student-\(tenant)", ["teacher": "base"], tenant)
        try desk.request("wish-\(tenant)", from: "student-\(tenant)")
        try make(
            .unlearn,
            "forgetful-\(tenant)",
            ["original": "student-\(tenant)", "forget_request": "wish-\(tenant)"],
            tenant
        )
        try desk.connection.execute(
            script: """
                SELECT lineage.set_gate('lab-\(tenant)', false);
                SELECT lineage.deploy('student-\(tenant)', 'lab-\(tenant)');
                """
        )
    }

    /// A job of `tenant`, which its label says.
    func request(
        _ kind: JobKind,
        _ name: String?,
        _ inputs: [String: String],
        _ tenant: String,
        after: [UUID] = []
    ) throws -> JobRequest {
        var request = try Desk.request(kind, name: name, inputs: inputs)
        request.options.labels["tenant"] = tenant
        request.options.after = after
        return request
    }

    @discardableResult
    func make(
        _ kind: JobKind,
        _ name: String,
        _ inputs: [String: String],
        _ tenant: String
    ) throws -> Digest {
        try desk.submit(request(kind, name, inputs, tenant))
        let made = try desk.queue.complete(
            desk.claim(kind),
            outputs: [Desk.output(content: name)]
        )
        return try #require(made["model"])
    }

    func answer(_ call: String, _ connection: Connection) throws -> [[String]] {
        try connection.query("SELECT * FROM lineage.\(call)").map { row in
            try row.columnNames.map { try row.optional($0) ?? "null" }
        }
    }
}
