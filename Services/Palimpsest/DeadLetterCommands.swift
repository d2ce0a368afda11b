import Commands
import Foundation
import Postgres
import Records

let deadLettersListCommand = Command(
    "dead-letters list",
    summary: "Lists messages that could not become jobs, and jobs that failed for good.",
    options: [Option("limit", "N", help: "how many; 20 by default")]
) { invocation in
    let queue = try JobQueue(Connections.find().openDatabase())
    let rows = try queue.deadLetters(limit: invocation.integer("limit", in: Limits.rows) ?? 20).map
    { letter in
        [
            letter.letter, letter.topic, letter.reason, letter.again == 0 ? "" : "\(letter.again)",
            letter.detail.split(separator: "\n").joined(separator: " "),
        ]
    }
    printTable(["letter", "topic", "reason", "again", "detail"], rows)
}

let deadLettersReplayCommand = Command(
    "dead-letters replay",
    summary: "Sends dead letters again: messages by number, failed jobs by id.",
    arguments: ["LETTER…"]
) { invocation in
    let queue = try JobQueue(Connections.find().openDatabase())
    for letter in invocation.arguments {
        if let number = Int(letter) {
            print("message of \(try queue.replay(number)) sent again")
        } else {
            try retry(letter, queue)
        }
    }
}

let retryCommand = Command(
    "retry",
    summary: "Asks once more for a job that failed or was cancelled, and prints the new job's id.",
    arguments: ["JOB"]
) { invocation in
    try retry(invocation.arguments[0], JobQueue(Connections.find().openDatabase()))
}

private func retry(_ text: String, _ queue: JobQueue) throws {
    guard let id = UUID(uuidString: text) else {
        throw UsageError(
            "'\(text)' is neither a letter's number nor a job's id; `palimpsest dead-letters list` "
                + "and `palimpsest jobs` list them"
        )
    }
    print(try queue.retry(id).job.uuidString.lowercased())
}
