import Statistics
import Testing

struct CrossingTests {
    @Test func `a level between two measurements is reached where the line between them is`() {
        let crossing = Crossing(of: 0.9, by: [0.1, 0.5, 1, 0.7])
        #expect(crossing?.index == 1)
        #expect(crossing?.value(of: [0, 10, 20, 90]) == 18)
    }

    @Test func `the first of several crossings counts`() {
        #expect(Crossing(of: 0.5, by: [0, 1, 0, 1])?.value(of: [2, 4, 6, 8]) == 3)
    }

    @Test func `a series that starts above a level crosses it at its start`() {
        #expect(Crossing(of: 0.5, by: [0.7, 0.2, 0.9])?.value(of: [3, 4, 5]) == 3)
    }

    @Test func `a level that is met exactly is read off there`() {
        #expect(Crossing(of: 0.5, by: [0.25, 0.5])?.value(of: [3, 4]) == 4)
    }

    @Test func `a series that stays below has no crossing`() {
        #expect(Crossing(of: 0.9, by: [0.1, 0.89]) == nil)
        #expect(Crossing(of: 0.9, by: []) == nil)
    }
}
