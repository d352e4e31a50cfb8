-- id: timestamps-in-range      severity: warning
-- sv: Tidpunkter ligger mellan år 1700 och år 2100, eller under 9999-12-31 i betydelsen "tills vidare".
-- en: Moments lie between the years 1700 and 2100, or on 9999-12-31 meaning "until further notice".
-- reads: t.{column}      gives: row (0-based)      nulls: pass      limit: 0 rows
-- applies: type=timestamp
-- source: Fyr, standard pack
SELECT "row" FROM t WHERE date_part('year', {column}) < 1700 OR (date_part('year', {column}) > 2100 AND date_part('year', {column}) <> 9999)
