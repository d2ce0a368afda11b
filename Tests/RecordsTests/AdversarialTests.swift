import Postgres
import Testing

/// Graphs that are exponential, or quadratic, for those who carry paths.
@Suite(.timeLimit(.minutes(4)))
struct AdversarialTests {
    let story: Story

    init() throws {
        story = try Story()
        try story.run(file: "adversarial.sql")
    }

    /// Questions with how many rows they give and whether they say that they were cut.
    private static let questions = [
        ("ancestors('ladder-top')", 998, false),
        ("descendants('ladder-foot')", 998, false),
        ("path('ladder-top', 'ladder-foot')", 500, false),
        ("ancestors('chain-end')", 10_000, true),
        ("ancestors('chain-end', max_rows => 60000)", 49_999, false),
        ("descendants('chain-start')", 10_000, true),
        ("weight_path('chain-end')", 10_000, true),
        ("path('chain-end', 'chain-start')", 1, true),
        ("descendants('fan')", 10_000, true),
        ("path('fan-leaf', 'fan')", 2, false),
        ("ancestors('child-of-many')", 1_000, false),
        ("runs_using('fan')", 10_000, true),
        ("common_origin('ladder-top', 'child-of-many')", 0, false),
    ]

    @Test func `each answers at once, or in part and says so`() throws {
        for (call, count, cut) in AdversarialTests.questions {
            let row = try #require(
                try story.connection.query(
                    "SELECT count(*) AS n, coalesce(bool_or(truncated), false) AS cut "
                        + "FROM lineage.\(call)"
                ).first
            )
            #expect(try row.int("n") == count, "\(call)")
            #expect(try row.bool("cut") == cut, "\(call)")
        }
        #expect(
            try story.column("SELECT lineage.is_derived_from('chain-end', 'chain-start')") == [
                "true"
            ]
        )
        #expect(
            try story.column("SELECT lineage.is_derived_from('chain-end', 'ladder-foot')") == [
                "false"
            ]
        )
        #expect(try story.column("SELECT count(*) FROM lineage.tree('ladder-top')") == ["1001"])
        #expect(
            try story.column("SELECT weight_root_name FROM lineage.original_of('chain-end')")
                == ["chain-start"]
        )
    }

    @Test func `taint goes to the end of each`() throws {
        for (name, request) in [
            ("ladder-top", "of-ladder"), ("chain-end", "of-chain"), ("fan-leaf", "of-fan"),
            ("child-of-many", "of-many"),
        ] {
            #expect(try story.status([name], request) == ["exposed"])
        }
        let fan = "SELECT count(*) FROM lineage.tainted(3)"
        #expect(try story.column(fan) == ["100001"])
    }

    /// The plan of a walk looks edges up by index, one after the other.
    @Test func `no walk reads the whole table of edges`() throws {
        for column in ["child", "parent"] {
            let other = column == "child" ? "parent" : "child"
            let plan = try story.connection.query(
                """
                EXPLAIN WITH RECURSIVE walk (seq) AS (
                    SELECT 249999::bigint
                    UNION
                    SELECT e.\(other) FROM walk JOIN lineage.edge e ON e.\(column) = walk.seq
                )
                SELECT * FROM walk
                """
            ).map { try $0.text("QUERY PLAN") }
            #expect(!plan.contains { $0.contains("Seq Scan on edge") }, "\(plan)")
        }
    }

    /// Functions that several walks share are taken into the plans of those, with their indexes.
    @Test func `the step that taint takes is part of the plan of a walk`() throws {
        let plan = try story.connection.query(
            """
            EXPLAIN SELECT FROM lineage.edge e CROSS JOIN LATERAL lineage.twins_of(e.parent) t
            WHERE e.child = 249999 AND lineage.carries(e.role, e.excludes, e.child, 1, '{7}')
            """
        ).map { try $0.text("QUERY PLAN") }
        #expect(plan.contains { $0.contains("artifact_content") }, "\(plan)")
        #expect(!plan.contains { $0.contains("twins_of") || $0.contains("carries") }, "\(plan)")
    }

    /// Every seal writes the event of its run.
    @Test func `what a run made is found without reading all edges`() throws {
        for sql in [
            "SELECT FROM lineage.edge WHERE run = 249999",
            "SELECT FROM lineage.artifact WHERE run = 249999",
        ] {
            let plan = try story.connection.query("EXPLAIN " + sql).map {
                try $0.text("QUERY PLAN")
            }
            #expect(!plan.contains { $0.contains("Seq Scan") }, "\(plan)")
        }
    }
}
