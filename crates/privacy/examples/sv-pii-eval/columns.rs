//! 3,000 columns with their true class: each kind under telling and silent headers, look-alikes that are nobody's, and hosts in which one
//! to five cells of a hundred are somebody's.
//!
//! In: the published lists and a seed. Out: columns. What a detector makes of them is the scorer's business.

use crate::people::{self, Sources, checked, organisation};
use crate::shared::random::Random;

pub const BARRED: &str = include_str!("../../../../registers/plates-barred.csv");

/// A column with its truth.
pub struct EvalColumn {
    pub header: String,
    pub cells: Vec<String>,
    /// A kind of personal data, or `none`.
    pub class: &'static str,
    /// Whether the class names people directly.
    pub direct: bool,
    /// Whether any verdict but `none` is a false alarm.
    pub clean: bool,
    /// Cells of a hundred that are somebody's, in a column of something else.
    pub contaminated: Option<u64>,
    /// What it looks like, for the list of errors.
    pub note: &'static str,
}

type Cell = fn(&Sources, &mut Random, usize) -> String;

/// A class: its kind, headers that tell, headers that do not (none when cells alone cannot tell), and a cell.
struct Class {
    kind: &'static str,
    telling: &'static [&'static str],
    silent: &'static [&'static str],
    cell: Cell,
}

const SILENT: &[&str] = &["värde", "kolumn 3", "uppgift", "fält_7", "data", "id", "Övrigt"];
const NEVER: &[&str] = &[];

