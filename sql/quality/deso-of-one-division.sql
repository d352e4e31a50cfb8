-- id: deso-of-one-division      severity: info
-- sv: Inga DeSO-koder hör bara till indelningen 2018; de delades 2025.
-- en: No DeSO codes are of the division of 2018 only; those were split in 2025.
-- reads: t.{column}, ref.deso_2018_ended      gives: row (0-based)      nulls: pass      limit: 0 rows
-- applies: semantic=deso
-- source: SCB, Demografiska statistikområden, 2025-01-01
SELECT t."row" FROM t JOIN ref.deso_2018_ended k ON t.{column} = k."code"
