-- A snapshot counts until its job is over, not only while the job is queued or running: one that
-- waits to be tried again begins at it.
CREATE OR REPLACE FUNCTION lineage.contents() RETURNS TABLE (
    content text, owner text, deleted boolean
)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT encode(a.content_digest, 'hex'), a.kind || ' ' || encode(a.digest, 'hex'), EXISTS (
        SELECT FROM lineage.deployment_event d
        WHERE d.artifact = a.seq AND d.event = 'blob_deleted'
    )
    FROM lineage.artifact a
    WHERE a.kind <> 'forget_set'
    UNION ALL
    SELECT encode(s.content, 'hex'), 'snapshot of job ' || s.job, false
    FROM queue.snapshot s
    JOIN queue.job j ON j.id = s.job AND j.state NOT IN ('succeeded', 'failed', 'cancelled');
$$;
