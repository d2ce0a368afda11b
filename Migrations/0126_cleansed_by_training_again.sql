-- What was trained again without the request's items is cleansed by its parents (section 5 of the
-- reference), not by a verdict. Questions 11, 14 and 15 knew verdicts only: they told to train again
-- what had been, and called students made beside the new teacher made before it.

-- The outputs that are cleansed of a request, by number: those that pass and those trained again, none
-- of them with taint.
CREATE FUNCTION lineage.cleansed(
    request bigint, as_of timestamptz DEFAULT 'infinity'
) RETURNS bigint[]
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    passed bigint[] := lineage.passing(request, as_of);
    sources bigint[] := lineage.seeds(request, as_of);
BEGIN
    RETURN coalesce((
        SELECT array_agg(c.seq ORDER BY c.seq) FROM (
            SELECT unnest(passed)
            UNION
            SELECT a.seq FROM lineage.unlearn_application u
            JOIN lineage.artifact a ON a.run = u.run
            WHERE u.request = cleansed.request AND u.method = 'retrain' AND a.recorded_at <= as_of
        ) c (seq)
        WHERE NOT lineage.is_tainted(c.seq, request, as_of, passed, sources)
    ), '{}');
END $$;

-- The first of those cleansed whose weights come from `teacher`, or that was trained to replace it.
DROP FUNCTION lineage.successor(bigint, bigint, timestamptz);
CREATE FUNCTION lineage.successor(teacher bigint, cleansed bigint[]) RETURNS bigint
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN (
        SELECT c.seq FROM unnest(cleansed) c (seq)
        WHERE c.seq <> teacher
            AND lineage.derives(c.seq, teacher, ARRAY['init', 'merge', 'replaces'])
        ORDER BY c.seq
        LIMIT 1
    );
END $$;
REVOKE ALL ON FUNCTION lineage.cleansed, lineage.successor FROM PUBLIC;
GRANT EXECUTE ON FUNCTION lineage.cleansed, lineage.successor, lineage.called TO palimpsest_asker;

-- What reads otherwise in each question; all else of it stays as it is.
DO $$
DECLARE
    step record;
    told text;
BEGIN
    FOR step IN SELECT * FROM (VALUES
        -- 11.
        ('lineage.distilled_before_cleansing(text, text, timestamptz, boolean, integer)',
            ARRAY[
                ARRAY['lineage.resolve(teacher);', 'lineage.resolve(teacher, as_of);'],
                ARRAY[
                    'lineage.successor(taught, about, as_of)',
                    'lineage.successor(taught, lineage.cleansed(about, as_of))'
                ]
            ]),
        -- 14. A parent without a name is called by digits of its digest, not by its row.
        ('lineage.reintroduced(text, timestamptz, integer)', ARRAY[
            ARRAY[
                'SELECT p FROM unnest(lineage.passing(about, as_of)) p
        WHERE NOT EXISTS (SELECT FROM taint WHERE taint.seq = p)',
                'SELECT c FROM unnest(lineage.cleansed(about, as_of)) c'
            ],
            ARRAY['coalesce(lineage.name_of(f.clean), f.clean::text)', 'lineage.called(f.clean)'],
            ARRAY['coalesce(lineage.name_of(f.dirty), f.dirty::text)', 'lineage.called(f.dirty)']
        ]),
        -- 15.
        ('lineage.remediation_plan(text, timestamptz, integer)', ARRAY[
            ARRAY[
                'passed bigint[] := lineage.passing(about, as_of);',
                'passed bigint[] := lineage.passing(about, as_of);
    cleansed bigint[] := lineage.cleansed(about, as_of);'
            ],
            ARRAY['lineage.successor(e.parent, about, as_of)',
                'lineage.successor(e.parent, cleansed)'],
            ARRAY['lineage.successor(s.seq, about, as_of)', 'lineage.successor(s.seq, cleansed)']
        ])
    ) s (question, words) LOOP
        told := pg_get_functiondef(step.question::regprocedure);
        FOR i IN 1 .. array_length(step.words, 1) LOOP
            IF strpos(told, step.words[i][1]) = 0 THEN
                RAISE EXCEPTION '% reads otherwise', step.question;
            END IF;
            told := replace(told, step.words[i][1], step.words[i][2]);
        END LOOP;
        EXECUTE told;
    END LOOP;
END $$;
