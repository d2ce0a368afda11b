-- The event of a run, which every seal writes, reads the run's edges; without an index it read all
-- edges there are, 50 ms at a million artifacts.
CREATE INDEX edge_run ON lineage.edge (run);
