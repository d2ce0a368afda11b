import Foundation
import Jobs
import Testing

@testable import Workers

struct LineBufferTests {
    @Test func `lines are the same wherever the pieces end`() throws {
        let text = Data("one\n\nthree\nrest".utf8)
        for size in 1...text.count {
            var (buffer, lines) = (LineBuffer(), [String]())
            for start in stride(from: 0, to: text.count, by: size) {
                try buffer.add(text[start..<min(start + size, text.count)]) {
                    lines.append(String(decoding: $0, as: UTF8.self))
                }
            }
            #expect(lines == ["one", "", "three"])
        }
    }

    /// A child that never ends its line must not fill the worker's memory.
    @Test(arguments: ["x", "xxxx\n"])
    func `a line without end is refused with the limit`(piece: String) throws {
        var buffer = LineBuffer(limit: 8)
        try buffer.add(Data("12345678\n12345678".utf8)) { #expect($0.count == 8) }
        let error = #expect(throws: JobFailure.self) {
            try buffer.add(Data(piece.utf8)) { _ in Issue.record("a line came") }
        }
        #expect(error?.reason == .transient && error?.message.contains("than 8 bytes") == true)
    }
}
