-- id: e-mail-form      severity: warning
-- sv: E-postadresser har ett @ och en domän.
-- en: E-mail addresses have one @ and a domain.
-- reads: t.{column}      gives: row (0-based)      nulls: pass      limit: 1 %
-- applies: semantic=e_mail
-- source: RFC 5321
SELECT "row" FROM t WHERE NOT regexp_like({column}, '^[^@ ]+@[^@ ]+[.][^@ .]{2,}$')
