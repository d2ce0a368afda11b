import Foundation
import HTTP
import Jobs
import Records
import TestSupport
import Testing

@Suite(.serialized, .timeLimit(.minutes(5))) struct MeasureTests {
    /// Every name of the reference's section 14, after a job, a cancellation and a dead letter.
    @Test func `every promised metric is there and none has a label from outside`() throws {
        let stack = try TestStack(workers: [.train])
        _ = try stack.page("/metrics")
        try stack.publish(raw: "{", to: "jobs.train.v1")
        let inputs = #"{"dataset": "tiny"}"#
        let done = try stack.publish(.train, Tiny.teacher(steps: 30), inputs: inputs)
        #expect(try stack.finish(done).state == "succeeded")
        let long = try stack.publish(.train, Tiny.teacher(steps: 1_000_000), inputs: inputs)
        try stack.wait { try stack.queue.status(of: long).flatMap { $0.step > 0 ? true : nil } }
        _ = try stack.queue.cancel(long)
        #expect(try stack.finish(long).state == "cancelled")
        let failing = Tiny.classifier.replacing(#""depth": 1"#, with: #""depth": 1, "patch": 7"#)
        let failed = try stack.publish(.train, failing, inputs: inputs)
        #expect(try stack.finish(failed).state == "failed")
        for line in lines {
            try stack.wait(20) { try stack.page("/metrics").body.contains(line) ? true : nil }
        }
        let page = try stack.page("/metrics").body
        for name in names { #expect(page.contains("# TYPE \(name) "), "\(name)") }
        for id in [done, long, failed] {
            #expect(!page.lowercased().contains(id.uuidString.lowercased()))
        }
    }

    private let lines = [
        #"jobs_rejected_total{topic="jobs.train.v1",reason="invalid"} 1"#,
        #"kafka_rebalances_total{kind="assign"}"#, "kafka_poll_gap_seconds_count",
        #"jobs_queue_wait_seconds_count{kind="train"} 3"#,
        #"jobs_transitions_total{kind="train",from="none",to="queued"} 3"#,
        #"jobs_transitions_total{kind="train",from="queued",to="running"} 3"#,
        #"jobs_transitions_total{kind="train",from="running",to="succeeded"} 1"#,
        #"jobs_transitions_total{kind="train",from="cancelling",to="cancelled"} 1"#,
        #"jobs_step_seconds_count{kind="train"}"#, "jobs_cancel_latency_seconds_count 1",
        #"jobs_dlq_total{reason="invalid"} 2"#, #"lineage_seals_total{result="ok"} 1"#,
        "lineage_seal_seconds_count 1", #"lineage_query_seconds_count{query="pin"} 3"#,
        #"jobs_attempts_total{kind="train",class="invalid"} 1"#, "jobs_self_fenced_total 0",
        "jobs_stalled_total 0",
    ]

    private let names = [
        "jobs_ingested_total", "jobs_rejected_total", "jobs_intake_seconds", "kafka_consumer_lag",
        "kafka_rebalances_total", "kafka_poll_gap_seconds", "kafka_client_errors_total",
        "jobs_state", "jobs_oldest_queued_seconds", "jobs_queue_wait_seconds",
        "jobs_transitions_total", "jobs_run_seconds", "jobs_attempts_total", "jobs_steps_total",
        "jobs_step_seconds", "jobs_stalled_total", "jobs_resumes_total", "jobs_resume_lost_steps",
        "jobs_checkpoint_seconds", "jobs_checkpoint_bytes_total", "jobs_lease_renewals_total",
        "jobs_lease_margin_seconds", "jobs_leases_expired_total", "jobs_fenced_writes_total",
        "jobs_self_fenced_total", "outbox_pending", "outbox_oldest_seconds",
        "outbox_published_total", "jobs_dlq_total", "jobs_cancel_latency_seconds",
        "lineage_seals_total", "lineage_seal_seconds", "lineage_query_seconds",
        "lineage_chain_verified_seq",
    ]

    /// What a killed worker leaves behind, another goes on from, and both numbers say how.
    @Test func `a resumed attempt counts what it went on from and what it does again`() throws {
        let stack = try TestStack(workers: [.train])
        let spec = Tiny.teacher(steps: 1_000_000, snapshots: 10)
        let id = try stack.publish(.train, spec, inputs: #"{"dataset": "tiny"}"#)
        try stack.wait { try stack.queue.status(of: id)?.snapshotStep }
        try stack.replace(.train)
        for line in [
            "jobs_resume_lost_steps_count 1", "jobs_checkpoint_bytes_total{",
            #"jobs_leases_expired_total{kind="train"} 1"#,
            #"jobs_resumes_total{kind="train",source="newest"} 1"#,
        ] {
            if line.contains("resumes") { _ = try stack.queue.cancel(id) }
            let found = try? stack.wait(20) { () -> Bool? in
                let page = try? stack.page("/metrics").body
                return page?.contains(line) == true ? true : nil
            }
            if found == nil {
                Issue.record("\(line) is not in \(try stack.page("/metrics").body)")
            }
        }
        #expect(try stack.finish(id).state == "cancelled")
    }
}
