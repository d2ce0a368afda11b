import Checkpoints
import Images
import Jobs
import Statistics
import Training

extension EvaluationReport {
    /// Adds what is measured on all pairs, as the ledger's evidence wants it, then on each stratum
    /// and on the worst class; the report tells the rest, the names of classes among it.
    mutating func record(_ integrity: Integrity) {
        let whole = integrity.whole
        metrics += [
            value("integrity_featdist", whole.distance),
            MetricValue("integrity_floor", whole.floor),
            MetricValue("integrity_ceiling", whole.ceiling),
            // Without a scale 0, which the ledger does not believe: `ceiling_not_above_floor`.
            value("integrity_normalised", whole.normalised ?? Interval(value: 0, low: 0, high: 0)),
        ]
        let strata = [
            ("near", integrity.near), ("far", integrity.far), ("null", integrity.unconditional),
        ]
        for (name, stratum) in strata + [("worst", integrity.worst)] {
            guard let stratum, let normalised = stratum.normalised else { continue }
            metrics.append(value("integrity_featdist_" + name, stratum.distance))
            metrics.append(value("integrity_normalised_" + name, normalised))
        }
        tell(integrity, strata)
        let pairs = zip(
            images(integrity.original.images, side: side, count: 32),
            images(integrity.subject.images, side: side, count: 32)
        ).flatMap { [$0, $1] }
        show("pairs", pairs)
    }

    private mutating func tell(_ integrity: Integrity, _ strata: [(String, Stratum?)]) {
        let names = evaluation.subject.configuration.classes
        info["integrity_strata"] = .object(
            strata.reduce(into: [:]) { told, entry in
                guard let stratum = entry.1 else { return }
                let own = stratum.classes.filter(names.indices.contains).map { names[$0] }
                let classes = ["classes": JSON.array(own.map { .string($0) })]
                told[entry.0] = .object(numbers(of: stratum).merging(classes) { $1 })
            }
        )
        info["integrity_classes"] = .object(
            integrity.classes.reduce(into: [:]) { told, stratum in
                told[names[stratum.classes[0]]] = .object(numbers(of: stratum))
            }
        )
        guard let worst = integrity.worst else { return }
        info["integrity_worst"] = .string(names[worst.classes[0]])
    }

    private func numbers(of stratum: Stratum) -> [String: JSON] {
        let interval = { (interval: Interval) -> JSON in
            .array([.double(interval.value), .double(interval.low), .double(interval.high)])
        }
        return [
            "pairs": .int(stratum.pairs), "floor": .double(stratum.floor),
            "ceiling": .double(stratum.ceiling), "distance": interval(stratum.distance),
            "normalised": stratum.normalised.map(interval) ?? .null,
        ]
    }
}
