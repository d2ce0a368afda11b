import Datasets
import Foundation
import Store
import Testing

/// The reasons of all refusals by their paths.
private func reasons(_ refused: [DatasetImport.Refusal]) -> [String: String] {
    Dictionary(refused.map { ($0.path, $0.reason) }) { first, second in first + "; " + second }
}

struct ImportTests {
    private let files = ["dog/b.png": png(20), "cat/a.png": png(10), "dog/a.png": png(30)]

    @Test func `classes are sorted by name and images by path`() throws {
        try withFolder { folder in
            try write(files, to: folder)
            let (dataset, refused) = try DatasetImport().run(folder)
            #expect(refused.isEmpty)
            #expect(dataset.classes == ["cat", "dog"] && dataset.labels == [0, 1, 1])
            #expect(dataset.resolution == 8)
            let first = stride(from: 0, to: dataset.images.count, by: dataset.bytesPerImage)
            #expect(first.map { dataset.images[$0] } == [10, 30, 20])
        }
    }

    @Test func `folder, tar and compressed tar of the same files have one digest`() throws {
        try withFolder { folder in
            let images = folder.appending(path: "images")
            try write(files, to: images)
            let store = try ArtifactStore(url: folder.appending(path: "store").absoluteString)
            let entries = files.map { TarEntry(path: "./" + $0.key, data: $0.value) }
            let place = { (name: String) in folder.appending(path: name) }
            try tar([TarEntry(path: "./dog/", type: AE_IFDIR)] + entries, to: place("a.tar"))
            try tar(entries.reversed(), to: place("b.tar.gz"), compressed: true)
            let digests = try [images, place("a.tar"), place("b.tar.gz"), images].map {
                try DatasetImport().run($0).dataset.save(in: store).digest
            }
            #expect(Set(digests).count == 1)
            let saved = try Dataset(digests[0], in: store)
            #expect(saved.labels == [0, 1, 1] && saved.classes == ["cat", "dog"])
        }
    }

    @Test func `every bad entry of a tar is refused by name and the rest imported`() throws {
        try withFolder { folder in
            let file = folder.appending(path: "images.tar")
            try tar(
                [
                    TarEntry(path: "cat/good.png", data: png(1)),
                    TarEntry(path: "../cat/out.png", data: png(2)),
                    TarEntry(path: "cat/../../out.png", data: png(2)),
                    TarEntry(path: "/cat/absolute.png", data: png(3)),
                    TarEntry(path: "cat/link.png", type: AE_IFLNK, linkedTo: "/etc/passwd"),
                    TarEntry(path: "cat/hard.png", linkedTo: "cat/good.png"),
                    TarEntry(path: "cat/pipe", type: AE_IFIFO),
                    TarEntry(path: "cat/good.png", data: png(4)),
                    TarEntry(path: "flat.png", data: png(5)),
                    TarEntry(path: "cat/notes.txt", data: Data("hello".utf8)),
                    TarEntry(path: "cat/cut.png", data: png(6).prefix(40)),
                    TarEntry(path: "cat/empty.png"), TarEntry(path: "Größe/ü.png", data: png(7)),
                ],
                to: file
            )
            let (dataset, refused) = try DatasetImport().run(file)
            #expect(dataset.classes == ["Größe", "cat"] && dataset.count == 2)
            let found = reasons(refused)
            #expect(found.count == 11)
            let out = "its name leads out of the archive"
            #expect(found["../cat/out.png"] == out && found["cat/../../out.png"] == out)
            #expect(found["/cat/absolute.png"] == out)
            let link = "it is a link or a device, not a file"
            #expect(found["cat/link.png"] == link && found["cat/hard.png"] == link)
            #expect(found["cat/pipe"] == link)
            #expect(found["cat/good.png"] == "an earlier entry has the same name")
            #expect(found["flat.png"] == "it lies in no folder, and the folder is the class")
            #expect(found["cat/notes.txt"] == "not a PNG or JPEG image")
            #expect(found["cat/cut.png"]?.hasPrefix("a damaged PNG: ") == true)
            #expect(found["cat/empty.png"] == "an empty file")
            var importer = DatasetImport()
            importer.strict = true
            let says = "../cat/out.png: its name leads out of the archive; nothing was imported"
            #expect(problem { _ = try importer.run(file) } == says)
        }
    }

