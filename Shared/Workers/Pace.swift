import Foundation
import Jobs

/// How fast a child goes, and so how long a silence means that it is stuck although it lives.
struct Pace {
    /// Seconds of silence that are never too long; 0 watches nothing.
    private let shortest: Double
    private var lastMove: ContinuousClock.Instant
    private var lastStep: (step: Int, at: ContinuousClock.Instant)?
    private var stepSeconds: [Double] = []

    init(shortest: Double, now: ContinuousClock.Instant = .now) {
        (self.shortest, lastMove) = (shortest, now)
    }

    /// Notes a line of the report; progress that repeats the same step is none.
    mutating func heard(_ line: ReportLine, at now: ContinuousClock.Instant = .now) {
        guard case .progress(let step, _, _) = line else { return lastMove = now }
        if let last = lastStep {
            guard step > last.step else { return }
            stepSeconds.append((now - last.at) / .seconds(1) / Double(step - last.step))
            stepSeconds = stepSeconds.suffix(99)
        }
        (lastStep, lastMove) = ((step, now), now)
    }

    /// What to say where there was no progress for longer than max(`shortest`, 20 × the median
    /// step), else nil.
    func stalled(at now: ContinuousClock.Instant) -> String? {
        let silence = (now - lastMove) / .seconds(1)
        let median = stepSeconds.isEmpty ? 0 : stepSeconds.sorted()[stepSeconds.count / 2]
        guard shortest > 0, silence > max(shortest, 20 * median) else { return nil }
        let step = lastStep.map { "after step \($0.step)" } ?? "before the first step"
        return "stalled: no progress for \(Int(silence)) s \(step), though the process lives"
    }
}
