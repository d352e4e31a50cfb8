-- id: percentage-in-range      severity: info
-- sv: Procent och andelar ligger mellan -1000 och 1000.
-- en: Percentages and shares lie between -1000 and 1000.
-- reads: t.{column}      gives: row (0-based)      nulls: pass      limit: 0 rows
-- applies: type=integer,number semantic=percentage
-- source: Fyr, standardregler
SELECT "row" FROM t WHERE {column} < -1000 OR {column} > 1000
