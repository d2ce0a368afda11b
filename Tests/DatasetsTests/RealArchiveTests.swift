import Datasets
import Foundation
import Testing

/// CIFAR-10's test images as JPEG files in a tar, of the folder `shared/data` beside the
/// repository; says aloud where it is missing.
private let archive: URL? = {
    let file = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../../shared/data/cifar10-test.tar").standardized
    if FileManager.default.fileExists(atPath: file.path) { return file }
    print("The import of a real archive is not tested: \(file.path) is missing")
    return nil
}()

@Suite(.enabled(if: archive != nil)) struct RealArchiveTests {
    @Test func `CIFAR-10's test images are imported whole`() throws {
        var importer = DatasetImport()
        importer.strict = true
        let (dataset, refused) = try importer.run(#require(archive))
        #expect(refused.isEmpty && dataset.count == 10_000 && dataset.resolution == 32)
        #expect(dataset.classes.count == 10 && dataset.classes.contains("airplane"))
        for label in 0..<10 { #expect(dataset.indices(ofClasses: [label]).count == 1_000) }
    }
}
