import Metrics

/// What a worker counts about itself. No metric has a label that a user fills in, and none is about
/// one job. What it knows of the whole queue is in `QueueGauges`.
enum Measures {
    static let all: [any Metric] = intake + runs + leases + out

    /// Bounds of what takes from milliseconds to half a minute.
    static let brief = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30]
}

extension Measures {
    static let intake: [any Metric] = [
        ingested, rejected, intakeSeconds, lag, missed, rebalances, pollGap, clientErrors,
        querySeconds,
    ]

    static let ingested = Counter(
        "jobs_ingested_total",
        "Messages taken from a topic, by what became of them.",
        labels: ["topic", "result"]
    )
    static let rejected = Counter(
        "jobs_rejected_total",
        "Messages that became dead letters, by why.",
        labels: ["topic", "reason"]
    )
    static let intakeSeconds = Histogram(
        "jobs_intake_seconds",
        "From a message to its row in Postgres.",
        bounds: brief
    )
    static let lag = Gauge(
        "kafka_consumer_lag",
        "Messages of a partition that this worker has still to take.",
        labels: ["topic", "partition"]
    )
    static let missed = Counter(
        "kafka_messages_missed_total",
        "Messages that Kafka had deleted before they were read.",
        labels: ["topic"]
    )
    static let rebalances = Counter(
        "kafka_rebalances_total",
        "Times that the group gave partitions (assign) or took them (revoke, lost).",
        labels: ["kind"]
    )
    static let pollGap = Histogram(
        "kafka_poll_gap_seconds",
        "Time from one poll of a consumer to the next; the group puts a member out after 300.",
        bounds: [0.15, 0.25, 0.5, 1, 2, 5, 15, 60, 300]
    )
    static let clientErrors = Counter(
        "kafka_client_errors_total",
        "Errors that librdkafka told of, by its name for them.",
        labels: ["code", "fatal"]
    )
    static let querySeconds = Histogram(
        "lineage_query_seconds",
        "Length of questions to the ledger.",
        labels: ["query"],
        bounds: brief
    )
}

extension Measures {
    static let runs: [any Metric] = [
        queueWait, runSeconds, failures, steps, stepSeconds, stalled, resumes, lostSteps,
        checkpointSeconds, checkpointBytes, cancelSeconds,
    ]

    static let queueWait = Histogram(
        "jobs_queue_wait_seconds",
        "From the moment at which a job could have been claimed to its claim.",
        labels: ["kind"],
        bounds: [0.01, 0.05, 0.1, 0.3, 1, 5, 15, 60, 300, 900, 3_600, 14_400, 86_400]
    )
    static let runSeconds = Histogram(
        "jobs_run_seconds",
        "Length of attempts, by how they ended.",
        labels: ["kind", "outcome"],
        bounds: [1, 5, 15, 60, 300, 900, 3_600, 10_800, 43_200, 86_400, 172_800]
    )
    static let failures = Counter(
        "jobs_attempts_total",
        "Attempts that failed, by the class of the failure.",
        labels: ["kind", "class"]
    )
    static let steps = Counter("jobs_steps_total", "Steps done.", labels: ["kind"])
    static let resumes = Counter(
        "jobs_resumes_total",
        "Attempts after the first, by what they went on from: the newest snapshot, an older one, or "
            + "the start.",
        labels: ["kind", "source"]
    )
    static let stepSeconds = Histogram(
        "jobs_step_seconds",
        "Length of a step, averaged between two reports of a child.",
        labels: ["kind"],
        bounds: [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100, 300]
    )
    static let stalled = Counter(
        "jobs_stalled_total",
        "Attempts that this worker ended because they made no progress."
    )
    static let lostSteps = Histogram(
        "jobs_resume_lost_steps",
        "Steps that an attempt had to do again.",
        bounds: [0, 1, 10, 100, 1_000, 10_000, 100_000]
    )
    static let checkpointSeconds = Histogram(
        "jobs_checkpoint_seconds",
        "Time to save a snapshot.",
        bounds: [0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100, 300]
    )
    static let cancelSeconds = Histogram(
        "jobs_cancel_latency_seconds",
        "From the request to cancel a running job to its end.",
        bounds: [0.1, 0.3, 1, 3, 5, 10, 20, 40, 80]
    )
    static let checkpointBytes = Counter(
        "jobs_checkpoint_bytes_total",
        "Bytes of snapshots recorded.",
        labels: ["kind"]
    )
}

extension Measures {
    static let leases: [any Metric] = [renewals, leaseMargin, fenced, selfFenced, reaped]

    static let renewals = Counter(
        "jobs_lease_renewals_total",
        "Renewals of leases, by result.",
        labels: ["result"]
    )
    static let leaseMargin = Gauge(
        "jobs_lease_margin_seconds",
        "What was left of the lease at its last renewal, by this worker's clock."
    )
    static let fenced = Counter(
        "jobs_fenced_writes_total",
        "Writes that Postgres refused since another worker holds the job.",
        labels: ["op"]
    )
    static let selfFenced = Counter(
        "jobs_self_fenced_total",
        "Attempts that this worker ended because it could not renew the lease."
    )
    static let reaped = Counter(
        "jobs_reaped_total",
        "Jobs that this worker took back from a dead one, let go on, or ended as too late."
    )
}

extension Measures {
    static let out: [any Metric] = [published, seals, sealSeconds, chainVerified]

    static let published = Counter(
        "outbox_published_total",
        "Messages of the outbox handed to Kafka, by result.",
        labels: ["topic", "result"]
    )
    static let seals = Counter(
        "lineage_seals_total",
        "Attempts to seal what a job made: ok, refused by a rule, fenced, or failed.",
        labels: ["result"]
    )
    static let sealSeconds = Histogram(
        "lineage_seal_seconds",
        "Time to seal what a job made.",
        bounds: brief
    )
    static let chainVerified = Gauge(
        "lineage_chain_verified_seq",
        "Entries of the ledger's log under the newest root that this worker computed and signed."
    )
}
