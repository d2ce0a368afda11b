import Metrics

/// What a worker counts about itself. No metric has a label that a user fills in.
enum Measures {
    static let ingested = Counter(
        "jobs_ingested_total",
        "Messages taken from a topic, by what became of them.",
        labels: ["topic", "result"]
    )
    static let intakeSeconds = Histogram(
        "jobs_intake_seconds",
        "From a message to its row in Postgres.",
        bounds: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30]
    )
    static let lag = Gauge(
        "kafka_consumer_lag",
        "Messages of a partition that this worker has still to take.",
        labels: ["topic", "partition"]
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
        "Attempts that went on from a snapshot.",
        labels: ["kind"]
    )
    static let checkpointBytes = Counter(
        "jobs_checkpoint_bytes_total",
        "Bytes of snapshots recorded.",
        labels: ["kind"]
    )
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
        "Attempts that Postgres told that another worker holds the job."
    )
    static let selfFenced = Counter(
        "jobs_self_fenced_total",
        "Attempts that this worker ended because it could not renew the lease."
    )
    static let reaped = Counter(
        "jobs_reaped_total",
        "Jobs that this worker took back from a dead one, let go on, or ended as too late."
    )
    static let published = Counter(
        "outbox_published_total",
        "Messages of the outbox handed to Kafka, by result.",
        labels: ["topic", "result"]
    )

    static let all: [any Metric] = [
        ingested, intakeSeconds, lag, runSeconds, failures, steps, resumes, checkpointBytes,
        renewals, leaseMargin, fenced, selfFenced, reaped, published,
    ]
}
