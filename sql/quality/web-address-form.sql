-- id: web-address-form      severity: warning
-- sv: Webbadresser börjar med http:// eller https:// och har inga blanktecken.
-- en: Web addresses start with http:// or https:// and have no blanks.
-- reads: t.{column}      gives: row (0-based)      nulls: pass      limit: 1 %
-- applies: semantic=url
-- source: RFC 3986
SELECT "row" FROM t WHERE NOT regexp_like({column}, '^https?://[^ /]+[^ ]*$')
