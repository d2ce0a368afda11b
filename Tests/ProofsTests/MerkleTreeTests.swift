import Foundation
import Proofs
import Testing

/// The list and the hashes of certificate-transparency's own tests (merkletree/tree_hasher_test,
/// merkle_verifier_test), which RFC 6962 and RFC 9162 describe.
struct MerkleTreeTests {
    private static let inputs = [
        "", "00", "10", "2021", "3031", "40414243", "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    ]

    private static let roots = [
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ]

    /// The proofs of the same tests, by leaf (from 0) and size.
    private static let paths: [(index: Int, size: Int, path: [String])] = [
        (0, 1, []),
        (
            0, 8,
            [
                "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
                "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
            ]
        ),
        (
            5, 8,
            [
                "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
                "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            ]
        ),
        (2, 3, ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"]),
        (
            1, 5,
            [
                "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
                "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
            ]
        ),
    ]

    private static let extensions: [(old: Int, new: Int, path: [String])] = [
        (1, 1, []),
        (
            1, 8,
            [
                "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
                "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
            ]
        ),
        (
            6, 8,
            [
                "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
                "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            ]
        ),
        (
            2, 5,
            [
                "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
            ]
        ),
    ]

    private let leaves = MerkleTreeTests.inputs.compactMap { [UInt8](hexadecimal: $0) }
        .map { MerkleTree.leaf($0) }

    @Test func `roots are those of certificate transparency`() throws {
        let tree = MerkleTree(leaves)
        var frontier = MerkleFrontier()
        for (size, root) in MerkleTreeTests.roots.enumerated() {
            #expect(tree.root(size: size).hex == root)
            #expect(frontier.root.hex == root)
            if size < leaves.count { frontier.append(leaves[size]) }
        }
        #expect(frontier.count == 8 && frontier.peaks.count == 1)
    }

    @Test func `inclusion proofs are those of certificate transparency`() {
        let tree = MerkleTree(leaves)
        for (index, size, path) in MerkleTreeTests.paths {
            #expect(tree.inclusionProof(of: index, size: size).map(\.hex) == path)
        }
    }

    @Test func `consistency proofs are those of certificate transparency`() {
        let tree = MerkleTree(leaves)
        for (old, new, path) in MerkleTreeTests.extensions {
            #expect(tree.consistencyProof(from: old, to: new).map(\.hex) == path)
        }
    }

    @Test func `every proof of 33 leaves holds, and none holds elsewhere`() {
        let leaves = (0..<33).map { MerkleTree.leaf([UInt8($0)]) }
        let tree = MerkleTree(leaves)
        for size in 1...33 {
            let root = tree.root(size: size)
            for index in 0..<size {
                let path = tree.inclusionProof(of: index, size: size)
                #expect(MerkleTree.includes(leaves[index], at: index, size: size, path, in: root))
                let other = (index + 1) % 33
                #expect(!MerkleTree.includes(leaves[other], at: index, size: size, path, in: root))
                #expect(
                    !MerkleTree.includes(
                        leaves[index],
                        at: index,
                        size: size,
                        path + [root],
                        in: root
                    )
                )
                if size > 1 {
                    #expect(
                        !MerkleTree.includes(
                            leaves[index],
                            at: (index + 1) % size,
                            size: size,
                            path,
                            in: root
                        )
                    )
                }
            }
            for old in 1...size {
                let path = tree.consistencyProof(from: old, to: size)
                let first = tree.root(size: old)
                #expect(MerkleTree.extends(first, size: old, to: root, size: size, path))
                #expect(
                    !MerkleTree.extends(leaves[0], size: old, to: root, size: size, path)
                        || old == 1
                )
                #expect(!MerkleTree.extends(first, size: old, to: leaves[1], size: size, path))
            }
        }
    }
}
