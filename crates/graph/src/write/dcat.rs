//! DCAT-AP-SE 3.0.1: the entry of a release and our whole catalogue (`publishing.md` section 5, `dcat-ap-se.md` section 3).
//!
//! A release is a dataset of our own with `dcterms:source` to the publisher's, its files distributions. Catalogue, dataset, distribution,
//! agent and contact have absolute IRIs; periods, places and statements are blank nodes. No UUID of the source is copied, since the portal
//! would drop one of the two as a duplicate. The profile offers SHA-1 alone for checksums, so SHA-256 stands in the manifest and not here.

use fyr_model::catalogue::{Contact, Period, Value};
use fyr_model::release::{ReleaseFile, ReleaseRecord};
use fyr_model::table::ColumnType;
use fyr_model::{Agent, Lang, Refusal, Text};

use super::OwnCatalogue;
use super::draft::{Draft, Node, node, public};
use super::serialise::serialise;
use crate::syntax::Syntax;
use crate::vocab as v;

const CC0: &str = "http://creativecommons.org/publicdomain/zero/1.0/";
const STABLE: &str = "http://publications.europa.eu/resource/authority/planned-availability/STABLE";
const COMPLETED: &str = "http://publications.europa.eu/resource/authority/distribution-status/COMPLETED";
/// What coordinates of a release are in.
const CRS84: &str = "http://www.opengis.net/def/crs/OGC/1.3/CRS84";
const LANGUAGES: &str = "http://publications.europa.eu/resource/authority/language/";
const THEMES: &str = "http://publications.europa.eu/resource/authority/data-theme";
const MEDIA_TYPES: &str = "https://www.iana.org/assignments/media-types/";

/// Codes of the EU language table with their tags (BCP 47), for texts that came without one.
const TAGS: &[(&str, &str)] = &[
    ("SWE", "sv"),
    ("ENG", "en"),
    ("FIN", "fi"),
    ("DAN", "da"),
    ("NOR", "no"),
    ("NOB", "nb"),
    ("NNO", "nn"),
    ("ISL", "is"),
    ("DEU", "de"),
    ("FRA", "fr"),
    ("ITA", "it"),
    ("SPA", "es"),
    ("EST", "et"),
    ("POL", "pl"),
    ("NLD", "nl"),
];

/// The entry of one release: dataset, distributions, agents, contact.
///
/// # Errors
/// `bad-iri` when the record's own addresses are not absolute IRIs.
pub fn entry(record: &ReleaseRecord, files: &[ReleaseFile], syntax: Syntax) -> Result<Vec<u8>, Refusal> {
    let mut draft = Draft::default();
    dataset(&mut draft, record, files, None)?;
    Ok(serialise(&draft.triples, syntax))
}

/// Our whole catalogue, as dataportal.se harvests it when `syntax` is RDF/XML.
///
/// # Errors
/// `bad-iri` when `base` or a record's addresses are not absolute IRIs.
pub fn catalogue(own: &OwnCatalogue, releases: &[(ReleaseRecord, Vec<ReleaseFile>)], syntax: Syntax) -> Result<Vec<u8>, Refusal> {
    let mut draft = Draft::default();
    let me = node(&own.iri())?;
    draft.class(&me, v::CATALOG);
    draft.both(&me, v::TITLE, &own.title);
    draft.both(&me, v::DESCRIPTION, &own.description);
    draft.iri(&me, v::PUBLISHER, &own.publisher.iri);
    draft.iri(&me, v::LICENSE, CC0);
    let modified = releases.iter().map(|(record, _)| record.created).max();
    if let Some(issued) = &own.issued {
        draft.date(&me, v::ISSUED, issued);
    } else if let Some(first) = releases.iter().map(|(record, _)| record.first_created).min() {
        draft.date(&me, v::ISSUED, &day(first));
    }
    if let Some(modified) = modified {
        draft.date(&me, v::MODIFIED, &day(modified));
    }
    for code in ["SWE", "ENG"] {
        draft.iri(&me, v::LANGUAGE, &format!("{LANGUAGES}{code}"));
    }
    draft.iri(
        &me,
        v::HOMEPAGE,
        own.homepage.as_deref().unwrap_or(&format!("{}/", own.base.trim_end_matches('/'))),
    );
    draft.iris(&me, v::SPATIAL, own.spatial.iter().map(String::as_str));
    draft.iri(&me, v::THEME_TAXONOMY, THEMES);
    for (record, _) in releases {
        draft.iri(&me, v::DATASET, &record.iri);
    }
    agent(&mut draft, &own.publisher, "sv");
    for (record, files) in releases {
        dataset(&mut draft, record, files, Some(own))?;
    }
    Ok(serialise(&draft.triples, syntax))
}

