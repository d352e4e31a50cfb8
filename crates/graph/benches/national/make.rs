//! What stands in the catalogue: publishers with their contacts, then each dataset with its distributions.

use std::io::{self, Write};

use super::write::{Object, Resource, Writer};

const AUTHORITY: &str = "http://publications.europa.eu/resource/authority";
const BASE: &str = "https://data.exempelriket.example";
const THEMES: [&str; 13] = [
    "AGRI", "ECON", "EDUC", "ENER", "ENVI", "GOVE", "HEAL", "INTR", "JUST", "REGI", "SOCI", "TECH", "TRAN",
];
const WORDS: [(&str, &str); 16] = [
    ("träd", "trees"),
    ("vägar", "roads"),
    ("skolor", "schools"),
    ("badplatser", "bathing sites"),
    ("avfall", "waste"),
    ("luftkvalitet", "air quality"),
    ("bygglov", "building permits"),
    ("kollektivtrafik", "public transport"),
    ("befolkning", "population"),
    ("budget", "budget"),
    ("cykelmätning", "bicycle counts"),
    ("vattenstånd", "water levels"),
    ("förskolor", "preschools"),
    ("detaljplaner", "local plans"),
    ("energi", "energy"),
    ("kulturmiljöer", "cultural environments"),
];
const MEDIA: [&str; 8] = [
    "text/csv",
    "application/json",
    "application/geo+json",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/xml",
    "text/turtle",
    "application/zip",
    "application/pdf",
];
const LICENCES: [&str; 4] = [
    "http://creativecommons.org/publicdomain/zero/1.0/",
    "http://creativecommons.org/licenses/by/4.0/",
    "https://creativecommons.org/licenses/by/4.0/deed.sv",
    "https://data.exempelriket.example/villkor",
];

/// SplitMix64: small, seeded, the same everywhere.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % sides.max(1)
    }
    /// True once in so many.
    fn once_in(&mut self, sides: u64) -> bool {
        self.roll(sides) == 0
    }
    fn pick<'a, T>(&mut self, among: &'a [T]) -> &'a T {
        &among[self.roll(among.len() as u64) as usize]
    }
}

/// Writes everything and gives the number of distributions: 36 to every 25 datasets.
pub fn catalogue<W: Write>(out: &mut Writer<W>, datasets: u64, seed: u64) -> io::Result<u64> {
    let mut dice = Dice(seed);
    let publishers = (datasets / 70).clamp(1, 5_000);
    for number in 0..publishers {
        publisher(out, number)?;
    }
    let mut made = 0;
    for number in 0..datasets {
        // 0.44 more than one a dataset: every dataset one, eleven in twenty-five a second.
        let distributions = 1 + u64::from(number % 25 < 11);
        dataset(out, &mut dice, number, publishers, distributions)?;
        made += distributions;
    }
    head(out, datasets)?;
    Ok(made)
}

fn head<W: Write>(out: &mut Writer<W>, datasets: u64) -> io::Result<()> {
    let mut catalogue = Resource::new(format!("{BASE}/"), "dcat:Catalog");
    catalogue.text("dcterms:title", "Exempelrikets öppna data", "sv");
    catalogue.text("dcterms:title", "Open data of the example nation", "en");
    catalogue.text("dcterms:description", "En påhittad nationell katalog att mäta med.", "sv");
    catalogue.text("dcterms:description", "An invented national catalogue to measure with.", "en");
    catalogue.iri("dcterms:publisher", organisation(0));
    catalogue.iri("dcterms:license", LICENCES[0]);
    catalogue.iri("dcterms:language", format!("{AUTHORITY}/language/SWE"));
    catalogue.iri("foaf:homepage", format!("{BASE}/om"));
    catalogue.iri("dcterms:spatial", "http://sws.geonames.org/2661886/");
    catalogue.iri("dcat:themeTaxonomy", format!("{AUTHORITY}/data-theme"));
    catalogue.typed("dcterms:issued", "2024-01-01", "xsd:date");
    catalogue.typed("dcterms:modified", "2026-11-01", "xsd:date");
    for number in 0..datasets {
        catalogue.iri("dcat:dataset", format!("{BASE}/dataset/{number}"));
    }
    out.resource(&catalogue)
}

/// An organisation's IRI with a check digit that holds.
fn organisation(number: u64) -> String {
    let nine = format!("2999{number:05}");
    let sum: u64 = nine
        .bytes()
        .enumerate()
        .map(|(place, digit)| {
            let doubled = u64::from(digit - b'0') * if place % 2 == 0 { 2 } else { 1 };
            doubled / 10 + doubled % 10
        })
        .sum();
    format!("http://dataportal.se/organisation/SE{nine}{}", (10 - sum % 10) % 10)
}

