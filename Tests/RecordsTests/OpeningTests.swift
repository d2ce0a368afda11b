import Foundation
import Jobs
import Postgres
import Proofs
import Records
import Testing

/// I11: what a job forgets is what its request commits to.
@Suite(.timeLimit(.minutes(2)))
struct OpeningTests {
    let desk: Desk

    init() throws {
        desk = try Desk()
        try desk.make(.train, "teacher")
    }

    private func unlearn(_ classes: [String], _ request: String, name: String = "x") throws {
        try desk.make(
            .unlearn,
            name,
            spec: ["forget": .array(classes.map { .string($0) })],
            from: ["original": "teacher", "forget_request": request]
        )
    }

    /// The database computes codes and roots anew, in SQL.
    @Test(arguments: [[], ["a"], ["b", "a", "a"], (0..<7).map { "item \($0)" }, ["Ä \"\\\n"]])
    func `SQL and Swift have the same codes and the same root`(items: [String]) throws {
        let key = RequestKey()
        let opening = RequestOpening(of: items, under: key)
        let row = try desk.connection.query(
            """
            SELECT c AS codes, encode(lineage.merkle_root(c), 'hex') AS root
            FROM lineage.item_codes(
                ARRAY(SELECT jsonb_array_elements_text($1::jsonb)), $2::bytea
            ) c
            """,
            [
                .text(String(decoding: try JSONEncoder().encode(items), as: UTF8.self)),
                .bytes(opening.itemKey),
            ]
        ).first
        let codes = try row?.text("codes").matches(of: /[0-9a-f]{64}/).map { String($0.output) }
        #expect(codes == opening.codes.map(\.hex))
        #expect(try row?.text("root") == Commitment(to: items, under: key).root.hex)
    }

    @Test func `a job that forgets less, more or other than its request is refused at once`() throws
    {
        try desk.request("wish", for: ["circle", "star"], from: "shapes")
        for classes in [["circle"], ["circle", "star", "ring"], ["ring"], ["Circle", "star"]] {
            let error = #expect(throws: SpecError.self) { try unlearn(classes, "wish") }
            #expect(error?.description.contains("commits to") == true, "\(classes)")
        }
        #expect(try desk.count("queue.job WHERE kind = 'unlearn'") == 0)
        try unlearn(["star", "circle"], "wish")
        #expect(try desk.count("lineage.unlearn_application") == 1)
    }

    @Test func `a request about classes is opened before a job fulfils it`() throws {
        let key = RequestKey()
        let items = ["circle"]
        try desk.connection.query(
            "SELECT lineage.request_forgetting('wish', 'concept', $1::bytea, 1, 'x', '{shapes}')",
            [.bytes(Data(Commitment(to: items, under: key).root.bytes))]
        )
        let error = #expect(throws: SpecError.self) { try unlearn(items, "wish") }
        #expect(error?.description.contains("palimpsest forget open wish") == true)
        for wrong in [
            RequestOpening(of: ["star"], under: key), RequestOpening(of: [], under: key),
            RequestOpening(of: items, under: RequestKey()),
        ] {
            let refusal = #expect(throws: PostgresError.self) { try desk.open("wish", wrong) }
            #expect(refusal?.sqlState == "PL058")
        }
        try desk.open("wish", RequestOpening(of: items, under: key))
        try desk.open("wish", RequestOpening(of: items, under: key))
        try unlearn(items, "wish")
    }

    /// Nobody who seals can get round it: not by a job that was there before, nor by a row of his own.
    @Test func `the seal refuses what the intake could not see`() throws {
        try desk.connection.execute(
            script: "ALTER TABLE queue.job DISABLE TRIGGER check_forgetting"
        )
        try desk.request("wish", from: "shapes")
        let failure = #expect(throws: JobFailure.self) { try unlearn(["star"], "wish") }
        #expect(failure?.message.contains("PL057") == true)
        #expect(try desk.count("lineage.unlearn_application") == 0)
    }

    @Test func `samples are no classes, so such a request may stay closed`() throws {
        try desk.connection.query(
            "SELECT lineage.request_forgetting('ann', 'sample', sha256('s'), 3, 'x', '{shapes}')"
        )
        try unlearn(["circle"], "ann")
        #expect(try desk.count("lineage.requests WHERE name = 'ann' AND NOT opened") == 1)
    }

    /// An opening is for ever, and lets everybody test the names of people.
    @Test(arguments: ["sample", "subject", "dataset"])
    func `items that are no classes are published only where that is meant`(scope: String) throws {
        let key = RequestKey()
        let opening = RequestOpening(of: ["ann@example.org"], under: key)
        try desk.connection.query(
            "SELECT lineage.request_forgetting('ann', $1, $2::bytea, 1, 'x', '{shapes}')",
            [.text(scope), .bytes(Data(opening.commitment.root.bytes))]
        )
        let error = #expect(throws: PostgresError.self) { try desk.open("ann", opening) }
        #expect(error?.sqlState == "PL080")
        #expect(error?.message.contains("is of scope \(scope)") == true, "\(error?.message ?? "")")
        #expect(try desk.count("lineage.forget_opening") == 0)
        try desk.open("ann", opening, publishingItems: true)
        #expect(try desk.count("lineage.forget_opening") == 1)
    }

    /// Whoever reads the proof computes the codes himself.
    @Test func `a proof shows that what was forgotten is what was asked`() throws {
        try desk.request("wish", from: "shapes")
        try unlearn(["circle"], "wish", name: "forgetful")
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        defer { try? FileManager.default.removeItem(at: folder) }
        let key = SigningKey()
        try LogSealer(desk.connection, key: key, folder: folder).seal()
        let proof = try desk.ledger.proof(of: "forgetful", key: key)
        let bundle = try ProofBundle(reading: proof.canonical, signedBy: key.verifying)
        let text = bundle.sentences.joined(separator: "\n")
        #expect(text.contains("it forgot circle, which is what the request commits to"))
        // Without the opening the proof still holds, and says less.
        let opening = try #require(
            bundle.material.entries.firstIndex {
                String(decoding: $0.entry.payload, as: UTF8.self).contains("\"forget_opening\"")
            }
        )
        var entries = bundle.material.entries
        entries.remove(at: opening)
        let less = ProofMaterial(
            subject: bundle.material.subject,
            entries: entries,
            epoch: bundle.material.epoch,
            key: key.verifying
        )
        let sentences = try ProofBundle(less).sentences.joined(separator: "\n")
        #expect(sentences.contains("what the request commits to is not opened in this proof"))
        #expect(!sentences.contains("it forgot"))
    }
}