fn day(at: chrono::DateTime<chrono::Utc>) -> String {
    at.format("%Y-%m-%d").to_string()
}

/// The language tag for texts that came without one: the data's only language, else undetermined.
fn fallback(record: &ReleaseRecord) -> &'static str {
    match record.language.as_slice() {
        [only] => {
            let code = only.rsplit('/').next().unwrap_or_default();
            TAGS.iter().find(|(known, _)| *known == code).map_or("und", |(_, tag)| tag)
        }
        _ => "und",
    }
}

fn dataset(draft: &mut Draft, record: &ReleaseRecord, files: &[ReleaseFile], own: Option<&OwnCatalogue>) -> Result<(), Refusal> {
    let me = node(&record.iri)?;
    let tag = fallback(record);
    let version = format!("{}/{}", record.iri, record.version);
    let creator = creator(record);
    let contact = contact(record).or_else(|| own.and_then(OwnCatalogue::contact));
    let distributions: Vec<&ReleaseFile> = files.iter().filter(|file| Kind::of(file).is_some()).collect();
    draft.class(&me, v::DATASET_CLASS);
    draft.texts(&me, v::TITLE, &record.title, tag, true);
    draft.texts(&me, v::DESCRIPTION, &record.description, tag, true);
    draft.iri(&me, v::PUBLISHER, &record.operator.iri);
    draft.iris(&me, v::CREATOR, creator.as_ref().map(|agent| agent.iri.as_str()));
    draft.iris(&me, v::CONTACT_POINT, contact.as_ref().map(|contact| contact.iri.as_str()));
    draft.texts(&me, v::KEYWORD, &record.keyword, tag, false);
    draft.iris(&me, v::THEME, record.theme.iter().map(String::as_str));
    draft.plain(&me, v::IDENTIFIER, &record.iri);
    draft.date(&me, v::ISSUED, &day(record.first_created));
    draft.date(&me, v::MODIFIED, &day(record.created));
    let periods = periods(draft, &me, record);
    let places = places(draft, &me, record);
    draft.iris(&me, v::LANGUAGE, record.language.iter().map(String::as_str));
    draft.iris(&me, v::ACCESS_RIGHTS, record.access_rights.as_deref());
    draft.iris(&me, v::ACCRUAL, record.frequency.as_deref());
    draft.iris(&me, v::CONFORMS_TO, record.conforms_to.iter().map(String::as_str));
    draft.iris(&me, v::LEGISLATION, record.legislation.iter().map(String::as_str));
    draft.iris(&me, v::HVD_CATEGORY, record.hvd_category.iter().map(String::as_str));
    draft.iri(&me, v::LANDING_PAGE, &record.iri);
    draft.plain(&me, v::VERSION, &record.version.to_string());
    draft.both(&me, v::ADMS_VERSION_NOTES, &record.change_note);
    let sources = record.sources.iter().map(|source| source.dataset.as_str());
    draft.iris(&me, v::SOURCE, sources.filter(|iri| public(iri)));
    for (file, _) in PAGES {
        draft.iri(&me, v::PAGE, &format!("{version}/{file}"));
    }
    let statement = draft.blank();
    draft.add(&me, v::PROVENANCE, statement.clone());
    for file in &distributions {
        draft.iri(&me, v::DISTRIBUTION, &format!("{version}/{}", file.path));
    }
    // Groups of their own from here on: one subject after the other.
    describe_periods(draft, periods);
    describe_places(draft, places);
    draft.class(&statement, v::PROVENANCE_STATEMENT);
    draft.both(&statement, v::DESCRIPTION, &origin(record));
    for file in distributions {
        distribution(draft, record, &version, file)?;
    }
    documents(draft, &version)?;
    rights(draft, record)?;
    agent(draft, &record.operator, tag);
    if let Some(creator) = &creator {
        agent(draft, creator, tag);
    }
    if let Some(contact) = &contact {
        describe_contact(draft, contact)?;
    }
    Ok(())
}

