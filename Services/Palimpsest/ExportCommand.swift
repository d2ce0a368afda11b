import Commands
import Foundation
import Jobs
import Records
import Store

let exportCommand = Command(
    "export",
    summary: "Copies an artifact's files (weights, configuration, pictures) into a folder.",
    arguments: ["REF", "FOLDER"]
) { invocation in
    let connections = Connections.find()
    let record = try Ledger(connections.openDatabase()).resolve(invocation.arguments[0])
    let folder = URL(filePath: invocation.arguments[1], directoryHint: .isDirectory)
    for file in try export(record, to: folder, connections.existingStore()) { print(file.path) }
}

/// Writes the artifact's files into `folder` and returns their places.
func export(_ record: ArtifactRecord, to folder: URL, _ store: ArtifactStore) throws -> [URL] {
    let manifest = try manifest(record.content, store)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    return try manifest.files.keys.sorted().map { name in
        let place = folder.appending(path: name)
        try store.read(name, of: manifest).write(to: place)
        return place
    }
}

/// The files of the artifact with this content.
func manifest(_ content: Digest, _ store: ArtifactStore) throws -> Manifest {
    try JSON(parsing: store.read(content)).decode(Manifest.self)
}
