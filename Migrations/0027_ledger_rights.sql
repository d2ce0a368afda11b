-- Who may ask and who may write. Nobody holds rights to tables; who seals cannot judge.

CREATE VIEW lineage.requests AS
SELECT
    q.seq, q.id, q.name, q.scope, encode(q.commitment, 'hex') AS commitment, q.items, q.basis,
    q.policy, q.received_at, q.due_at, coalesce(w.event, 'open') AS state,
    s.name AS superseded_by,
    (SELECT count(*) FROM lineage.exposure_source x WHERE x.request = q.seq) AS sources,
    (SELECT count(*) FROM lineage.unlearn_application u WHERE u.request = q.seq) AS applications,
    q.recorded_at
FROM lineage.forget_request q
LEFT JOIN lineage.forget_request_event w ON w.request = q.seq
LEFT JOIN lineage.forget_request s ON s.seq = w.superseded_by;

CREATE VIEW lineage.verdicts AS
SELECT
    v.seq AS verdict, encode(a.digest, 'hex') AS artifact, lineage.name_of(a.seq) AS name,
    q.name AS request, v.result, v.reasons, p.name AS policy, p.version AS policy_version,
    encode(e.digest, 'hex') AS evidence, v.decided_by, v.decided_at, v.supersedes,
    NOT EXISTS (SELECT FROM lineage.verdict n WHERE n.supersedes = v.seq) AS current
FROM lineage.verdict v
JOIN lineage.artifact a ON a.seq = v.artifact
JOIN lineage.forget_request q ON q.seq = v.request
JOIN lineage.policy p ON p.seq = v.policy
LEFT JOIN lineage.evidence e ON e.seq = v.evidence;

CREATE VIEW lineage.deployments AS
SELECT DISTINCT ON (d.artifact, d.environment)
    encode(a.digest, 'hex') AS artifact, lineage.name_of(a.seq) AS name, d.environment, d.event,
    d.actor, d.at
FROM lineage.deployment_event d
JOIN lineage.artifact a ON a.seq = d.artifact
WHERE d.event <> 'blob_deleted'
ORDER BY d.artifact, d.environment, d.seq DESC;

DO $$
DECLARE
    role text;
BEGIN
    FOREACH role IN ARRAY ARRAY[
        'palimpsest_officer', 'palimpsest_deployer', 'palimpsest_auditor',
        'palimpsest_worker_train', 'palimpsest_worker_distill', 'palimpsest_worker_unlearn',
        'palimpsest_worker_evaluate'
    ] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role) THEN
            BEGIN
                EXECUTE format('CREATE ROLE %I NOLOGIN', role);
            EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
            END;
        END IF;
    END LOOP;
END $$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA lineage, queue FROM PUBLIC;
GRANT USAGE ON SCHEMA queue, lineage, migration TO
    palimpsest_officer, palimpsest_deployer, palimpsest_auditor, palimpsest_worker_train,
    palimpsest_worker_distill, palimpsest_worker_unlearn, palimpsest_worker_evaluate;
GRANT SELECT ON migration.applied TO
    palimpsest_officer, palimpsest_deployer, palimpsest_auditor, palimpsest_worker_train,
    palimpsest_worker_distill, palimpsest_worker_unlearn, palimpsest_worker_evaluate;

-- A worker of one kind does what a worker does; `queue.complete` looks at the kind.
GRANT EXECUTE ON FUNCTION
    queue.submit, queue.reject, queue.claim, queue.renew, queue.progress, queue.snapshot,
    queue.release, queue.fail, queue.cancel, queue.cancelled, queue.reap, queue.complete,
    queue.outbox_take, queue.outbox_done, lineage.resolve(text), lineage.describe
TO palimpsest_worker_train, palimpsest_worker_distill, palimpsest_worker_unlearn,
    palimpsest_worker_evaluate;

GRANT SELECT ON
    lineage.alias, lineage.artifacts, lineage.edges, lineage.requests, lineage.verdicts,
    lineage.deployments
TO palimpsest_reader, palimpsest_officer, palimpsest_deployer, palimpsest_auditor;
GRANT SELECT ON queue.job_status, queue.job_history TO palimpsest_officer, palimpsest_auditor;

GRANT EXECUTE ON FUNCTION
    lineage.resolve(text), lineage.resolve(text, timestamptz), lineage.describe,
    lineage.original_of, lineage.weight_path, lineage.ancestors, lineage.descendants,
    lineage.metrics, lineage.unlearned_from, lineage.tree, lineage.label, lineage.name_of,
    lineage.path, lineage.is_derived_from, lineage.common_origin, lineage.diff,
    lineage.runs_using, lineage.datasets_behind, lineage.exposed_deployments,
    lineage.distilled_before_cleansing, lineage.requests_status, lineage.reintroduced,
    lineage.remediation_plan, lineage.verdicts_depending_on, lineage.overdue,
    lineage.as_of_report, lineage.score_history, lineage.unlearning_debt,
    lineage.reproductions, lineage.content_twins, lineage.orphans, lineage.lineage_dot,
    lineage.edges_of, lineage.job_of, lineage.artifacts_of, lineage.what_if_revoke, lineage.integrity_drift,
    lineage.comparable(text, text), lineage.recompute
TO palimpsest_reader, palimpsest_officer, palimpsest_deployer, palimpsest_auditor;

GRANT EXECUTE ON FUNCTION
    lineage.request_forgetting, lineage.sealed_list, lineage.withdraw_request,
    lineage.add_source, lineage.judge, lineage.withdraw_verdict, lineage.adopt_policy,
    lineage.register_evaluator, lineage.revoke_evaluator, lineage.correct, lineage.set_gate
TO palimpsest_officer;
GRANT EXECUTE ON FUNCTION lineage.deploy TO palimpsest_deployer;

-- Compiling a walk takes longer than walking: the planner cannot know how few rows it meets.
DO $$
DECLARE
    walk regprocedure;
BEGIN
    FOR walk IN
        SELECT p.oid FROM pg_proc p
        WHERE p.pronamespace = 'lineage'::regnamespace AND p.prolang <> (
            SELECT l.oid FROM pg_language l WHERE l.lanname = 'c'
        ) AND (
            p.prosrc LIKE '%WITH RECURSIVE%'
            OR p.proname IN ('entries', 'exposed_live', 'exposed_deployments', 'shortest')
        )
    LOOP
        EXECUTE format('ALTER FUNCTION %s SET jit = off', walk);
    END LOOP;
END $$;
