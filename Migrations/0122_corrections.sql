-- A correction is of a row that is there, in a table where being wrong means something; other rows are
-- set right by the decision that follows them, and the refusal says by which.

CREATE FUNCTION lineage.check_correction() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    known text[] := ARRAY[
        'artifact', 'evidence', 'exposure_source', 'import', 'metric', 'run', 'score', 'verdict'
    ];
    instead jsonb := jsonb_build_object(
        'alias_event', 'give the name anew',
        'deployment_event', 'record the state that is right with lineage.deploy',
        'deployment_gate', 'set it anew with lineage.set_gate',
        'edge', 'correct the run that it is of',
        'evaluator', 'revoke it with lineage.revoke_evaluator',
        'forget_request', 'withdraw it with lineage.withdraw_request',
        'policy', 'adopt a new version with lineage.adopt_policy',
        'unlearn_application', 'correct the verdicts on what its run made'
    );
    relation text := split_part(new.target_table, '.', 2);
    wanted bigint;
    is_there boolean;
BEGIN
    IF new.target_table <> ALL (SELECT 'lineage.' || k FROM unnest(known) k) THEN
        RAISE EXCEPTION 'no correction of such a row means anything' USING
            ERRCODE = 'PL080',
            HINT = coalesce(
                instead ->> relation,
                'known are lineage.' || array_to_string(known, ', lineage.')
            );
    END IF;
    FOREACH wanted IN ARRAY array_remove(ARRAY[new.target_key, new.replacement], NULL) LOOP
        EXECUTE format(
            'SELECT EXISTS (SELECT FROM lineage.%I WHERE %I = $1)', relation,
            CASE relation WHEN 'import' THEN 'artifact' ELSE 'seq' END
        ) INTO is_there USING wanted;
        IF NOT is_there THEN
            RAISE EXCEPTION '% has no row %', new.target_table, wanted USING ERRCODE = 'PL080';
        END IF;
    END LOOP;
    RETURN new;
END $$;
REVOKE ALL ON FUNCTION lineage.check_correction FROM PUBLIC;

CREATE TRIGGER check_correction BEFORE INSERT ON lineage.correction
FOR EACH ROW EXECUTE FUNCTION lineage.check_correction();
