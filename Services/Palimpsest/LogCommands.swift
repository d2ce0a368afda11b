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
        let connections = Connections.find()
        let sealer = LogSealer(
            try connections.openDatabase(),
            key: try signingKey(),
            folder: try epochs(connections)
        )
        let restored = try sealer.restoreFiles(all: true)
        if !restored.isEmpty { print("wrote \(restored.count) files of epochs again") }
        guard let epoch = try sealer.seal() else { return print("nothing is new") }
        print("epoch \(epoch.epoch)  entries \(epoch.size)  root \(epoch.root)")
    },
    Command(
        "lineage verify-log",
        summary: "Compares every row with the log, the log with itself and with the kept epochs;"
            + " verify-rules and verify-rows tell whether rows were allowed.",
        options: [
            Option("epochs", "PATH", help: "a file or a folder of epochs kept outside"),
            Option("key", "PUB,PUB", help: "the public keys of who signs the epochs"),
        ]
    ) { invocation in try verifyLog(invocation) },
]

/// The key that `PALIMPSEST_SIGNING_KEY` names, else the one that `up` made.
///
/// - Throws: `UsageError` saying how to make one.
func signingKey() throws -> SigningKey {
    let file = setting("PALIMPSEST_SIGNING_KEY").map { URL(filePath: $0) } ?? Connections.signingKey
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
    let store = try connections.store
    guard let folder = URL(string: store) else {
        throw UsageError("PALIMPSEST_STORE is '\(store)'; it must be file:///a/folder")
    }
    return folder.appending(path: "epochs", directoryHint: .isDirectory)
}

private func verifyLog(_ invocation: Invocation) throws {
    let connections = Connections.find()
    let keys = try (invocation.value("key") ?? "").split(separator: ",").map {
        try VerifyingKey(file: URL(filePath: String($0)))
    }
    let kept = try keptEpochs(invocation, connections)
    let report = try LogVerifier(connections.openDatabase(), keys: keys).verify(epochs: kept)
    for finding in report.findings { print(finding) }
    print(
        "\(report.rows) rows, \(report.entries) entries, \(report.sealed) of them in "
            + "\(report.epochs) signed epochs; \(kept.count) kept outside compared with them"
    )
    if kept.isEmpty { print("no epoch kept outside was compared: a log written anew is not found") }
    if keys.isEmpty { print("no signature was checked: name the public key with --key") }
    guard report.findings.isEmpty else {
        throw Findings("\(report.findings.count) things are not as they were recorded")
    }
}

/// The epochs that `--epochs` names, else those in the store, if one is known.
private func keptEpochs(_ invocation: Invocation, _ connections: Connections) throws -> [URL] {
    guard let path = invocation.value("epochs") else {
        // Who audits a dump has no store; one that is known and cannot be read is an error.
        guard (try? connections.store) != nil, case let folder = try epochs(connections),
            FileManager.default.fileExists(atPath: folder.path)
        else { return [] }
        return try files(folder)
    }
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
        throw UsageError("--epochs is '\(path)': there is no such file or folder")
    }
    guard isFolder.boolValue else { return [URL(filePath: path)] }
    let kept = try files(URL(filePath: path))
    guard !kept.isEmpty else { throw UsageError("--epochs is '\(path)', which has no .json file") }
    return kept
}

private func files(_ folder: URL) throws -> [URL] {
    try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
        .filter { $0.pathExtension == "json" }.sorted { $0.path < $1.path }
}
