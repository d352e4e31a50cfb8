-- id: nuts-code-in-register      severity: warning
-- sv: Svenska NUTS-koder finns i listan.
-- en: Swedish NUTS codes are in the list.
-- reads: t.{column}, ref.nuts      gives: row (0-based)      nulls: pass      limit: 0 rows
-- applies: semantic=nuts
-- source: Förordning (EG) nr 1059/2003
SELECT t."row" FROM t LEFT JOIN ref.nuts k ON t.{column} = k."code" WHERE t.{column} LIKE 'SE%' AND k."code" IS NULL
