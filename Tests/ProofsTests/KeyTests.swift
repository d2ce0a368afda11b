import Foundation
import Proofs
import Testing

struct KeyTests {
    /// RFC 8032, section 7.1, tests 1 to 3 and SHA(abc): seed, public key, message, signature.
    private static let vectors = [
        [
            "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bac"
                + "c61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
        ],
        [
            "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e"
                + "458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
        ],
        [
            "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
            "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290"
                + "ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
        ],
    ]

    @Test(arguments: vectors)
    func `signatures are those of RFC 8032`(vector: [String]) throws {
        let bytes = vector.compactMap { [UInt8](hexadecimal: $0) }
        let key = try #require(SigningKey(seed: bytes[0]))
        #expect(key.verifying.bytes == bytes[1])
        #expect(key.sign(bytes[2]) == bytes[3])
        #expect(key.verifying.verifies(bytes[3], of: bytes[2]))
        #expect(!key.verifying.verifies(bytes[3], of: bytes[2] + [0]))
        var other = bytes[3]
        other[10] ^= 1
        #expect(!key.verifying.verifies(other, of: bytes[2]))
    }

    @Test func `a key file is for its owner only, and is read back`() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appending(path: "key")
        let key = SigningKey()
        try key.write(to: file)
        let mode = try FileManager.default.attributesOfItem(atPath: file.path)[.posixPermissions]
        #expect(mode as? Int == 0o600)
        #expect(try SigningKey(file: file).verifying == key.verifying)
        let shown = folder.appending(path: "key.pub")
        #expect(try VerifyingKey(file: shown) == key.verifying)
        #expect(throws: ProofError.self) { try VerifyingKey(file: file) }
        #expect(throws: ProofError.self) { try key.write(to: file) }
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: file.path)
        #expect(throws: ProofError.self) { try SigningKey(file: file) }
    }

    /// Such as every file of a mounted secret is: a link's own mode, 0777, says nothing.
    @Test func `a key behind links is as private as the file that they lead to`() throws {
        let folder = try Folder()
        let (real, link) = (folder.url.appending(path: "real"), folder.url.appending(path: "link"))
        try RequestKey().write(to: real)
        try FileManager.default.createSymbolicLink(at: link, withDestinationURL: real)
        _ = try RequestKey(file: link)
        try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: real.path)
        let error = #expect(throws: ProofError.self) { try RequestKey(file: link) }
        let says = "key file \(real.resolvingSymlinksInPath().path), to which \(link.path) leads"
        #expect(error?.description.contains(says) == true, "\(String(describing: error))")
    }

    @Test func `an erased key is gone under each of its names`() throws {
        let folder = try Folder()
        let (file, other) = (folder.url.appending(path: "key"), folder.url.appending(path: "other"))
        try RequestKey().write(to: file)
        let size = try Data(contentsOf: file).count
        try FileManager.default.linkItem(at: file, to: other)
        try FileManager.default.setAttributes([.posixPermissions: 0o400], ofItemAtPath: file.path)
        #expect(try RequestKey.erase(file))
        #expect(!FileManager.default.fileExists(atPath: file.path))
        #expect(try Data(contentsOf: other) == Data(count: size))
        #expect(try !RequestKey.erase(file))
    }

    @Test func `a link is not erased, but names the file that is to be`() throws {
        let folder = try Folder()
        let (real, link) = (folder.url.appending(path: "real"), folder.url.appending(path: "link"))
        try FileManager.default.createSymbolicLink(at: link, withDestinationURL: real)
        let key = RequestKey()
        // It leads nowhere while what it leads to is away, as a disk that is not mounted.
        for there in [false, true] {
            if there { try key.write(to: real) }
            let error = #expect(throws: ProofError.self) { try RequestKey.erase(link) }
            let says = "is a link to \(real.resolvingSymlinksInPath().path); erase that file"
            #expect(error?.description.contains(says) == true, "\(String(describing: error))")
        }
        _ = try RequestKey(file: link)
        let error = #expect(throws: ProofError.self) { try RequestKey.erase(folder.url) }
        #expect(error?.description.hasSuffix("is no file") == true)
    }

    /// A folder that goes with the test.
    private final class Folder {
        let url = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)

        init() throws {
            try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        }

        deinit { try? FileManager.default.removeItem(at: url) }
    }
}
