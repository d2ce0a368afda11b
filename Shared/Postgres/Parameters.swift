import Foundation

/// The parameters of one statement, laid out as libpq takes them.
struct Parameters {
    typealias Texts = UnsafePointer<UnsafePointer<CChar>?>

    /// All values in a row, each followed by a zero.
    private var storage: [CChar] = []
    private var offsets: [Int?] = []
    private var lengths: [Int32] = []
    private var formats: [Int32] = []

    /// - Throws: `PostgresError` for a text that holds a zero byte, which Postgres cannot store.
    init(_ values: [Value]) throws(PostgresError) {
        for (index, value) in values.enumerated() {
            switch value {
            case .null: add(nil, format: 0)
            case .bytes(let data): add(data, format: 1)
            case .text(let text):
                guard !text.utf8.contains(0) else {
                    throw PostgresError("parameter $\(index + 1) is a text with a zero byte in it")
                }
                add(Data(text.utf8), format: 0)
            }
        }
    }

    private mutating func add(_ data: Data?, format: Int32) {
        offsets.append(data == nil ? nil : storage.count)
        lengths.append(Int32(data?.count ?? 0))
        formats.append(format)
        if let data { storage.append(contentsOf: data.map(CChar.init(bitPattern:)) + [0]) }
    }

    /// Calls `body` with the values, their lengths and their formats, as `PQexecParams` takes them.
    func withPointers<Result>(
        _ body: (Texts, UnsafePointer<Int32>, UnsafePointer<Int32>) -> Result
    ) -> Result {
        storage.withUnsafeBufferPointer { bytes in
            let pointers = offsets.map { offset -> UnsafePointer<CChar>? in
                offset.flatMap { place in bytes.baseAddress.map { $0 + place } }
            }
            return body(pointers, lengths, formats)
        }
    }
}
