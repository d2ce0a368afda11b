public import Foundation
import Images

/// Turns a folder or tar of images into a dataset; a file's class is the folder it lies in.
public struct DatasetImport {
    public struct Refusal: Sendable {
        public let path: String
        public let reason: String
    }

    /// Side of the dataset's images; nil takes that of the first image.
    public var resolution: Int?
    /// Whether one bad file is reason enough to import nothing.
    public var strict = false

    public init() {}

    /// Imports the folder or archive at `url`; the same files give the same dataset.
    ///
    /// - Returns: the dataset, and every file that was refused with the reason.
    /// - Throws: `ImportError` where nothing could be imported, or on the first refusal if strict.
    public func run(_ url: URL) throws -> (dataset: Dataset, refused: [Refusal]) {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder) else {
            throw ImportError("\(url.path) does not exist; give a folder or a tar of images")
        }
        var collection = Collection(resolution: resolution, strict: strict)
        if isFolder.boolValue {
            try files(inFolder: url) { try collection.add($0.path, $0.bytes) }
        } else {
            try files(inArchive: url) { path, bytes in
                guard let bytes else { return try collection.skip(path) }
                try collection.add(path, bytes)
            }
        }
        return try collection.finish(url.path)
    }
}

/// Images as they come, to be put in the order of their paths.
private struct Collection {
    var resolution: Int?
    let strict: Bool
    private var images: [(path: String, label: String, pixels: [UInt8])] = []
    private var refused: [DatasetImport.Refusal] = []

    init(resolution: Int?, strict: Bool) {
        self.resolution = resolution
        self.strict = strict
    }

    mutating func add(_ path: String, _ bytes: Data) throws {
        let parts = path.split(separator: "/").filter { $0 != "." }
        guard !path.hasPrefix("/"), !parts.contains("..") else {
            return try refuse(path, "its name leads out of the archive")
        }
        guard parts.count >= 2 else {
            return try refuse(path, "it lies in no folder, and the folder is the class")
        }
        do {
            let image = try Image(decoding: bytes)
            let side = resolution ?? min(image.width, image.height)
            guard (4...4096).contains(side) else {
                throw ImportError("an image of \(side) pixels a side; 4 to 4096 are usable")
            }
            resolution = side
            let label = String(parts[parts.count - 2])
            images.append((parts.joined(separator: "/"), label, planar(image.square(side))))
        } catch {
            try refuse(path, "\(error)")
        }
    }

    /// Passes over a folder in silence and refuses anything else that is no file.
    mutating func skip(_ path: String) throws {
        if !path.hasSuffix("/") { try refuse(path, "it is a link or a device, not a file") }
    }

    private mutating func refuse(_ path: String, _ reason: String) throws {
        if strict { throw ImportError("\(path): \(reason); nothing was imported") }
        refused.append(.init(path: path, reason: reason))
    }

    func finish(_ source: String) throws -> (Dataset, [DatasetImport.Refusal]) {
        guard let resolution, !images.isEmpty else {
            let first = refused.first.map { "; the first file: \($0.path): \($0.reason)" } ?? ""
            throw ImportError("\(source) holds no usable image\(first)")
        }
        let classes = Set(images.map(\.label)).sorted()
        guard classes.count <= 256 else {
            throw ImportError("\(source) has \(classes.count) classes; at most 256 are supported")
        }
        let numbers = Dictionary(uniqueKeysWithValues: zip(classes, 0...))
        let ordered = images.sorted { $0.path < $1.path }
        var bytes = Data(capacity: ordered.count * 3 * resolution * resolution)
        for image in ordered { bytes.append(contentsOf: image.pixels) }
        let labels = ordered.compactMap { numbers[$0.label] }
        return (
            Dataset(resolution: resolution, classes: classes, labels: labels, images: bytes),
            refused
        )
    }
}

/// `[3, height, width]` from rows of red, green, blue.
private func planar(_ image: Image) -> [UInt8] {
    let area = image.width * image.height
    var result = [UInt8](repeating: 0, count: 3 * area)
    for place in 0..<area {
        for channel in 0..<3 { result[channel * area + place] = image.pixels[3 * place + channel] }
    }
    return result
}