/// Documents about the release that are pages, and what they are.
const PAGES: &[(&str, (&str, &str))] = &[
    ("README.md", ("Datamängdens kort", "Dataset card")),
    ("dqv.ttl", ("Kvalitetsmått (DQV)", "Quality measurements (DQV)")),
    ("prov.jsonld", ("Ursprung och steg (PROV)", "Provenance and steps (PROV)")),
];

/// Documents that the tables conform to.
const STANDARDS: &[(&str, (&str, &str))] = &[
    ("croissant.json", ("Croissant-beskrivning", "Croissant description")),
    ("datapackage.json", ("Tabellschema (Data Package)", "Table schema (Data Package)")),
];

fn documents(draft: &mut Draft, version: &str) -> Result<(), Refusal> {
    let pages = PAGES.iter().map(|page| (page, v::DOCUMENT));
    for ((file, title), class) in pages.chain(STANDARDS.iter().map(|standard| (standard, v::STANDARD))) {
        let me = node(&format!("{version}/{file}"))?;
        // The Croissant document is a distribution too when the release lists it: then its title stands there.
        draft.class(&me, class);
        if draft.begin(&format!("{version}/{file}")) {
            draft.both(&me, v::TITLE, &Text::new(title.0, title.1));
        }
    }
    Ok(())
}

/// What a file of a release is to the catalogue.
enum Kind {
    Parquet,
    Csv,
    Croissant,
}

impl Kind {
    fn of(file: &ReleaseFile) -> Option<Self> {
        match file.path.as_str() {
            "croissant.json" => Some(Self::Croissant),
            path if path.starts_with("data/") && path.ends_with(".parquet") => Some(Self::Parquet),
            path if path.starts_with("csv/") && path.ends_with(".csv") => Some(Self::Csv),
            _ => None,
        }
    }

    /// The media type by the recipe of `publishing.md` section 5.
    fn media_type(&self) -> &'static str {
        match self {
            Self::Parquet => "application/vnd.apache.parquet",
            Self::Csv => "text/csv",
            Self::Croissant => "application/ld+json",
        }
    }

    fn title(&self, file: &ReleaseFile, split: bool) -> Text {
        let name = file.path.rsplit('/').next().unwrap_or_default();
        let (sv, en) = match self {
            Self::Parquet => ("Typad tabell (Parquet)", "Typed table (Parquet)"),
            Self::Csv => ("Samma tabell som CSV", "The same table as CSV"),
            Self::Croissant => ("Maskinläsbar beskrivning (Croissant)", "Machine-readable description (Croissant)"),
        };
        if split {
            Text::new(format!("{sv}: {name}"), format!("{en}: {name}"))
        } else {
            Text::new(sv, en)
        }
    }

    fn description(&self, record: &ReleaseRecord, file: &ReleaseFile) -> Text {
        if matches!(self, Self::Croissant) {
            return Text::new(
                "Fält, typer, filer och ursprung för verktyg som läser Croissant.",
                "Fields, types, files and lineage for tools that read Croissant.",
            );
        }
        let rows = file.rows.unwrap_or(record.rows);
        let (sv, en) = match &record.protection {
            Some(how) => (format!("Skyddad mot röjande: {how}."), format!("Disclosure-protected: {how}.")),
            None => (
                "Värdena är källans, oförändrade.".to_owned(),
                "The values are the source's, unchanged.".to_owned(),
            ),
        };
        Text::new(format!("{rows} rader. {sv}"), format!("{rows} rows. {en}"))
    }
}

