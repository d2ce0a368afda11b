-- A way has few steps. Taken for the thousand that a function is by default, a witness of 65,000
-- artifacts' ledger read all of them, 9 ms, to show the two or three on it.
ALTER FUNCTION lineage.shortest ROWS 10;
