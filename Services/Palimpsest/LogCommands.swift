import Commands
import Foundation
import Postgres
import Proofs
import Records
import Store

/// What guards the ledger: its keys, its log, and the store behind it.
let logCommands = [
    Command(
        "lineage key",
        summary: "Makes a key that signs epochs and proofs: FILE, for this machine only, and"
            + " FILE.pub.",
        arguments: ["FILE"]
    ) { invocation in
        let key = SigningKey()
        try key.write(to: URL(filePath: invocation.arguments[0]))
        print(key.verifying.id)
    },
    Command(
        "lineage seal-log",
        summary: "Signs the log's new entries as an epoch and keeps it in a file in the store."
    ) { _ in
        let connections = try Connections.find()
        let sealer = LogSealer(
            try connections.openDatabase(),
            key: try signingKey(),
            folder: try epochs(connections)
        )
        guard let epoch = try sealer.seal() else { return print("nothing is new") }
        print("epoch \(epoch.epoch)  entries \(epoch.size)  root \(epoch.root)")
    },
    Command(
        "lineage verify-log",
        summary: "Compares every row with the log, the log with itself and with the kept epochs;"
            + " verify-rules and verify-rows tell whether rows were allowed.",
        options: [
            Option("epochs", "PATH", help: "a file or a folder of epochs kept outside"),
            Option("key", "PUB", help: "the public key of who signs the epochs"),
        ]
    ) { invocation in try verifyLog(invocation) },
    Command(
        "lineage audit",
        summary: "Compares the store with the ledger and every blob with its digest.",
        options: [Option("fast", help: "leave out the comparison of the bytes")]
    ) { invocation in
        let connections = try Connections.find()
        let audit = StoreAudit(try connections.openDatabase(), try connections.openStore())
        let findings = try audit.findings(bytes: !invocation.flag("fast"))
        for finding in findings { print(finding) }
        guard findings.isEmpty else {
            throw UsageError("the store and the ledger disagree in \(findings.count) places")
        }
        print("the store and the ledger agree")
    },
]

/// The key that `PALIMPSEST_SIGNING_KEY` names, else the one that `up` made.
///
/// - Throws: `UsageError` saying how to make one.
func signingKey() throws -> SigningKey {
    let named = ProcessInfo.processInfo.environment["PALIMPSEST_SIGNING_KEY"]
    let file = named.map { URL(filePath: $0) } ?? Connections.signingKey
    guard FileManager.default.fileExists(atPath: file.path) else {
        throw UsageError(
            "there is no key \(file.path): make one with `palimpsest lineage key FILE` and name "
                + "it in PALIMPSEST_SIGNING_KEY"
        )
    }
    return try SigningKey(file: file)
}

/// Where epochs are kept: beside the store's blobs.
private func epochs(_ connections: Connections) throws -> URL {
    guard let store = URL(string: connections.store) else {
        throw UsageError("PALIMPSEST_STORE is '\(connections.store)'; it must be file:///a/folder")
    }
    return store.appending(path: "epochs", directoryHint: .isDirectory)
}

private func verifyLog(_ invocation: Invocation) throws {
    let connections = try Connections.find()
    let key = try invocation.value("key").map { try VerifyingKey(file: URL(filePath: $0)) }
    let kept = try invocation.value("epochs").map { URL(filePath: $0) } ?? epochs(connections)
    let verifier = LogVerifier(try connections.openDatabase(), key: key)
    let report = try verifier.verify(epochs: try files(kept))
    for finding in report.findings { print(finding) }
    print(
        "\(report.rows) rows, \(report.entries) entries, \(report.sealed) of them in "
            + "\(report.epochs) signed epochs"
    )
    guard report.findings.isEmpty else {
        throw UsageError("the ledger was changed in \(report.findings.count) places")
    }
}

/// The epochs in a folder, or the one file; none where nothing is there.
private func files(_ place: URL) throws -> [URL] {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: place.path, isDirectory: &isFolder) else {
        return []
    }
    guard isFolder.boolValue else { return [place] }
    return try FileManager.default.contentsOfDirectory(
        at: place,
        includingPropertiesForKeys: nil
    ).filter { $0.pathExtension == "json" }.sorted { $0.path < $1.path }
}
