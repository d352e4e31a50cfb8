-- id: duplicate-rows      severity: warning
-- sv: Ingen rad är en exakt kopia av en tidigare rad.
-- en: No row is an exact copy of an earlier row.
-- reads: t.*      gives: row (0-based)      limit: 0 rows
-- source: Fyr, standard pack
SELECT "row" FROM (SELECT "row", row_number() OVER (PARTITION BY {columns} ORDER BY "row") AS copy FROM t) WHERE copy > 1
