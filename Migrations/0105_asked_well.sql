-- A question that is asked wrongly says so. `max_rows => 0` was answered by no rows, which reads like
-- "there is nothing", and so were roles and kinds that nothing has.

-- The number of rows that an answer may have at most.
CREATE FUNCTION lineage.row_limit(max_rows integer) RETURNS integer
LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    IF max_rows BETWEEN 1 AND 1000000 THEN RETURN max_rows; END IF;
    RAISE EXCEPTION 'max_rows is %; an answer has from 1 to 1000000 rows', max_rows
        USING ERRCODE = 'PL080';
END $$;

-- What a parent can be to its child, and what an artifact can be: as the tables' constraints have it.
CREATE FUNCTION lineage.edge_roles() RETURNS text[]
LANGUAGE sql IMMUTABLE AS $$
    SELECT ARRAY[
        'init', 'merge', 'teacher', 'anchor', 'dataset', 'retain_set', 'forget_set', 'replaces',
        'config', 'code', 'reference', 'eval_subject', 'judge'
    ];
$$;
CREATE FUNCTION lineage.artifact_kinds() RETURNS text[]
LANGUAGE sql IMMUTABLE AS $$
    SELECT ARRAY[
        'checkpoint', 'adapter', 'dataset', 'sample_set', 'forget_set', 'eval_manifest',
        'metric_model', 'report', 'config', 'code'
    ];
$$;

-- Refuses words that are not among those known; null asks for nothing.
CREATE FUNCTION lineage.check_words(what text, given text[], known text[]) RETURNS void
LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
    wrong text;
BEGIN
    IF given IS NULL OR (given <@ known AND cardinality(given) > 0) THEN RETURN; END IF;
    SELECT quote_literal(g) INTO wrong FROM unnest(given) g
    WHERE g IS NULL OR g <> ALL (known) LIMIT 1;
    RAISE EXCEPTION '% is no %', coalesce(wrong, 'nothing'), what USING
        ERRCODE = 'PL080', HINT = 'known are ' || array_to_string(known, ', ');
END $$;

REVOKE ALL ON FUNCTION
    lineage.row_limit, lineage.edge_roles, lineage.artifact_kinds, lineage.check_words
FROM PUBLIC;
GRANT EXECUTE ON FUNCTION
    lineage.row_limit, lineage.edge_roles, lineage.artifact_kinds, lineage.check_words
TO palimpsest_asker;

-- Each question looks at its parameters first; all else of it stays as it is, its settings and its
-- owner too.
DO $$
DECLARE
    q record;
    checks text;
BEGIN
    FOR q IN
        SELECT pg_get_functiondef(p.oid) AS made, l.lanname AS language, p.proargnames[:p.pronargs]
            AS parameters
        FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang
        WHERE p.pronamespace = 'lineage'::regnamespace
            AND p.proargnames[:p.pronargs] && ARRAY['max_rows', 'roles', 'kinds']
            AND has_function_privilege('palimpsest_reader', p.oid, 'EXECUTE')
    LOOP
        IF q.language = 'sql' THEN
            EXECUTE replace(q.made, 'LIMIT max_rows;', 'LIMIT lineage.row_limit(max_rows);');
            CONTINUE;
        END IF;
        checks := E'\nBEGIN\n';
        IF 'max_rows' = ANY (q.parameters) THEN
            checks := checks || E'    PERFORM lineage.row_limit(max_rows);\n';
        END IF;
        IF 'roles' = ANY (q.parameters) THEN
            checks := checks
                || E'    PERFORM lineage.check_words(''role'', roles, lineage.edge_roles());\n';
        END IF;
        IF 'kinds' = ANY (q.parameters) THEN
            checks := checks || '    PERFORM lineage.check_words(''kind of artifact'', kinds, '
                || E'lineage.artifact_kinds());\n';
        END IF;
        EXECUTE regexp_replace(q.made, E'\nBEGIN\n', checks);
    END LOOP;
END $$;
