-- title: Datatjänster | Data services
-- about: Nationens API:er: beskrivning, om en OpenAPI-beskrivning är giltig, villkor, kontakt, om adressen svarar, och de regler i REST API-profilen som en maskin kan pröva utan att anropa tjänsten. | The nation's APIs: description, whether an OpenAPI description is valid, terms, contact, whether the address answers, and those rules of the REST API profile that a machine can try without calling the service.
-- source: DCAT-AP-SE 3.0.1, dcat:DataService; OpenAPI Specification 3.0 and 3.1, section 4.8; Digg, REST API-profil, UFN.02, UFN.05, UFN.06, UFN.09, VER.05, VER.06
-- column: service | Datatjänst | Data service | page
-- column: title_sv | Titel | Title in Swedish | page sv
-- column: title_en | Titel på engelska | Title | page en
-- column: publisher | Utgivare, IRI | Publisher, IRI |
-- column: publisher_name | Utgivare | Publisher | page
-- column: endpoint | Adress | Endpoint |
-- column: serves | Datamängder, antal | Datasets served, number | page
-- column: description_url | Beskrivningens adress | Address of the description |
-- column: description_kind | Beskrivningens art: openapi, wsdl, ogc-capabilities, page, other | Kind of the description: openapi, wsdl, ogc-capabilities, page, other | page
-- column: description_version | Beskrivningens version | Version of the description |
-- column: description_valid | Giltig OpenAPI | Valid OpenAPI | page
-- column: description_faults | Fel i beskrivningen | Faults of the description |
-- column: terms | Villkor angivna | Terms stated | page
-- column: contact | Kontakt angiven | Contact stated | page
-- column: answers | Adressen: alive, gone, refused, throttled, unreachable | The address: alive, gone, refused, throttled, unreachable | page
-- column: profile_holds | Regler i profilen som följs | Rules of the profile that hold |
-- column: profile_breaks | Regler i profilen som bryts | Rules of the profile that are broken | page
-- column: gaps | Luckor: description, document, openapi, terms, contact, https, version, profile, answer | Gaps: description, document, openapi, terms, contact, https, version, profile, answer | page
SELECT service, title_sv, title_en, publisher, publisher_name, endpoint, serves, description_url, description_kind, description_version,
  description_valid, description_faults, terms, contact, answers, profile_holds, profile_breaks,
  concat_ws(' ',
    CASE WHEN NOT described THEN 'description' END,
    CASE WHEN description_url IS NULL THEN 'document' END,
    CASE WHEN description_valid = false THEN 'openapi' END,
    CASE WHEN NOT terms THEN 'terms' END,
    CASE WHEN NOT contact THEN 'contact' END,
    CASE WHEN https = false THEN 'https' END,
    CASE WHEN version_in_address = false THEN 'version' END,
    CASE WHEN profile_breaks IS NOT NULL THEN 'profile' END,
    CASE WHEN answers = 'gone' THEN 'answer' END) AS gaps
FROM t
ORDER BY publisher_name NULLS LAST, service
