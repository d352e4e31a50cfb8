//! The faults of a graph as findings: what is wrong with nodes and values whatever the profile demands.
//!
//! Rules: `harvest.md` section 2 and the defects of `dcat-ap-se.md` section 10. Obligations and cardinalities are checked by `assess`.

use fyr_model::{Finding, Severity, Text};

use super::entities::is_empty;
use super::{Reader, Role};
use crate::refuse::shown;
use crate::triples::Id;
use crate::vocab as v;

/// Properties that must lead to a node or an address.
const TO_IRI: &[&str] = &[
    v::PUBLISHER,
    v::CREATOR,
    v::CONTACT_POINT,
    v::LICENSE,
    v::HOMEPAGE,
    v::LANGUAGE,
    v::THEME,
    v::THEME_TAXONOMY,
    v::SPATIAL,
    v::TEMPORAL,
    v::ACCESS_RIGHTS,
    v::ACCRUAL,
    v::CONFORMS_TO,
    v::LANDING_PAGE,
    v::PAGE,
    v::LEGISLATION,
    v::HVD_CATEGORY,
    v::ACCESS_URL,
    v::DOWNLOAD_URL,
    v::DISTRIBUTION,
    v::DATASET,
    v::SERVICE,
    v::ENDPOINT_URL,
    v::ENDPOINT_DESCRIPTION,
    v::SERVES_DATASET,
    v::AVAILABILITY,
    v::ADMS_STATUS,
    v::IN_SERIES,
    v::ACCESS_SERVICE,
    v::VCARD_EMAIL,
];

/// Free texts, which carry a language tag also when there is only one.
const TEXTS: &[&str] = &[v::TITLE, v::DESCRIPTION, v::KEYWORD, v::NAME, v::PREF_LABEL];

/// Old properties that are read and mapped, with what to use instead.
const DEPRECATED: &[(&str, &str)] = &[
    (v::SCHEMA_START, "dcat:startDate"),
    (v::SCHEMA_END, "dcat:endDate"),
    (v::VERSION_INFO, "dcat:version"),
    (v::ADMS_CONTACT_POINT, "dcat:contactPoint"),
    (v::HAS_VERSION, "dcat:hasVersion"),
    (v::IS_VERSION_OF, "dcat:isVersionOf"),
];

/// Tags that are taken for others: the tag, what was meant, which language it is in truth.
const TAGS: &[(&str, &str, &str, &str)] = &[
    ("se", "sv", "nordsamiska", "Northern Sami"),
    ("en-uk", "en-GB", "inget lands engelska", "no country's English"),
];

const DATES: &[&str] = &[v::ISSUED, v::MODIFIED, v::START_DATE, v::END_DATE];
const DATE_TYPES: &[&str] = &[v::XSD_DATE, v::XSD_DATE_TIME, v::XSD_YEAR, v::XSD_YEAR_MONTH];

