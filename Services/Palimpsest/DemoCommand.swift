import Commands
import Foundation
import Jobs
import Postgres
import Records

let demoCommand = Command(
    "demo",
    summary: "Runs the whole chain here: train, distil, unlearn, evaluate, lineage, pictures.",
    options: [
        Option("data", "NAME", help: "shapes (default) or cifar10, as in Compose/Jobs"),
        Option("folder", "FOLDER", help: "where everything is kept; .demo by default"),
    ]
) { invocation in
    let home = URL(filePath: invocation.value("folder") ?? ".demo", directoryHint: .isDirectory)
    let data = invocation.value("data") ?? "shapes"
    let stack = try Demo.stack(home)
    defer { stack.stop(home: home) }
    let jobs = try Demo.run(data, stack, home)
    try Demo.report(jobs, data, stack.connections, home)
}

/// The chain of one dataset, from the files of Compose/Jobs.
enum Demo {
    /// The jobs, each with those that must have ended before it is published.
    static let chain: [(name: String, after: [String])] = [
        ("teacher", []),
        ("classifier", []),
        ("forget-overwrite", ["teacher"]),
        ("student", ["teacher"]),
        ("forget-saddle", ["teacher"]),
        ("evaluate-teacher", ["teacher", "classifier"]),
        ("evaluate-student", ["student", "classifier"]),
        ("evaluate-overwrite", ["forget-overwrite", "classifier"]),
        ("evaluate-saddle", ["forget-saddle", "classifier"]),
    ]

    /// Workers of which two or more compute at a time, with half of the cores each: small networks
    /// gain little by threads and much by company. Two of them train, teacher and judge.
    static func stack(_ home: URL) throws -> Stack {
        try Stack(
            home: home,
            threads: max(1, ProcessInfo.processInfo.activeProcessorCount / 2),
            kafka: nil,
            workers: ["training", "training", "distillation", "unlearning", "evaluation"]
        )
    }

    /// Publishes each job when those it waits for have ended.
    ///
    /// - Returns: the jobs' ids by the names of their files.
    /// - Throws: `Failure` where a job fails or a worker has ended.
    static func run(_ data: String, _ stack: Stack, _ home: URL) throws -> [String: UUID] {
        let folder = try Migration.folder().deletingLastPathComponent()
            .appending(path: "Compose/Jobs")
        let queue = try JobQueue(stack.connections.openDatabase())
        var (jobs, done): ([String: UUID], Set<UUID>) = ([:], [])
        var display = JobDisplay()
        while done.count < chain.count {
            let ended = Set(jobs.filter { done.contains($0.value) }.keys)
            for (name, after) in chain where jobs[name] == nil && ended.isSuperset(of: after) {
                let file = folder.appending(path: "\(data)-\(name).yaml")
                let id = try submit(file.path, stack.connections) {
                    try stack.requireWorkers(home)
                }
                jobs[name] = id
                display.names[id] = "\(data)-\(name)"
            }
            let going = chain.compactMap { jobs[$0.name] }.filter { !done.contains($0) }
            done.formUnion(try display.show(going, queue))
            try stack.requireWorkers(home)
            Thread.sleep(forTimeInterval: 0.3)
        }
        return jobs
    }

    /// Prints lineage and metrics and writes the pictures and the page.
    static func report(
        _ jobs: [String: UUID],
        _ data: String,
        _ connections: Connections,
        _ home: URL
    ) throws {
        let database = try connections.openDatabase()
        let (ledger, store) = (Ledger(database), try connections.openStore())
        var page = Page("Palimpsest: \(data)")
        let unlearned = "\(data)-forget-overwrite"
        let tree = try ledger.tree(of: unlearned)
        print("\nWhere \(unlearned) comes from:\n" + tree.joined(separator: "\n"))
        page.add("Lineage", text: tree.joined(separator: "\n"))
        for name in chain.map(\.name).filter({ $0.hasPrefix("evaluate") }) {
            let subject = name.replacing("evaluate-", with: "")
            let reference =
                ["teacher", "student"].contains(subject) ? subject : "forget-" + subject
            let metrics = try ledger.metrics(of: "\(data)-\(reference)")
            print("\n\(data)-\(reference)")
            printMetrics(metrics)
            page.add("\(data)-\(reference)", metrics: metrics)
            guard let job = jobs[name] else { continue }
            let reports = try ledger.outputs(of: job).filter { $0.kind == "report" }
            for report in reports {
                let folder = home.appending(
                    path: "pictures/\(subject)",
                    directoryHint: .isDirectory
                )
                for picture in try export(report, to: folder, store) {
                    print(picture.path)
                    try page.add(picture)
                }
            }
        }
        for name in ["classifier", "teacher", "student", "forget-overwrite", "forget-saddle"] {
            guard let job = jobs[name] else { continue }
            try page.add("\(data)-\(name)", curve: JobQueue(database).curve(of: job))
        }
        let place = home.appending(path: "report.html")
        try Data(page.html.utf8).write(to: place)
        print("\nReport: \(place.path)")
    }
}
