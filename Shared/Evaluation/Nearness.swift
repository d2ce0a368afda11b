/// Which of the retained classes are near to what was forgotten, and which are far.
///
/// The literature says "semantically close" and leaves the measure open. Here a class is as close
/// to a forgotten one as the judge confuses them: the mean probability of the forgotten class that
/// it gives to the original's samples of the retained one. The subject's samples have no say, so
/// damage does not move a class from one stratum into the other.
package struct Nearness {
    package let near: [Int]
    package let far: [Int]

    /// Each of `forgotten` takes the classes closest to it, as many as make a quarter of the
    /// retained ones over all of them and at least one; of equally close ones the first.
    ///
    /// With pairs spread evenly, a single forgotten class of K leaves ⌈(K − 1) / 4⌉ near classes,
    /// so a quarter of the pairs is near, or a little more. Where what is near to each of many
    /// forgotten classes makes up all that is retained, nothing is far; where nothing is forgotten,
    /// nothing is near or far.
    /// - Parameters:
    ///   - forgotten: the forgotten classes.
    ///   - labels: the retained class of each of the original's samples.
    ///   - probabilities: the probability of each class that the judge sees in each.
    package init(forgotten: [Int], labels: [Int], probabilities: [[Double]]) {
        guard !forgotten.isEmpty else {
            (near, far) = ([], [])
            return
        }
        let rows = Dictionary(grouping: labels.indices, by: { labels[$0] })
        let kept = rows.keys.sorted()
        let share = 4 * forgotten.count
        let each = max(1, (kept.count + share - 1) / share)
        let near = forgotten.reduce(into: Set<Int>()) { near, lost in
            let closeness = rows.mapValues { own in mean(own.map { probabilities[$0][lost] }) }
            let closest = kept.sorted { (closeness[$0] ?? 0, $1) > (closeness[$1] ?? 0, $0) }
            near.formUnion(closest.prefix(each))
        }
        self.near = near.sorted()
        far = kept.filter { !near.contains($0) }
    }
}
