-- Opening a request puts the key of its items' codes into the ledger, its log and its proofs for
-- good. A job names its classes in the clear, so that takes nothing from a request about classes. Of
-- one about samples, subjects or data it lets everybody test names and addresses for ever, and no
-- job needs it; so whoever opens such a request says that this is meant.
DROP FUNCTION lineage.open_forgetting(text, bytea, bytea[]);

-- Opens a request; again changes nothing.
CREATE FUNCTION lineage.open_forgetting(
    request text, item_key bytea, codes bytea[], publish_items boolean DEFAULT false
) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    asked bigint := lineage.request_number(open_forgetting.request);
    about text;
BEGIN
    SELECT q.scope INTO about FROM lineage.forget_request q WHERE q.seq = asked;
    IF about NOT IN ('concept', 'style') AND publish_items IS NOT TRUE THEN
        RAISE EXCEPTION 'request ''%'' is of scope %: once it is open, whoever reads the ledger or '
            'a proof can test for ever what its items are', open_forgetting.request, about USING
            ERRCODE = 'PL080',
            HINT = 'no job needs it open; say publish_items => true where this is meant';
    END IF;
    INSERT INTO lineage.forget_opening (request, item_key, codes)
    VALUES (asked, open_forgetting.item_key, open_forgetting.codes)
    ON CONFLICT (request) DO NOTHING;
END $$;

REVOKE ALL ON FUNCTION lineage.open_forgetting FROM PUBLIC;
GRANT EXECUTE ON FUNCTION lineage.open_forgetting TO palimpsest_officer;
