import Datasets
import Evaluation
import Jobs
import Statistics
import Training

/// Samples of an original model on the classes that are kept, with the distances between which
/// those of its unlearned versions lie.
struct IntegrityRuler {
    static let forgotten = "star"
    static let sampler = SamplerSpec(kind: .ddim, steps: 16, guidance: 2)
    let bench: ClaimBench
    let original: ClaimSamples
    /// Of samples of the forgotten class.
    let forgotten: JudgedSamples
    let real: Moments
    /// The original beside itself, drawn again in smaller batches.
    let floors: [Double]
    let (floor, ceiling): (Double, Double)

    var labels: [Int] { original.drawn.labels }

    init(_ bench: ClaimBench, _ model: DiffusionModel, pairs: Int) throws {
        self.bench = bench
        let lost = Shapes.classes.firstIndex(of: Self.forgotten) ?? 0
        let kept = Shapes.classes.indices.filter { $0 != lost }
        let labels = bench.labels(pairs, of: kept)
        real = try bench.real(Set(kept))
        let drawn = try bench.samples(model, Self.sampler, labels: labels)
        let others = try bench.samples(model, Self.sampler, labels: labels, first: pairs)
        let again = try bench.samples(model, Self.sampler, labels: labels, batchSize: 32)
        original = try ClaimSamples(drawn, against: real)
        let unkept = [Int](repeating: lost, count: 96)
        forgotten = try bench.samples(model, Self.sampler, labels: unkept, first: 1 << 30)
        floors = try perceptualDistances(drawn, again, ClaimBench.side, bench.judge)
        floor = mean(floors)
        ceiling = mean(try perceptualDistances(drawn, others, ClaimBench.side, bench.judge))
    }

    /// The distance of each of `samples` to its partner, on a scale from the floor, 0, to the
    /// ceiling, 1.
    func distances(to samples: JudgedSamples) throws -> [Double] {
        try perceptualDistances(original.drawn, samples, ClaimBench.side, bench.judge)
            .map { ($0 - floor) / (ceiling - floor) }
    }

    /// The mean of `distances`, with its interval over pairs in classes.
    func interval(_ distances: [Double]) -> Interval {
        bootstrapMean(distances, groups: labels, rounds: ClaimBench.rounds, seed: 1)
    }
}

func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(max(1, values.count)) }

/// Schioppa et al. (arXiv:2411.02068): distance of distributions and accuracy do not see that a
/// model answers otherwise than before, integrity does. The control: the original from other seeds.
func testIntegrityClaim(_ bench: ClaimBench) throws {
    let model = try teacher(bench.store)
    let ruler = try IntegrityRuler(bench, model, pairs: 224)
    let swapped = try ClaimSamples(
        bench.samples(
            model,
            IntegrityRuler.sampler,
            labels: ruler.labels,
            seed: 1_000_000
        ),
        against: ruler.real
    )
    var line = try swapped.differences(from: ruler.original)
    line["original"] = .object(ruler.original.numbers)
    line["other_seeds"] = .object(swapped.numbers)
    line["integrity_normalised"] = ruler.interval(try ruler.distances(to: swapped.drawn)).json
    line["ceiling"] = .double(rounded(ruler.ceiling))
    line["floor"] = .double(ruler.floor)
    line["floor_of_first_32"] = .double(mean(Array(ruler.floors.prefix(32))))
    line["floor_largest"] = .double(ruler.floors.max() ?? 0)
    reportClaim("integrity", "other seeds minus original", line)
}
