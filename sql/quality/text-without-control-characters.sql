-- id: text-without-control-characters      severity: warning
-- sv: Texter har inga styrtecken utom radbrytning och tabb.
-- en: Texts have no control characters but line breaks and tabs.
-- reads: t.{column}      gives: row (0-based)      nulls: pass      limit: 0 rows
-- applies: type=text,code
-- source: Fyr, standardregler
SELECT "row" FROM t WHERE regexp_like({column}, '[\x00-\x08\x0B\x0C\x0E-\x1F\x7F]')
