-- id: dates-in-range      severity: warning
-- sv: Datum ligger mellan år {first} och år {last}; 9999-12-31 i betydelsen "tills vidare" får förekomma.
-- en: Dates lie between the years {first} and {last}; 9999-12-31 meaning "until further notice" may occur.
-- reads: t.{column}      gives: row (0-based)      nulls: pass      limit: 0 rows
-- applies: type=date
-- parameters: first = 1700, last = 2100
-- source: Fyr, standard pack
SELECT "row" FROM t WHERE ({column} < arrow_cast('{first}-01-01', 'Date32') OR {column} > arrow_cast('{last}-12-31', 'Date32')) AND {column} <> arrow_cast('9999-12-31', 'Date32')
