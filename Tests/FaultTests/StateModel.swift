/// What a job must do, written a second time: the rules of the state machine without Postgres.
struct StateModel {
    enum Step: String, CaseIterable {
        case submit, claim, renew, progress, fail, release, cancel, cancelled, complete
        case expire, reap, parentSucceeds, parentFails
    }

    /// One event; a stale one carries the epoch before the current.
    struct Event {
        var step: Step
        var isStale = false
        var failure = "transient"

        /// How the player in SQL reads it.
        var text: String { "\(step.rawValue):\(isStale ? 1 : 0):\(failure)" }
    }

    enum Parent { case none, waiting, succeeded, failed }

    private(set) var state: String?
    private(set) var epoch = 0
    private var parent: Parent
    private var (errors, losses, same) = (0, 0, 0)
    private var lastFailure: String?
    private var retried: Set<String> = []
    private var isBuried = false
    private var leaseIsOver = false

    init(parent: Parent) { self.parent = parent }

    private var isLeased: Bool { state == "running" || state == "cancelling" }
    private var isWaiting: Bool { ["blocked", "queued", "retry_wait"].contains(state) }

    /// Follows the event and returns what Postgres must answer: the error's code, or `ok`.
    mutating func follow(_ event: Event) -> String {
        switch event.step {
        case .submit: submit()
        case .claim where state == "queued" || state == "retry_wait":
            (state, epoch, leaseIsOver) = ("running", epoch + 1, false)
        case .cancel: cancel()
        case .expire where isLeased: leaseIsOver = true
        case .reap where isLeased && leaseIsOver: reap()
        case .parentSucceeds: parentEnds(.succeeded)
        case .parentFails: parentEnds(.failed)
        case .renew, .progress, .fail, .release, .cancelled, .complete:
            guard isLeased, !leaseIsOver, !event.isStale else { return "PL001" }
            return held(event)
        case .claim, .expire, .reap: break
        }
        return "ok"
    }

    private mutating func submit() {
        guard state == nil else { return }
        switch (isBuried, parent) {
        case (true, _): state = "cancelled"
        case (false, .none), (false, .succeeded): state = "queued"
        case (false, .waiting): state = "blocked"
        case (false, .failed): state = "failed"
        }
    }

    private mutating func cancel() {
        if state == nil { isBuried = true }
        if isWaiting { state = "cancelled" }
        if state == "running" { state = "cancelling" }
    }

    private mutating func reap() {
        guard state == "running" else { return state = "cancelled" }
        losses += 1
        state = losses < 5 ? "queued" : "failed"
    }

    private mutating func parentEnds(_ end: Parent) {
        guard parent == .waiting else { return }
        parent = end
        if state == "blocked" { state = end == .succeeded ? "queued" : "failed" }
    }

    private mutating func held(_ event: Event) -> String {
        let isCancelling = state == "cancelling"
        switch event.step {
        case .cancelled where !isCancelling: return "PL002"
        case .complete where isCancelling: return "PL023"
        case .complete: state = "succeeded"
        case .fail where !isCancelling: fail(event.failure)
        case .release where !isCancelling: state = "queued"
        case .fail, .release, .cancelled: state = "cancelled"
        default: break
        }
        return "ok"
    }

    private mutating func fail(_ failure: String) {
        same = lastFailure == failure ? same + 1 : 1
        lastFailure = failure
        if failure == "lost" { losses += 1 } else { errors += 1 }
        let again =
            switch failure {
            case "lost": losses < 5
            case "transient": errors < 5 && same < 3
            case "resource", "diverged": errors < 5 && !retried.contains(failure)
            default: false
            }
        if again { retried.insert(failure) }
        state = again ? "retry_wait" : "failed"
    }
}
