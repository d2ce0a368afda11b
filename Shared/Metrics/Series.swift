/// The values of one metric by the values of its labels.
///
/// Labels may come from outside, and each new combination costs memory here and in Prometheus: past
/// `limit` of them, the rest is kept together under "other".
struct Series<Value: Sendable>: Sendable {
    private(set) var values: [[String]: Value] = [:]

    static var limit: Int { 200 }

    mutating func update(_ labels: [String], from initial: Value, _ body: (inout Value) -> Void) {
        let known = values[labels] != nil || values.count < Series.limit
        body(&values[known ? labels : labels.map { _ in "other" }, default: initial])
    }

    mutating func replace(with new: [[String]: Value]) {
        values = [:]
        for (labels, value) in new.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) {
            update(labels, from: value) { $0 = value }
        }
    }

    var sorted: [(labels: [String], value: Value)] {
        values.sorted { $0.key.lexicographicallyPrecedes($1.key) }
            .map { (labels: $0.key, value: $0.value) }
    }
}
