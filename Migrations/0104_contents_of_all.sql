-- A snapshot counts until its job is over, not only while the job is queued or running: one that
-- waits to be tried again begins at it. One at which no attempt shall begin counts no more.
--
-- Whoever asks what the store's blobs are there for may remove the others. To a tenant what others have
-- would seem to be nobody's, so the question is not a tenant's.
CREATE OR REPLACE FUNCTION lineage.contents() RETURNS TABLE (
    content text, owner text, deleted boolean
)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF lineage.my_tenant() IS NOT NULL THEN
        RAISE EXCEPTION 'what the store holds is not for a tenant to ask'
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN QUERY
    SELECT encode(a.content_digest, 'hex'), a.kind || ' ' || encode(a.digest, 'hex'), EXISTS (
        SELECT FROM lineage.deployment_event d
        WHERE d.artifact = a.seq AND d.event = 'blob_deleted'
    )
    FROM lineage.artifact a
    WHERE a.kind <> 'forget_set'
    UNION ALL
    SELECT encode(s.content, 'hex'), 'snapshot of job ' || s.job, false
    FROM queue.snapshot s
    JOIN queue.job j ON j.id = s.job AND j.state NOT IN ('succeeded', 'failed', 'cancelled')
    WHERE s.discarded IS NULL;
END $$;
