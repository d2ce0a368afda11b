import Evaluation
import Jobs
import Statistics
import Training

/// One method's way from the original to forgetting, measured at several numbers of steps: the
/// knob that trades integrity for forgetting.
struct UnlearningPath {
    struct Point {
        let steps: Int
        /// Whether the judge misses the forgotten class in each of its samples.
        let missed: [Double]
        /// For each pair, on the ruler's scale.
        let distances: [Double]
        let retained: ClaimSamples
        let validity: Double
    }

    let method: UnlearnSpec.Method
    let seed: Int
    private(set) var points: [Point] = []

    /// Measures the original and what `method` made of it.
    init(_ method: UnlearnSpec.Method, seed: Int, _ ruler: IntegrityRuler) throws {
        (self.method, self.seed) = (method, seed)
        points = [try Point(0, ruler.original.drawn, ruler.forgotten, ruler)]
        let models = try unlearned(method, seed: seed, ruler.bench.store)
        for (steps, model) in zip(unlearnStops, models) {
            let point = try measure(model, steps, ruler)
            points.append(point)
            report(point, ruler)
        }
    }

    private func measure(_ model: DiffusionModel, _ steps: Int, _ ruler: IntegrityRuler) throws
        -> Point
    {
        let bench = ruler.bench
        let retained = try bench.samples(model, IntegrityRuler.sampler, labels: ruler.labels)
        let forgotten = try bench.samples(
            model,
            IntegrityRuler.sampler,
            labels: ruler.forgotten.labels,
            first: 1 << 30
        )
        return try Point(steps, retained, forgotten, ruler)
    }

    private func report(_ point: Point, _ ruler: IntegrityRuler) {
        var line = point.retained.numbers
        line["method"] = .string(method.rawValue)
        line["seed"] = .int(seed)
        line["steps"] = .int(point.steps)
        line["unlearning_accuracy"] = .double(rounded(mean(point.missed)))
        line["forget_validity"] = .double(rounded(point.validity))
        line["integrity_normalised"] = ruler.interval(point.distances).json
        reportClaim("unlearning", "point", line)
    }

    /// What `series` is where the share of missed samples first reaches `level`; nil where it does
    /// not. `rows` are those of the samples of the forgotten class that count.
    func matched(_ level: Double, _ rows: [Int], _ series: (Point) -> Double) -> Double? {
        let forgetting = points.map { point in mean(rows.map { point.missed[$0] }) }
        return Crossing(of: level, by: forgetting)?.value(of: points.map(series))
    }
}

extension UnlearningPath.Point {
    init(
        _ steps: Int,
        _ retained: JudgedSamples,
        _ forgotten: JudgedSamples,
        _ ruler: IntegrityRuler
    ) throws {
        self.steps = steps
        missed = zip(forgotten.labels, forgotten.seen).map { $0 == $1 ? 0 : 1 }
        distances = try ruler.distances(to: retained)
        self.retained = try ClaimSamples(retained, against: ruler.real)
        validity = mean(forgotten.probabilities.map { $0.max() ?? 0 })
    }
}
