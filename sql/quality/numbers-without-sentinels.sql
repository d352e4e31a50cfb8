-- id: numbers-without-sentinels      severity: info
-- sv: Talen har inte -99, -999 eller -9999, som ofta står för saknat värde.
-- en: The numbers have no -99, -999 or -9999, which often stand for a missing value.
-- reads: t.{column}      gives: row (0-based)      nulls: pass      limit: 0 rows
-- applies: type=integer,number
-- source: Fyr, standardregler
SELECT "row" FROM t WHERE {column} IN (-99, -999, -9999, -99999)