#[rustfmt::skip]
const CLASSES: &[Class] = &[
    Class { kind: "personal_identity_number", telling: &["personnummer", "Personnr", "pnr", "person_id", "Elevens personnummer", "ssn"], silent: SILENT, cell: |s, r, style| form(&s.pin(r), style) },
    Class { kind: "coordination_number", telling: &["samordningsnummer", "samordningsnr", "personnummer"], silent: SILENT, cell: |s, r, style| form(&s.coords[r.below(s.coords.len() as u64) as usize], style) },
    Class { kind: "interim_number", telling: &["personnummer", "interimsnummer", "personnr"], silent: SILENT, cell: |s, r, _| s.interim[r.below(s.interim.len() as u64) as usize].clone() },
    Class { kind: "organisation_number", telling: &["organisationsnummer", "orgnr", "Org.nr", "leverantörens organisationsnummer"], silent: SILENT, cell: |_, r, style| if style % 2 == 0 { organisation(r) } else { organisation(r).replace('-', "") } },
    Class { kind: "vat_number", telling: &["momsregistreringsnummer", "VAT", "momsnr"], silent: SILENT, cell: |_, r, _| people::vat(r) },
    Class { kind: "phone", telling: &["telefon", "Telefonnummer", "mobil", "tfn", "phone"], silent: SILENT, cell: |_, r, _| people::phone(r) },
    Class { kind: "e_mail", telling: &["e-post", "epost", "email", "mejladress"], silent: SILENT, cell: |s, r, _| people::mail(s, r) },
    Class { kind: "iban", telling: &["IBAN", "kontonummer (IBAN)"], silent: SILENT, cell: |_, r, _| people::iban(r) },
    Class { kind: "bank_account", telling: &["bankkonto", "kontonummer", "utbetalningskonto", "Clearing- och kontonummer"], silent: &["uppgift", "fält_7"], cell: |s, r, _| s.account(r) },
    Class { kind: "vehicle_plate", telling: &["registreringsnummer", "regnr", "Fordonets reg.nr", "license plate"], silent: SILENT, cell: |_, r, _| people::plate(r) },
    Class { kind: "property_designation", telling: &["fastighetsbeteckning", "fastighet", "Fastighetsbet."], silent: SILENT, cell: |s, r, _| s.property(r) },
    Class { kind: "street_address", telling: &["adress", "gatuadress", "Besöksadress", "street_address"], silent: SILENT, cell: |s, r, _| s.street(r) },
    Class { kind: "postcode", telling: &["postnummer", "postnr", "zip", "Postnr"], silent: NEVER, cell: |_, r, style| if style % 2 == 0 { people::postcode(r) } else { people::postcode(r).replace(' ', "") } },
    Class { kind: "coordinate", telling: &["latitud", "lat", "longitude", "hem_lat", "bostadens latitud"], silent: NEVER, cell: |_, r, style| if style % 2 == 0 { people::point(r).0 } else { people::point(r).1 } },
    Class { kind: "passport_number", telling: &["passnummer", "pass", "passport_no", "Passnr"], silent: NEVER, cell: |_, r, _| people::passport(r) },
    Class { kind: "driving_licence", telling: &["körkortsnummer", "körkort", "driving_licence"], silent: NEVER, cell: |_, r, _| format!("{}{}", r.between(1, 9), r.digits(7)) },
    Class { kind: "ip_address", telling: &["ip", "IP-adress", "client_ip", "remote_addr"], silent: SILENT, cell: |_, r, _| people::ip(r) },
    Class { kind: "mac_address", telling: &["mac", "MAC-adress", "enhetens macadress"], silent: SILENT, cell: |_, r, _| people::mac(r) },
    Class { kind: "case_number", telling: &["diarienummer", "dnr", "Ärendenummer", "målnummer"], silent: SILENT, cell: |_, r, _| people::case(r) },
    Class { kind: "given_name", telling: &["förnamn", "tilltalsnamn", "first_name", "Förnamn elev"], silent: SILENT, cell: |s, r, _| s.given(r) },
    Class { kind: "family_name", telling: &["efternamn", "last_name", "surname", "Efternamn"], silent: SILENT, cell: |s, r, _| s.family(r) },
    Class { kind: "person_name", telling: &["namn", "kontaktperson", "handläggare", "Vårdnadshavare", "full_name"], silent: SILENT, cell: |s, r, style| if style == 1 { format!("{}, {}", s.family(r), s.given(r)) } else { s.name(r) } },
    Class { kind: "date_of_birth", telling: &["födelsedatum", "född", "date_of_birth", "Födelsedag"], silent: NEVER, cell: |_, r, style| day(r, style) },
    Class { kind: "special_category", telling: &["diagnos", "religion", "fackförbund", "etnisk bakgrund", "sexuell läggning", "politisk åsikt", "brottsrubricering", "funktionsnedsättning"], silent: NEVER, cell: |_, r, _| r.of(&["A", "B", "ja", "nej", "okänt", "grupp 1", "grupp 2", "F32.1", "J45"]).to_owned() },
];

const DIRECT: &[&str] = &[
    "personal_identity_number",
    "coordination_number",
    "interim_number",
    "phone",
    "e_mail",
    "iban",
    "bank_account",
    "passport_number",
    "driving_licence",
    "given_name",
    "family_name",
    "person_name",
];

fn form(number: &str, style: usize) -> String {
    let old = number[..4].parse::<i32>().is_ok_and(|year| year <= 2026 - 100);
    match style % 4 {
        0 => format!("{}{}{}", &number[2..8], if old { '+' } else { '-' }, &number[8..]),
        1 => number.to_owned(),
        2 => format!("{}-{}", &number[..8], &number[8..]),
        _ => number[2..].to_owned(),
    }
}

fn day(r: &mut Random, style: usize) -> String {
    let (y, m, d) = people::birthday(r);
    match style % 4 {
        0 => format!("{y}-{m:02}-{d:02}"),
        1 => format!("{y}{m:02}{d:02}"),
        2 => format!("{:02}{m:02}{d:02}", y % 100),
        _ => format!("{d}/{m}/{y}"),
    }
}

