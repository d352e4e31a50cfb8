-- title: Värdefulla datamängder | High-value datasets
-- about: Datamängder som är märkta enligt EU-förordning 2023/138, med kategori, licens, nedladdning och API, och omärkta vars titel eller nyckelord finns i bilagan. En träff i bilagan är en fråga till utgivaren, ingen dom. | Datasets marked under Regulation (EU) 2023/138, with category, licence, bulk download and API, and unmarked ones whose title or keywords stand in its annex. A match with the annex is a question to the publisher, no verdict.
-- source: Commission Implementing Regulation (EU) 2023/138, articles 3 and 4 and annex; DCAT-AP HVD 3.0.0, licences and their equivalents (CC BY 4.0 and CC0)
-- column: dataset | Datamängd | Dataset | page
-- column: title_sv | Titel | Title in Swedish | page sv
-- column: title_en | Titel på engelska | Title | page en
-- column: publisher | Utgivare, IRI | Publisher, IRI |
-- column: publisher_name | Utgivare | Publisher | page
-- column: status | Märkning: marked, unmarked | Marking: marked, unmarked | page
-- column: category_sv | Kategori | Category in Swedish | page sv
-- column: category_en | Kategori på engelska | Category | page en
-- column: licence | Licens | Licence | page
-- column: licence_verdict | Licensens dom: passes, equivalent, rights-only, undecided, missing, fails | Verdict on the licence: passes, equivalent, rights-only, undecided, missing, fails |
-- column: bulk_links | Nedladdningslänkar, antal | Bulk links, number | page
-- column: bulk_url | Nedladdning | Bulk download |
-- column: api_links | API:er, antal | APIs, number | page
-- column: api_url | API | API |
-- column: annex_sv | Tema i bilagan | Theme of the annex in Swedish |
-- column: annex_en | Tema i bilagan, på engelska | Theme of the annex in English |
-- column: annex_words | Ord som fanns i bilagan | Words found in the annex |
-- column: gaps | Luckor: mark, legislation, category, distribution, licence, bulk, api, contact, documentation | Gaps: mark, legislation, category, distribution, licence, bulk, api, contact, documentation | page
SELECT dataset, title_sv, title_en, publisher, publisher_name,
  CASE WHEN marked THEN 'marked' ELSE 'unmarked' END AS status,
  category_sv, category_en, licence, licence_verdict, bulk_links, bulk_url, api_links, api_url, annex_sv, annex_en, annex_words,
  CASE
    WHEN NOT marked AND categories = 0 AND unknown_categories = 0 AND marked_distributions = 0 THEN 'mark'
    ELSE concat_ws(' ',
      CASE WHEN NOT marked THEN 'legislation' END,
      CASE WHEN categories = 0 THEN 'category' END,
      CASE WHEN marked_distributions = 0 THEN 'distribution' END,
      CASE WHEN licence_verdict NOT IN ('passes', 'equivalent') THEN 'licence' END,
      CASE WHEN bulk_links = 0 THEN 'bulk' END,
      CASE WHEN api_links = 0 THEN 'api' END,
      CASE WHEN NOT contact THEN 'contact' END,
      CASE WHEN documentation IS NULL THEN 'documentation' END)
  END AS gaps
FROM t
ORDER BY marked DESC, publisher_name NULLS LAST, dataset
