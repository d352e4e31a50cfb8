-- id: text-without-edge-blanks      severity: info
-- sv: Texter börjar och slutar inte med blanktecken.
-- en: Texts do not start or end with blanks.
-- reads: t.{column}      gives: row (0-based)      nulls: pass      limit: 0 rows
-- applies: type=text,code
-- source: Fyr, standard pack
SELECT "row" FROM t WHERE {column} <> btrim({column})
