import Evaluation
import Jobs
import Statistics
import Training
import Unlearning

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

    static let stops = [20, 40, 80, 160, 240]
    let spec: UnlearnSpec
    private(set) var points: [Point] = []

    /// Unlearns with `spec`, stopping to measure.
    init(_ spec: UnlearnSpec, _ original: DiffusionModel, _ ruler: IntegrityRuler) throws {
        self.spec = spec
        let bench = ruler.bench
        points = [try Point(0, ruler.original.drawn, ruler.forgotten, ruler)]
        let working = try bench.working(original, spec.work.precision)
        var training = try Unlearning(spec, original: working, dataset: bench.dataset)
        var done = 0
        for stop in Self.stops {
            var values: [String: Double] = [:]
            let (_, seconds) = try timed {
                while done < stop {
                    values = try training.step(done)
                    done += 1
                }
            }
            let point = try measure(training, stop, ruler)
            points.append(point)
            report(point, ruler, values.mapValues { .double(rounded($0)) }, seconds)
        }
    }

    private func measure(_ training: Unlearning, _ steps: Int, _ ruler: IntegrityRuler) throws
        -> Point
    {
        let bench = ruler.bench
        let model = try bench.model(training.checkpoint)
        let retained = try bench.samples(model, IntegrityRuler.sampler, labels: ruler.labels)
        let forgotten = try bench.samples(
            model,
            IntegrityRuler.sampler,
            labels: ruler.forgotten.labels,
            first: 1 << 30
        )
        return try Point(steps, retained, forgotten, ruler)
    }

    private func report(
        _ point: Point,
        _ ruler: IntegrityRuler,
        _ values: [String: JSON],
        _ seconds: [String: JSON]
    ) {
        var line = point.retained.numbers.merging(seconds) { a, _ in a }
        line["method"] = .string(spec.method.rawValue)
        line["seed"] = .int(spec.work.seed)
        line["steps"] = .int(point.steps)
        line["last_step"] = .object(values)
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
