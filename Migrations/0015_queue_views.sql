-- What people see of the new states, and who may do what.

CREATE OR REPLACE VIEW queue.job_status AS
SELECT
    j.id AS job, j.kind, j.spec ->> 'method' AS method, j.name, j.state, j.priority, j.attempt,
    j.max_attempts, j.step, j.total_steps,
    round(100.0 * j.step / j.total_steps, 1) AS percent,
    speed.steps_per_second,
    CASE WHEN j.state IN ('running', 'cancelling') THEN
        round((j.total_steps - j.step) / nullif(speed.steps_per_second, 0))
    END AS seconds_left,
    CASE WHEN j.state IN ('running', 'cancelling') THEN
        round(extract(epoch FROM clock_timestamp() - j.heartbeat_at), 1)
    END AS heartbeat_age,
    (
        SELECT max(s.step) FROM queue.snapshot s WHERE s.job = j.id AND s.discarded IS NULL
    ) AS snapshot_step,
    j.cancel_requested, j.failure_class, j.failure_message, j.epoch, j.lease_owner, j.created_at,
    j.started_at, j.finished_at, j.enqueue_seq, j.spec, j.inputs,
    j.errors, j.losses, j.max_losses, j.releases, j.resumed_step,
    nullif(j.not_before, '-infinity') AS not_before, j.deadline, j.max_runtime, j.after,
    CASE WHEN j.state = 'blocked' THEN (
        SELECT array_agg(n.id) FROM unnest(j.after) n (id)
        LEFT JOIN queue.job k ON k.id = n.id
        WHERE k.state IS DISTINCT FROM 'succeeded'
    ) END AS waits_for,
    j.retry_of, j.labels, j.device_class, j.memory_bytes, j.threads, j.idempotency_key, j.rank
FROM queue.job j
CROSS JOIN LATERAL (
    SELECT CASE WHEN j.state IN ('running', 'cancelling') THEN
        round(
            (j.step - j.resumed_step)
                / nullif(extract(epoch FROM clock_timestamp() - j.attempt_started_at), 0),
            3
        )
    END AS steps_per_second
) speed;

CREATE VIEW queue.dead_letters AS
SELECT
    r.id::text AS letter, r.topic, r.reason, r.detail, r.rejected_at AS at,
    (SELECT count(*) FROM queue.replayed p WHERE p.rejection = r.id) AS again
FROM queue.rejection r
UNION ALL
SELECT
    j.id::text, 'jobs.' || j.kind || '.v1', j.failure_class, j.failure_message, j.finished_at,
    (SELECT count(*) FROM queue.job n WHERE n.retry_of = j.id)
FROM queue.job j WHERE j.state = 'failed';

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA queue FROM PUBLIC;
GRANT EXECUTE ON FUNCTION
    queue.submit, queue.reject, queue.claim, queue.renew, queue.progress, queue.snapshot,
    queue.discard_snapshot, queue.release, queue.fail, queue.cancel, queue.cancelled, queue.reap,
    queue.complete, queue.enlist, queue.outcome, queue.outbox_take, queue.outbox_done,
    queue.outbox_park
TO palimpsest_worker;
GRANT EXECUTE ON FUNCTION queue.submit, queue.cancel, queue.retry, queue.replay
TO palimpsest_publisher;
GRANT SELECT ON queue.dead_letters TO palimpsest_reader;

DO $$
DECLARE
    grows regclass;
BEGIN
    FOREACH grows IN ARRAY ARRAY['queue.dependency', 'queue.replayed', 'queue.worker']::regclass[]
    LOOP
        EXECUTE format(
            'CREATE TRIGGER only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON %s
             FOR EACH STATEMENT EXECUTE FUNCTION lineage.refuse_change()',
            grows
        );
    END LOOP;
END $$;
