import Commands
import Foundation
import Jobs
import Kafka
import Postgres
import Store

let doctorCommand = Command(
    "doctor",
    summary: "Says what works here and what to do about the rest."
) {
    _ in
    let connections = Connections.find()
    let checks: [(String, () throws -> String)] = [
        (
            "store",
            {
                try connections.existingStore().url
            }
        ),
        (
            "Postgres",
            {
                let database = try connections.openDatabase()
                try Migrator(database, Migration.load(Migration.folder())).requireCurrent()
                return try database.query("SHOW server_version")[0].text("server_version")
            }
        ),
        (
            "Kafka",
            {
                let known = try Producer(connections.openKafka()).topics()
                let missing = Set(Topics.all).subtracting(known).sorted()
                guard missing.isEmpty else {
                    throw Failure(
                        "no topics \(missing.joined(separator: ", ")); run `palimpsest topics`"
                    )
                }
                let version = Configuration.libraryVersion
                return try "\(connections.kafka)  librdkafka \(version.0).\(version.1).\(version.2)"
            }
        ),
    ]
    var failures = 0
    for (name, check) in checks {
        do {
            print("ok    \(name)  \(try check())")
        } catch {
            failures += 1
            print("FAIL  \(name)  \(sentence(of: error))")
        }
    }
    if failures > 0 { throw Findings("\(failures) of \(checks.count) checks failed") }
}
