-- id: trad-planteringsar-rimligt      severity: warning      owner: parkenheten
-- sv: Planteringsåret ligger mellan 1700 och nästa år.
-- en: The planting year lies between 1700 and next year.
-- reads: t.Planteringsår     gives: row (0-based)     nulls: pass     limit: 0 rows
-- source: Exempelby kommun, skötselplan för träd
SELECT t."row" FROM t WHERE CAST(t."Planteringsår" AS BIGINT) < 1700 OR CAST(t."Planteringsår" AS BIGINT) > 2027
