-- Auditors recompute rows with SQL of their own (`palimpsest lineage verify-rows`), of which a
-- superuser cannot leave a weaker one in the database; and all rows, not the newest.
DROP FUNCTION lineage.recompute(integer);
-- Only it was asked by readers' functions.
REVOKE EXECUTE ON FUNCTION lineage.ancestry FROM palimpsest_asker;
