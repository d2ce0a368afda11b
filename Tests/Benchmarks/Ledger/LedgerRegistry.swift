import Foundation
import Jobs
import Lifecycle
import LocalStack
import Postgres

extension LedgerBench {
    private static let python = ".deps/peer-registry/bin/python"

    /// "Where does this model version come from?" asked of MLflow's registry and of the ledger, both
    /// on this server, by one Python program; `make peer` installs it.
    func compareRegistry(_ versions: Int) throws {
        guard FileManager.default.isExecutableFile(atPath: LedgerBench.python) else { return }
        _ = try database("registry", migrated: false)
        try fill(database("beside"), .sparse, versions)
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(filePath: LedgerBench.python)
        process.arguments = [
            "Tests/Benchmarks/peer/mlflow_lineage.py",
            "postgresql+psycopg2://palimpsest@/registry?host=\(server.folder.path)",
            "\(versions)", conninfo("beside"),
        ]
        process.standardOutput = output
        try process.start()
        let data = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw JobFailure(.permanent, "the registry's program failed; see above")
        }
        for line in data.split(separator: UInt8(ascii: "\n")) {
            guard case .object(let values)? = try? JSON(parsing: Data(line)) else { continue }
            tell("", values)
        }
    }
}
