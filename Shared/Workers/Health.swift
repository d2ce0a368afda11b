import HTTP
import Kafka
import Lifecycle
import Metrics
import Synchronization

/// What a worker tells of itself at `/metrics`, `/healthz` and `/readyz`.
final class Health: Sendable {
    private struct State {
        var kafka: String? = "Kafka has assigned nothing yet"
        var draining = false
    }

    private let state = Mutex(State())
    private let gauges: QueueGauges

    init(_ settings: Settings) { gauges = QueueGauges(settings) }

    /// Begins to count what happens in the queue.
    func begin() { gauges.refresh() }

    /// Notes whether Kafka is there: nil, or what is wrong.
    func note(kafka problem: String?) { state.withLock { $0.kafka = problem } }
    func noteDraining() { state.withLock { $0.draining = true } }

    func respond(to path: String) -> Response {
        switch path {
        case "/healthz": return Response(200, "alive\n")
        case "/readyz":
            gauges.refresh()
            let now = state.withLock { $0 }
            let problems = [now.draining ? "ending" : nil, now.kafka, gauges.problem]
                .compactMap(\.self)
            return problems.isEmpty
                ? Response(200, "ready\n")
                : Response(503, problems.map { "not ready: \($0)\n" }.joined())
        case "/metrics":
            gauges.refresh()
            return Response(200, type: expositionType, exposition(of: Measures.all + gauges.all))
        default: return Response(404, "there are /metrics, /healthz and /readyz\n")
        }
    }
}

/// Makes the worker unready as soon as it is to end.
struct Drain: Service {
    let name = "drain"
    let health: Health

    func run(until shutdown: Shutdown) {
        while !shutdown.wait(3_600) {}
        health.noteDraining()
    }
}

/// Looks after the consumer from its own thread: whether it has its partitions and a broker
/// answers, and how far behind it is.
struct ConsumerWatch {
    private let health: Health
    private var next = ContinuousClock.now

    init(_ health: Health) { self.health = health }

    /// Does its work when it is due; costs a round trip to a broker, at most a second.
    mutating func look(_ consumer: Consumer) {
        guard ContinuousClock.now >= next else { return }
        let joined = consumer.hasJoined
        let answers = joined && consumer.brokerAnswers(milliseconds: 1_000)
        health.note(
            kafka: !joined
                ? "Kafka has assigned nothing yet" : answers ? nil : "no Kafka broker answers"
        )
        next = .now + .seconds(answers ? 5 : 0.5)
        let lag = consumer.lag.map { ([$0.topic, "\($0.partition)"], Double($0.messages)) }
        Measures.lag.replace(with: Dictionary(lag) { $1 })
    }
}
