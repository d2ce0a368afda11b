import Commands
import Foundation
import Proofs
import Records

let outputOption = Option(
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
        options: [
            Option(
                "since",
                "EPOCH",
                help: "the file of an epoch that the log is shown to continue"
            ),
            outputOption,
        ]
    ) { invocation in
        let kept = try keptEpoch(invocation.value("since"))
        let ledger = Ledger(try Connections.find().openDatabase())
        let proof = try ledger.proof(of: invocation.arguments[0], key: signingKey(), since: kept)
        try Output.write(proof.canonical, to: invocation.value("output"))
    },
    Command(
        "verify",
        summary:
            "Checks a proof (- is standard input) without any database and says what it shows.",
        arguments: ["FILE"],
        options: [
            Option("key", "PUB", help: "the public key of who should have signed it"),
            Option(
                "epoch",
                "EPOCH",
                help: "an epoch's file that you kept: its log must go on in this"
            ),
        ]
    ) { invocation in
        let kept = try keptEpoch(invocation.value("epoch"))
        let key = try invocation.value("key").map { try VerifyingKey(file: URL(filePath: $0)) }
        let proof = try proof(invocation.arguments[0], key, kept)
        for sentence in proof.sentences { print(sentence) }
        if key == nil {
            print("Whose key that is was not checked: compare it, or give --key PUB.")
        }
    },
    lineageExport,
]

private func keptEpoch(_ file: String?) throws -> EpochStatement? {
    try file.map { try KeptEpoch.statement(file: URL(filePath: $0)) }
}

/// Reads and checks a proof, and that its log is the one of `kept`.
///
/// - Throws: an error that names the file.
private func proof(
    _ path: String,
    _ key: VerifyingKey?,
    _ kept: EpochStatement?
) throws -> ProofBundle {
    let data = try Input.read(path, limit: ProofBundle.limits.bytes)
    do {
        let proof = try ProofBundle(reading: data, signedBy: key)
        try kept.map(proof.requireContinuation)
        return proof
    } catch let error as ProofError {
        throw Failure("\(path == "-" ? "standard input" : path): \(error)")
    }
}
