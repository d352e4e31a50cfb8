-- id: regso-form      severity: warning
-- sv: RegSO-koder har en kommunkod, R och tre siffror.
-- en: RegSO codes have a municipality code, R, and three digits.
-- reads: t.{column}      gives: row (0-based)      nulls: pass      limit: 1 %
-- applies: semantic=regso
-- source: SCB, Regionala statistikområden
SELECT "row" FROM t WHERE NOT regexp_like({column}, '^[0-9]{4}R[0-9]{3}$')
