import Datasets
import Foundation
import Testing

/// A record of CIFAR's binary version whose channels have one value each.
private func record(_ labels: [UInt8], _ channels: [UInt8]) -> Data {
    Data(labels) + channels.reduce(Data()) { $0 + Data(repeating: $1, count: 1_024) }
}

private func idx(_ axes: [UInt8], _ elements: [UInt8]) -> Data {
    Data([0, 0, 8, UInt8(axes.count)]) + Data(axes.flatMap { [0, 0, 0, $0] }) + Data(elements)
}

/// A NumPy file as `numpy.save` writes it.
private func npy(_ type: String, _ shape: String, _ elements: [UInt8], fortran: Bool = false)
    -> Data
{
    let order = fortran ? "True" : "False"
    let header = "{'descr': '\(type)', 'fortran_order': \(order), 'shape': \(shape), }"
    let padded = header.padding(toLength: 117, withPad: " ", startingAt: 0) + "\n"
    return Data([0x93]) + Data("NUMPY".utf8) + Data([1, 0, 118, 0]) + Data(padded.utf8)
        + Data(elements)
}

struct FormatTests {
    /// 300 KiB that decompress to 300 MiB.
    @Test(arguments: ["x.npy", "x.bin", "t-images-idx3-ubyte"])
    func `a file that decompresses without end is refused with the number`(name: String) throws {
        try withFolder { folder in
            let file = folder.appending(path: name)
            try gzip(zeros: 300, to: file)
            let found = try #require(problem { _ = try DatasetImport().run(file) })
            #expect(
                found.contains("\(file.path) is compressed and holds more than 268435456 bytes")
            )
        }
    }

    @Test func `CIFAR-10 batches of a folder are joined, with their names`() throws {
        try withFolder { folder in
            let names = "airplane\nautomobile\nbird\ncat\ndeer\ndog\nfrog\nhorse\nship\ntruck\n\n"
            try write(
                [
                    "data_batch_1.bin": record([3], [1, 2, 3]),
                    "batches.meta.txt": Data(names.utf8),
                    "data_batch_2.bin": record([9], [4, 5, 6]), "test_batch.bin": Data([1]),
                ],
                to: folder
            )
            let (dataset, refused) = try DatasetImport().run(folder)
            #expect(refused.isEmpty)
            #expect(dataset.labels == [3, 9] && dataset.classes[3] == "cat")
            #expect(dataset.images == record([], [1, 2, 3]) + record([], [4, 5, 6]))
        }
    }

    @Test func `CIFAR-100 has a coarse and a fine label`() throws {
        try withFolder { folder in
            try write(["train.bin": record([19, 99], [7, 8, 9])], to: folder)
            let dataset = try DatasetImport().run(folder.appending(path: "train.bin")).dataset
            #expect(dataset.labels == [99] && dataset.classes.count == 100)
        }
    }

    /// 2 × 3 pixels lose a column: the square is cut from the middle.
    @Test func `IDX images with labels beside them are read`() throws {
        try withFolder { folder in
            let row: [UInt8] = [1, 2, 3, 4, 5]
            let pixels = (0..<4).flatMap { _ in row }
            try write(
                [
                    "t-images-idx3-ubyte": idx([2, 4, 5], pixels + pixels),
                    "t-labels-idx1-ubyte": idx([2], [1, 0]),
                ],
                to: folder
            )
            let file = folder.appending(path: "t-images-idx3-ubyte")
            let dataset = try DatasetImport().run(file).dataset
            #expect(dataset.labels == [1, 0] && dataset.classes == ["0", "1"])
            #expect(dataset.resolution == 4)
            #expect(Array(dataset.images.prefix(8)) == [1, 2, 3, 4, 1, 2, 3, 4])
        }
    }

    @Test(arguments: [
        ("(1, 4, 4)", 1, [0, 1, 2, 3]), ("(1, 4, 4, 3)", 3, [0, 3, 6, 9]),
        ("(1, 3, 4, 4)", 3, [0, 1, 2, 3]),
    ])
    func `NumPy arrays of every layout are read`(shape: String, channels: Int, row: [UInt8]) throws
    {
        try withFolder { folder in
            let pixels = (0..<16 * channels).map { UInt8($0) }
            try write(
                [
                    "x.npy": npy("|u1", shape, pixels),
                    "x-labels.npy": npy("<i8", "(1,)", [2, 0, 0, 0, 0, 0, 0, 0]),
                ],
                to: folder
            )
            let dataset = try DatasetImport().run(folder.appending(path: "x.npy")).dataset
            #expect(dataset.labels == [2] && dataset.classes == ["0", "1", "2"])
            #expect(Array(dataset.images.prefix(4)) == row)
        }
    }

    /// Files that are wrong, which of them is imported, and what is said.
    static let bad: [(files: [String: Data], imported: String, says: String)] = [
        (["a.bin": Data(count: 100)], "a.bin", "a.bin has 100 bytes, which are no whole records"),
        (["a.bin": Data()], "a.bin", "a.bin has 0 bytes"),
        (["a.bin": record([10], [0, 0, 0])], "a.bin", "a.bin: label 10; 0 to 9 are right"),
        (
            ["a.bin": record([1], [0, 0, 0]), "batches.meta.txt": Data("one\ntwo".utf8)], "a.bin",
            "batches.meta.txt has 2 names; 10 distinct ones belong"
        ),
        (
            ["a.bin": record([1], [0, 0, 0]), "b.bin": record([1, 1], [0, 0, 0])], "",
            "b.bin is of another CIFAR than"
        ),
        (
            ["a-idx3-ubyte": Data([0, 0, 9, 3])], "a-idx3-ubyte",
            "a-idx3-ubyte is no IDX file of bytes with 3 axes"
        ),
        (
            ["a-idx3-ubyte": idx([2, 4, 4], [1])], "a-idx3-ubyte",
            "a-idx3-ubyte says 2 × 4 × 4 elements and holds 1"
        ),
        (
            ["images-idx3-ubyte": idx([1, 4, 4], [UInt8](repeating: 1, count: 16))],
            "images-idx3-ubyte", "labels-idx1-ubyte is missing; it holds the labels of"
        ),
        (["a.npy": Data("x".utf8)], "a.npy", "a.npy is no NumPy file"),
        (
            ["a.npy": npy("<f4", "(1, 1, 1)", [0, 0, 0, 0])], "a.npy",
            "a.npy has elements of type 'f4'; images are bytes, uint8"
        ),
        (["a.npy": npy("|u1", "(1, 4)", [0, 0, 0, 0])], "a.npy", "a.npy has shape [1, 4]"),
        (
            ["a.npy": npy("|u1", "(9223372036854775807, 9223372036854775807, 2)", [0])], "a.npy",
            "and holds 1 bytes"
        ),
        (
            ["a.npy": npy("|u1", "(1, 1, 1)", [0], fortran: true)], "a.npy",
            "a.npy is in Fortran order or big-endian"
        ),
        (
            ["a.npy": npy("|u1", "(1, 1, 1)", [0])], "a.npy",
            "a-labels.npy is missing; it holds the labels of"
        ),
        (
            ["a.npy": npy("|u1", "(1, 1, 1)", [0]), "a-labels.npy": npy("|i1", "(1,)", [255])],
            "a.npy", "a-labels.npy has labels from -1 to -1; 0 to 255 are usable"
        ),
        (
            [
                "a.npy": npy("|u1", "(1, 2, 2)", [0, 0, 0, 0]),
                "a-labels.npy": npy("|u1", "(1,)", [0]),
            ],
            "a.npy", "an image of 2 pixels a side; 4 to 4096 are usable"
        ),
    ]

    @Test(arguments: bad.indices)
    func `a wrong file is named with what is wrong`(index: Int) throws {
        let (files, imported, says) = FormatTests.bad[index]
        try withFolder { folder in
            try write(files, to: folder)
            let source = imported.isEmpty ? folder : folder.appending(path: imported)
            let said = problem { _ = try DatasetImport().run(source) } ?? "imported"
            #expect(said.contains(says), "\(said)")
        }
    }
}
