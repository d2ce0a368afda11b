-- A request asks for its items. What a run forgot is compared with them once the request is opened;
-- the request that a job without one gets commits to the job's own classes. Without a comparison
-- nothing says that what was asked for was forgotten, so no verdict passes, and what is retained is
-- not data without it.

-- Whether `classes` are at least the items of `request`, which somebody has opened.
CREATE FUNCTION lineage.holds_items(classes jsonb, request bigint) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT EXISTS (
        SELECT FROM lineage.forget_opening o
        WHERE o.request = holds_items.request AND o.codes <@ lineage.item_codes(
            ARRAY(SELECT jsonb_array_elements_text(holds_items.classes)), o.item_key
        )
    );
$$;

-- Whether what `run` forgot was compared with what `request` commits to, and holds it.
CREATE FUNCTION lineage.compared(run bigint, request bigint) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT EXISTS (
        SELECT FROM lineage.unlearn_application u
        JOIN lineage.run r ON r.seq = u.run
        JOIN lineage.forget_request q ON q.seq = u.request
        WHERE u.run = compared.run AND u.request = compared.request AND (
            q.commitment = sha256(convert_to(r.job || u.forget::text, 'UTF8'))
            OR lineage.holds_items(u.forget, u.request)
        )
    );
$$;

-- A verdict that is being decided and an opening take turns.
CREATE TRIGGER lock_exposure BEFORE INSERT ON lineage.forget_opening
FOR EACH STATEMENT EXECUTE FUNCTION lineage.lock_exposure();

-- As before, but that only requests about classes that were compared are left out of what is
-- retained: of others nobody knows what to leave out.
CREATE OR REPLACE FUNCTION lineage.seal_output(
    made lineage.run, inputs jsonb, output jsonb, edges jsonb, requests bigint[]
) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    weights boolean := output ->> 'kind' IN ('checkpoint', 'adapter');
    parents bigint[];
    roles text[];
    way lineage.artifact;
    began bigint;
    number bigint;
    left_out bigint[];
BEGIN
    IF convert_from(convert_to(output ->> 'manifest', 'UTF8'), 'UTF8')::jsonb
        IS DISTINCT FROM jsonb_build_object(
            'content', output ->> 'content', 'job', made.job, 'output', output ->> 'name'
        )
    THEN
        RAISE EXCEPTION 'the manifest of output ''%'' does not describe it', output ->> 'name'
            USING ERRCODE = 'PL012';
    END IF;
    SELECT array_agg(p.seq), array_agg(p.role) INTO parents, roles FROM (
        SELECT a.seq, e ->> 'role' AS role
        FROM jsonb_array_elements(edges) e
        LEFT JOIN jsonb_array_elements(inputs) i ON i ->> 'role' = e ->> 'input'
        LEFT JOIN lineage.artifact a ON a.digest = decode(i ->> 'artifact', 'hex')
        WHERE e ->> 'output' = output ->> 'name'
        UNION
        SELECT q.forget_set, 'forget_set' FROM lineage.forget_request q
        WHERE weights AND q.seq = ANY (requests)
    ) p;
    IF array_position(parents, NULL) IS NOT NULL THEN
        RAISE EXCEPTION 'an edge of output ''%'' names an input that the job does not have',
            output ->> 'name' USING ERRCODE = 'PL003';
    END IF;
    SELECT a.* INTO way FROM lineage.artifact a
    WHERE a.seq = lineage.weight_parent(parents, roles);
    SELECT coalesce(a.original, a.seq) INTO began FROM unnest(parents, roles) p (seq, role)
    JOIN lineage.artifact a USING (seq)
    WHERE p.role = CASE WHEN made.method = 'retrain' THEN 'replaces' ELSE 'init' END;
    number := nextval(pg_get_serial_sequence('lineage.artifact', 'seq'));
    INSERT INTO lineage.artifact (
        seq, digest, content_digest, kind, name, manifest_canonical, bytes, info, run, born,
        original, weight_root, weight_depth, generation, origin_roots
    ) OVERRIDING SYSTEM VALUE VALUES (
        number, sha256(convert_to(output ->> 'manifest', 'UTF8')),
        decode(output ->> 'content', 'hex'), output ->> 'kind', output ->> 'name',
        convert_to(output ->> 'manifest', 'UTF8'), (output ->> 'bytes')::bigint,
        output -> 'info', made.seq, pg_current_xact_id(),
        CASE WHEN weights THEN
            CASE WHEN made.kind = 'unlearn' THEN began ELSE way.original END
        END,
        CASE WHEN weights THEN coalesce(way.weight_root, number) END,
        CASE WHEN weights THEN coalesce(way.weight_depth + 1, 0) END,
        coalesce((
            SELECT max(a.generation) + 1 FROM lineage.artifact a WHERE a.seq = ANY (parents)
        ), 0),
        lineage.origins(number, parents)
    );
    -- What an unlearning run is given to keep is the data without the classes that it forgets.
    SELECT array_agg(q.seq ORDER BY q.seq) INTO left_out FROM lineage.forget_request q
    WHERE q.seq = ANY (requests) AND q.scope IN ('concept', 'style')
        AND lineage.compared(made.seq, q.seq);
    INSERT INTO lineage.edge (child, parent, role, run, excludes)
    SELECT number, p.seq, p.role, made.seq, CASE p.role WHEN 'retain_set' THEN left_out END
    FROM unnest(parents, roles) p (seq, role);
END $$;

REVOKE ALL ON FUNCTION lineage.holds_items, lineage.compared FROM PUBLIC;
