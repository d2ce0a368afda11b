public import Foundation
public import Jobs
public import Tensors

/// Why bytes are not a safetensors file.
public struct SafeTensorsError: ClassifiedError, CustomStringConvertible {
    public let description: String
    public var failureClass: JobFailure.Class { .permanent }
}

/// Named tensors in the safetensors format: the header's length (8 bytes, little-endian), a JSON
/// header with type, shape and place of each tensor, then the elements.
///
/// The format's own description: <https://github.com/huggingface/safetensors#format>.
public enum SafeTensors {
    /// Writes `tensors`, sorted by name, to the new file `url`.
    public static func write(_ tensors: [String: Tensor], to url: URL) throws {
        try Data().write(to: url)
        let handle = try FileHandle(forWritingTo: url)
        let names = tensors.keys.sorted()
        try handle.write(contentsOf: header(names, tensors))
        for name in names {
            guard let tensor = tensors[name] else { continue }
            var bytes = Data(count: tensor.count * tensor.dtype.bytes)
            bytes.withUnsafeMutableBytes { tensor.copy(to: $0, as: tensor.dtype) }
            try handle.write(contentsOf: bytes)
        }
        try handle.close()
    }

    /// Reads every tensor of `data`, on the CPU.
    ///
    /// - Throws: `SafeTensorsError` naming the tensor that is wrong.
    public static func read(_ data: Data) throws -> [String: Tensor] {
        let data = Data(data)
        guard data.count >= 8 else { throw fault("it ends inside the header's length") }
        let length = data.prefix(8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        guard length <= UInt64(data.count - 8), length <= 100 << 20 else {
            throw fault("its header claims \(length) bytes of \(data.count - 8)")
        }
        let body = 8 + Int(length)
        let entries = try entries(data.subdata(in: 8..<body))
        let places = entries.values.map(\.offsets).sorted { ($0[0], $0[1]) < ($1[0], $1[1]) }
        guard places.first?[0] ?? 0 == 0, places.last?[1] ?? 0 == data.count - body,
            zip(places, places.dropFirst()).allSatisfy({ $0[1] == $1[0] })
        else { throw fault("its tensors leave gaps, overlap or end elsewhere than the file") }
        return try data.withUnsafeBytes { bytes in
            try Dictionary(
                uniqueKeysWithValues: entries.map { name, entry in
                    let dtype = try entry.checked(name)
                    let range = body + entry.offsets[0]..<body + entry.offsets[1]
                    let slice = UnsafeRawBufferPointer(rebasing: bytes[range])
                    return (name, Tensor(bytes: slice, dtype, entry.shape))
                }
            )
        }
    }

    private struct Entry: Codable {
        var dtype: String
        var shape: [Int]
        var offsets: [Int]

        enum CodingKeys: String, CodingKey {
            case dtype, shape
            case offsets = "data_offsets"
        }

        /// The element type, after checking that the place fits the shape.
        func checked(_ name: String) throws -> DType {
            guard let dtype = names.first(where: { $0.value == dtype })?.key else {
                throw fault("'\(name)' has element type '\(dtype)', which is not supported")
            }
            guard offsets[1] - offsets[0] == bytes(of: dtype) else {
                throw fault("'\(name)' has shape \(shape) but bytes \(offsets)")
            }
            return dtype
        }

        /// How many bytes the shape needs; nil for a negative axis, or where axes that are not empty
        /// are more than can be counted.
        private func bytes(of dtype: DType) -> Int? {
            var bytes = dtype.bytes
            for axis in shape {
                let (product, overflow) = bytes.multipliedReportingOverflow(by: max(1, axis))
                guard axis >= 0, !overflow else { return nil }
                bytes = product
            }
            return shape.contains(0) ? 0 : bytes
        }
    }

    private static let names: [DType: String] = [
        .float64: "F64", .float32: "F32", .float16: "F16", .bfloat16: "BF16", .int64: "I64",
        .int32: "I32", .uint8: "U8", .bool: "BOOL",
    ]

    private static func header(_ order: [String], _ tensors: [String: Tensor]) throws -> Data {
        var entries: [String: Entry] = [:]
        var end = 0
        for name in order {
            guard let tensor = tensors[name] else { continue }
            let start = end
            end += tensor.count * tensor.dtype.bytes
            let dtype = names[tensor.dtype] ?? ""
            entries[name] = Entry(dtype: dtype, shape: tensor.shape, offsets: [start, end])
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        var json = try encoder.encode(entries)
        json.append(contentsOf: [UInt8](repeating: 0x20, count: (8 - json.count % 8) % 8))
        let length = UInt64(json.count)
        return Data((0..<8).map { UInt8(truncatingIfNeeded: length >> (8 * $0)) }) + json
    }

    private static func entries(_ header: Data) throws -> [String: Entry] {
        guard
            var members = try? JSONSerialization.jsonObject(with: header) as? [String: Any]
        else { throw fault("its header is not JSON") }
        members["__metadata__"] = nil
        do {
            let plain = try JSONSerialization.data(withJSONObject: members)
            let entries = try JSONDecoder().decode([String: Entry].self, from: plain)
            for (name, entry) in entries
            where entry.offsets.count != 2 || entry.offsets[0] < 0
                || entry.offsets[0] > entry.offsets[1]
            {
                throw fault("'\(name)' lies at \(entry.offsets)")
            }
            return entries
        } catch let error as DecodingError {
            throw fault("its header is not as the format says: \(error)")
        }
    }

    private static func fault(_ reason: String) -> SafeTensorsError {
        SafeTensorsError(description: "not a safetensors file: \(reason)")
    }
}
