-- id: organisation-number-form      severity: warning
-- sv: Organisationsnummer har tio siffror, eller tolv som börjar med 16, och den tredje av de tio är minst 2.
-- en: Organisation numbers have ten digits, or twelve starting with 16, and the third of the ten is 2 or more.
-- reads: t.{column}      gives: row (0-based)      nulls: pass      limit: 1 %
-- applies: semantic=organisation_number
-- source: Skatteverket, SKV 709
SELECT "row" FROM t WHERE NOT regexp_like({column}, '^(16)?[0-9]{2}[2-9][0-9]{3}-?[0-9]{4}$')
