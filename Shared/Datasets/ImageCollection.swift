import Foundation
import Images

/// Image files as they come, to be put in the order of their paths.
struct ImageCollection {
    private var resolution: Int?
    private let strict: Bool
    private var images: [(path: String, label: String, pixels: [UInt8])] = []
    private var paths: Set<String> = []
    private var refused: [DatasetImport.Refusal] = []

    init(resolution: Int?, strict: Bool) {
        self.resolution = resolution
        self.strict = strict
    }

    /// Takes in one entry of the source, or notes why not.
    ///
    /// - Throws: `ImportError` with the reason if strict.
    mutating func add(_ path: String, _ entry: SourceEntry) throws {
        let parts = path.split(separator: "/").filter { $0 != "." }
        switch entry {
        case .folder: return
        case .refused(let reason): return try refuse(path, reason)
        case .file(let bytes):
            guard !path.hasPrefix("/"), !parts.contains("..") else {
                return try refuse(path, "its name leads out of the archive")
            }
            guard parts.count >= 2 else {
                return try refuse(path, "it lies in no folder, and the folder is the class")
            }
            guard paths.insert(parts.joined(separator: "/")).inserted else {
                return try refuse(path, "an earlier entry has the same name")
            }
            try add(parts.map(String.init), bytes)
        }
    }

    private mutating func add(_ parts: [String], _ bytes: Data) throws {
        let path = parts.joined(separator: "/")
        do {
            let image = try Image(decoding: bytes)
            let side = try resolution ?? usable(min(image.width, image.height))
            resolution = side
            images.append((path, parts[parts.count - 2], image.square(side).planar))
        } catch {
            try refuse(path, "\(error)")
        }
    }

    private mutating func refuse(_ path: String, _ reason: String) throws {
        if strict { throw ImportError("\(path): \(reason); nothing was imported") }
        refused.append(.init(path: path, reason: reason))
    }

    /// The dataset of all images, its classes sorted by name.
    ///
    /// - Throws: `ImportError` where there is no image or more than 256 classes.
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

/// `side`, where a dataset can have images of it.
///
/// - Throws: `ImportError` saying which sizes are usable.
func usable(_ side: Int) throws -> Int {
    guard (4...4_096).contains(side) else {
        throw ImportError("an image of \(side) pixels a side; 4 to 4096 are usable")
    }
    return side
}

extension Image {
    /// `[3, height, width]` from rows of red, green, blue.
    var planar: [UInt8] {
        let area = width * height
        var result = [UInt8](repeating: 0, count: 3 * area)
        for place in 0..<area {
            for channel in 0..<3 { result[channel * area + place] = pixels[3 * place + channel] }
        }
        return result
    }
}
