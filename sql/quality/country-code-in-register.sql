-- id: country-code-in-register      severity: warning
-- sv: Landkoden finns i ISO 3166-1, med två eller tre bokstäver.
-- en: The country code is in ISO 3166-1, with two or three letters.
-- reads: t.{column}, ref.country      gives: row (0-based)      nulls: pass      limit: 0 rows
-- applies: semantic=country_code
-- source: ISO 3166-1
SELECT t."row" FROM t LEFT JOIN ref.country a ON t.{column} = a."code" LEFT JOIN ref.country b ON t.{column} = b."alpha3" WHERE t.{column} IS NOT NULL AND a."code" IS NULL AND b."code" IS NULL
