-- id: no-empty-column      severity: warning
-- sv: Kolumnen har minst ett värde.
-- en: The column has at least one value.
-- reads: t.{column}      gives: number      limit: 0 rows
-- applies: type=integer,number,boolean,date,timestamp,time,period,text,code,geometry
-- source: Fyr, standard pack
SELECT CASE WHEN count(*) > 0 AND count({column}) = 0 THEN 1 ELSE 0 END AS failed FROM t
