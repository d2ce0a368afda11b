-- The number of a row counts what all tenants have made before it. Questions resolve references for
-- themselves, as `palimpsest_asker`.
REVOKE EXECUTE ON FUNCTION lineage.resolve(text), lineage.resolve(text, timestamptz)
FROM palimpsest_tenant;
