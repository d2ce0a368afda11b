import Foundation
import Jobs

/// Lines put together from pieces that end anywhere.
struct LineBuffer {
    /// The longest line that is taken, in bytes.
    private let limit: Int
    /// What came after the last line's end.
    private var rest = Data()

    init(limit: Int = 16 << 20) { self.limit = limit }

    /// Calls `body` with each line that ends in `piece`, without its end.
    ///
    /// - Throws: `JobFailure` where a line is longer than the limit; what `body` throws.
    mutating func add(_ piece: Data, _ body: (Data) throws -> Void) throws {
        var start = piece.startIndex
        while let end = piece[start...].firstIndex(of: 0x0A) {
            try append(piece[start..<end])
            start = piece.index(after: end)
            let line = rest
            rest = Data()
            try body(line)
        }
        try append(piece[start...])
    }

    private mutating func append(_ part: Data) throws {
        guard rest.count + part.count <= limit else {
            throw JobFailure(
                .transient,
                "the child wrote a line of more than \(limit) bytes, which is no report"
            )
        }
        rest.append(part)
    }
}
