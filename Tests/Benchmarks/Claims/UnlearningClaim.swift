import Evaluation
import Jobs
import Statistics
import Training

/// Schioppa et al. (arXiv:2411.02068): Saddle and OVW keep more integrity than gradient ascent and
/// fine-tuning on what is retained. Compared where each method has forgotten equally much, on the
/// same pairs.
func testUnlearningClaim(_ bench: ClaimBench) throws {
    let original = try teacher(bench.store)
    let ruler = try IntegrityRuler(bench, original, pairs: 112)
    var line = ruler.original.numbers
    line["unlearning_accuracy"] = .double(1 - ruler.forgotten.accuracy)
    line["floor"] = .double(ruler.floor)
    line["ceiling"] = .double(rounded(ruler.ceiling))
    reportClaim("unlearning", "original", line)
    for seed in [0, 1] {
        let paths = try unlearnMethods.map { try UnlearningPath($0, seed: seed, ruler) }
        for level in [0.5, 0.9] { compare(paths, at: level, ruler) }
        compareLast(paths, ruler)
    }
}

private func compare(_ paths: [UnlearningPath], at level: Double, _ ruler: IntegrityRuler) {
    for path in paths {
        reportClaim("unlearning", "matched", matchedLine(path, level, ruler))
    }
    for path in paths.prefix(2) {
        for baseline in paths.dropFirst(2) {
            let rounds = matchedRounds([path, baseline], level, ruler).map { $0[0] - $0[1] }
            let all = Array(ruler.forgotten.labels.indices)
            let values = [path, baseline].map { path in
                path.matched(level, all) { mean($0.distances) }
            }
            var line: [String: JSON] = [
                "level": .double(level), "seed": .int(path.seed),
                "method": .string(path.method.rawValue),
                "baseline": .string(baseline.method.rawValue),
                "rounds_that_match": .double(Double(rounds.count) / Double(ClaimBench.rounds)),
            ]
            if let own = values[0], let other = values[1], !rounds.isEmpty {
                line["integrity_difference"] =
                    Interval(value: own - other, percentilesOf: rounds).json
            }
            reportClaim("unlearning", "method minus baseline", line)
        }
    }
}

/// The integrity of the two methods minus that of the two baselines on the same pairs after the
/// last stop, however much each has forgotten by then: a method that pushes first and repairs
/// afterwards is at its worst where it first reaches a level.
private func compareLast(_ paths: [UnlearningPath], _ ruler: IntegrityRuler) {
    for path in paths.prefix(2) {
        for baseline in paths.dropFirst(2) {
            guard let own = path.points.last, let other = baseline.points.last else { continue }
            let gaps = zip(own.distances, other.distances).map { $0 - $1 }
            let line: [String: JSON] = [
                "steps": .int(own.steps), "seed": .int(path.seed),
                "method": .string(path.method.rawValue),
                "baseline": .string(baseline.method.rawValue),
                "unlearning_accuracies": .array(
                    [own, other].map { .double(rounded(mean($0.missed))) }
                ),
                "integrity_difference": ruler.interval(gaps).json,
            ]
            reportClaim("unlearning", "method minus baseline, last", line)
        }
    }
}

private func matchedLine(
    _ path: UnlearningPath,
    _ level: Double,
    _ ruler: IntegrityRuler
) -> [String: JSON] {
    let all = Array(ruler.forgotten.labels.indices)
    let read = { (series: (UnlearningPath.Point) -> Double) -> JSON in
        path.matched(level, all, series).map { .double(rounded($0)) } ?? .null
    }
    var line: [String: JSON] = [
        "level": .double(level), "seed": .int(path.seed),
        "method": .string(path.method.rawValue),
        "steps": read { Double($0.steps) }, "fid_clf": read { $0.retained.fid },
        "accuracy": read { $0.retained.drawn.accuracy }, "forget_validity": read { $0.validity },
        "most_forgotten": .double(rounded(path.points.map { mean($0.missed) }.max() ?? 0)),
    ]
    let rounds = matchedRounds([path], level, ruler).map { $0[0] }
    if let value = path.matched(level, all, { mean($0.distances) }), !rounds.isEmpty {
        line["integrity_normalised"] = Interval(value: value, percentilesOf: rounds).json
    }
    return line
}

/// The integrity of each of `paths` at `level` in the rounds of a bootstrap over forgotten samples
/// and, in classes, over pairs; without the rounds in which one of them does not reach the level.
private func matchedRounds(
    _ paths: [UnlearningPath],
    _ level: Double,
    _ ruler: IntegrityRuler
) -> [[Double]] {
    let pairs = Resampling(ruler.labels, drawingGroups: true, seed: 1)
    let forgotten = Resampling(ruler.forgotten.labels, drawingGroups: false, seed: 2)
    return (0..<ClaimBench.rounds).compactMap { round in
        let (rows, columns) = (pairs.indices(round: round), forgotten.indices(round: round))
        let values = paths.compactMap { path in
            path.matched(level, columns) { point in mean(rows.map { point.distances[$0] }) }
        }
        return values.count == paths.count ? values : nil
    }
}
