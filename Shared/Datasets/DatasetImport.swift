public import Foundation

/// Turns images into a dataset: a folder or tar of PNG and JPEG files, where a file's class is the
/// folder it lies in; or a file of CIFAR's binary version, IDX or NumPy.
public struct DatasetImport {
    public struct Refusal: Sendable {
        public let path: String
        public let reason: String
    }

    /// Side of the dataset's images; nil takes the smaller side of the first image.
    public var resolution: Int?
    /// Whether one bad file is reason enough to import nothing.
    public var strict = false

    public init() {}

    /// Imports the folder or file at `url`; the same files give the same dataset.
    ///
    /// - Returns: the dataset, and every file that was refused with the reason.
    /// - Throws: `ImportError` where nothing could be imported, or on the first refusal if strict.
    public func run(_ url: URL) throws -> (dataset: Dataset, refused: [Refusal]) {
        _ = try resolution.map(usable)
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder) else {
            throw ImportError("\(url.path) does not exist; give a folder or a tar of images")
        }
        if let packed = try packedImages(url, isFolder: isFolder.boolValue) {
            return (try packed.dataset(resolution: resolution), [])
        }
        var collection = ImageCollection(resolution: resolution, strict: strict)
        let visit = { (path: String, entry: SourceEntry) in try collection.add(path, entry) }
        if isFolder.boolValue {
            try entries(inFolder: url, visit)
        } else {
            try entries(inArchive: url, visit)
        }
        return try collection.finish(url.path)
    }
}

/// The images of a format that keeps many in one file, or nil where `url` is none of these.
private func packedImages(_ url: URL, isFolder: Bool) throws -> PackedImages? {
    if isFolder {
        let files = try CIFARBinary.files(in: url)
        return files.isEmpty ? nil : try CIFARBinary.read(files)
    }
    let name = url.lastPathComponent
    if name.hasSuffix(".bin") { return try CIFARBinary.read([url]) }
    if name.hasSuffix(".npy") { return try NumPyImages.read(url) }
    if name.contains("idx3-ubyte") { return try IDX.read(url) }
    return nil
}

/// Why nothing could be imported.
public struct ImportError: Error, CustomStringConvertible {
    public let description: String
    init(_ description: String) { self.description = description }
}
