-- id: municipality-code-in-force      severity: info
-- sv: Kommunkoden gäller i dag, inte bara i en tidigare indelning.
-- en: The municipality code is in force today, not in an earlier division only.
-- reads: t.{column}, ref.municipality_former      gives: row (0-based)      nulls: pass      limit: 0 rows
-- applies: semantic=municipality_code
-- source: SCB, Sveriges regionala indelningar, 1980-2026
SELECT t."row" FROM t JOIN ref.municipality_former k ON t.{column} = k."code"
