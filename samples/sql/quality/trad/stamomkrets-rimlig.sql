-- id: trad-stamomkrets-rimlig      severity: error      owner: parkenheten
-- sv: Stammens omkrets är större än noll och mindre än tio meter.
-- en: The circumference of the trunk is more than nothing and less than ten metres.
-- reads: t.Stamomkrets (cm)     gives: row (0-based)     nulls: pass     limit: 0 rows
-- source: Exempelby kommun, skötselplan för träd
SELECT t."row" FROM t WHERE t."Stamomkrets (cm)" <= 0 OR t."Stamomkrets (cm)" >= 1000
