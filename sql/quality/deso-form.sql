-- id: deso-form      severity: warning
-- sv: DeSO-koder har en kommunkod, A, B eller C och fyra siffror.
-- en: DeSO codes have a municipality code, A, B or C, and four digits.
-- reads: t.{column}      gives: row (0-based)      nulls: pass      limit: 1 %
-- applies: semantic=deso
-- source: SCB, Demografiska statistikområden
SELECT "row" FROM t WHERE NOT regexp_like({column}, '^[0-9]{4}[ABC][0-9]{4}$')
