import Postgres
import Testing

/// The way of the weights is the one that depth, root and original tell of, through merges too.
@Suite(.timeLimit(.minutes(2)))
struct WeightWayTests {
    let story: Story

    init() throws {
        story = try Story()
        try story.run(file: "story.sql")
        try story.run("SELECT story.merge('blend', 'forgetful', 'twice')")
    }

    @Test func `the way of a merge goes on with the oldest that was unlearned`() throws {
        let way = "SELECT concat_ws(' ', depth, name, role) FROM lineage.weight_path('blend')"
        #expect(try story.column(way) == ["2 blend merge", "1 forgetful init", "0 teacher"])
        try story.run("SELECT story.merge('mixed', 'judge', 'twice')")
        let mixed = "SELECT name FROM lineage.weight_path('mixed')"
        #expect(try story.column(mixed) == ["mixed", "twice", "forgetful", "teacher"])
    }

    @Test(arguments: [(3, true), (4, false), (5, false)])
    func `a drawing is cut where there is more, not where there is as much`(
        rows: Int,
        isCut: Bool
    ) throws {
        let lines = try story.column("SELECT line FROM lineage.lineage_dot('forgetful', \(rows))")
        #expect(lines.contains("  // cut after \(rows) artifacts") == isCut)
        #expect(lines.filter { $0.contains("[label=") && !$0.contains("->") }.count == min(rows, 4))
    }
}