fn publisher<W: Write>(out: &mut Writer<W>, number: u64) -> io::Result<()> {
    let mut agent = Resource::new(organisation(number), "foaf:Organization");
    agent.text("foaf:name", format!("Exempelkommun {number}"), "sv");
    agent.iri("dcterms:type", "http://purl.org/adms/publishertype/LocalAuthority");
    agent.iri("foaf:homepage", format!("https://kommun-{number}.exempelriket.example/"));
    out.resource(&agent)?;
    let mut contact = Resource::new(format!("{BASE}/kontakt/{number}"), "vcard:Organization");
    contact.text("vcard:fn", format!("Öppna data, Exempelkommun {number}"), "sv");
    contact.iri("vcard:hasEmail", format!("mailto:data@kommun-{number}.exempelriket.example"));
    out.resource(&contact)
}

fn dataset<W: Write>(out: &mut Writer<W>, dice: &mut Dice, number: u64, publishers: u64, distributions: u64) -> io::Result<()> {
    let (sv, en) = *dice.pick(&WORDS);
    let iri = format!("{BASE}/dataset/{number}");
    let mut dataset = Resource::new(iri.clone(), "dcat:Dataset");
    if dice.once_in(40) {
        dataset.add("dcterms:title", Object::Plain(format!("Register över {sv} {number}")));
    } else {
        dataset.text("dcterms:title", format!("Register över {sv} {number}"), "sv");
        dataset.text("dcterms:title", format!("Register of {en} {number}"), "en");
    }
    if !dice.once_in(60) {
        let (long_sv, long_en) = (descriptive(dice, true), descriptive(dice, false));
        dataset.text("dcterms:description", format!("Uppgifter om {sv} i kommunen. {long_sv}"), "sv");
        dataset.text(
            "dcterms:description",
            format!("Facts about {en} in the municipality. {long_en}"),
            "en",
        );
    }
    let owner = dice.roll(publishers);
    dataset.iri("dcterms:publisher", organisation(owner));
    dataset.iri("dcat:contactPoint", format!("{BASE}/kontakt/{owner}"));
    described(&mut dataset, dice, number);
    for part in 0..distributions {
        dataset.iri("dcat:distribution", format!("{iri}/fil/{part}"));
    }
    out.resource(&dataset)?;
    (0..distributions).try_for_each(|part| distribution(out, dice, &iri, part, (sv, en)))
}

fn described(dataset: &mut Resource, dice: &mut Dice, number: u64) {
    if !dice.once_in(20) {
        for _ in 0..7 {
            let (sv, en) = *dice.pick(&WORDS);
            dataset.text("dcat:keyword", format!("{sv} {}", dice.roll(40)), "sv");
            dataset.text("dcat:keyword", format!("{en} {}", dice.roll(40)), "en");
        }
    }
    dataset.iri("dcat:theme", format!("{AUTHORITY}/data-theme/{}", dice.pick(&THEMES)));
    let year = 2000 + dice.roll(26);
    let day = format!("{year}-{:02}-{:02}", 1 + dice.roll(12), 1 + dice.roll(28));
    let datatype = if dice.once_in(30) { "xsd:string" } else { "xsd:date" };
    dataset.typed("dcterms:issued", day.clone(), datatype);
    dataset.typed("dcterms:modified", format!("2026-0{}-15", 1 + dice.roll(9)), "xsd:date");
    if !dice.once_in(6) {
        dataset.iri("dcterms:accessRights", format!("{AUTHORITY}/access-right/PUBLIC"));
    }
    dataset.iri("dcterms:accrualPeriodicity", format!("{AUTHORITY}/frequency/ANNUAL"));
    dataset.iri("dcterms:language", format!("{AUTHORITY}/language/SWE"));
    dataset.iri(
        "dcterms:spatial",
        format!("http://sws.geonames.org/{}/", 2_600_000 + dice.roll(90_000)),
    );
    dataset.add("dcterms:identifier", Object::Plain(format!("exempel-{number}")));
    dataset.iri("dcat:landingPage", format!("{BASE}/dataset/{number}/om"));
    dataset.iri("foaf:page", format!("{BASE}/dataset/{number}/beskrivning"));
    dataset.add("dcat:version", Object::Plain(format!("{}.0", 1 + number % 9)));
    dataset.iri("dcterms:conformsTo", format!("{BASE}/specifikation/{}", dice.roll(200)));
    let mut period = Resource::new("", "dcterms:PeriodOfTime");
    period.typed("dcat:startDate", day, "xsd:date");
    period.typed("dcat:endDate", "2026-12-31", "xsd:date");
    dataset.add("dcterms:temporal", Object::Node(period));
    let mut place = Resource::new("", "dcterms:Location");
    let (x, y) = (11 + dice.roll(12), 55 + dice.roll(13));
    let corners = format!("POLYGON(({x} {y}, {x} {0}, {1} {0}, {1} {y}, {x} {y}))", y + 1, x + 1);
    place.typed("dcat:bbox", corners, "geo:wktLiteral");
    dataset.add("dcterms:spatial", Object::Node(place));
    let mut history = Resource::new("", "dcterms:ProvenanceStatement");
    history.text("dcterms:description", "Samlas in av kommunens förvaltningar.", "sv");
    history.text("dcterms:description", "Collected by the municipality's departments.", "en");
    dataset.add("dcterms:provenance", Object::Node(history));
    let mut role = Resource::new("", "prov:Attribution");
    role.iri("prov:agent", organisation(number % 40));
    role.iri(
        "dcat:hadRole",
        "http://inspire.ec.europa.eu/metadata-codelist/ResponsiblePartyRole/custodian",
    );
    dataset.add("prov:qualifiedAttribution", Object::Node(role));
    dataset.text("adms:versionNotes", "Rättade uppgifter för föregående år.", "sv");
    dataset.text("adms:versionNotes", "Corrected figures for the year before.", "en");
    if dice.once_in(25) {
        dataset.iri("dcatap:applicableLegislation", "http://data.europa.eu/eli/reg_impl/2023/138/oj");
        if !dice.once_in(3) {
            dataset.iri("dcatap:hvdCategory", "http://data.europa.eu/bna/c_ac64a52d");
        }
    }
}

