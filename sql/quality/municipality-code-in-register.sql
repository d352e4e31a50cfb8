-- id: municipality-code-in-register      severity: warning
-- sv: Kommunkoden finns i registret för årets indelning.
-- en: The municipality code is in the register for the year's division.
-- reads: t.{column}, ref.municipality      gives: row (0-based)      nulls: pass      limit: 0 rows
-- applies: semantic=municipality_code
-- source: SCB, Sveriges regionala indelningar, 2026-01-01
SELECT t."row" FROM t LEFT JOIN ref.municipality k ON t.{column} = k."code" WHERE t.{column} IS NOT NULL AND k."code" IS NULL
