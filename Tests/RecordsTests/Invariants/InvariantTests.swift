import Postgres
import Records
import Testing

/// Each invariant of the ledger, broken in vain.
@Suite(.timeLimit(.minutes(3)))
struct InvariantTests {
    let world: World

    init() throws { world = try World() }

    @Test(arguments: Invariant.all)
    func `a rule stops whoever comes so far, rights stop all others`(_ it: Invariant) throws {
        let before = try world.state()
        for breach in it.breaches {
            expectRule(world.refusal(breach.sql), breach, "the owner")
            let clerk = world.refusal(breach.sql, as: world.clerk)
            if breach.asSuperuser {
                expectNoRight(clerk, breach, "the clerk")
            } else {
                expectRule(clerk, breach, "the clerk")
            }
            for role in Role.allCases {
                let refusal = world.refusal(breach.sql, as: "palimpsest_\(role.rawValue)")
                if breach.reaching.contains(role) {
                    expectRule(refusal, breach, role.rawValue)
                } else {
                    expectNoRight(refusal, breach, role.rawValue)
                }
            }
        }
        // I20: nothing of all that is left.
        #expect(try world.state() == before)
    }

    private func expectRule(_ refusal: PostgresError?, _ breach: Breach, _ who: String) {
        #expect(
            refusal?.sqlState == breach.state && refusal?.message.contains(breach.words) == true,
            "\(who): \(breach.sql): \(refusal?.description ?? "nothing refuses it")"
        )
    }

    private func expectNoRight(_ refusal: PostgresError?, _ breach: Breach, _ who: String) {
        #expect(
            refusal?.sqlState == "42501",
            "\(who): \(breach.sql): \(refusal?.description ?? "nothing refuses it")"
        )
    }

    /// The page says so: rules stop programs, only the chain shows a superuser.
    @Test(arguments: Invariant.all)
    func `with the rules switched off the log names the table`(_ it: Invariant) throws {
        #expect(!it.bypasses.isEmpty)
        for switches in World.switches {
            for bypass in it.bypasses {
                let found = try world.findings(bypass.sql, after: switches)
                #expect(found.contains { $0.table == bypass.table }, "\(bypass.sql): \(found)")
            }
        }
    }

    @Test func `births without a fault are refused by nothing`() {
        for sql in Invariant.sound {
            let refusal = world.refusal(sql)
            #expect(refusal == nil, "\(sql)")
            let clerk = world.refusal(sql, as: world.clerk)
            #expect(clerk == nil, "\(sql)")
        }
    }

    @Test func `every invariant and every role of the product is tried`() throws {
        #expect(Invariant.all.map(\.number) == Array(1...22))
        #expect(Invariant.all.allSatisfy { !$0.breaches.isEmpty })
        let roles = try world.story.column(
            "SELECT rolname FROM pg_roles WHERE rolname LIKE 'palimpsest\\_%'"
        )
        #expect(Set(roles) == Set(Role.allCases.map { "palimpsest_\($0.rawValue)" }))
    }
}
