-- id: no-empty-table      severity: error
-- sv: Tabellen har minst en rad.
-- en: The table has at least one row.
-- gives: number      limit: 0 rows
-- source: Fyr, standard pack
SELECT CASE WHEN count(*) = 0 THEN 1 ELSE 0 END AS failed FROM t
