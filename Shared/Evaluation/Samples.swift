import Checkpoints
package import Foundation
import Images
package import Jobs
import Tensors
package import Training

/// Samples of one model with what the judge saw in them, as far as they are drawn.
package struct JudgedSamples {
    /// Of every sample that is asked for.
    package let labels: [Int]
    /// `[drawn, 3, side, side]`.
    package private(set) var images = Data()
    /// `[drawn, width]`, row-major.
    package private(set) var features: [Double] = []
    /// For each sample the probability of each class.
    package private(set) var probabilities: [[Double]] = []

    init(labels: [Int]) { self.labels = labels }

    /// The same images, each in the place of the one before it and the first in that of the last.
    var rotated: JudgedSamples {
        var result = self
        let size = images.count / max(1, probabilities.count)
        result.images = Data(images.dropFirst(size)) + images.prefix(size)
        return result
    }

    /// The class that the judge sees in each sample.
    package var seen: [Int] {
        probabilities.map { row in row.indices.max { row[$0] < row[$1] } ?? 0 }
    }

    /// The share of samples that are seen as the class they were asked for.
    package var accuracy: Double {
        let right = zip(labels, seen).count { $0 == $1 }
        return Double(right) / Double(max(1, labels.count))
    }

    /// Adds `batch`, `[B, 3, side, side]` in [−1, 1], and what `judge` sees in it.
    ///
    /// - Throws: `JobFailure` of class `permanent` where that is not a number; `TensorError`.
    mutating func add(_ batch: Tensor, judge: Classifier) throws {
        var bytes = ImageBytes()
        bytes.append(batch)
        let verdict = try judge.judge(batch)
        let (seen, rows) = (verdict.features.doubles, verdict.probabilities.rowsOfDoubles)
        guard seen.allSatisfy(\.isFinite), rows.allSatisfy({ $0.allSatisfy(\.isFinite) }) else {
            throw JobFailure(
                .permanent,
                "the classifier sees in samples \(probabilities.count) to "
                    + "\(probabilities.count + rows.count - 1) what is not a number; its weights or "
                    + "those of the model that drew them are broken"
            )
        }
        images.append(bytes.data)
        features += seen
        probabilities += rows
    }

    /// What is drawn so far, under names that begin with `prefix`.
    func state(_ prefix: String) -> [String: Tensor] {
        let rows = probabilities.count
        guard rows > 0 else { return [:] }
        return [
            prefix + ".images": Tensor([UInt8](images), [rows, images.count / rows]),
            prefix + ".features": Tensor(features, [rows, features.count / rows]),
            prefix + ".probabilities": Tensor(
                probabilities.flatMap { $0 },
                [rows, probabilities[0].count]
            ),
        ]
    }

    /// Takes the state back that `state(_:)` gave.
    mutating func restore(_ prefix: String, from saved: [String: Tensor]) {
        guard let images = saved[prefix + ".images"], let features = saved[prefix + ".features"],
            let probabilities = saved[prefix + ".probabilities"]
        else { return }
        self.images = Data(images.bytes)
        self.features = features.doubles
        self.probabilities = probabilities.rowsOfDoubles
    }
}

/// Samples that an evaluation asks for: of which model, for which labels, from which noise.
package struct SampleSet {
    let model: DiffusionModel
    let sampler: SamplerSpec
    /// Sample i starts from the noise of index `first` + i.
    let first: Int
    package var samples: JudgedSamples

    package init(
        _ model: DiffusionModel,
        _ sampler: SamplerSpec,
        labels: [Int],
        first: Int = 0
    ) {
        (self.model, self.sampler, self.first) = (model, sampler, first)
        samples = JudgedSamples(labels: labels)
    }

    /// Draws the samples at `places`, which come next.
    package mutating func draw(_ places: Range<Int>, seed: Int, judge: Classifier) throws {
        let batch = try model.sample(
            sampler,
            labels: Array(samples.labels[places]),
            seed: seed,
            indices: places.map { first + $0 }
        )
        try samples.add(batch, judge: judge)
    }
}

extension Tensor {
    /// The rows of a matrix.
    var rowsOfDoubles: [[Double]] {
        let (values, width) = (doubles, size(1))
        return stride(from: 0, to: values.count, by: width).map { Array(values[$0..<$0 + width]) }
    }
}

/// The first `count` images of bytes `[n, 3, side, side]`.
func images(_ bytes: Data, side: Int, count: Int) -> [Image] {
    let area = side * side
    return (0..<min(count, bytes.count / (3 * area))).map { index in
        var pixels = [UInt8](repeating: 0, count: 3 * area)
        for place in 0..<area {
            for channel in 0..<3 {
                pixels[3 * place + channel] =
                    bytes[bytes.startIndex + (3 * index + channel) * area + place]
            }
        }
        return Image(width: side, height: side, pixels: pixels)
    }
}