/// Some sentences, so that a description has a description's length.
fn descriptive(dice: &mut Dice, swedish: bool) -> String {
    (0..2 + dice.roll(4))
        .map(|_| {
            let (sv, en) = dice.pick(&WORDS);
            if swedish {
                format!("Registret omfattar även {sv} och förs fortlöpande av ansvarig nämnd. ")
            } else {
                format!("The register also covers {en} and is kept up to date by the board in charge. ")
            }
        })
        .collect()
}

fn distribution<W: Write>(out: &mut Writer<W>, dice: &mut Dice, dataset: &str, part: u64, words: (&str, &str)) -> io::Result<()> {
    let file = format!("{dataset}/fil/{part}");
    let mut one = Resource::new(file.clone(), "dcat:Distribution");
    one.text("dcterms:title", format!("{} som fil", words.0), "sv");
    one.text("dcterms:title", format!("{} as a file", words.1), "en");
    one.text(
        "dcterms:description",
        "En rad för varje föremål, en kolumn för varje uppgift.",
        "sv",
    );
    one.text("dcterms:description", "A row for each thing, a column for each fact.", "en");
    one.iri("dcat:accessURL", format!("{file}.csv"));
    if !dice.once_in(4) {
        one.iri("dcat:downloadURL", format!("{file}.csv"));
    }
    if !dice.once_in(15) {
        let media = *dice.pick(&MEDIA);
        one.add("dcterms:format", Object::Plain(media.to_owned()));
        if dice.once_in(3) {
            one.iri("dcat:mediaType", format!("http://www.iana.org/assignments/media-types/{media}"));
        }
    }
    if !dice.once_in(8) {
        one.iri("dcterms:license", *dice.pick(&LICENCES));
    }
    one.typed("dcat:byteSize", dice.roll(10_000_000).to_string(), "xsd:nonNegativeInteger");
    one.typed("dcterms:issued", "2023-05-04", "xsd:date");
    one.typed("dcterms:modified", "2026-05-04", "xsd:date");
    one.iri("dcterms:language", format!("{AUTHORITY}/language/SWE"));
    one.iri("dcatap:availability", format!("{AUTHORITY}/planned-availability/STABLE"));
    one.iri("adms:status", format!("{AUTHORITY}/distribution-status/COMPLETED"));
    one.iri("foaf:page", format!("{file}/om"));
    let mut sum = Resource::new("", "spdx:Checksum");
    sum.iri("spdx:algorithm", "http://spdx.org/rdf/terms#checksumAlgorithm_sha1");
    let digits = format!("{:016x}{:016x}{:08x}", dice.roll(u64::MAX), dice.roll(u64::MAX), dice.roll(1 << 32));
    sum.typed("spdx:checksumValue", digits, "xsd:hexBinary");
    one.add("spdx:checksum", Object::Node(sum));
    out.resource(&one)
}
