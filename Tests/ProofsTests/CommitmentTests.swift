import Foundation
@testable import Proofs
import Testing

struct CommitmentTests {
    /// RFC 4231, test case 2.
    @Test func `codes are those of RFC 4231`() {
        let code = authenticationCode(
            Array("what do ya want for nothing?".utf8),
            under: Array("Jefe".utf8)
        )
        #expect(code.hex == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
    }

    /// McGrew & Viega 2004, "The Galois/Counter Mode of Operation", test case 16.
    @Test func `sealing is AES-256-GCM`() throws {
        func bytes(_ text: String) -> [UInt8] { [UInt8](hexadecimal: text) ?? [] }
        let key = bytes("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308")
        let nonce = bytes("cafebabefacedbaddecaf888")
        let bound = bytes("feedfacedeadbeeffeedfacedeadbeefabaddad2")
        let text = bytes(
            "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
                + "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39"
        )
        let sealed = try seal(text, under: key, nonce: nonce, bound: bound)
        #expect(
            sealed.hexadecimal
                == "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
                + "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"
                + "76fc6ece0f4e1768cddf8853bb2d551b"
        )
        #expect(try unseal(sealed, under: key, nonce: nonce, bound: bound) == text)
        for place in sealed.indices {
            var other = sealed
            other[place] ^= 1
            #expect(throws: ProofError.self) {
                try unseal(other, under: key, nonce: nonce, bound: bound)
            }
        }
    }

    @Test func `a commitment depends on the items and the key, not on their order`() throws {
        let key = try #require(RequestKey([UInt8](repeating: 7, count: 32)))
        let promise = Commitment(to: ["a", "b", "c"], under: key)
        #expect(promise == Commitment(to: ["c", "a", "b", "a"], under: key))
        #expect(promise.count == 3)
        #expect(promise != Commitment(to: ["a", "b"], under: key))
        #expect(promise != Commitment(to: ["a", "b", "c"], under: RequestKey()))
        #expect(Commitment(to: [], under: key).count == 0)
    }

    @Test func `a sealed list opens with its key and for its request only`() throws {
        let key = RequestKey()
        let list = try SealedList(["a name", "another"], for: "request-1", under: key)
        #expect(try list.items(for: "request-1", under: key) == ["a name", "another"])
        #expect(throws: ProofError.self) { try list.items(for: "request-2", under: key) }
        #expect(throws: ProofError.self) { try list.items(for: "request-1", under: RequestKey()) }
        #expect(!list.bytes.contains(Array("name".utf8)))
        #expect(list.nonce + list.ciphertext == list.bytes && list.nonce.count == 12)
        let cut = SealedList(bytes: list.bytes.prefix(20))
        #expect(throws: ProofError.self) { try cut.items(for: "request-1", under: key) }
    }
}

extension Data {
    fileprivate func contains(_ part: [UInt8]) -> Bool { range(of: Data(part)) != nil }
}
