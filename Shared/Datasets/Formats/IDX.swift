import Foundation

/// MNIST's format: two zero bytes, the type (8, bytes), the number of axes, their lengths as
/// big-endian 32-bit numbers, then the elements. <http://yann.lecun.com/exdb/mnist>
///
/// Labels lie beside `…images-idx3-ubyte` as `…labels-idx1-ubyte`; both may be compressed.
enum IDX {
    /// - Throws: `ImportError` naming the file, and what is wrong with it.
    static func read(_ url: URL) throws -> PackedImages {
        let images = try array(url, axes: 3)
        let name = url.lastPathComponent.replacing("images", with: "labels")
            .replacing("idx3", with: "idx1")
        let beside = url.deletingLastPathComponent().appending(path: name)
        guard FileManager.default.fileExists(atPath: beside.path) else {
            throw ImportError("\(beside.path) is missing; it holds the labels of \(url.path)")
        }
        let labels = try array(beside, axes: 1)
        guard labels.lengths[0] == images.lengths[0] else {
            throw ImportError(
                "\(beside.path) has \(labels.lengths[0]) labels for \(images.lengths[0]) images"
            )
        }
        let numbers = labels.elements.map(Int.init)
        return PackedImages(
            width: images.lengths[2],
            height: images.lengths[1],
            classes: try numberedClasses(numbers, of: beside.path),
            labels: numbers,
            pixels: images.elements.flatMap { [$0, $0, $0] }
        )
    }

    private static func array(
        _ url: URL,
        axes: Int
    ) throws -> (lengths: [Int], elements: ArraySlice<UInt8>) {
        let bytes = [UInt8](try wholeFile(url))
        let header = 4 + 4 * axes
        guard bytes.count >= header, bytes[..<4] == [0, 0, 8, UInt8(axes)] else {
            throw ImportError("\(url.path) is no IDX file of bytes with \(axes) axes")
        }
        let lengths = stride(from: 4, to: header, by: 4).map { start in
            bytes[start..<start + 4].reduce(0) { $0 << 8 | Int($1) }
        }
        let (found, named) = (bytes.count - header, lengths.map(String.init))
        guard lengths.allSatisfy({ (1...1 << 20).contains($0) }), lengths.reduce(1, *) == found
        else {
            throw ImportError(
                "\(url.path) says \(named.joined(separator: " × ")) elements and holds \(found)"
            )
        }
        return (lengths, bytes[header...])
    }
}
