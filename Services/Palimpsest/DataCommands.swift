import Commands
import Datasets
import Foundation
import Jobs
import Records
import Store

let dataImportCommand = Command(
    "data import",
    summary: "Imports a folder or tar of images (a folder is a class), CIFAR binary, IDX or .npy.",
    arguments: ["NAME", "PATH"],
    options: [
        Option("resolution", "PIXELS", help: "side of the images; that of the first by default"),
        Option("strict", help: "import nothing if any file is refused"),
        Option("source", "TEXT", help: "where it came from, for all to read; no names of people"),
        Option("licence", "ID", help: "its licence, as an SPDX identifier"),
    ]
) { invocation in
    let (name, path) = (invocation.arguments[0], invocation.arguments[1])
    guard JobRequest.isName(name) else {
        throw UsageError(
            "'\(name)' cannot be a name; begin with a letter, then letters, digits, . _ -, and nothing "
                + "that looks like a digest or an id"
        )
    }
    var importer = DatasetImport()
    importer.resolution = try invocation.integer("resolution")
    importer.strict = invocation.flag("strict")
    let connections = Connections.find()
    let (dataset, refused) = try importer.run(URL(filePath: path))
    for file in refused { print("refused \(file.path): \(file.reason)") }
    let source = invocation.value("source") ?? "local files"
    try register(dataset, as: name, (source, invocation.value("licence")), connections)
}

let dataShapesCommand = Command(
    "data shapes",
    summary: "Draws the built-in dataset of shapes.",
    options: [
        Option("count", "N", help: "images; 4096 by default"),
        Option("resolution", "PIXELS", help: "side of the images; 32 by default"),
        Option("seed", "N", help: "1 by default"),
    ]
) { invocation in
    try importShapes(
        Connections.find(),
        count: invocation.integer("count", in: 8...1_000_000) ?? 4_096,
        resolution: invocation.integer("resolution", in: 8...1_024) ?? 32,
        seed: invocation.integer("seed") ?? 1
    )
}

/// Draws the shapes and registers them under the name `shapes`.
func importShapes(_ connections: Connections, count: Int, resolution: Int, seed: Int) throws {
    let dataset = Shapes.dataset(count: count, resolution: resolution, seed: seed)
    try register(
        dataset,
        as: "shapes",
        ("shapes count=\(count) resolution=\(resolution) seed=\(seed)", "Apache-2.0"),
        connections
    )
}

private func register(
    _ dataset: Dataset,
    as name: String,
    _ origin: (source: String, licence: String?),
    _ connections: Connections
) throws {
    let (digest, manifest) = try dataset.save(in: connections.openStore())
    let output = JobOutput(
        name: "dataset",
        kind: "dataset",
        content: digest,
        bytes: manifest.bytes,
        info: manifest.info
    )
    let artifact = try Ledger(connections.openDatabase()).register(
        output,
        from: origin.source,
        licence: origin.licence,
        name: name
    )
    print(
        "\(name): \(dataset.count) images of \(dataset.resolution) pixels in "
            + "\(dataset.classes.count) classes, artifact \(artifact)"
    )
}
