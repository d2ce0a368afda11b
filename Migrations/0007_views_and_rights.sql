-- What people look at, and who may do what.

CREATE VIEW queue.job_status AS
SELECT
    j.id AS job, j.kind, j.spec ->> 'method' AS method, j.name, j.state, j.priority, j.attempt,
    j.max_attempts, j.step, j.total_steps,
    round(100.0 * j.step / j.total_steps, 1) AS percent,
    speed.steps_per_second,
    CASE WHEN j.state = 'running' THEN
        round((j.total_steps - j.step) / nullif(speed.steps_per_second, 0))
    END AS seconds_left,
    CASE WHEN j.state = 'running' THEN
        round(extract(epoch FROM clock_timestamp() - j.heartbeat_at), 1)
    END AS heartbeat_age,
    (SELECT max(s.step) FROM queue.snapshot s WHERE s.job = j.id) AS snapshot_step,
    j.cancel_requested, j.failure_class, j.failure_message, j.epoch, j.lease_owner, j.created_at,
    j.started_at, j.finished_at, j.enqueue_seq, j.spec, j.inputs
FROM queue.job j
CROSS JOIN LATERAL (
    SELECT CASE WHEN j.state = 'running' THEN
        round(
            (j.step - j.resumed_step)
                / nullif(extract(epoch FROM clock_timestamp() - j.attempt_started_at), 0),
            3
        )
    END AS steps_per_second
) speed;

-- A job's curve, where a resumed attempt went over the same steps again, as the last one saw it.
CREATE VIEW queue.job_curve AS
SELECT DISTINCT ON (job, step) job, step, epoch, "values", at
FROM queue.curve
ORDER BY job, step, epoch DESC;

CREATE VIEW queue.job_history AS
SELECT job, seq, from_state, to_state, reason, epoch, detail, at FROM queue.job_transition;

CREATE VIEW queue.rejected AS
SELECT id, topic, partition, "offset", reason, detail, headers, original, rejected_at
FROM queue.rejection;

CREATE VIEW lineage.artifacts AS
SELECT
    a.seq, encode(a.digest, 'hex') AS artifact, encode(a.content_digest, 'hex') AS content,
    a.kind, lineage.name_of(a.seq) AS name, a.name AS output, a.bytes, a.info, r.job,
    r.kind AS run_kind, r.method, a.recorded_at
FROM lineage.artifact a
LEFT JOIN lineage.run r ON r.seq = a.run;

CREATE VIEW lineage.edges AS
SELECT
    encode(c.digest, 'hex') AS child, encode(p.digest, 'hex') AS parent, e.role, r.job
FROM lineage.edge e
JOIN lineage.artifact c ON c.seq = e.child
JOIN lineage.artifact p ON p.seq = e.parent
JOIN lineage.run r ON r.seq = e.run;

-- Roles belong to the whole server, so another database's migration may have made them, even at
-- this moment.
DO $$
DECLARE
    role text;
BEGIN
    FOREACH role IN ARRAY ARRAY[
        'palimpsest_worker', 'palimpsest_publisher', 'palimpsest_reader'
    ] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role) THEN
            BEGIN
                EXECUTE format('CREATE ROLE %I NOLOGIN', role);
            EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
            END;
        END IF;
    END LOOP;
END $$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA queue, lineage FROM PUBLIC;
GRANT USAGE ON SCHEMA queue, lineage, migration
TO palimpsest_worker, palimpsest_publisher, palimpsest_reader;
GRANT SELECT ON migration.applied
TO palimpsest_worker, palimpsest_publisher, palimpsest_reader;

GRANT EXECUTE ON FUNCTION
    queue.submit, queue.reject, queue.claim, queue.renew, queue.progress, queue.snapshot,
    queue.release, queue.fail, queue.cancel, queue.cancelled, queue.reap, queue.complete,
    queue.outbox_take, queue.outbox_done, lineage.resolve, lineage.describe
TO palimpsest_worker;

GRANT EXECUTE ON FUNCTION
    queue.submit, queue.cancel, lineage.resolve, lineage.describe, lineage.register_import
TO palimpsest_publisher;

GRANT SELECT ON
    queue.job_status, queue.job_curve, queue.job_history, queue.rejected, lineage.alias,
    lineage.artifacts, lineage.edges
TO palimpsest_reader;
GRANT EXECUTE ON FUNCTION
    lineage.resolve, lineage.describe, lineage.original_of, lineage.weight_path,
    lineage.ancestors, lineage.descendants, lineage.metrics, lineage.unlearned_from,
    lineage.tree, lineage.label, lineage.name_of
TO palimpsest_reader;
