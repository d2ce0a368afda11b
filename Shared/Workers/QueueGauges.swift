import Foundation
import Metrics
import Postgres
import Records
import Synchronization

/// What Postgres knows of the queue, asked when somebody looks, at most every two seconds.
///
/// One thread asks at a time and the others take the last answer, so a slow Postgres holds up one
/// scrape and no question about the worker's health.
final class QueueGauges: Sendable {
    private struct Look {
        var database: Reconnecting
        var at: ContinuousClock.Instant?
        /// Up to where changes are counted.
        var mark: String?
    }
    private struct Answer {
        var at: ContinuousClock.Instant?
        var problem: String?
    }

    private let look: Mutex<Look>
    private let answer = Mutex(Answer())
    private let state = Gauge(
        "jobs_state",
        "Jobs that are not finished, by state.",
        labels: ["kind", "state"]
    )
    private let oldest = Gauge(
        "jobs_oldest_queued_seconds",
        "How long the oldest job that could run has waited.",
        labels: ["kind"]
    )
    private let pending = Gauge("outbox_pending", "Messages that wait to be published.")
    private let outboxAge = Gauge("outbox_oldest_seconds", "Age of the oldest of them.")
    private let transitions = Counter(
        "jobs_transitions_total",
        "Changes of jobs' states in the whole queue since this worker's start.",
        labels: ["kind", "from", "to"]
    )
    private let expired = Counter(
        "jobs_leases_expired_total",
        "Leases in the whole queue that ran out since this worker's start.",
        labels: ["kind"]
    )
    private let deadLetters = Counter(
        "jobs_dlq_total",
        "Dead letters of the whole queue since this worker's start.",
        labels: ["reason"]
    )
    private let reachable = Gauge("postgres_up", "Whether Postgres answered when last asked.")

    init(_ settings: Settings) {
        look = Mutex(Look(database: Reconnecting(settings.database)))
    }

    var all: [any Metric] {
        [reachable, state, oldest, pending, outboxAge, transitions, expired, deadLetters]
    }

    /// Asks Postgres unless that was done just now, or is being done.
    func refresh() {
        look.withLockIfAvailable { look in
            if let at = look.at, ContinuousClock.now - at < .seconds(2) { return }
            let problem = ask(&look)
            look.at = .now
            reachable.set(problem == nil ? 1 : 0)
            answer.withLock { $0 = Answer(at: .now, problem: problem) }
        }
    }

    /// Why Postgres is not to be had, or nil.
    var problem: String? {
        let last = answer.withLock { $0 }
        if let problem = last.problem { return problem }
        guard let at = last.at, ContinuousClock.now - at < .seconds(15) else {
            return "Postgres has not answered for 15 s"
        }
        return nil
    }

    private func ask(_ look: inout Look) -> String? {
        do {
            let connection = try look.database.connection()
            try connection.execute(script: "SET statement_timeout = '1s'")
            let numbers = try JobQueue(connection).numbers()
            for (name, gauge) in [
                ("jobs_state", state), ("jobs_oldest_queued_seconds", oldest),
                ("outbox_pending", pending), ("outbox_oldest_seconds", outboxAge),
            ] {
                let own = numbers.filter { $0.name == name }.map { ($0.labels, $0.value) }
                gauge.replace(with: Dictionary(own) { $1 })
            }
            let changes = try JobQueue(connection).changes(since: look.mark)
            look.mark = changes.mark
            for (name, counter) in [
                ("jobs_transitions_total", transitions), ("jobs_leases_expired_total", expired),
                ("jobs_dlq_total", deadLetters),
            ] {
                for number in changes.numbers where number.name == name {
                    counter.add(number.labels, amount: number.value)
                }
            }
            return nil
        } catch {
            return "Postgres: \(error)"
        }
    }
}
