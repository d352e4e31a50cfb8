-- id: text-without-mojibake      severity: warning
-- sv: Texter är rätt avkodade: inga spår av fel teckenkodning.
-- en: Texts are decoded rightly: no traces of a wrong character encoding.
-- reads: t.{column}      gives: row (0-based)      nulls: pass      limit: 0 rows
-- applies: type=text,code
-- source: Fyr, standardregler
SELECT "row" FROM t WHERE regexp_like({column}, 'Ã[¥¤¶…„–©¼]|ï¿½|\x{FFFD}')
