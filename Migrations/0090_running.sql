-- Between its START and its end a run says once a minute that it is at work and how far it is, and
-- each event names the program. RUNNING leaves with a renewal, not with the progress that a child
-- reports: not every kind of job reports steps, and of a gang only rank 0 renews the job, so a run
-- has one voice. When it last spoke is in the job's row, so no other connection and no other start
-- of the worker makes it speak sooner. A renewal that owes nothing compares two times more; a claim
-- costs 0.03 ms of the server more, beside 0.56, for what its worker is made of.

-- When the last RUNNING was sent; one from before the attempt says nothing of this run.
ALTER TABLE queue.job ADD COLUMN told_at timestamptz;

-- What runs, as OpenLineage's place of the code. Programs are known by their bytes and not by a
-- repository, so the URL is one that names bytes by their hash (RFC 6920), in base64 without
-- padding; `version` is the same digest as the ledger writes it.
CREATE FUNCTION lineage.code_facet(code bytea) RETURNS jsonb
LANGUAGE sql STABLE RETURN CASE WHEN code IS NULL THEN '{}' ELSE
    jsonb_build_object('facets', jsonb_build_object('sourceCodeLocation', jsonb_build_object(
        '_producer', 'urn:palimpsest:ledger:v1', '_schemaURL',
        'https://openlineage.io/spec/facets/1-0-1/SourceCodeLocationJobFacet.json'
            || '#/$defs/SourceCodeLocationJobFacet',
        'type', 'digest', 'url', 'ni:///sha-256;'
            || translate(rtrim(encode(code, 'base64'), '='), '+/', '-_'),
        'version', encode(code, 'hex')
    ))) END;

DROP FUNCTION lineage.run_event(queue.job, uuid, text, timestamptz, jsonb);

-- What an event says of the run that is the current epoch of `j`.
CREATE FUNCTION lineage.run_event(
    j queue.job, run uuid, code bytea, type text, at timestamptz, facets jsonb
) RETURNS jsonb
LANGUAGE sql STABLE RETURN jsonb_build_object(
    'eventTime', lineage.utc(at), 'eventType', type, 'producer', 'urn:palimpsest:ledger:v1',
    'schemaURL', 'https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent',
    'job', jsonb_build_object(
        'namespace', 'palimpsest',
        'name', (j).kind || '.' || coalesce((j).spec ->> 'method', (j).kind)
    ) || lineage.code_facet(code),
    'run', jsonb_build_object(
        'runId', run,
        'facets', facets
            || lineage.run_facets((j).id, (j).epoch, (j).kind, (j).spec_digest)
    )
);

-- As before, with the code of the worker that has the job.
CREATE OR REPLACE FUNCTION lineage.send_start(j queue.job) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    run uuid := lineage.run_id(j.id, j.epoch);
    code bytea := (SELECT w.code_digest FROM queue.worker w WHERE w.incarnation = j.lease_owner);
BEGIN
    INSERT INTO queue.outbox (topic, key, headers, value) VALUES (
        'lineage.events.v1', run::text,
        lineage.run_headers('openlineage/' || run || '/start', run, j.attempt_started_at),
        convert_to((
            lineage.run_event(j, run, code, 'START', j.attempt_started_at, '{}')
            || jsonb_build_object('inputs', (
                SELECT coalesce(jsonb_agg(jsonb_build_object(
                    'namespace', 'sha256', 'name', u.artifact,
                    'inputFacets', jsonb_build_object('palimpsest_input', jsonb_build_object(
                        '_producer', 'urn:palimpsest:ledger:v1',
                        '_schemaURL', 'urn:palimpsest:openlineage:input:v1', 'roles', u.roles
                    ))
                ) ORDER BY u.artifact), '[]')
                FROM (
                    SELECT i ->> 'artifact' AS artifact,
                        jsonb_agg(i -> 'role' ORDER BY i ->> 'role') AS roles
                    FROM jsonb_array_elements(j.inputs) i
                    GROUP BY i ->> 'artifact'
                ) u
            ))
        )::text, 'UTF8')
    );
END $$;

