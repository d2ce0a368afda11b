-- Question 11 asks for the students of a teacher that carries the request. Of a teacher that does
-- not it named students that had it from elsewhere, as if distilling them again were the cure.

DO $$
DECLARE
    told text := pg_get_functiondef(
        'lineage.distilled_before_cleansing(text, text, timestamptz, boolean, integer)'
            ::regprocedure
    );
    mended text := replace(
        told, 'WHERE d.learned', 'WHERE d.learned AND lineage.is_tainted(taught, about, as_of)'
    );
BEGIN
    IF mended = told THEN RAISE EXCEPTION 'distilled_before_cleansing reads otherwise'; END IF;
    EXECUTE mended;
END $$;
