-- id: timestamps-in-range      severity: warning
-- sv: Tidpunkter ligger mellan år {first} och år {last}, eller under 9999-12-31 i betydelsen "tills vidare".
-- en: Moments lie between the years {first} and {last}, or on 9999-12-31 meaning "until further notice".
-- reads: t.{column}      gives: row (0-based)      nulls: pass      limit: 0 rows
-- applies: type=timestamp
-- parameters: first = 1700, last = 2100
-- source: Fyr, standard pack
SELECT "row" FROM t WHERE date_part('year', {column}) < {first} OR (date_part('year', {column}) > {last} AND date_part('year', {column}) <> 9999)
