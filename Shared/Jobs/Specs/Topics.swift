/// The topics beside those of the jobs, and how all of them are laid out.
public enum Topics {
    public static let control = "jobs.control.v1"
    public static let events = "jobs.events.v1"
    public static let deadLetters = "jobs.dlq.v1"
    /// Every run's start and end, as OpenLineage events, and the log's signed epochs.
    public static let lineage = "lineage.events.v1"

    /// One topic; its messages have the job's id as their key, so one job's stay in order.
    public struct Layout: Sendable {
        public let name: String
        public let partitions: Int
        public let retentionDays: Int
    }

    public static let layout =
        JobKind.allCases.map { Layout(name: $0.topic, partitions: 6, retentionDays: 7) } + [
            Layout(name: control, partitions: 3, retentionDays: 7),
            Layout(name: events, partitions: 6, retentionDays: 14),
            Layout(name: deadLetters, partitions: 3, retentionDays: 30),
            Layout(name: lineage, partitions: 6, retentionDays: 90),
        ]
    public static let all = layout.map(\.name)
}
