-- All that OpenLineage (2-0-2) tells of a run: START when it begins, and one of COMPLETE, FAIL and
-- ABORT when it is over. Only COMPLETE was sent.
--
-- A run is one attempt, that is one epoch of a job, as the run that a seal records always was. It
-- cannot be the job: COMPLETE, FAIL and ABORT end a run for ever, and a job that is tried again
-- would speak after its FAIL. The job is the runs' `parent`, under its own id.
--   START     the claim
--   COMPLETE  the seal
--   FAIL      the attempt said that it failed: invalid, permanent, transient, resource, diverged
--   ABORT     it was ended from outside: cancelled, released, lost, deadline
-- `palimpsest_end` has the reason, and whether the job is over too. The facet errorMessage has the
-- failure's class alone, since a message may have a user's words in it. A job that ends while
-- nobody works on it has no run under way, so it sends nothing here. There is no facet nominalTime:
-- nothing runs by a timetable.
--
-- START leaves with the claim and not with the first report of the child, so that no run ends that
-- has not begun, and an attempt whose child never spoke is told of too. That costs a claim one more
-- row of the outbox, made of the job's row and nothing else: 0.08 ms of the server, of which the row
-- is 0.02, the event 0.04 and its inputs 0.02, beside 0.06 for the claim's other event and history.

-- Without a search path of its own, so that it can be inlined.
CREATE OR REPLACE FUNCTION lineage.utc(at timestamptz) RETURNS text
LANGUAGE sql STABLE RETURN to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"');

-- The facets that all events of a run have.
CREATE FUNCTION lineage.run_facets(
    job uuid, epoch bigint, kind text, spec_digest bytea
) RETURNS jsonb
LANGUAGE sql STABLE RETURN jsonb_build_object(
    'palimpsest_run', jsonb_build_object(
        '_producer', 'urn:palimpsest:ledger:v1',
        '_schemaURL', 'urn:palimpsest:openlineage:run:v1',
        'job', job, 'epoch', epoch, 'specDigest', encode(spec_digest, 'hex')
    ),
    'parent', jsonb_build_object(
        '_producer', 'urn:palimpsest:ledger:v1', '_schemaURL',
        'https://openlineage.io/spec/facets/1-0-1/ParentRunFacet.json#/$defs/ParentRunFacet',
        'run', jsonb_build_object('runId', job),
        'job', jsonb_build_object('namespace', 'palimpsest', 'name', kind)
    )
);

-- What an event says of the run that is the current epoch of `j`.
CREATE FUNCTION lineage.run_event(
    j queue.job, run uuid, type text, at timestamptz, facets jsonb
) RETURNS jsonb
LANGUAGE sql STABLE RETURN jsonb_build_object(
    'eventTime', lineage.utc(at), 'eventType', type, 'producer', 'urn:palimpsest:ledger:v1',
    'schemaURL', 'https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent',
    'job', jsonb_build_object(
        'namespace', 'palimpsest',
        'name', (j).kind || '.' || coalesce((j).spec ->> 'method', (j).kind)
    ),
    'run', jsonb_build_object(
        'runId', run,
        'facets', facets
            || lineage.run_facets((j).id, (j).epoch, (j).kind, (j).spec_digest)
    )
);

CREATE FUNCTION lineage.run_headers(id text, run uuid, at timestamptz) RETURNS jsonb
LANGUAGE sql STABLE RETURN jsonb_build_object(
    'ce_specversion', '1.0', 'ce_id', id, 'ce_source', '/palimpsest/lineage',
    'ce_type', 'io.openlineage.RunEvent', 'ce_subject', run, 'ce_time', lineage.utc(at),
    'content-type', 'application/json'
);

