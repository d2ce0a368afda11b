import Foundation
import Images
import Jobs
import Tensors
import Training

/// Samples of one model with what the judge saw in them.
struct JudgedSamples {
    let labels: [Int]
    let images: Data
    /// `[count, width]`, row-major.
    let features: [Double]
    /// For each sample the probability of each class.
    let probabilities: [[Double]]

    /// The class that the judge sees in each sample.
    var seen: [Int] {
        probabilities.map { row in row.indices.max { row[$0] < row[$1] } ?? 0 }
    }

    /// The share of samples that are seen as the class they were asked for.
    var accuracy: Double {
        let right = zip(labels, seen).count { $0 == $1 }
        return Double(right) / Double(max(1, labels.count))
    }
}

extension DiffusionModel {
    /// Draws one sample for each label and has the judge look at them; sample i has index
    /// `first` + i.
    func judgedSamples(
        _ spec: EvaluateSpec,
        labels: [Int],
        first: Int = 0,
        judge: Classifier,
        progress: @escaping () -> Void
    ) throws -> JudgedSamples {
        var images = ImageBytes()
        var features: [Double] = []
        var probabilities: [[Double]] = []
        for start in stride(from: 0, to: labels.count, by: spec.batchSize) {
            let places = start..<min(start + spec.batchSize, labels.count)
            let batch = try sample(
                spec.sampler,
                labels: Array(labels[places]),
                seed: spec.seed,
                indices: places.map { first + $0 }
            )
            images.append(batch)
            let verdict = try judge.judge(batch)
            features += verdict.features.doubles
            probabilities += verdict.probabilities.rowsOfDoubles
            progress()
        }
        return JudgedSamples(
            labels: labels,
            images: images.data,
            features: features,
            probabilities: probabilities
        )
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
