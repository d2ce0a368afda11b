import Dispatch
import Metrics
import Testing

/// The expected text follows Prometheus' description of the format 0.0.4.
struct ExpositionTests {
    @Test func `a counter is written with help, type and escaped labels`() {
        let counter = Counter("messages_total", "Back\\slash and\nline.", labels: ["topic"])
        counter.add("a\"b\\c\nd")
        counter.add("a\"b\\c\nd", amount: 1.5)
        #expect(
            counter.text == #"""
                # HELP messages_total Back\\slash and\nline.
                # TYPE messages_total counter
                messages_total{topic="a\"b\\c\nd"} 2.5

                """#
        )
    }

    @Test func `a counter without labels is there from the start`() {
        #expect(Counter("x_total", "X.").text.hasSuffix("\nx_total 0\n"))
    }

    @Test func `a histogram counts what lies at or below each bound`() {
        let histogram = Histogram("wait_seconds", "Wait.", labels: ["kind"], bounds: [0.1, 1])
        for value in [0.05, 0.1, 0.5, 7] { histogram.observe(value, "train") }
        #expect(
            histogram.text == """
                # HELP wait_seconds Wait.
                # TYPE wait_seconds histogram
                wait_seconds_bucket{kind="train",le="0.1"} 2
                wait_seconds_bucket{kind="train",le="1"} 3
                wait_seconds_bucket{kind="train",le="+Inf"} 4
                wait_seconds_sum{kind="train"} 7.65
                wait_seconds_count{kind="train"} 4

                """
        )
    }

    @Test func `a gauge forgets what is replaced`() {
        let gauge = Gauge("jobs_state", "Jobs.", labels: ["kind", "state"])
        gauge.set(1, "train", "queued")
        gauge.replace(with: [["train", "running"]: .nan, ["distill", "running"]: .infinity])
        #expect(
            exposition(of: [gauge]) == """
                # HELP jobs_state Jobs.
                # TYPE jobs_state gauge
                jobs_state{kind="distill",state="running"} +Inf
                jobs_state{kind="train",state="running"} NaN

                """
        )
    }

    @Test func `fault 49: ten thousand values of a label stay two hundred lines and one`() {
        let counter = Counter("kinds_total", "Kinds.", labels: ["kind"])
        for number in 0..<10_000 { counter.add("kind\(number)") }
        let lines = counter.text.split(separator: "\n")
        #expect(lines.count == 2 + 200 + 1)
        #expect(lines.contains(#"kinds_total{kind="other"} 9800"#))
    }

    @Test func `eight threads lose no count`() {
        let counter = Counter("count_total", "Count.")
        let histogram = Histogram("size_bytes", "Size.", bounds: [1])
        DispatchQueue.concurrentPerform(iterations: 8) { _ in
            for _ in 0..<1_000 {
                counter.add()
                histogram.observe(2)
            }
        }
        #expect(counter.text.hasSuffix("\ncount_total 8000\n"))
        #expect(histogram.text.hasSuffix("\nsize_bytes_sum 16000\nsize_bytes_count 8000\n"))
    }
}
