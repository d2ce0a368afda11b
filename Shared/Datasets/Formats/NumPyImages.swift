import Foundation

/// Images in a NumPy file: bytes `[N, H, W]`, `[N, H, W, 3]` or `[N, 3, H, W]`, with the labels
/// beside `NAME.npy` as `NAME-labels.npy`, whole numbers `[N]`.
///
/// The format: <https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html>
enum NumPyImages {
    /// - Throws: `ImportError` naming the file, and what is wrong with it.
    static func read(_ url: URL) throws -> PackedImages {
        let images = try File(url)
        guard images.type == "u1" else {
            throw images.fault("has elements of type '\(images.type)'; images are bytes, uint8")
        }
        let (height, width, place) = try layout(images)
        let labels = try labels(beside: url, count: images.shape[0])
        let bytes = [UInt8](images.elements)
        let (area, size) = (width * height, images.shape.dropFirst().reduce(1, *))
        let pixels = (0..<images.shape[0] * 3 * area).map { index in
            bytes[index / (3 * area) * size + place(index % (3 * area) / 3, index % 3)]
        }
        return PackedImages(
            width: width,
            height: height,
            classes: try numberedClasses(labels, of: labelFile(url).path),
            labels: labels,
            pixels: pixels
        )
    }

    /// Height, width, and where in an image the channel of a pixel stands.
    private static func layout(_ images: File) throws -> (Int, Int, (Int, Int) -> Int) {
        let axes = Array(images.shape.dropFirst())
        switch (axes.count, axes.first, axes.last) {
        case (2, _, _): return (axes[0], axes[1], { pixel, _ in pixel })
        case (3, _, 3): return (axes[0], axes[1], { pixel, channel in 3 * pixel + channel })
        case (3, 3, _):
            let area = axes[1] * axes[2]
            return (axes[1], axes[2], { pixel, channel in channel * area + pixel })
        default:
            throw images.fault("has shape \(images.shape); [N, H, W] or [N, H, W, 3] is right")
        }
    }

    private static func labelFile(_ url: URL) -> URL {
        let name = url.deletingPathExtension().lastPathComponent + "-labels.npy"
        return url.deletingLastPathComponent().appending(path: name)
    }

    private static func labels(beside url: URL, count: Int) throws -> [Int] {
        let file = labelFile(url)
        guard FileManager.default.fileExists(atPath: file.path) else {
            throw ImportError("\(file.path) is missing; it holds the labels of \(url.path)")
        }
        let labels = try File(file)
        guard labels.shape == [count] else {
            throw labels.fault("has shape \(labels.shape); [\(count)] is right, one an image")
        }
        return try labels.integers
    }
}

extension NumPyImages {
    /// The array of one file, in C order.
    struct File {
        let url: URL
        /// Without the byte order, such as `u1` or `i8`.
        let type: String
        let shape: [Int]
        let elements: Data

        init(_ url: URL) throws {
            let data = try wholeFile(url)
            self.url = url
            let bad = ImportError("\(url.path) is no NumPy file: its header is not as it should be")
            guard data.count >= 12, data.starts(with: [0x93] + Data("NUMPY".utf8)) else {
                throw bad
            }
            let wide = data[6] > 1
            let length = data[8..<(wide ? 12 : 10)].reversed().reduce(0) { $0 << 8 | Int($1) }
            let start = (wide ? 12 : 10) + length
            guard start <= data.count else { throw bad }
            let header = String(decoding: data[(wide ? 12 : 10)..<start], as: UTF8.self)
            let pattern =
                /'descr': *'([<|>=]?)([a-z]\d+)'.*'fortran_order': *(\w+).*'shape': *\(([\d, ]*)\)/
            guard let found = header.firstMatch(of: pattern) else { throw bad }
            type = String(found.2)
            shape = found.4.split(separator: ",").compactMap {
                Int($0.trimmingCharacters(in: .whitespaces))
            }
            elements = data[start...]
            guard found.3 == "False", found.1 != ">" else {
                throw fault(
                    "is in Fortran order or big-endian; save it with numpy.ascontiguousarray"
                )
            }
            // As floating-point numbers, since the product of what a stranger wrote may be anything.
            let claimed = shape.reduce(Double(type.dropFirst()) ?? 0) { $0 * Double($1) }
            guard !shape.isEmpty, claimed > 0, claimed == Double(elements.count) else {
                throw fault("says shape \(shape) and holds \(elements.count) bytes")
            }
        }

        func fault(_ reason: String) -> ImportError { ImportError("\(url.path) \(reason)") }

        /// The elements, where they are whole numbers.
        var integers: [Int] {
            get throws {
                guard let width = Int(type.dropFirst()), (1...8).contains(width),
                    "ui".contains(type.prefix(1))
                else {
                    throw fault("has elements of type '\(type)'; labels are whole numbers")
                }
                let bytes = [UInt8](elements)
                return stride(from: 0, to: bytes.count, by: width).map { start in
                    let bits = bytes[start..<start + width].reversed().reduce(UInt64(0)) {
                        $0 << 8 | UInt64($1)
                    }
                    let shift = 64 - 8 * width
                    return type.hasPrefix("u")
                        ? Int(clamping: bits) : Int(Int64(bitPattern: bits << shift) >> shift)
                }
            }
        }
    }
}
