-- title: De nio principerna | The nine principles
-- about: Hur datamängderna följer vägledningens nio principer för att tillgängliggöra information, för hela underlaget och för varje utgivare. Det som ingen kan se i en katalog räknas inte: då är färre mätta. | How the datasets follow the guidance's nine principles of making information available, for all of them and for each publisher. What nobody can see in a catalogue does not count: fewer are measured then.
-- source: Digg, Vägledning för att tillgängliggöra information, the nine principles
-- column: publisher | Utgivare, IRI; tomt för alla | Publisher, IRI; empty for all |
-- column: publisher_name | Utgivare | Publisher | page | alla utgivare | all publishers
-- column: number | Nummer | Number | page
-- column: principle | Princip: open-licence, free, no-registration, described, user-need, current, machine-readable, documented, feedback | Principle: open-licence, free, no-registration, described, user-need, current, machine-readable, documented, feedback | page
-- column: datasets | Datamängder | Datasets | page
-- column: measured | Mätta | Measured | page
-- column: follow | Följer | Follow | page
-- column: percent | Procent av de mätta | Per cent of those measured | page
WITH answers AS (
  SELECT publisher, publisher_name, 1 AS number, 'open-licence' AS principle, open_licence AS holds FROM t
  UNION ALL SELECT publisher, publisher_name, 2, 'free', free FROM t
  UNION ALL SELECT publisher, publisher_name, 3, 'no-registration', no_registration FROM t
  UNION ALL SELECT publisher, publisher_name, 4, 'described', described FROM t
  UNION ALL SELECT publisher, publisher_name, 5, 'user-need', user_need FROM t
  UNION ALL SELECT publisher, publisher_name, 6, 'current', current FROM t
  UNION ALL SELECT publisher, publisher_name, 7, 'machine-readable', machine_readable FROM t
  UNION ALL SELECT publisher, publisher_name, 8, 'documented', documented FROM t
  UNION ALL SELECT publisher, publisher_name, 9, 'feedback', feedback FROM t),
counted AS (
  SELECT CAST(NULL AS VARCHAR) AS publisher, CAST(NULL AS VARCHAR) AS publisher_name, number, principle, count(*) AS datasets,
    count(holds) AS measured, sum(CASE WHEN holds THEN 1 ELSE 0 END) AS follow
  FROM answers GROUP BY number, principle
  UNION ALL
  SELECT publisher, coalesce(max(publisher_name), publisher), number, principle, count(*), count(holds), sum(CASE WHEN holds THEN 1 ELSE 0 END)
  FROM answers WHERE publisher IS NOT NULL GROUP BY publisher, number, principle)
SELECT publisher, publisher_name, number, principle, datasets, measured, follow,
  CASE WHEN measured > 0 THEN round(100.0 * follow / measured, 1) END AS percent
FROM counted
ORDER BY publisher NULLS FIRST, number