-- Sends the START of the attempt that `j` is in, with the inputs as they were pinned; an artifact
-- that is there in several roles is one input.
CREATE FUNCTION lineage.send_start(j queue.job) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    run uuid := lineage.run_id(j.id, j.epoch);
BEGIN
    INSERT INTO queue.outbox (topic, key, headers, value) VALUES (
        'lineage.events.v1', run::text,
        lineage.run_headers('openlineage/' || run || '/start', run, j.attempt_started_at),
        convert_to((
            lineage.run_event(j, run, 'START', j.attempt_started_at, '{}')
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

CREATE FUNCTION lineage.tell_start() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM lineage.send_start(new);
    RETURN NULL;
END $$;

-- A run has one end, whose message's id is `tell_run`'s for one that was sealed.
CREATE FUNCTION lineage.tell_end() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    run uuid := lineage.run_id(new.id, new.epoch);
    at timestamptz := coalesce(new.finished_at, clock_timestamp());
    -- A job that is given back may still have the class of an earlier attempt.
    failed boolean := new.state <> 'cancelled' AND new.reason <> 'released';
    why text := CASE WHEN failed THEN new.failure_class ELSE new.reason END;
BEGIN
    INSERT INTO queue.outbox (topic, key, headers, value) VALUES (
        'lineage.events.v1', run::text,
        lineage.run_headers('openlineage/' || run, run, at),
        convert_to(lineage.run_event(
            new, run,
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

CREATE TRIGGER tell_start AFTER UPDATE ON queue.job
FOR EACH ROW WHEN (new.epoch > old.epoch) EXECUTE FUNCTION lineage.tell_start();
CREATE TRIGGER tell_end AFTER UPDATE ON queue.job
FOR EACH ROW WHEN (
    old.state IN ('running', 'cancelling')
    AND new.state NOT IN ('running', 'cancelling', 'succeeded')
) EXECUTE FUNCTION lineage.tell_end();

-- The event of a sealed run: datasets are named by their digests, so that no catalogue merges
-- versions, and each output tells its own parents, since inputs × outputs would invent edges.
CREATE OR REPLACE FUNCTION lineage.openlineage(run bigint) RETURNS jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = force_generic_plan AS $$
#variable_conflict use_column
BEGIN
    RETURN (
        WITH made AS (
            SELECT a.* FROM lineage.artifact a WHERE a.run = openlineage.run
        ), used AS (
            SELECT p.seq, p.digest, array_agg(DISTINCT e.role ORDER BY e.role) AS roles
            FROM lineage.edge e JOIN lineage.artifact p ON p.seq = e.parent
            WHERE e.run = openlineage.run GROUP BY p.seq
        ), facet AS (
            SELECT jsonb_build_object('_producer', 'urn:palimpsest:ledger:v1') AS base
        )
        SELECT jsonb_strip_nulls(jsonb_build_object(
            'eventTime', lineage.utc(r.sealed_at), 'eventType', 'COMPLETE',
            'producer', 'urn:palimpsest:ledger:v1',
            'schemaURL', 'https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent',
            'job', jsonb_build_object('namespace', 'palimpsest', 'name', r.kind || '.' || r.method),
            'run', jsonb_build_object('runId', r.run_id, 'facets',
                lineage.run_facets(r.job, r.epoch, r.kind, r.spec_digest)
                || jsonb_build_object('palimpsest_unlearning', (
                    SELECT facet.base || jsonb_build_object(
                        '_schemaURL', 'urn:palimpsest:openlineage:unlearning:v1',
                        'method', min(u.method), 'requests', jsonb_agg(jsonb_build_object(
                            'request', q.id, 'commitment', encode(q.commitment, 'hex'),
                            'appliedAt', lineage.utc(u.applied_at)
                        ) ORDER BY u.seq)
                    )
                    FROM lineage.unlearn_application u
                    LEFT JOIN lineage.forget_request q ON q.seq = u.request
                    WHERE u.run = r.seq HAVING count(*) > 0
                ))
            ),
            'inputs', (SELECT coalesce(jsonb_agg(jsonb_build_object(
                'namespace', 'sha256', 'name', encode(u.digest, 'hex'),
                'inputFacets', jsonb_build_object('palimpsest_lineageRole', facet.base
                    || jsonb_build_object(
                        '_schemaURL', 'urn:palimpsest:openlineage:role:v1', 'roles', u.roles
                    ))
            ) ORDER BY u.seq), '[]') FROM used u),
            'outputs', (SELECT coalesce(jsonb_agg(jsonb_build_object(
                'namespace', 'sha256', 'name', encode(m.digest, 'hex'),
                'outputFacets', jsonb_build_object('palimpsest_parents', facet.base
                    || jsonb_build_object(
                        '_schemaURL', 'urn:palimpsest:openlineage:parents:v1', 'kind', m.kind,
                        'parents', (SELECT coalesce(jsonb_agg(jsonb_build_object(
                            'name', encode(p.digest, 'hex'), 'role', e.role
                        ) ORDER BY p.seq, e.role), '[]')
                        FROM lineage.edge e JOIN lineage.artifact p ON p.seq = e.parent
                        WHERE e.child = m.seq)
                    ))
            ) ORDER BY m.seq), '[]') FROM made m)
        ))
        FROM lineage.run r CROSS JOIN facet WHERE r.seq = openlineage.run
    );
END $$;

REVOKE ALL ON FUNCTION
    lineage.run_facets, lineage.run_event, lineage.run_headers, lineage.send_start,
    lineage.tell_start, lineage.tell_end
FROM PUBLIC;

-- Attempts under way end as runs that have begun.
DO $$
BEGIN
    PERFORM lineage.send_start(j) FROM queue.job j
    WHERE j.state IN ('running', 'cancelling') ORDER BY j.enqueue_seq;
END $$;