    @Test func `links in a folder are refused by name, not followed`() throws {
        try withFolder { folder in
            try write(["cat/a.png": png(1)], to: folder)
            for (name, target) in [("cat/link.png", "cat/a.png"), ("cat/loop", ".")] {
                try FileManager.default.createSymbolicLink(
                    at: folder.appending(path: name),
                    withDestinationURL: folder.appending(path: target)
                )
            }
            let (dataset, refused) = try DatasetImport().run(folder)
            #expect(dataset.count == 1)
            #expect(refused.map(\.path) == ["cat/link.png", "cat/loop"])
        }
    }

    /// The first image in the order of the source decides, unless the user does.
    @Test func `mixed sizes become one`() throws {
        try withFolder { folder in
            try write(["a/1.png": png(9, side: 6), "a/2.png": png(8, side: 12)], to: folder)
            #expect(try DatasetImport().run(folder).dataset.resolution == 6)
            var importer = DatasetImport()
            importer.resolution = 16
            let dataset = try importer.run(folder).dataset
            #expect(dataset.resolution == 16)
            #expect(
                dataset.images == Data(repeating: 9, count: 768) + Data(repeating: 8, count: 768)
            )
        }
    }

    @Test(arguments: [-1, 0, 3, 4_097]) func `an unusable size is refused`(side: Int) throws {
        try withFolder { folder in
            try write(files, to: folder)
            var importer = DatasetImport()
            importer.resolution = side
            #expect(
                problem { _ = try importer.run(folder) }
                    == "an image of \(side) pixels a side; 4 to 4096 are usable"
            )
        }
    }

    @Test func `one class is a dataset`() throws {
        try withFolder { folder in
            try write(["only/1.png": png(9)], to: folder)
            #expect(try DatasetImport().run(folder).dataset.classes == ["only"])
        }
    }

    @Test func `a source without an image is refused with its first file`() throws {
        try withFolder { folder in
            #expect(
                problem { _ = try DatasetImport().run(folder) }?.hasSuffix("holds no usable image")
                    == true
            )
            try write(["a/x.txt": Data("x".utf8)], to: folder)
            let says = "holds no usable image; the first file: a/x.txt: not a PNG or JPEG image"
            #expect(problem { _ = try DatasetImport().run(folder) }?.hasSuffix(says) == true)
            let missing = folder.appending(path: "missing")
            #expect(
                problem { _ = try DatasetImport().run(missing) }
                    == "\(missing.path) does not exist; give a folder or a tar of images"
            )
        }
    }

    @Test func `more classes than a label can count are refused`() throws {
        try withFolder { folder in
            let files = (0..<257).map { ("c\($0)/1.png", png(1, side: 4)) }
            try write(Dictionary(uniqueKeysWithValues: files), to: folder)
            #expect(
                problem { _ = try DatasetImport().run(folder) }
                    == "\(folder.path) has 257 classes; at most 256 are supported"
            )
        }
    }

    @Test(arguments: ["", "no archive at all", "\u{89}PNG\r\n"])
    func `a file that is no archive is refused by name`(text: String) throws {
        try withFolder { folder in
            let file = folder.appending(path: "x.tar")
            try Data(text.utf8).write(to: file)
            let says = problem { _ = try DatasetImport().run(file) } ?? ""
            #expect(
                says.hasPrefix("\(file.path) is neither a folder nor a tar of images")
                    || says == "\(file.path) holds no usable image",
                "\(says)"
            )
        }
    }

    @Test func `of a truncated tar nothing is imported`() throws {
        try withFolder { folder in
            let file = folder.appending(path: "x.tar")
            let noise = Data((0..<4_000).map { UInt8(truncatingIfNeeded: $0 &* 31) })
            try tar(
                [TarEntry(path: "a/1.png", data: png(1)), TarEntry(path: "a/2.png", data: noise)],
                to: file
            )
            try Data(contentsOf: file).prefix(3_000).write(to: file)
            let says = problem { _ = try DatasetImport().run(file) } ?? ""
            #expect(says.hasPrefix("\(file.path) is damaged at 'a/2.png': "), "\(says)")
            #expect(says.hasSuffix("nothing was imported"))
        }
    }
}
