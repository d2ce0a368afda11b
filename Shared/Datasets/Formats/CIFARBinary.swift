import Foundation

/// CIFAR-10 and CIFAR-100 in their binary version (Krizhevsky 2009): records of one label byte, or
/// a coarse and a fine one, and 3 · 32 · 32 bytes, channel by channel.
enum CIFARBinary {
    private static let area = 32 * 32

    /// The files of batches in `folder`, in the order of their names, but those for testing.
    static func files(in folder: URL) throws -> [URL] {
        try FileManager.default.contentsOfDirectory(
            at: folder,
            includingPropertiesForKeys: nil
        ).filter { $0.pathExtension == "bin" && !$0.lastPathComponent.hasPrefix("test") }
            .sorted { $0.lastPathComponent < $1.lastPathComponent }
    }

    /// - Throws: `ImportError` naming the file that does not hold whole records or known labels.
    static func read(_ files: [URL]) throws -> PackedImages {
        let parts = try files.map { try (url: $0, bytes: [UInt8](wholeFile($0))) }
        guard let first = parts.first else { throw ImportError("no CIFAR binary was given") }
        let header = try headerLength(first.url, first.bytes.count)
        let known = header == 1 ? 10 : 100
        let classes = try names(beside: first.url, count: known)
        var (labels, pixels): ([Int], [UInt8]) = ([], [])
        for (url, bytes) in parts {
            guard try headerLength(url, bytes.count) == header else {
                throw ImportError("\(url.path) is of another CIFAR than \(first.url.path)")
            }
            for start in stride(from: 0, to: bytes.count, by: header + 3 * area) {
                let label = Int(bytes[start + header - 1])
                guard label < known else {
                    throw ImportError("\(url.path): label \(label); 0 to \(known - 1) are right")
                }
                labels.append(label)
                pixels += interleaved(bytes, from: start + header)
            }
        }
        return PackedImages(
            width: 32,
            height: 32,
            classes: classes,
            labels: labels,
            pixels: pixels
        )
    }

    /// How many label bytes a record has.
    private static func headerLength(_ url: URL, _ size: Int) throws -> Int {
        let fits = [1, 2].first { size > 0 && size.isMultiple(of: $0 + 3 * area) }
        guard let fits else {
            throw ImportError(
                "\(url.path) has \(size) bytes, which are no whole records of CIFAR-10 (3073 "
                    + "bytes) or CIFAR-100 (3074)"
            )
        }
        return fits
    }

    private static func interleaved(_ bytes: [UInt8], from start: Int) -> [UInt8] {
        (0..<3 * area).map { bytes[start + $0 % 3 * area + $0 / 3] }
    }

    /// The names in the text that comes with the batches, else numbers.
    private static func names(beside url: URL, count: Int) throws -> [String] {
        let name = count == 10 ? "batches.meta.txt" : "fine_label_names.txt"
        let file = url.deletingLastPathComponent().appending(path: name)
        guard FileManager.default.fileExists(atPath: file.path) else {
            return (0..<count).map(String.init)
        }
        let text = String(decoding: try wholeFile(file), as: UTF8.self)
        let names = text.split(whereSeparator: \.isNewline).map {
            $0.trimmingCharacters(in: .whitespaces)
        }.filter { !$0.isEmpty }
        guard names.count == count, Set(names).count == count else {
            throw ImportError(
                "\(file.path) has \(names.count) names; \(count) distinct ones belong"
            )
        }
        return names
    }
}