fn distribution(draft: &mut Draft, record: &ReleaseRecord, version: &str, file: &ReleaseFile) -> Result<(), Refusal> {
    let Some(kind) = Kind::of(file) else { return Ok(()) };
    let iri = format!("{version}/{}", file.path);
    let me = node(&iri)?;
    draft.begin(&iri);
    let media_type = kind.media_type();
    draft.class(&me, v::DISTRIBUTION_CLASS);
    draft.both(&me, v::TITLE, &kind.title(file, split(&file.path)));
    draft.both(&me, v::DESCRIPTION, &kind.description(record, file));
    draft.iri(&me, v::ACCESS_URL, version);
    draft.iri(&me, v::DOWNLOAD_URL, &iri);
    draft.plain(&me, v::FORMAT, media_type);
    draft.iri(&me, v::MEDIA_TYPE, &format!("{MEDIA_TYPES}{media_type}"));
    draft.typed(&me, v::BYTE_SIZE, file.bytes.to_string(), v::XSD_NON_NEGATIVE);
    draft.iri(&me, v::LICENSE, &record.licence.iri);
    draft.iri(&me, v::RIGHTS, &rights_iri(record));
    draft.date(&me, v::ISSUED, &day(record.created));
    draft.date(&me, v::MODIFIED, &day(record.created));
    draft.iri(&me, v::AVAILABILITY, STABLE);
    draft.iri(&me, v::ADMS_STATUS, COMPLETED);
    draft.iris(&me, v::LANGUAGE, record.language.iter().map(String::as_str));
    draft.iris(&me, v::LEGISLATION, record.legislation.iter().map(String::as_str));
    if !matches!(kind, Kind::Croissant) {
        for (file, _) in STANDARDS {
            draft.iri(&me, v::CONFORMS_TO, &format!("{version}/{file}"));
        }
        if record.columns.iter().any(|column| column.kind == ColumnType::Geometry) {
            draft.iri(&me, v::CONFORMS_TO, CRS84);
        }
    }
    Ok(())
}

/// Whether the file is one of several of its kind: then its name is part of its title.
fn split(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    !name.starts_with("all-00000-of-00001") && name.contains("-of-")
}

fn rights_iri(record: &ReleaseRecord) -> String {
    format!("{}#rights", record.iri)
}

/// Whom to name: one line a source.
fn rights(draft: &mut Draft, record: &ReleaseRecord) -> Result<(), Refusal> {
    let me = node(&rights_iri(record))?;
    draft.class(&me, v::RIGHTS_STATEMENT);
    let named = |lang| {
        let each = record
            .sources
            .iter()
            .map(|source| format!("{}: {}", source.publisher.text(lang), source.title.text(lang)));
        each.collect::<Vec<_>>().join("; ")
    };
    draft.both(
        &me,
        v::ATTRIBUTION_TEXT,
        &Text::new(format!("Källa: {}", named(Lang::Sv)), format!("Source: {}", named(Lang::En))),
    );
    Ok(())
}

fn origin(record: &ReleaseRecord) -> Text {
    let named = |lang| {
        let each = record.sources.iter().map(|source| {
            let (title, publisher) = (source.title.text(lang), source.publisher.text(lang));
            format!("{title} ({publisher}, {})", day(source.fetched_at))
        });
        each.collect::<Vec<_>>().join("; ")
    };
    let systems: Vec<&str> = record.sources.iter().filter_map(|source| source.crs.as_deref()).collect();
    let (mut sv, mut en) = (
        format!("Framställd av {} ur: {}", record.operator.name.text(Lang::Sv), named(Lang::Sv)),
        format!("Made by {} from: {}", record.operator.name.text(Lang::En), named(Lang::En)),
    );
    if !systems.is_empty() {
        let systems = systems.join(", ");
        sv.push_str(&format!(". Källans koordinater står i {systems}, utgåvans i OGC:CRS84 (WGS 84)."));
        en.push_str(&format!(
            ". The source's coordinates are in {systems}, those of the release in OGC:CRS84 (WGS 84)."
        ));
    }
    Text::new(sv, en)
}

/// The source's publisher as creator, when the profile's mandatory facts about it are known; under an IRI of ours when its own cannot stand.
fn creator(record: &ReleaseRecord) -> Option<Agent> {
    let agent = &record.publisher;
    let complete = !agent.name.is_empty() && agent.kind.iter().any(|kind| kind.iri().is_some());
    if !complete || agent.iri == record.operator.iri {
        return None;
    }
    let mut agent = agent.clone();
    if !public(&agent.iri) || taken(record, &agent.iri) || record.contact.iter().any(|contact| contact.iri == agent.iri) {
        agent.iri = format!("{}#creator", record.iri);
    }
    Some(agent)
}

