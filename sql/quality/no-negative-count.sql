-- id: no-negative-count      severity: error
-- sv: Antal är aldrig negativa.
-- en: Counts are never negative.
-- reads: t.{column}      gives: row (0-based)      nulls: pass      limit: 0 rows
-- applies: type=integer,number name=antal,count,number,folkmängd,befolkning
-- source: Fyr, standard pack
SELECT "row" FROM t WHERE {column} < 0
