/// The distances of pairs, each beside the two between which it lies.
package struct PairDistances {
    /// The class that each pair was asked for.
    package let labels: [Int]
    /// From the original to the subject, from the same noise.
    package let subject: [Double]
    /// From the original to itself, drawn a second time in other batches.
    package let again: [Double]
    /// From the original to itself from other noise.
    package let others: [Double]

    package init(labels: [Int], subject: [Double], again: [Double], others: [Double]) {
        (self.labels, self.subject, self.again, self.others) = (labels, subject, again, others)
    }

    /// The pairs of `classes` alone.
    package func of(_ classes: some Collection<Int>) -> PairDistances {
        let chosen = Set(classes)
        let places = labels.indices.filter { chosen.contains(labels[$0]) }
        return PairDistances(
            labels: places.map { labels[$0] },
            subject: places.map { subject[$0] },
            again: places.map { again[$0] },
            others: places.map { others[$0] }
        )
    }
}
