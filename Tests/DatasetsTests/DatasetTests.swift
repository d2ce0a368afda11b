import Datasets
import Foundation
import Jobs
import Store
import Testing

struct DatasetTests {
    private let dataset = Dataset(
        resolution: 2,
        classes: ["a", "b"],
        labels: [1, 0],
        images: Data(0..<24)
    )

    private func withStore(_ body: (ArtifactStore) throws -> Void) throws {
        try withFolder { try body(ArtifactStore(url: $0.absoluteString)) }
    }

    /// Byte b is b / 127.5 − 1: 0 is −1 and 255 is 1.
    @Test func `pixels lie between -1 and 1, mirrored where asked`() {
        let image = Dataset(
            resolution: 2,
            classes: ["a"],
            labels: [0],
            images: Data([0, 255, 51, 204] + [UInt8](repeating: 0, count: 8))
        )
        let (low, high): (Float, Float) = (51 / 127.5 - 1, 204 / 127.5 - 1)
        let (plain, mirrored): ([Float], [Float]) = ([-1, 1, low, high], [1, -1, high, low])
        #expect(Array(image.pixels([0]).prefix(4)) == plain)
        #expect(Array(image.pixels([0], mirrored: [true]).prefix(4)) == mirrored)
    }

    @Test func `members of classes are found`() {
        #expect(dataset.indices(ofClasses: [1]) == [0])
        #expect(dataset.indices(ofClasses: [0, 1]) == [0, 1])
    }

    @Test func `the digest changes with images, labels and names`() throws {
        try withStore { store in
            let digest = try dataset.save(in: store).digest
            #expect(try dataset.save(in: store).digest == digest)
            let others = [
                Dataset(resolution: 2, classes: ["a", "c"], labels: [1, 0], images: Data(0..<24)),
                Dataset(resolution: 2, classes: ["a", "b"], labels: [0, 0], images: Data(0..<24)),
                Dataset(resolution: 2, classes: ["a", "b"], labels: [1, 0], images: Data(1..<25)),
            ]
            for other in others { #expect(try other.save(in: store).digest != digest) }
        }
    }

    @Test func `a stored dataset that contradicts itself is refused`() throws {
        try withStore { store in
            for (labels, says) in [
                ([0], "24 bytes of images for 1 labels at 2×2"),
                ([0, 2], "has a label beyond its 2 classes"),
            ] as [([UInt8], String)] {
                var manifest = try dataset.save(in: store).manifest
                try store.add("labels.u8", Data(labels), to: &manifest)
                let digest = try store.put(manifest)
                #expect(problem { _ = try Dataset(digest, in: store) }?.contains(says) == true)
            }
        }
    }
}

struct BatchOrderTests {
    @Test func `each member comes once an epoch, and epochs differ`() {
        var order = BatchOrder(Array(100..<107), batchSize: 7, seed: 3)
        let epochs = (0..<20).map { order.indices(step: $0) }
        for epoch in epochs { #expect(epoch.sorted() == Array(100..<107)) }
        #expect(Set(epochs).count > 15)
    }

    /// 7 members in batches of 3: the seam between epochs lies within a batch.
    @Test func `epochs go on within a batch`() {
        var order = BatchOrder(Array(0..<7), batchSize: 3, seed: 3)
        let places = (0..<7).flatMap { order.indices(step: $0) }
        for epoch in 0..<3 { #expect(places[7 * epoch..<7 * epoch + 7].sorted() == Array(0..<7)) }
    }

    @Test func `any step can be asked for first`() {
        var whole = BatchOrder(Array(0..<10), batchSize: 4, seed: 5)
        let all = (0..<30).map { whole.indices(step: $0) }
        for step in [29, 0, 13, 12] {
            var fresh = BatchOrder(Array(0..<10), batchSize: 4, seed: 5)
            #expect(fresh.indices(step: step) == all[step])
            #expect(whole.indices(step: step) == all[step])
            #expect(fresh.mirrored(step: step) == whole.mirrored(step: step))
        }
        var other = BatchOrder(Array(0..<10), batchSize: 4, seed: 6)
        #expect((0..<30).map { other.indices(step: $0) } != all)
    }

    /// Of 4000 fair draws the share is 1/2 within four standard deviations, 4 · 0.5 / √4000.
    @Test func `half of the images are mirrored`() {
        let order = BatchOrder([0], batchSize: 40, seed: 1)
        let count = (0..<100).map { order.mirrored(step: $0).count { $0 } }.reduce(0, +)
        #expect(abs(Double(count) / 4_000 - 0.5) < 0.032)
    }

    @Test func `a permutation has everything once`() {
        let order = BatchOrder.permutation(of: 50, seed: 9)
        #expect(order.sorted() == Array(0..<50) && order != Array(0..<50))
        #expect(order == BatchOrder.permutation(of: 50, seed: 9))
    }
}

struct ShapesTests {
    @Test func `image i depends on the seed and i alone`() {
        let few = Shapes.dataset(count: 9, resolution: 16, seed: 1)
        let many = Shapes.dataset(count: 17, resolution: 16, seed: 1)
        #expect(many.images.prefix(few.images.count) == few.images)
        #expect(Shapes.dataset(count: 9, resolution: 16, seed: 2).images != few.images)
        #expect(few.labels == [0, 1, 2, 3, 4, 5, 6, 7, 0] && few.classes == Shapes.classes)
    }

    /// Each shape but the ring covers its own centre, which lies within 0.18 of the image's.
    @Test func `every image shows something`() {
        let dataset = Shapes.dataset(count: 64, resolution: 32, seed: 4)
        for index in 0..<dataset.count {
            let pixels = dataset.pixels([index])
            #expect((pixels.max() ?? 0) - (pixels.min() ?? 0) > 0.5)
        }
    }
}
