import Foundation
import LocalStack
import Postgres
import TestSupport
import Testing

/// The commands of the ledger as a stranger calls them, on the story of Documentation/lineage.md.
@Suite(.serialized, .timeLimit(.minutes(5))) struct CommandLineTests {
    private let desk: StoryDesk

    init() throws { desk = try StoryDesk() }

    @Test(arguments: [
        "lineage tree new-student", "lineage ancestors new-student", "help",
        "lineage ancestors new-student --json", "lineage verify-log", "lineage tree twice --dot",
    ])
    func `an answer that cannot be delivered is a failure`(command: String) throws {
        let full = try desk.shell("palimpsest \(command) >/dev/full")
        #expect(full.status == 1)
        #expect(full.text == "palimpsest: standard output: no space left on device\n")
        let closed = try desk.shell("palimpsest \(command) >&-")
        #expect(closed.status == 1)
        #expect(closed.text == "palimpsest: standard output: it is closed\n")
    }

    @Test func `a reader who has seen enough ends it quietly`() throws {
        let piped = try desk.shell(
            "palimpsest lineage descendants photos | head -1; echo ${PIPESTATUS:-0}"
        )
        #expect(piped.text.split(separator: "\n").count == 2, "\(piped.text)")
        // No room in the pipe, and nobody at its end; once as a shell has it, once by an error.
        for trap in ["", "trap '' PIPE; "] {
            let gone = try desk.shell(
                "(\(trap)sleep 0.3; palimpsest help 2>&1; echo $? >\(desk.keys)/status) | true; "
                    + "sleep 2; cat \(desk.keys)/status"
            )
            #expect(gone.text == "141\n", "\(gone.text)")
        }
    }

    /// Where both are one pipe, what is found comes before what it comes to.
    @Test func `standard error waits for what was printed before it`() throws {
        try desk.database.execute(
            script: """
                SET session_replication_role = replica;
                UPDATE lineage.import SET source = 'elsewhere';
                SET session_replication_role = origin;
                """
        )
        let (text, status) = try desk.palimpsest("lineage verify-log")
        #expect(status == 1)
        let lines = text.split(separator: "\n")
        #expect(lines.last?.hasSuffix("things are not as they were recorded") == true, "\(text)")
        #expect(lines.filter { $0.contains("column source") }.count >= 3)
    }

    /// What a caller got wrong, with the words that help.
    private static let wrong = [
        ("lineage weight-path twice --limit 0", "--limit got '0'; it takes a whole number from 1"),
        ("lineage orphans --limit=-1", "from 1 to 1000000"),
        ("lineage descendants photos --limit 2147483647", "from 1 to 1000000"),
        ("lineage overdue garbage", "TIME got 'garbage'; it takes a time such as"),
        ("jobs --limit 0", "from 1 to 1000000"),
        ("lineage ancestors twice --roles '{nonsense}'", "--roles got 'nonsense'; known are init"),
        ("lineage path twice photos --roles init,foo", "--roles got 'foo'; known are init"),
        ("lineage descendants photos --kinds foo", "known are checkpoint"),
        ("lineage descendants photos --as-of 2027-02-31", "--as-of got '2027-02-31'; it takes"),
        ("lineage artifacts-of abc", "a job's id"), ("lineage what-if-revoke abc", "a number"),
        ("lineage verdicts-depending-on zz", "at least 12 of its hexadecimal digits"),
        ("lineage distilled-before-cleansing teacher wish --only-live maybe", "true or false"),
        ("lineage tree twice --json --dot", "cannot both be had"),
        ("deploy teacher lab flying", "known are live, drained"),
        ("deploy teacher 'a\nb'", "ENVIRONMENT takes"),
        ("forget request a --classes b --dataset photos --scope x", "known are sample, subject"),
        ("forget request a --classes b --dataset photos --due x", "a time such as 2027-01-31"),
        ("forget request a --classes b --dataset photos --due 2020-01-01", "lies in the past"),
        ("forget request a --classes b --dataset photos --basis 'Ann S'", "--basis is no word"),
        ("forget request deadbeefdeadbeef --classes b --dataset photos", "look like a digest"),
        ("forget request a --classes 'Ann S' --dataset photos --scope subject", "by --items -"),
        ("forget withdraw wish wish", "the request itself"),
        ("lineage tag twice 'a b'", "this cannot name an artifact"),
        ("lineage comparable twice timid --as-of x", "--as-of got 'x'; it takes a time"),
        ("forget open nope", "nope.key is not there"),
        ("data shapes --count 7", "--count got '7'; it takes a whole number from 8 to 1000000"),
        (
            "data shapes --resolution 2000",
            "--resolution got '2000'; it takes a whole number from 8"
        ),
        ("lineage orignal x", "did you mean 'lineage original'?"),
    ]

    @Test(arguments: wrong)
    func `a wrong call is told what it takes, by status 64`(command: String, says: String) throws {
        let (text, status) = try desk.palimpsest(command)
        #expect(status == 64, "\(text)")
        #expect(text.contains(says), "\(text)")
        #expect(!text.contains("Ann S") && !text.contains("Postgres"), "\(text)")
    }

    /// What was asked well and could not be done.
    private static let failed = [
        ("lineage original nothing", "no artifact is known as 'nothing'"),
        ("lineage artifacts-of 00000000-0000-0000-0000-000000000001", "has no sealed output"),
        ("lineage verdicts-depending-on 0123456789ab", "no evaluator and no model"),
        ("deploy old-student production", "'old-student' is exposed for request 'wish' and must"),
        ("forget request a --classes b --dataset 'a\"b'", "no artifact is known as 'a\"b'"),
        ("forget request wish --classes b --dataset photos", "the request 'wish' exists"),
        ("lineage verify-log --key /nonexistent", ": /nonexistent: no such file or directory"),
        ("submit /nonexistent", ": /nonexistent: no such file or directory"),
        ("forget request a --items /nonexistent --dataset photos", ": /nonexistent: no such file"),
        ("forget request a --items /dev/zero --dataset photos", "has at most 16 MiB"),
        ("forget request a --items - --dataset photos </dev/zero", "standard input: a list of"),
        ("forget request a --items - --dataset photos <&-", "standard input: it is closed"),
        ("forget request a --items /bin/true --dataset photos", "/bin/true: it is no text"),
        ("submit - <&-", "standard input: it is closed"),
    ]

    @Test(arguments: failed)
    func `what cannot be done is said in a sentence, by status 1`(
        command: String,
        says: String
    ) throws {
        let (text, status) = try desk.palimpsest(command)
        #expect(status == 1, "\(text)")
        #expect(text.hasPrefix("palimpsest: ") && text.contains(says), "\(text)")
        #expect(!text.contains("Error Domain") && !text.contains("Failing row"), "\(text)")
    }

    @Test func `a name is shown as it is, and a number as what it is`() throws {
        try desk.database.execute(
            script: """
                SELECT story.train('t', 'clean'), story.train('f', 'clean');
                SELECT story.unlearn('nearly', 'teacher', 'wish');
                SELECT story.evaluate('nearly', 'teacher', 0.9999997, 0.00000029);
                """
        )
        let names = try desk.palimpsest("lineage descendants clean --kinds checkpoint").text
        #expect(names.contains("checkpoint  t ") && names.contains("checkpoint  f "), "\(names)")
        #expect(try desk.palimpsest("lineage is-derived-from twice photos").text.contains("yes"))
        let origin = try desk.palimpsest("lineage original photos").text
        #expect(origin.split(separator: "\n", omittingEmptySubsequences: false).count == 3)
        let scores = try desk.palimpsest("lineage metrics nearly").text
        #expect(scores.contains(" 0.9999997 ") && scores.contains(" 2.9e-07 "), "\(scores)")
    }

    @Test func `what is asked of a time is answered as it was, and corrections are listed`() throws
    {
        let now = try desk.database.query("SELECT clock_timestamp()::text AS t").first?.text("t")
        try desk.database.query("SELECT lineage.correct('lineage.evidence', 1, 'mispaired')")
        for command in [
            "unlearned teacher", "score-history forgetful wish", "integrity-drift forgetful",
        ] {
            let lapsed = try desk.palimpsest("lineage \(command)")
            #expect(lapsed.text.contains("evidence_corrected"), "\(lapsed.text)")
            let then = try desk.palimpsest("lineage \(command) --as-of '\(now ?? "")'")
            #expect(then.status == 0 && !then.text.contains("evidence_corrected"), "\(then.text)")
        }
        for command in [
            "runs-using photos", "content-twins teacher", "comparable forgetful timid",
            "verdicts-depending-on $(printf palimpsest.evaluation.featdist.v1 | sha256sum | head -c 64)",
        ] {
            let then = try desk.palimpsest("lineage \(command) --as-of '\(now ?? "")'")
            #expect(then.status == 0 && !then.text.hasPrefix("nothing"), "\(then.text)")
        }
        let corrections = try desk.palimpsest("lineage corrections").text
        #expect(corrections.contains("mispaired") && corrections.contains("timid"))
    }

    /// Whoever has set the variables needs nothing of the file.
    @Test func `a damaged note of the stack is named to who needs it`() throws {
        let start = "cd \(desk.keys); mkdir -p .palimpsest; echo '{' >.palimpsest/connection.json; "
        let (text, status) = try desk.shell(start + "env -u PALIMPSEST_DATABASE palimpsest jobs")
        #expect(status == 1, "\(text)")
        #expect(text.contains("PALIMPSEST_DATABASE is not set, and \(desk.keys)/.palimpsest/conn"))
        #expect(try desk.shell(start + "palimpsest jobs").status == 0)
    }

    @Test func `a worker's help is that of its own program`() throws {
        let help = try desk.shell("training-worker help")
        #expect(help.text.contains("usage: training-worker COMMAND"), "\(help.text)")
    }

    @Test func `a demonstration ends where a worker does`() throws {
        let demo = "PALIMPSEST_LEASE_SECONDS=never palimpsest demo --folder \(desk.keys)/demo"
        let (text, status) = try desk.shell(demo)
        #expect(status == 1, "\(text)")
        #expect(text.contains("-worker has ended; see the logs in \(desk.keys)/demo"), "\(text)")
    }

    @Test func `commands say what is so after them`() throws {
        let key = "its key is \(desk.keys)/ann.key; without it the list cannot be read\n"
        let opened = try desk.palimpsest("forget request ann --classes a,b,a --dataset clean")
        #expect(opened.status == 0)
        #expect(opened.text.contains("commits to 2 items") && opened.text.hasSuffix(key))
        for (command, says) in [
            ("forget list ann", "a\nb\n"), ("deploy forgetful lab", "forgetful is live in lab\n"),
            ("deploy forgetful lab retired", "forgetful is retired in lab\n"),
            ("lineage verdict forgetful wish --withdraw", "the verdict on forgetful for wish is"),
            ("forget withdraw ann wish", "ann is superseded by wish\n"),
            ("forget withdraw wish", "wish is withdrawn\n"), ("--version", "palimpsest, program "),
            ("lineage tag twice released", "released names twice\n"),
        ] {
            let (text, status) = try desk.palimpsest(command)
            #expect(status == 0 && text.hasPrefix(says), "\(command): \(text)")
        }
        let again = try desk.palimpsest("forget withdraw ann")
        #expect(again.status == 1 && again.text.contains("superseded by 'wish' already"))
    }

    @Test func `ways are drawn, and all graphs lead from parents to children`() throws {
        let drawn = try desk.palimpsest("lineage weight-path twice").text
        #expect(
            drawn == """
                twice  unlearn saddle for wish
                └─ init: forgetful  unlearn saddle for wish
                   └─ init: teacher  train diffusion

                """
        )
        let way = "\"teacher\" -> \"forgetful\" [label=\"init\"]"
        #expect(try desk.palimpsest("lineage weight-path twice --dot").text.contains(way))
        #expect(try desk.palimpsest("lineage path twice photos --dot").text.contains(way))
        try desk.database.query("SELECT story.merge('blend', 'forgetful', 'twice')")
        let merged = try desk.palimpsest("lineage weight-path blend").text
        #expect(merged.contains("└─ merge: forgetful  unlearn saddle for wish"), "\(merged)")
        let cut = try desk.palimpsest("lineage weight-path twice --limit 1").text
        #expect(cut == "twice  unlearn saddle for wish\n… the way is longer\n")
        func edges(_ command: String) throws -> Set<String> {
            let lines = try desk.palimpsest(command).text.split(separator: "\n")
            return Set(
                lines.filter { $0.contains(" -> ") && !$0.hasPrefix("  //") }.map(String.init)
            )
        }
        let tree = try edges("lineage tree twice --dot")
        #expect(try tree == edges("lineage export twice --format dot") && tree.count == 7)
    }

    @Test func `no key file is told to be kept from others, and an empty name is none`() throws {
        let wrong = try desk.shell("PALIMPSEST_SIGNING_KEY=/etc/passwd palimpsest lineage seal-log")
        #expect(wrong.text.contains("/etc/passwd holds no Ed25519 private key"), "\(wrong.text)")
        let empty = try desk.shell("PALIMPSEST_SIGNING_KEY= palimpsest lineage seal-log")
        #expect(empty.text.contains("make one with `palimpsest lineage key FILE`"))
        let keys = try desk.shell("PALIMPSEST_KEYS=/etc/passwd palimpsest forget list wish")
        #expect(keys.text == "PALIMPSEST_KEYS is '/etc/passwd', which is no folder\n")
    }
}

/// The ledger of the story, and the program beside it.
final class StoryDesk {
    let database: Connection
    let keys: String
    private let environment: [String: String]

    init() throws {
        let conninfo = try PrivatePostgres.testDatabase()
        database = try Connection(conninfo)
        for name in ["ledger.sql", "story.sql"] {
            let file = repository.appending(path: "Tests/Fixtures/" + name)
            try database.execute(script: String(contentsOf: file, encoding: .utf8))
        }
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        keys = folder.path
        environment = ProcessInfo.processInfo.environment.merging([
            "PALIMPSEST_DATABASE": conninfo, "PALIMPSEST_KEYS": keys, "PALIMPSEST_KAFKA": "x:1",
        ]) { $1 }
    }

    deinit { try? FileManager.default.removeItem(atPath: keys) }

    func palimpsest(_ words: String) throws -> Programs.Answer { try shell("palimpsest " + words) }
    func shell(_ command: String) throws -> Programs.Answer {
        try Programs.shell(command, environment)
    }
}
