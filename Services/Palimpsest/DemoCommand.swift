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
    let stack = try Stack(home: home, threads: nil, kafka: nil)
    defer { stack.stop(home: home) }
    let jobs = try Demo.run(data, stack.connections)
    try Demo.report(jobs, data, stack.connections, home)
}

/// The chain of one dataset, from the files of Compose/Jobs.
enum Demo {
    static let chain = [
        "classifier", "teacher", "student", "forget-overwrite", "forget-saddle",
        "evaluate-teacher", "evaluate-student", "evaluate-overwrite", "evaluate-saddle",
    ]

    /// Publishes each job when the one before has ended.
    ///
    /// - Returns: the jobs' ids by the names of their files.
    static func run(_ data: String, _ connections: Connections) throws -> [String: UUID] {
        let folder = try Migration.folder().deletingLastPathComponent()
            .appending(path: "Compose/Jobs")
        var jobs: [String: UUID] = [:]
        for name in chain {
            let file = folder.appending(path: "\(data)-\(name).yaml")
            let id = try submit(file: file, connections)
            jobs[name] = id
            try watch(id, connections)
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
        for name in chain.filter({ $0.hasPrefix("evaluate") }) {
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
