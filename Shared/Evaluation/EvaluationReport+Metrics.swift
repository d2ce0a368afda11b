import Checkpoints
import Datasets
import Images
import Jobs
import Statistics
import Tensors
import Training

extension EvaluationReport {
    /// Adds the values of `metric`.
    mutating func measure(_ metric: EvaluateSpec.Metric) throws {
        let drawn = { [self] (part: Evaluation.Part) in
            try self.samples(part, for: "metric '\(metric.rawValue)'")
        }
        let samples = try drawn(.samples)
        switch metric {
        case .fid: try measureFID(samples)
        case .accuracy:
            let right = zip(samples.labels, samples.seen).count { $0 == $1 }
            metrics.append(value("accuracy", Interval(share: right, of: samples.labels.count)))
        case .integrity:
            let pairs = Integrity.Pairs(
                original: try drawn(.original),
                subject: try drawn(.subject),
                others: try drawn(.others),
                again: try drawn(.again),
                freeOriginal: try drawn(.freeOriginal),
                freeSubject: try drawn(.free)
            )
            try record(
                Integrity(
                    evaluation.spec,
                    pairs,
                    forgotten: evaluation.forgotten,
                    side: side,
                    judge: evaluation.judge
                )
            )
        case .forgetting:
            record(
                Forgetting(
                    evaluation.spec,
                    evaluation.forgotten,
                    samples: try drawn(.forgotten),
                    free: try drawn(.free),
                    retained: samples
                )
            )
        }
    }

    private mutating func measureFID(_ samples: JudgedSamples) throws {
        guard let dataset = evaluation.dataset else {
            throw JobFailure(.invalid, "metric 'fid' needs inputs.dataset, which is missing")
        }
        let width = samples.features.count / samples.labels.count
        var (drawn, real) = (Moments(width: width), Moments(width: width))
        drawn.add(samples.features)
        let indices = dataset.indices(ofClasses: Set(evaluation.kept))
        for start in stride(from: 0, to: min(indices.count, 10_000), by: 256) {
            let batch = Array(indices[start..<min(start + 256, indices.count)])
            let pixels = Tensor(
                dataset.pixels(batch),
                [batch.count, 3, dataset.resolution, dataset.resolution]
            )
            real.add(try evaluation.judge.judge(pixels).features.doubles)
        }
        guard real.count > 1 else {
            throw JobFailure(
                .invalid,
                "the dataset has \(real.count) images of the retained classes; fid needs two"
            )
        }
        metrics.append(MetricValue("fid_clf", try frechetDistance(drawn, real)))
        info["fid_samples"] = .int(drawn.count)
        info["fid_images"] = .int(real.count)
    }

    private mutating func record(_ forgetting: Forgetting) {
        metrics += [
            value("unlearning_accuracy", forgetting.unlearningAccuracy),
            value("forget_probability", forgetting.probability),
            value("forget_validity", forgetting.validity),
            value("leak_null", forgetting.leakNull),
            value("leak_retained", forgetting.leakRetained),
        ]
        let classes = evaluation.subject.configuration.classes
        let seen = forgetting.samples.seen
        info["forgotten_became"] = .object(
            Dictionary(
                uniqueKeysWithValues: classes.enumerated().map { index, name in
                    (name, .int(seen.count { $0 == index }))
                }
            )
        )
        show("forgotten", images(forgetting.samples.images, side: side, count: 32))
    }

    func value(_ name: String, _ interval: Interval) -> MetricValue {
        MetricValue(name, interval.value, low: interval.low, high: interval.high)
    }
}
