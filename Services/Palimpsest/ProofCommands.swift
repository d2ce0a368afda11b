import Commands
import Exports
import Foundation
import Proofs
import Records

private let output = Option(
    "output",
    "FILE",
    letter: "o",
    help: "where to; standard output otherwise"
)

/// What leaves the ledger, and what checks it elsewhere.
let proofCommands = [
    Command(
        "lineage proof",
        summary: "Writes what the ledger can prove of a checkpoint as one signed file.",
        arguments: ["CHECKPOINT"],
        options: [output]
    ) { invocation in
        let ledger = Ledger(try Connections.find().openDatabase())
        let proof = try ledger.proof(of: invocation.arguments[0], key: signingKey())
        try deliver(proof.canonical, to: invocation.value("output"))
    },
    Command(
        "verify",
        summary:
            "Checks a proof (- is standard input) without any database and says what it shows.",
        arguments: ["FILE"],
        options: [Option("key", "PUB", help: "the public key of who should have signed it")]
    ) { invocation in
        let key = try invocation.value("key").map(verifyingKey)
        let proof = try proof(invocation.arguments[0], key)
        for sentence in proof.sentences { print(sentence) }
        if key == nil {
            print("Whose key that is was not checked: compare it, or give --key PUB.")
        }
    },
    Command(
        "lineage export",
        summary: "Writes an artifact's lineage for other tools: openlineage, slsa, cyclonedx,"
            + " model-card, dot or jsonld.",
        arguments: ["REF"],
        options: [
            Option("format", "FORMAT", help: "one of those; needed"),
            output,
        ]
    ) { invocation in
        let known = ExportFormat.allCases.map(\.rawValue).joined(separator: ", ")
        guard let name = invocation.value("format"), let format = ExportFormat(rawValue: name)
        else {
            throw UsageError(
                "--format is '\(invocation.value("format") ?? "")'; known are \(known)"
            )
        }
        let ledger = Ledger(try Connections.find().openDatabase())
        let reference = invocation.arguments[0]
        let data = try format.write(
            Provenance(ledger.provenance(of: reference)),
            event: format == .openlineage ? ledger.openLineageEvent(of: reference) : nil
        )
        try deliver(data, to: invocation.value("output"))
    },
]

/// Writes to a device or a pipe, in whose place `Output` would put a file, and to anything else as
/// `Output` does.
///
/// - Throws: an error that names the file.
private func deliver(_ data: Data, to file: String?) throws {
    var found = stat()
    let regular = [S_IFREG, S_IFDIR]
    guard let file, stat(file, &found) == 0, !regular.contains(found.st_mode & S_IFMT) else {
        return try Output.write(data, to: file)
    }
    do {
        try FileHandle(forWritingTo: URL(filePath: file)).write(contentsOf: data)
    } catch { throw Failure("\(file): \(sentence(of: error))") }
}

/// Reads and checks a proof.
///
/// - Throws: an error that names the file.
private func proof(_ path: String, _ key: VerifyingKey?) throws -> ProofBundle {
    let (name, data) =
        path == "-" ? ("standard input", try readStandardInput()) : (path, try content(path))
    do {
        return try ProofBundle(reading: data, signedBy: key)
    } catch let error as ProofError { throw Failure("\(name): \(error)") }
}

private func verifyingKey(_ path: String) throws -> VerifyingKey {
    try requireFile(path)
    return try VerifyingKey(file: URL(filePath: path))
}

/// The bytes of a file, and no more than show that it is too long for a proof.
private func content(_ path: String) throws -> Data {
    try requireFile(path)
    let file = try FileHandle(forReadingFrom: URL(filePath: path))
    var data = Data()
    while data.count <= ProofBundle.limits.bytes,
        let part = try file.read(upToCount: 1 << 20), !part.isEmpty
    {
        data += part
    }
    return data
}

private func requireFile(_ path: String) throws {
    guard !path.isEmpty else { throw UsageError("the name of a file is empty") }
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
        throw Failure("\(path): no such file")
    }
    guard !isFolder.boolValue else { throw Failure("\(path): is a folder, not a file") }
}
