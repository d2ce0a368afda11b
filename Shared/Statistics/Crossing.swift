/// Where a series of measurements first reaches a level: between two neighbours, or at its start.
///
/// Methods that trade one number for another are compared at the same value of the one: the
/// crossing of the one gives the place at which the other is read off.
public struct Crossing: Equatable, Sendable {
    /// The measurement before the level is reached.
    public let index: Int
    /// How far from it to the next the level lies, from 0 to 1.
    public let share: Double

    /// The first crossing of `level` from below, linear between neighbours; nil where the series
    /// stays below.
    public init?(of level: Double, by series: [Double]) {
        guard let reached = series.firstIndex(where: { $0 >= level }) else { return nil }
        guard reached > 0 else {
            (index, share) = (0, 0)
            return
        }
        let before = series[reached - 1]
        (index, share) = (reached - 1, (level - before) / (series[reached] - before))
    }

    /// Another series of the same measurements, at this place.
    ///
    /// - Precondition: `series` is as long as the one that crosses.
    public func value(of series: [Double]) -> Double {
        guard share > 0 else { return series[index] }
        return series[index] + share * (series[index + 1] - series[index])
    }
}
