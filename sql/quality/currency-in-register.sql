-- id: currency-in-register      severity: warning
-- sv: Valutan finns i ISO 4217.
-- en: The currency is in ISO 4217.
-- reads: t.{column}, ref.currency      gives: row (0-based)      nulls: pass      limit: 0 rows
-- applies: semantic=currency
-- source: ISO 4217
SELECT t."row" FROM t LEFT JOIN ref.currency k ON t.{column} = k."code" WHERE t.{column} IS NOT NULL AND k."code" IS NULL
