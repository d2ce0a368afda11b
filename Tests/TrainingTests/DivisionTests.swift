import Checkpoints
import Datasets
import Foundation
import Jobs
import Tensors
import Testing
import Training

/// The first moments of the gradients after some steps with every batch divided: linear in the
/// gradients, where AdamW's weights follow the sign even of a gradient that is nothing but rounding.
func moments(
    _ spec: DiffusionSpec,
    _ dataset: Dataset,
    _ division: Division
) throws -> [String: Tensor] {
    var training = try DiffusionTraining(spec, dataset, division: division)
    for step in 0..<spec.work.steps { _ = try training.step(step) }
    return training.snapshot(after: spec.work.steps).tensors
        .filter { $0.key.hasPrefix("optimizer.first") }
}

/// The largest difference between two sets of tensors, relative to the largest element of all.
func distance(_ a: [String: Tensor], _ b: [String: Tensor]) throws -> Double {
    var (worst, largest) = (0.0, 0.0)
    for (name, tensor) in a {
        for (x, y) in zip(tensor.doubles, try #require(b[name]).doubles) {
            worst = max(worst, abs(x - y))
            largest = max(largest, abs(x))
        }
    }
    return worst / largest
}

@Suite(.serialized) struct DivisionTests {
    let dataset = Shapes.dataset(count: 40, resolution: 16, seed: 1)

    /// Rounding of float32 sums of some hundred terms moves a gradient by about 1e-6 of the largest.
    @Test(arguments: [2, 3, 4, 8])
    func `a batch in pieces has the whole batch's gradient`(pieces: Int) throws {
        Engine.threads = 1
        var spec = tinySpec(.fp32, steps: 1)
        spec.network.dropout = [0, 0]
        let whole = try moments(spec, dataset, Division())
        let distance = try distance(whole, moments(spec, dataset, Division(pieces: pieces)))
        print("\(pieces) pieces: gradients differ by \(distance) of the largest")
        #expect(distance < 1e-5)
    }

    @Test func `a classifier's pieces count every example once`() throws {
        Engine.threads = 1
        var spec = ClassifierSpec()
        (spec.width, spec.depth, spec.headWidth) = (32, 1, 16)
        spec.work = WorkSpec(steps: 1, batchSize: 7)
        spec.work.precision = .fp32
        let values = try [1, 3, 7, 50].map { pieces in
            var training = try ClassifierTraining(
                spec,
                dataset,
                division: Division(pieces: pieces)
            )
            return try training.step(0)
        }
        for value in values.dropFirst() {
            for name in ["loss", "accuracy", "gradient_norm"] {
                let (a, b) = (try #require(values[0][name]), try #require(value[name]))
                #expect(abs(a - b) < 1e-5 * max(1, abs(a)), "\(name)")
            }
        }
    }

    @Test func `memory that is not to be had is a failure of class resource`() {
        let error = #expect(throws: TensorError.self) {
            try checked { Tensor.zeros([1 << 30, 1 << 20]) + 1 }
        }
        let classified: (any ClassifiedError)? = error
        #expect(classified?.failureClass == .resource)
    }
}
