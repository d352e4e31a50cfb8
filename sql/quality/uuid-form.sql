-- id: uuid-form      severity: warning
-- sv: UUID har 32 hexadecimala siffror i fem grupper.
-- en: UUIDs have 32 hexadecimal digits in five groups.
-- reads: t.{column}      gives: row (0-based)      nulls: pass      limit: 0 rows
-- applies: semantic=uuid
-- source: RFC 9562
SELECT "row" FROM t WHERE NOT regexp_like({column}, '^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$')
