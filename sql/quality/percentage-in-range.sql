-- id: percentage-in-range      severity: info
-- sv: Procent och andelar ligger mellan {min} och {max}.
-- en: Percentages and shares lie between {min} and {max}.
-- reads: t.{column}      gives: row (0-based)      nulls: pass      limit: 0 rows
-- applies: type=integer,number semantic=percentage
-- parameters: min = -1000, max = 1000
-- source: Fyr, standardregler
SELECT "row" FROM t WHERE {column} < {min} OR {column} > {max}
