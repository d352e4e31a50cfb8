-- id: sni-code-in-register      severity: warning
-- sv: Näringsgrenskoden finns i SNI 2007, eller dess huvudgrupp i SNI 2025.
-- en: The industry code is in SNI 2007, or its division in SNI 2025.
-- reads: t.{column}, ref.sni2007, ref.sni2025      gives: row (0-based)      nulls: pass      limit: 1 %
-- applies: semantic=sni
-- source: SCB, SNI 2007 och SNI 2025
SELECT t."row" FROM t LEFT JOIN ref.sni2007 k ON replace(t.{column}, '.', '') = k."code" LEFT JOIN ref.sni2025 d ON substr(t.{column}, 1, 2) = d."code" WHERE t.{column} IS NOT NULL AND k."code" IS NULL AND d."code" IS NULL
