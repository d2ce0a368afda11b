import Jobs
import Testing

struct DigestTests {
    @Test func `a digest is read in either case and written in lower`() {
        let text = String(repeating: "0123456789ABCDEF", count: 4)
        #expect(Digest(hex: text)?.hex == text.lowercased())
    }

    /// A full-width digit has three bytes and is a hexadecimal digit to Unicode.
    @Test(arguments: [
        String(repeating: "0", count: 63), String(repeating: "0", count: 65),
        String(repeating: "0", count: 63) + "g", String(repeating: "0", count: 61) + "\u{FF11}",
        String(repeating: "0", count: 61) + "\u{FF21}",
    ])
    func `what is not 64 hexadecimal digits is no digest`(text: String) {
        #expect(Digest(hex: text) == nil)
    }
}
