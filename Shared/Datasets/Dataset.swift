public import Foundation
public import Jobs
public import Store

/// Labelled square RGB images of one size, held as bytes.
public struct Dataset: Sendable {
    public static let format = "palimpsest.dataset.v1"

    public let resolution: Int
    public let classes: [String]
    /// The class of each image.
    public let labels: [Int]
    /// `[count, 3, resolution, resolution]`, one byte a channel.
    public let images: Data

    public var count: Int { labels.count }
    public var bytesPerImage: Int { 3 * resolution * resolution }

    /// - Precondition: `images` has the bytes of as many images as there are labels.
    public init(resolution: Int, classes: [String], labels: [Int], images: Data) {
        precondition(images.count == labels.count * 3 * resolution * resolution, "sizes disagree")
        self.resolution = resolution
        self.classes = classes
        self.labels = labels
        self.images = images
    }

    /// Reads the dataset whose manifest is `digest`.
    ///
    /// - Throws: `StoreError` where it is missing, damaged or no dataset.
    public init(_ digest: Digest, in store: ArtifactStore) throws {
        let manifest = try store.manifest(digest, format: Dataset.format)
        let info = try manifest.info.decode(Info.self)
        let labels = try store.read("labels.u8", of: manifest)
        let images = try store.read("images.u8", of: manifest)
        guard images.count == labels.count * 3 * info.resolution * info.resolution else {
            throw StoreError(
                description: "the dataset \(digest) has \(images.count) bytes of images for "
                    + "\(labels.count) labels at \(info.resolution)×\(info.resolution)"
            )
        }
        guard labels.allSatisfy({ Int($0) < info.classes.count }) else {
            throw StoreError(
                description: "the dataset \(digest) has a label beyond its "
                    + "\(info.classes.count) classes"
            )
        }
        self.init(
            resolution: info.resolution,
            classes: info.classes,
            labels: labels.map(Int.init),
            images: images
        )
    }

    /// Stores the dataset; its digest is a function of its images, labels and class names.
    public func save(in store: ArtifactStore) throws -> (digest: Digest, manifest: Manifest) {
        var manifest = Manifest(format: Dataset.format)
        try store.add("images.u8", images, to: &manifest)
        try store.add("labels.u8", Data(labels.map(UInt8.init)), to: &manifest)
        manifest.info = try JSON(
            encoding: Info(resolution: resolution, count: count, classes: classes)
        )
        return (try store.put(manifest), manifest)
    }

    /// The indices of the images whose class is one of `chosen`.
    public func indices(ofClasses chosen: Set<Int>) -> [Int] {
        labels.indices.filter { chosen.contains(labels[$0]) }
    }

    /// The images at `indices` as numbers in [−1, 1], `[indices, 3, resolution, resolution]`;
    /// those whose partner in `mirrored` is true are flipped left to right.
    public func pixels(_ indices: [Int], mirrored: [Bool]? = nil) -> [Float] {
        let size = bytesPerImage
        var result = [Float](repeating: 0, count: indices.count * size)
        images.withUnsafeBytes { source in
            result.withUnsafeMutableBufferPointer { target in
                for (place, index) in indices.enumerated() {
                    let (from, to) = (index * size, place * size)
                    for offset in 0..<size {
                        target[to + offset] = Float(source[from + offset]) / 127.5 - 1
                    }
                    if mirrored?[place] == true { mirrorRows(target, from: to, count: size) }
                }
            }
        }
        return result
    }

    private func mirrorRows(_ pixels: UnsafeMutableBufferPointer<Float>, from: Int, count: Int) {
        for row in stride(from: from, to: from + count, by: resolution) {
            pixels[row..<row + resolution].reverse()
        }
    }

    private struct Info: Codable {
        var resolution: Int
        var count: Int
        var classes: [String]
    }
}