/// A look-alike: what it is called in the list of errors, its headers and a cell.
type Trap = (&'static str, &'static [&'static str], fn(&Sources, &mut Random, u64) -> String);

#[rustfmt::skip]
const TRAPS: &[Trap] = &[
    ("ten random digits", &["ordernummer", "referens", "beteckning", "id"], |_, r, _| r.digits(10)),
    ("ten digits with a check digit", &["kundnummer", "artikel", "objekt"], |_, r, _| checked(&r.digits(9))),
    ("six and four digits", &["ref", "kod", "artikelnummer"], |_, r, _| format!("{}-{}", r.digits(6), r.digits(4))),
    ("wrong check digits", &["id", "nummer", "kolumn 2"], |s, r, _| wrong(&s.pin(r))),
    ("impossible days", &["id", "nummer"], |_, r, _| checked(&format!("{:02}{}{}", r.below(100), r.of(&["0230", "0431", "1301", "0192", "0932", "0699"]), r.digits(3)))),
    ("numbers inside longer runs", &["nyckel", "id"], |s, r, _| format!("{}{}{}", r.between(1, 9), s.pin(r), r.digits(2))),
    ("serial nought", &["nr", "id"], |_, r, _| checked(&format!("{:02}{:02}{:02}000", r.below(100), r.between(1, 12), r.between(1, 28)))),
    ("a sequence", &["löpnummer", "nr"], |_, _, i| format!("{}", 8_001_010_000 + i)),
    ("time stamps", &["tidsstämpel", "skapad", "stamp"], |_, r, _| format!("2024{:02}{:02}{:02}{:02}", r.between(1, 12), r.between(1, 28), r.below(24), r.below(60))),
    ("epoch seconds", &["epoch", "ts"], |_, r, _| format!("{}", 1_700_000_000 + r.below(40_000_000))),
    ("twelve random digits", &["streckkod", "serienr"], |_, r, _| r.digits(12)),
    ("article numbers of thirteen", &["ean", "gtin"], |_, r, _| r.digits(13)),
    ("SWEREF metres", &["nivå_mm", "volym"], |_, r, _| format!("{}", r.between(6_100_000, 7_600_000))),
    ("amounts", &["belopp", "Summa kr", "budget"], |_, r, _| format!("{}.{:02}", r.below(9_000_000), r.below(100))),
    ("area codes of DeSO", &["deso", "område"], |s, r, _| { let _ = s; format!("{:04}{}{:04}", r.between(114, 2584), r.of(&["A", "B", "C"]), r.between(1, 200) * 10) }),
    ("municipality codes", &["kommunkod", "kod"], |_, r, _| format!("{:04}", r.between(114, 2584))),
    ("municipalities", &["kommun", "ort", "namn"], |s, r, _| s.place(r).to_owned()),
    ("stations that look like people", &["station", "hållplats", "namn"], |s, r, _| format!("{} {}", s.given(r), r.of(&["torg", "plats", "centrum", "brygga", "station", "kyrka", "gata"]))),
    ("schools", &["skola", "enhet", "namn"], |s, r, _| format!("{}{}", s.place(r), r.of(&["skolan", " gymnasium", "s förskola", "s centralskola"]))),
    ("companies named after people", &["leverantör", "företag", "namn"], |s, r, _| format!("{} {} {}", s.given(r), s.family(r), r.of(&["Bygg AB", "Åkeri AB", "& Söner HB", "Konsult AB", "Fastigheter KB", "AB", "Stiftelse"]))),
    ("companies", &["utförare", "bolag"], |s, r, _| format!("{}s {}", s.place(r), r.of(&["Bostads AB", "Energi AB", "Vatten och Avlopp", "Kraft", "Hamn AB"]))),
    ("laws", &["författning", "lagrum", "sfs"], |_, r, _| format!("{}:{}", r.between(1949, 2026), r.between(1, 1500))),
    ("diagnosis-like article codes", &["artikelkod", "sort"], |_, r, _| format!("{}{}", r.letters(1, "ABCDEFGHJK"), r.digits(2))),
    ("plates with barred letters", &["kod", "märkning"], |_, r, _| format!("{} {}", r.of(&["APA", "MLB", "ORM", "USA", "WWW", "SEX", "KKK", "VIP", "IQV", "AÅÄ"]), r.digits(3))),
    ("scales and results", &["skala", "resultat"], |_, r, _| format!("{}:{}", r.between(1, 9), r.between(1, 50))),
    ("versions", &["version", "utgåva"], |_, r, _| format!("{}.{}.{}", r.below(9), r.below(30), r.below(300))),
    ("dates", &["datum", "inrapporterad", "giltig från"], |_, r, _| format!("20{:02}-{:02}-{:02}", r.between(10, 26), r.between(1, 12), r.between(1, 28))),
    ("days without joints", &["datum", "period"], |_, r, _| format!("20{:02}{:02}{:02}", r.between(10, 26), r.between(1, 12), r.between(1, 28))),
    ("counts of people", &["antal personer med diagnos", "Antal förnamn", "andel kvinnor", "total age"], |_, r, _| format!("{}", r.below(4_000))),
    ("shares", &["andel", "procent"], |_, r, _| format!("{}.{}", r.below(100), r.below(10))),
    ("free text about things", &["beskrivning", "kommentar", "anmärkning"], |s, r, _| crate::sentences::prose(s, r)),
    ("uuids", &["uuid", "id"], |_, r, _| format!("{:08x}-{:04x}-{:04x}-{:04x}-{:012x}", r.below(1 << 32), r.below(1 << 16), r.below(1 << 16), r.below(1 << 16), r.below(1 << 48))),
    ("roads", &["väg", "sträcka"], |_, r, _| format!("{} {}", r.of(&["Väg", "Länsväg", "Riksväg", "E"]), r.between(1, 900))),
    ("statistics of names", &["namn", "tilltalsnamn"], |_, _, _| String::new()),
    ("thousands with blanks", &["invånare", "volym m3"], |_, r, _| format!("{} {:03}", r.between(10, 99), r.below(1000))),
    ("addresses of the web", &["webbplats", "länk"], |_, r, _| format!("https://exempelby.example/objekt/{}", r.digits(10))),
    ("coarse points", &["lat", "position_x"], |_, r, _| format!("{}.{}", r.between(55, 68), r.between(1, 9))),
];

fn wrong(pin: &str) -> String {
    let last = pin.as_bytes()[11] - b'0';
    let ten = format!("{}{}", &pin[2..11], (last + 1 + pin.as_bytes()[10] % 8) % 10);
    if people::luhn(&ten) {
        format!("{}{}", &ten[..9], (ten.as_bytes()[9] - b'0' + 1) % 10)
    } else {
        ten
    }
}

fn size(r: &mut Random) -> usize {
    r.between(200, 2000) as usize
}

/// All columns of a set.
pub fn make(sources: &Sources, r: &mut Random) -> Vec<EvalColumn> {
    let mut columns = Vec::with_capacity(3_000);
    for class in CLASSES {
        for index in 0..80 {
            columns.push(of_class(class, sources, r, index));
        }
    }
    for index in 0..780 {
        columns.push(trap(sources, r, index));
    }
    for index in 0..300 {
        columns.push(if index % 5 == 4 {
            notes(sources, r)
        } else {
            contaminated(sources, r, index)
        });
    }
    columns
}

fn of_class(class: &Class, sources: &Sources, r: &mut Random, index: usize) -> EvalColumn {
    let silent = !class.silent.is_empty() && r.chance(35);
    let header = r.of(if silent { class.silent } else { class.telling }).to_owned();
    let style = index % 4;
    let missing = r.of(&[&0u64, &2, &10]);
    let style = if class.kind == "coordinate" {
        usize::from(header.starts_with("lon"))
    } else {
        style
    };
    let cells = (0..size(r))
        .map(|_| {
            if r.chance(*missing) {
                String::new()
            } else {
                (class.cell)(sources, r, style)
            }
        })
        .collect();
    let direct = DIRECT.contains(&class.kind);
    let clean = matches!(class.kind, "organisation_number" | "vat_number" | "case_number");
    EvalColumn {
        header,
        cells,
        class: class.kind,
        direct,
        clean,
        contaminated: None,
        note: if silent { "silent header" } else { "telling header" },
    }
}

fn trap(sources: &Sources, r: &mut Random, index: usize) -> EvalColumn {
    let (note, headers, cell) = TRAPS[index % TRAPS.len()];
    let header = r.of(headers).to_owned();
    let cells: Vec<String> = if note == "statistics of names" {
        sources.every_given(r)
    } else {
        (0..size(r)).map(|i| cell(sources, r, i as u64)).collect()
    };
    EvalColumn {
        header,
        cells,
        class: "none",
        direct: false,
        clean: true,
        contaminated: None,
        note,
    }
}

/// Something of somebody's in a column of something else. A bare number of ten digits among ten random digits is left out: 0.7 of a
/// hundred random ones pass, so that one of a hundred cannot be told.
fn contaminated(sources: &Sources, r: &mut Random, index: usize) -> EvalColumn {
    type Host = (&'static str, fn(&Sources, &mut Random) -> String);
    let hosts: &[&Host] = &[
        &("kundnummer", |_, r| r.digits(7)),
        &("organisationsnummer", |_, r| organisation(r)),
        &("diarienummer", |_, r| people::case(r)),
        &("referens", |_, r| r.digits(10)),
        &("anmärkning", |s, r| crate::sentences::prose(s, r)),
        &("leverantör", |s, r| format!("{}s Bostads AB", s.place(r))),
        &("kod", |_, r| format!("{}{}", r.letters(2, "ABCXYZ"), r.digits(4))),
        &("status", |_, _| "saknas".to_owned()),
    ];
    let (header, host) = *r.of(hosts);
    let percent = if index.is_multiple_of(2) { 1 } else { r.between(2, 5) };
    let (class, guest): (&str, fn(&Sources, &mut Random) -> String) = match r.below(6) {
        0..=2 => ("personal_identity_number", |s, r| form(&s.pin(r), 0)),
        3 => ("coordination_number", |s, r| {
            form(&s.coords[r.below(s.coords.len() as u64) as usize], 2)
        }),
        4 => ("e_mail", people::mail),
        _ => ("personal_identity_number", |s, r| form(&s.pin(r), 1)),
    };
    let count = size(r);
    let step = (100 / percent) as usize;
    let offset = r.below(step as u64) as usize;
    let cells = (0..count)
        .map(|i| if i % step == offset { guest(sources, r) } else { host(sources, r) })
        .collect();
    EvalColumn {
        header: header.to_owned(),
        cells,
        class,
        direct: true,
        clean: false,
        contaminated: Some(percent),
        note: "contaminated",
    }
}

/// Free text with none to three things of one kind in a cell.
fn notes(sources: &Sources, r: &mut Random) -> EvalColumn {
    let (class, guest): (&str, fn(&Sources, &mut Random) -> String) = match r.below(5) {
        0 => ("personal_identity_number", Sources::pin_written),
        1 => ("phone", |_, r| people::phone(r)),
        2 => ("e_mail", people::mail),
        _ => ("person_name", Sources::name),
    };
    let cells = (0..size(r))
        .map(|_| {
            let mut text = crate::sentences::prose(sources, r);
            for _ in 0..r.below(4) {
                text = format!(
                    "{text} {} {}",
                    r.of(&["Se även", "Uppgift från", "Kontakt med", "Gäller", "Enligt"]),
                    guest(sources, r)
                );
            }
            text
        })
        .collect();
    EvalColumn {
        header: r.of(&["anteckning", "fritext", "notering", "beskrivning"]).to_owned(),
        cells,
        class,
        direct: true,
        clean: false,
        contaminated: None,
        note: "free text",
    }
}
