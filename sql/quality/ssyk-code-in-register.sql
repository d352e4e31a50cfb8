-- id: ssyk-code-in-register      severity: warning
-- sv: Yrkeskoden finns i SSYK 2012.
-- en: The occupation code is in SSYK 2012.
-- reads: t.{column}, ref.ssyk2012      gives: row (0-based)      nulls: pass      limit: 1 %
-- applies: semantic=ssyk
-- source: SCB, SSYK 2012
SELECT t."row" FROM t LEFT JOIN ref.ssyk2012 k ON t.{column} = k."code" WHERE t.{column} IS NOT NULL AND k."code" IS NULL