impl Reader<'_> {
    /// All faults, by focus, rule and property.
    pub(crate) fn faults(&self) -> Vec<Finding> {
        let mut findings = Vec::new();
        self.node_faults(&mut findings);
        self.reference_faults(&mut findings);
        self.value_faults(&mut findings);
        self.catalogue_faults(&mut findings);
        findings.sort_by(|a, b| (&a.focus, &a.id, &a.path, &a.value).cmp(&(&b.focus, &b.id, &b.path, &b.value)));
        findings.dedup();
        findings
    }

    fn finding(&self, id: &str, severity: Severity, focus: Id, sv: impl Into<String>, en: impl Into<String>) -> Finding {
        Finding::new(id, severity, self.name(focus), Text::new(sv, en))
    }

    /// Blank nodes and shared IRIs among the five classes, and types that are missing.
    fn node_faults(&self, findings: &mut Vec<Finding>) {
        for (id, roles) in self.roles.all() {
            let names = |pick: fn((&'static str, &'static str)) -> &'static str| -> String {
                roles.iter().map(|role| pick(role.names())).collect::<Vec<_>>().join(", ")
            };
            let (sv, en) = (names(|n| n.0), names(|n| n.1));
            if self.was_blank(id) {
                findings.push(
                    self.finding(
                        "blank-node",
                        Severity::Violation,
                        id,
                        format!("{sv} utan egen IRI (blank nod)"),
                        format!("{en} without an IRI of its own (blank node)"),
                    )
                    .fix(Text::new(
                        "ge den en beständig https-adress som IRI",
                        "give it a lasting https address as its IRI",
                    )),
                );
            }
            if roles.len() > 1 {
                findings.push(
                    self.finding(
                        "iri-two-roles",
                        Severity::Violation,
                        id,
                        format!("en IRI står för flera saker: {sv}"),
                        format!("one IRI stands for several things: {en}"),
                    )
                    .fix(Text::new("ge varje sak en egen IRI", "give each thing an IRI of its own")),
                );
            }
            for role in roles.iter().filter(|role| !self.roles.typed(id, **role)) {
                let (sv, en) = role.names();
                // An agent or contact without type is common and harmless to read; a dataset without one is not seen by the portal.
                let severity = match role {
                    Role::Dataset | Role::Distribution | Role::Service => Severity::Violation,
                    _ => Severity::Warning,
                };
                findings.push(
                    self.finding(
                        "type-missing",
                        severity,
                        id,
                        format!("används som {sv} men saknar rdf:type"),
                        format!("is used as a {en} but has no rdf:type"),
                    )
                    .on(v::RDF_TYPE),
                );
            }
            if roles.contains(&Role::Contact) && self.contact(id).individual {
                findings.push(
                    self.finding(
                        "contact-individual",
                        Severity::Info,
                        id,
                        "kontaktpunkten är en person och visas inte",
                        "the contact point is a person and is not shown",
                    )
                    .fix(Text::new(
                        "ange en funktion, till exempel registrator",
                        "name a function, for instance the registry",
                    )),
                );
            }
        }
    }

    /// Nodes that are referred to and never described.
    fn reference_faults(&self, findings: &mut Vec<Finding>) {
        // A distribution without an address is none; the others are shown by their IRI.
        const CHECKS: &[(&str, &str, Severity, &str, &str)] = &[
            (
                v::DISTRIBUTION,
                "distribution-not-described",
                Severity::Violation,
                "distributionen",
                "the distribution",
            ),
            (v::DATASET, "dataset-not-described", Severity::Warning, "datamängden", "the dataset"),
            (
                v::SERVICE,
                "service-not-described",
                Severity::Warning,
                "datatjänsten",
                "the data service",
            ),
            (
                v::PUBLISHER,
                "publisher-not-described",
                Severity::Warning,
                "utgivaren",
                "the publisher",
            ),
            (
                v::CREATOR,
                "publisher-not-described",
                Severity::Warning,
                "producenten",
                "the creator",
            ),
            (
                v::CONTACT_POINT,
                "contact-not-described",
                Severity::Warning,
                "kontaktpunkten",
                "the contact point",
            ),
        ];
        for (property, rule, severity, sv, en) in CHECKS {
            let Some(p) = self.graph.iri_id(property) else { continue };
            for [s, _, o] in self.graph.rows().filter(|[_, q, _]| *q == p) {
                if self.graph.iri(o).is_some() && !self.described(o) {
                    findings.push(
                        self.finding(
                            rule,
                            *severity,
                            s,
                            format!("{sv} beskrivs inte i katalogen"),
                            format!("{en} is not described in the catalogue"),
                        )
                        .on(*property)
                        .seen(shown(&self.name(o)))
                        .fix(Text::new("beskriv den i samma dokument", "describe it in the same document")),
                    );
                }
            }
        }
    }

    /// Faults that show in a single triple.
    fn value_faults(&self, findings: &mut Vec<Finding>) {
        let at = |list: &[&'static str]| -> Vec<(Id, &'static str)> {
            list.iter().filter_map(|iri| Some((self.graph.iri_id(iri)?, *iri))).collect()
        };
        let (to_iri, texts, dates, size) = (at(TO_IRI), at(TEXTS), at(DATES), at(&[v::BYTE_SIZE]));
        for [s, p, o] in self.graph.rows() {
            let property = |list: &[(Id, &'static str)]| list.iter().find(|(id, _)| *id == p).map(|(_, iri)| *iri);
            if let Some(iri) = property(&to_iri) {
                self.expect_iri(s, iri, o, findings);
            } else if let Some(iri) = property(&texts) {
                self.expect_text(s, iri, o, findings);
            } else if let Some(iri) = property(&dates) {
                self.expect_type(s, iri, o, DATE_TYPES, "date-datatype", findings);
            } else if let Some(iri) = property(&size) {
                self.expect_type(s, iri, o, &[v::XSD_NON_NEGATIVE], "byte-size-datatype", findings);
            }
            self.suspect_tag(s, p, o, findings);
        }
        for (old, new) in DEPRECATED {
            let Some(p) = self.graph.iri_id(old) else { continue };
            for [s, ..] in self.graph.rows().filter(|[_, q, _]| *q == p) {
                findings.push(
                    self.finding(
                        "deprecated-property",
                        Severity::Warning,
                        s,
                        "en egenskap som har ersatts",
                        "a property that has been replaced",
                    )
                    .on(*old)
                    .fix(Text::new(format!("använd {new}"), format!("use {new}"))),
                );
            }
        }
    }

    fn expect_iri(&self, s: Id, property: &str, o: Id, findings: &mut Vec<Finding>) {
        if self.graph.literal(o).is_none() {
            return;
        }
        let value = self.value(o);
        let (rule, sv, en) = match (is_empty(&value), property) {
            (true, v::LICENSE) => ("empty-licence", "licensen är tom", "the licence is empty"),
            (true, _) => ("empty-value", "värdet är tomt", "the value is empty"),
            (false, _) => ("literal-for-iri", "text där en IRI ska stå", "text where an IRI belongs"),
        };
        findings.push(
            self.finding(rule, Severity::Violation, s, sv, en)
                .on(property)
                .seen(shown(value.as_str())),
        );
    }

    fn expect_text(&self, s: Id, property: &str, o: Id, findings: &mut Vec<Finding>) {
        let Some(literal) = self.graph.literal(o) else {
            findings.push(
                self.finding(
                    "iri-for-literal",
                    Severity::Violation,
                    s,
                    "en IRI där text ska stå",
                    "an IRI where text belongs",
                )
                .on(property)
                .seen(shown(&self.name(o))),
            );
            return;
        };
        if literal.value().trim().is_empty() {
            findings.push(
                self.finding("empty-value", Severity::Violation, s, "texten är tom", "the text is empty")
                    .on(property),
            );
        } else if literal.language().is_none() {
            findings.push(
                self.finding(
                    "untagged-literal",
                    Severity::Warning,
                    s,
                    "text utan språkkod",
                    "text without a language tag",
                )
                .on(property)
                .seen(shown(literal.value()))
                .fix(Text::new("ange språket, till exempel sv", "state the language, for instance sv")),
            );
        }
    }

    fn expect_type(&self, s: Id, property: &str, o: Id, types: &[&str], rule: &str, findings: &mut Vec<Finding>) {
        let Some(literal) = self.graph.literal(o) else { return };
        let datatype = literal.datatype();
        if !types.contains(&datatype.as_str()) {
            let local = types
                .iter()
                .map(|iri| format!("xsd:{}", iri.rsplit('#').next().unwrap_or_default()));
            let wanted = local.collect::<Vec<_>>().join(", ");
            findings.push(
                self.finding(
                    rule,
                    Severity::Warning,
                    s,
                    "värdet har fel datatyp",
                    "the value has the wrong datatype",
                )
                .on(property)
                .seen(shown(datatype.as_str()))
                .fix(Text::new(format!("använd {wanted}"), format!("use {wanted}"))),
            );
        }
    }

    fn suspect_tag(&self, s: Id, p: Id, o: Id, findings: &mut Vec<Finding>) {
        let Some(tag) = self.graph.literal(o).and_then(|literal| literal.language()) else {
            return;
        };
        let tag = tag.to_lowercase();
        for (wrong, right, sv, en) in TAGS.iter().filter(|(wrong, ..)| *wrong == tag) {
            findings.push(
                self.finding(
                    "language-tag",
                    Severity::Warning,
                    s,
                    format!("språkkoden {wrong} är {sv}"),
                    format!("the language tag {wrong} is {en}"),
                )
                .on(self.name(p))
                .seen(*wrong)
                .fix(Text::new(format!("använd {right}"), format!("use {right}"))),
            );
        }
    }

    /// Faults of the document as a whole.
    fn catalogue_faults(&self, findings: &mut Vec<Finding>) {
        let catalogues = self.catalogues();
        let Some(main) = catalogues.first() else {
            findings.push(Finding::new(
                "catalogue-missing",
                Severity::Violation,
                "",
                Text::new("dokumentet har ingen dcat:Catalog", "the document has no dcat:Catalog"),
            ));
            return;
        };
        for other in catalogues.iter().skip(1).filter(|one| !main.parts.contains(&one.iri)) {
            findings.push(
                Finding::new(
                    "catalogue-apart",
                    Severity::Warning,
                    &other.iri,
                    Text::new(
                        "en katalog som huvudkatalogen inte nämner",
                        "a catalogue that the main one does not mention",
                    ),
                )
                .fix(Text::new(
                    "nämn den med dcterms:hasPart i huvudkatalogen",
                    "mention it by dcterms:hasPart in the main catalogue",
                )),
            );
        }
        for part in catalogues.iter().skip(1).filter(|one| !one.parts.is_empty()) {
            findings.push(Finding::new(
                "parts-nested",
                Severity::Violation,
                &part.iri,
                Text::new(
                    "en delkatalog har egna delkataloger",
                    "a sub-catalogue has sub-catalogues of its own",
                ),
            ));
        }
        for id in self.roles.with(Role::Dataset) {
            let iri = self.name(id);
            if !catalogues.iter().any(|one| one.datasets.binary_search(&iri).is_ok()) {
                findings.push(
                    self.finding(
                        "dataset-not-in-catalogue",
                        Severity::Warning,
                        id,
                        "ingen katalog nämner datamängden",
                        "no catalogue mentions the dataset",
                    )
                    .on(v::DATASET),
                );
            }
        }
        for [s, ..] in self.typed(v::CATALOG_RECORD) {
            findings.push(self.finding(
                "catalog-record",
                Severity::Violation,
                s,
                "dcat:CatalogRecord är inte tillåten",
                "dcat:CatalogRecord is not allowed",
            ));
        }
        for property in [v::HYDRA_NEXT, v::HYDRA_NEXT_PAGE] {
            let Some(p) = self.graph.iri_id(property) else { continue };
            for [s, _, o] in self.graph.rows().filter(|[_, q, _]| *q == p) {
                findings.push(
                    self.finding(
                        "paged",
                        Severity::Warning,
                        s,
                        "katalogen fortsätter på en annan sida, som inte lästes",
                        "the catalogue goes on on another page, which was not read",
                    )
                    .on(property)
                    .seen(shown(&self.name(o))),
                );
            }
        }
    }

    fn typed(&self, class: &str) -> Vec<[Id; 3]> {
        let class = self.graph.iri_id(class);
        class.map(|class| self.graph.to(class).collect()).unwrap_or_default()
    }
}
