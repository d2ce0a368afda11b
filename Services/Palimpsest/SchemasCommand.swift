import Commands
import Foundation
import Jobs

let schemasCommand = Command(
    "schemas",
    summary: "Writes the JSON Schemas of all messages, and an AsyncAPI document, into a folder.",
    arguments: ["FOLDER"]
) { invocation in
    let folder = URL(filePath: invocation.arguments[0], directoryHint: .isDirectory)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    for (name, document) in try Schemas.documents().sorted(by: { $0.key < $1.key }) {
        let file = folder.appending(path: name)
        try Schemas.bytes(of: document).write(to: file)
        print(file.path)
    }
}
