import Commands
import Foundation
import Postgres
import Proofs

let forgetRequestCommand = Command(
    "forget request",
    summary: "Opens a request to forget, of which the database learns a commitment only.",
    arguments: ["NAME"],
    options: [
        Option("classes", "A,B", help: "what to forget, by name; of scope concept or style"),
        Option("items", "FILE", help: "what to forget, one a line; - is standard input"),
        Option("dataset", "REF,REF", help: "where it came in"),
        Option("scope", "SCOPE", help: "sample, subject, concept (default), style, dataset"),
        Option("basis", "WORD", help: "why, in a word; subject_request by default"),
        Option("due", "DATE", help: "until when, such as 2027-01-31"),
    ]
) { invocation in
    let asked = try AskedRequest(invocation)
    let (file, database) = (try keyFile(asked.name), try officer())
    try asked.requireNew(database, file)
    let key = RequestKey()
    try key.write(to: file)
    do {
        let id = try asked.open(under: key, database)
        print("\(asked.name)  \(id)  commits to \(asked.items.count) items")
        print("its key is \(file.path); without it the list cannot be read")
    } catch let error as PostgresError where error.connectionLost {
        throw Failure("\(error); whether '\(asked.name)' is there is not known, so its key stays")
    } catch {
        // A key without a request would stand in the way of the next try.
        try FileManager.default.removeItem(at: file)
        throw error
    }
}
