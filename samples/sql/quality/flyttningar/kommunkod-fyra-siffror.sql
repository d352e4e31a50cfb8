-- id: flyttningar-kommunkod-fyra-siffror      severity: error      owner: utredningsenheten
-- sv: Kommunkoden har fyra siffror, också när den börjar med noll.
-- en: The municipality code has four digits, also when it begins with zero.
-- reads: t.Kommunkod     gives: row (0-based)     nulls: fail     limit: 0 rows
-- source: SCB, Sveriges regionala indelningar
SELECT t."row" FROM t WHERE character_length(t."Kommunkod") <> 4