-- How far a job is, where the queue knows: its steps are the spec's from the start, or come with
-- the first report.
CREATE FUNCTION lineage.progress_facet(step bigint, total_steps bigint) RETURNS jsonb
LANGUAGE sql STABLE RETURN CASE WHEN step = 0 AND total_steps IS NULL THEN '{}' ELSE
    jsonb_build_object('palimpsest_progress', jsonb_strip_nulls(jsonb_build_object(
        '_producer', 'urn:palimpsest:ledger:v1',
        '_schemaURL', 'urn:palimpsest:openlineage:progress:v1',
        'step', step, 'totalSteps', total_steps
    ))) END;

-- Sends the RUNNING of the attempt that `j` is in. The minutes since its start are in the message's
-- id: two events are a minute apart, so no id comes twice.
CREATE FUNCTION lineage.send_running(j queue.job, at timestamptz) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
SET plan_cache_mode = force_generic_plan
AS $$
DECLARE
    run uuid := lineage.run_id(j.id, j.epoch);
    code bytea := (SELECT w.code_digest FROM queue.worker w WHERE w.incarnation = j.lease_owner);
    minutes bigint := floor(extract(epoch FROM at - j.attempt_started_at) / 60);
BEGIN
    INSERT INTO queue.outbox (topic, key, headers, value) VALUES (
        'lineage.events.v1', run::text,
        lineage.run_headers('openlineage/' || run || '/running/' || minutes, run, at),
        convert_to(lineage.run_event(
            j, run, code, 'RUNNING', at, lineage.progress_facet(j.step, j.total_steps)
        )::text, 'UTF8')
    );
END $$;

-- As before, with the code of the worker that had the job.
CREATE OR REPLACE FUNCTION lineage.tell_end() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
SET plan_cache_mode = force_generic_plan
AS $$
DECLARE
    run uuid := lineage.run_id(new.id, new.epoch);
    code bytea := (SELECT w.code_digest FROM queue.worker w WHERE w.incarnation = old.lease_owner);
    at timestamptz := coalesce(new.finished_at, clock_timestamp());
    -- A job that is given back may still have the class of an earlier attempt.
    failed boolean := new.state <> 'cancelled' AND new.reason <> 'released';
    why text := CASE WHEN failed THEN new.failure_class ELSE new.reason END;
BEGIN
    INSERT INTO queue.outbox (topic, key, headers, value) VALUES (
        'lineage.events.v1', run::text,
        lineage.run_headers('openlineage/' || run, run, at),
        convert_to(lineage.run_event(
            new, run, code,
            CASE WHEN failed AND why NOT IN ('lost', 'deadline') THEN 'FAIL' ELSE 'ABORT' END, at,
            jsonb_build_object('palimpsest_end', jsonb_build_object(
                '_producer', 'urn:palimpsest:ledger:v1',
                '_schemaURL', 'urn:palimpsest:openlineage:end:v1',
                'reason', why, 'final', new.state IN ('failed', 'cancelled')
            )) || CASE WHEN failed THEN jsonb_build_object('errorMessage', jsonb_build_object(
                '_producer', 'urn:palimpsest:ledger:v1', '_schemaURL',
                'https://openlineage.io/spec/facets/1-0-1/ErrorMessageRunFacet.json'
                    || '#/$defs/ErrorMessageRunFacet',
                'message', why, 'programmingLanguage', 'Swift'
            )) ELSE '{}' END
        )::text, 'UTF8')
    );
    RETURN NULL;
END $$;

-- As before, and RUNNING where the last word of the run is a minute old and nobody has asked for
-- its end.
CREATE OR REPLACE FUNCTION queue.renew(job uuid, epoch bigint, ttl double precision) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    j queue.job := queue.held(renew.job, renew.epoch);
    at timestamptz := clock_timestamp();
    owes boolean := j.state = 'running'
        AND greatest(j.attempt_started_at, j.told_at) + interval '1 minute' <= at;
BEGIN
    UPDATE queue.job q SET
        lease_expires_at = at + make_interval(secs => ttl), heartbeat_at = at,
        told_at = CASE WHEN owes THEN at ELSE q.told_at END
    WHERE q.id = j.id;
    IF owes THEN PERFORM lineage.send_running(j, at); END IF;
    RETURN CASE
        WHEN j.state = 'cancelling' THEN 'cancel'
        WHEN j.deadline <= at THEN 'deadline'
        WHEN j.attempt_started_at + make_interval(secs => j.max_runtime) <= at THEN 'runtime'
        ELSE 'go'
    END;
END $$;

REVOKE ALL ON FUNCTION
    lineage.code_facet, lineage.run_event, lineage.progress_facet, lineage.send_running
FROM PUBLIC;
