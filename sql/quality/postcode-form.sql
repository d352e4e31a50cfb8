-- id: postcode-form      severity: warning
-- sv: Postnummer har fem siffror, den första 1 till 9.
-- en: Postcodes have five digits, the first 1 to 9.
-- reads: t.{column}      gives: row (0-based)      nulls: pass      limit: 1 %
-- applies: semantic=postcode
-- source: Svensk standard för postnummer (NNN NN)
SELECT "row" FROM t WHERE NOT regexp_like({column}, '^(SE?-)?[1-9][0-9]{2} ?[0-9]{2}$')