/// Whether an IRI already stands for something else: one IRI, one thing.
fn taken(record: &ReleaseRecord, iri: &str) -> bool {
    let sources = record
        .sources
        .iter()
        .any(|source| source.dataset.as_str() == iri || source.distribution == iri || source.address == iri);
    sources || iri == record.iri || iri == record.base
}

/// The source's contact: an organisation with name and e-mail (H21), under an IRI of ours when its own cannot stand.
fn contact(record: &ReleaseRecord) -> Option<Contact> {
    let complete = |contact: &&Contact| !contact.individual && !contact.name.is_empty() && !contact.email.is_empty();
    let mut contact = record.contact.iter().find(complete)?.clone();
    let agents = [&record.publisher.iri, &record.operator.iri];
    if !public(&contact.iri) || taken(record, &contact.iri) || agents.contains(&&contact.iri) {
        contact.iri = format!("{}#contact", record.iri);
    }
    Some(contact)
}

fn agent(draft: &mut Draft, agent: &Agent, tag: &str) {
    let Ok(me) = node(&agent.iri) else { return };
    if !draft.begin(&agent.iri) {
        return;
    }
    draft.class(&me, v::AGENT);
    draft.texts(&me, v::NAME, &agent.name, tag, true);
    // The profile has exactly one type.
    draft.iris(&me, v::TYPE, agent.kind.iter().find_map(Value::iri));
    for identifier in &agent.identifier {
        draft.plain(&me, v::IDENTIFIER, identifier);
    }
    draft.values(&me, v::HOMEPAGE, &agent.homepage);
}

fn describe_contact(draft: &mut Draft, contact: &Contact) -> Result<(), Refusal> {
    let me = node(&contact.iri)?;
    if !draft.begin(&contact.iri) {
        return Ok(());
    }
    draft.class(&me, v::VCARD_ORGANIZATION);
    for name in contact.name.iter() {
        draft.plain(&me, v::VCARD_FN, &name.value);
    }
    for email in &contact.email {
        draft.iri(&me, v::VCARD_EMAIL, &format!("mailto:{email}"));
    }
    draft.values(&me, v::VCARD_URL, &contact.url);
    Ok(())
}

/// Refers to the periods; they are described when the dataset's own properties are written.
fn periods<'r>(draft: &mut Draft, me: &Node, record: &'r ReleaseRecord) -> Vec<(Node, &'r Period)> {
    let told = record
        .temporal
        .iter()
        .filter(|period| period.start.is_some() || period.end.is_some());
    told.map(|period| {
        let node = draft.blank();
        draft.add(me, v::TEMPORAL, node.clone());
        (node, period)
    })
    .collect()
}

fn describe_periods(draft: &mut Draft, periods: Vec<(Node, &Period)>) {
    for (node, period) in periods {
        draft.class(&node, v::PERIOD);
        for (property, date) in [(v::START_DATE, &period.start), (v::END_DATE, &period.end)] {
            if let Some(date) = date {
                draft.date(&node, property, date);
            }
        }
    }
}

/// Refers to places: by IRI where there is one, else to a node with the geometry.
fn places<'r>(draft: &mut Draft, me: &Node, record: &'r ReleaseRecord) -> Vec<(Node, &'r str)> {
    let mut nodes = Vec::new();
    for place in &record.spatial {
        match (&place.iri, &place.geometry) {
            (Some(iri), _) if public(iri) => draft.iri(me, v::SPATIAL, iri),
            (_, Some(geometry)) => {
                let node = draft.blank();
                draft.add(me, v::SPATIAL, node.clone());
                nodes.push((node, geometry.as_str()));
            }
            _ => {}
        }
    }
    nodes
}

fn describe_places(draft: &mut Draft, places: Vec<(Node, &str)>) {
    for (node, geometry) in places {
        draft.class(&node, v::LOCATION);
        draft.typed(&node, v::BBOX, geometry, v::WKT);
    }
}
