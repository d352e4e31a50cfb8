-- id: county-code-in-register      severity: warning
-- sv: Länskoden finns i registret för årets indelning.
-- en: The county code is in the register for the year's division.
-- reads: t.{column}, ref.county      gives: row (0-based)      nulls: pass      limit: 0 rows
-- applies: semantic=county_code
-- source: SCB, Sveriges regionala indelningar, 2026
SELECT t."row" FROM t LEFT JOIN ref.county k ON t.{column} = k."code" WHERE t.{column} IS NOT NULL AND k."code" IS NULL
