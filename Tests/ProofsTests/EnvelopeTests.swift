import Foundation
@testable import Proofs
import Testing

struct EnvelopeTests {
    /// The example of the DSSE protocol's own text.
    @Test func `the bytes to be signed are those of the DSSE protocol`() {
        let bytes = SignedEnvelope.preAuthentication(
            "http://example.com/HelloWorld",
            Data("hello world".utf8)
        )
        #expect(
            String(decoding: bytes, as: UTF8.self)
                == "DSSEv1 29 http://example.com/HelloWorld 11 hello world"
        )
    }

    @Test func `an envelope is read back and checked`() throws {
        let key = SigningKey()
        let made = SignedEnvelope(Data("{}".utf8), type: "application/json", signedBy: key)
        let read = try SignedEnvelope(reading: made.canonical)
        #expect(read == made)
        try read.check(key.verifying)
        #expect(throws: ProofError.self) { try read.check(SigningKey().verifying) }
    }

    /// The other way to write the last digit of a base64 text says the same bytes.
    @Test func `an envelope in another form is refused`() throws {
        let made = SignedEnvelope(Data("{}".utf8), type: "t", signedBy: SigningKey())
        let text = String(decoding: made.canonical, as: UTF8.self)
        for other in [
            text.replacing("\"e30=\"", with: "\"e31=\""), text + "\n",
            text.replacing(":", with: ": "),
        ] {
            #expect(throws: ProofError.self) { try SignedEnvelope(reading: Data(other.utf8)) }
        }
    }

    /// Two entries whose parts run together to the same text.
    @Test func `an entry hashes each part behind its length`() throws {
        let zero = Hash()
        let one = LogEntry(stream: "ab", number: 1, previous: zero, payload: Array("c".utf8))
        let two = LogEntry(stream: "b", number: 1, previous: zero, payload: Array("ca".utf8))
        #expect(one.hash != two.hash)
        var bytes = [UInt8](repeating: 0, count: 32)
        bytes += [0, 0, 0, 0, 0, 0, 0, 1] + Array("c".utf8)
        bytes += [0, 0, 0, 2] + Array("ab".utf8)
        bytes += [0, 0, 0, 0, 0, 0, 0, 1]
        #expect(one.hash == Hash(of: bytes))
    }
}
