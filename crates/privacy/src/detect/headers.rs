//! What a header says of its column: words in Swedish and English, as whole words or as parts of compounds.
//!
//! In: the tidy name and the header as it stood. Out: the meaning, or nothing. A header that counts people (`antal`, `share`) speaks of
//! statistics, not of a person, and never gives a special category or a name.

use super::Verdict;

/// What a header means for privacy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Meaning {
    Identity,
    Organisation,
    EMail,
    Phone,
    GivenName,
    FamilyName,
    PersonName,
    /// `namn` or `name` alone: a person's only among a person's other columns.
    SomeName,
    DateOfBirth,
    Age,
    Gender,
    Postcode,
    StreetAddress,
    Background,
    Special(Category),
    Vat,
    Iban,
    BankAccount,
    Plate,
    Property,
    Passport,
    Licence,
    Ip,
    Mac,
    Case,
    /// A coordinate; `true` when it is of somebody's home.
    Point(bool),
    /// A town or a place in an address: no street, and nobody's name.
    Place,
    /// Order, article, diary and invoice numbers, amounts, times, species: speaks against an identifier.
    Contrary,
}

/// Categories of GDPR Art. 9 and 10.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Category {
    Health,
    Religion,
    Origin,
    Union,
    Opinion,
    Sexuality,
    Biometrics,
    Offences,
}

impl Category {
    /// What is said of it, with its article.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Health => "health (GDPR Art. 9)",
            Self::Religion => "religion or belief (GDPR Art. 9)",
            Self::Origin => "racial or ethnic origin (GDPR Art. 9)",
            Self::Union => "membership of a union (GDPR Art. 9)",
            Self::Opinion => "political opinion (GDPR Art. 9)",
            Self::Sexuality => "sexual life or orientation (GDPR Art. 9)",
            Self::Biometrics => "biometric or genetic data (GDPR Art. 9)",
            Self::Offences => "offences (GDPR Art. 10)",
        }
    }
}

impl Meaning {
    /// Whether a person's number under such a header is one by chance.
    pub(crate) fn is_contrary(self) -> bool {
        matches!(
            self,
            Self::Contrary | Self::Case | Self::Plate | Self::Property | Self::Ip | Self::Mac | Self::Point(_) | Self::Postcode
        )
    }

    /// The verdict and kind that the header alone gives.
    pub(crate) fn verdict(self) -> Option<(Verdict, Option<&'static str>)> {
        Some(match self {
            Self::GivenName => (Verdict::Direct, Some("given_name")),
            Self::FamilyName => (Verdict::Direct, Some("family_name")),
            Self::PersonName => (Verdict::Direct, Some("person_name")),
            Self::DateOfBirth => (Verdict::Quasi, Some("date_of_birth")),
            Self::Age | Self::Gender | Self::Background => (Verdict::Quasi, None),
            Self::Postcode => (Verdict::Quasi, Some("postcode")),
            Self::StreetAddress => (Verdict::Quasi, Some("street_address")),
            Self::Special(_) => (Verdict::Sensitive, Some("special_category")),
            _ => return None,
        })
    }
}

/// A word list: whole words (a joined header counts as one), and stems that may stand inside a compound.
struct Words(Meaning, &'static [&'static str], &'static [&'static str]);

/// Words that turn a header into a statistic.
const COUNTING: &[&str] = &[
    "antal", "andel", "procent", "summa", "total", "totalt", "medel", "median", "number", "count", "share", "percent", "sum", "mean",
    "rate",
];

/// Read in order: the first list that matches decides. Special categories after GDPR Art. 9 and 10.
#[rustfmt::skip]
const WORDS: &[Words] = &[
    Words(Meaning::Contrary,
        &["scientific", "species", "taxon", "taxa", "genus", "artnamn", "släkte", "slakte"],
        &["scientificname", "speciesname", "taxonname", "vetenskapligtnamn", "latinsktnamn", "artensnamn"]),
    Words(Meaning::Identity,
        &["personnr", "pnr", "persnr", "ssn", "nin", "samnr", "personid"],
        &["personnummer", "personnr", "samordningsnummer", "samordningsnr", "identitetsnummer", "personalidentitynumber", "personalnumber", "coordinationnumber", "socialsecurity", "nationalid"]),
    Words(Meaning::Vat, &["vat", "vatnr", "momsnr", "vatno"], &["momsregistrering", "momsreg", "vatnumber", "momsnummer"]),
    Words(Meaning::Iban, &["iban"], &["iban"]),
    Words(Meaning::BankAccount, &["konto", "kontonr", "kontonummer", "bankkonto", "clearing", "account"], &["bankkonto", "kontonummer", "bankaccount", "accountnumber", "utbetalningskonto", "lönekonto"]),
    Words(Meaning::Plate, &["regnr", "regnummer", "regno", "plate", "bilnr", "fordon", "registreringsskylt"], &["registreringsnummer", "licenseplate", "licenceplate", "fordonsnummer", "numberplate", "registreringsnr", "fordonsregnr"]),
    Words(Meaning::Property, &["fastighet", "fastbet", "trakt"], &["fastighetsbeteckning", "fastbeteckning", "propertydesignation", "fastighetsbet", "registerbeteckning"]),
    Words(Meaning::Passport, &["pass", "passnr", "passport"], &["passnummer", "passport", "idkort", "identitetskort", "idhandling"]),
    Words(Meaning::Licence, &["körkort", "korkort"], &["körkort", "korkort", "drivinglicen", "driverslicen", "driverlicen"]),
    Words(Meaning::Ip, &["ip", "ipadress", "ipaddress", "ipv4", "ipv6"], &["ipadress", "ipaddress", "ipnummer", "clientip", "remoteaddr"]),
    Words(Meaning::Mac, &["mac", "macadress", "macaddress"], &["macadress", "macaddress", "hårdvaruadress", "hardwareaddress"]),
    Words(Meaning::Case, &["dnr", "diarie", "diarienr", "diarienummer", "ärende", "arende", "ärendenr", "målnr", "målnummer", "case"], &["diarienummer", "diarienr", "ärendenummer", "ärendenr", "arendenummer", "målnummer", "casenumber", "caseid", "aktnummer", "ärendeid", "handlingsnummer"]),
    Words(Meaning::Point(true), &[], &["hemkoordinat", "bostadskoordinat", "homelat", "homelon", "bostadslat", "bostadslon", "bostadenslat", "bostadenslon", "hemlat", "hemlon", "bostadensläge", "homelocation", "homecoordinate"]),
    Words(Meaning::Organisation,
        &["orgnr", "orgno", "orgid", "org"],
        &["organisationsnummer", "organisationsnr", "organizationnumber", "organisationnumber", "orgnr", "orgnummer", "foretagsnummer", "företagsnummer", "companynumber", "bolagsnummer"]),
    Words(Meaning::EMail, &["epost", "mail", "email", "mejl"], &["epost", "email", "mailadress"]),
    Words(Meaning::Phone, &["tel", "tfn", "telnr", "mobil", "mobile", "phone", "fax", "gsm"], &["telefon", "phone", "mobilnummer", "mobilnr", "telnummer"]),
    Words(Meaning::GivenName, &["givenname", "firstname", "forename"], &["förnamn", "fornamn", "tilltalsnamn", "firstname", "givenname"]),
    Words(Meaning::FamilyName, &["surname", "lastname", "familyname"], &["efternamn", "lastname", "familyname"]),
    Words(Meaning::PersonName,
        &["fullname", "kontaktperson", "handläggare", "handlaggare", "vårdnadshavare", "målsman", "patient", "elev", "anställd", "personname"],
        &["personnamn", "elevnamn", "patientnamn", "elevensnamn", "fullständigtnamn", "anställdsnamn", "kontaktperson", "fullname", "personname", "contactname", "contactperson"]),
    Words(Meaning::DateOfBirth, &["dob", "född", "fodd", "born", "birthday", "yob"], &["födelsed", "fodelsed", "födelseå", "fodelsear", "födelsetid", "dateofbirth", "birthdate", "birthyear", "yearofbirth"]),
    Words(Meaning::Age, &["ålder", "alder", "age", "ages", "åldersgrupp", "åldersklass", "agegroup"], &["åldersgrupp", "åldersklass"]),
    Words(Meaning::Gender, &["kön", "kon", "gender", "sex"], &["juridisktkön"]),
    Words(Meaning::Postcode, &["postnr", "postcode", "postcodes", "zip", "zipcode", "postalcode"], &["postnummer", "postcode", "postalcode", "zipcode"]),
    Words(Meaning::Place, &["city", "town", "locality", "ort", "postort", "stad", "tätort"], &["postort", "adressort", "besöksort"]),
    Words(Meaning::StreetAddress, &["adress", "address", "gata", "street", "bostadsadress"], &["gatuadress", "hemadress", "bostadsadress", "besöksadress", "postadress", "streetaddress", "homeaddress", "folkbokföringsadress"]),
    Words(Meaning::Special(Category::Health),
        &["diagnos", "diagnosis", "icd", "icd10", "sjukdom", "disease", "drog", "hiv", "allergi", "allergier", "medicin", "symptom", "åtgärdskod", "kva", "atc", "atckod", "blodgrupp", "sjukskriven"],
        &["diagnos", "sjukdom", "läkemedel", "lakemedel", "medicinering", "funktionsnedsättning", "funktionshinder", "hälsotillstånd", "hälsostatus", "healthcondition", "healthstatus", "medicalcondition", "disability", "vårdinsats", "missbruk", "graviditet", "sjukskriv", "sjukfrånvaro", "vårdkontakt", "blodgrupp",
          "socialbidrag", "försörjningsstöd", "icdkod", "vaccination"]),
    Words(Meaning::Special(Category::Religion), &["religion", "trosuppfattning", "trossamfund", "tro", "faith"], &["religio", "trosuppfattning", "trossamfund", "livsåskådning"]),
    Words(Meaning::Special(Category::Origin), &["etnicitet", "ethnicity", "ethnic", "race", "ras", "ursprung"], &["etnisk", "etnicitet", "etnisktursprung", "ethnicorigin", "nationellminoritet"]),
    Words(Meaning::Special(Category::Union), &["fackförbund", "fack", "union", "akassa"], &["fackmedlem", "fackförening", "fackförbund", "fackligt", "facklig", "tradeunion", "unionmember"]),
    Words(Meaning::Special(Category::Opinion), &["politiskåsikt", "partisympati"], &["politiskåsikt", "partitillhörighet", "partisympati", "partimedlem", "politiskuppfattning", "politicalopinion", "politicalaffiliation"]),
    Words(Meaning::Special(Category::Sexuality), &["sexuell"], &["sexuelläggning", "sexualorientation", "könsidentitet", "sexualliv", "genderidentity"]),
    Words(Meaning::Special(Category::Biometrics), &["fingeravtryck", "dna", "fingerprint"], &["biometri", "genetisk", "genetic", "fingeravtryck", "dnaprofil"]),
    Words(Meaning::Special(Category::Offences), &["brott", "offence", "dom", "påföljd", "conviction", "crime"], &["brottstyp", "brottsmisstank", "brottsrubricering", "criminal", "conviction", "påföljd", "straff", "misstänktför"]),
    Words(Meaning::Background,
        &["civilstånd", "civilstand", "yrke", "occupation", "nationalitet", "nationality", "utbildningsnivå", "maritalstatus"],
        &["civilstånd", "maritalstatus", "födelseland", "fodelseland", "medborgarskap", "countryofbirth", "nativecountry", "nationality", "modersmål", "hushållstyp", "familjetyp"]),
    Words(Meaning::SomeName, &["namn", "name", "names", "person", "kund", "klient"], &[]),
    Words(Meaning::Contrary,
        &["order", "ordernr", "kundnr", "artikel", "art", "ean", "gtin", "sku", "faktura", "invoice", "serie", "serienr", "belopp", "amount", "summa", "pris", "price", "tid", "time", "timestamp", "epoch",
          "datum", "date", "antal", "count", "kod", "code", "deso", "regso"],
        &["ordernummer", "artikelnummer", "fakturanummer", "serienummer", "beställningsnummer", "produktnummer", "productcode", "ordernumber", "invoicenumber", "tidsstämpel"]),
    Words(Meaning::Point(false), &["lat", "lon", "lng", "long", "latitud", "longitud", "latitude", "longitude", "x", "y", "n", "e", "nord", "ost", "position", "gps"], &["koordinat", "coordinate", "sweref", "latitud", "longitud", "northing", "easting"]),
];

/// The meaning of a header, from the tidy name and the header as it stood.
pub(crate) fn meaning(name: &str, header: &str) -> Option<Meaning> {
    [name, header].into_iter().find_map(meaning_of)
}

fn meaning_of(header: &str) -> Option<Meaning> {
    let words = words(header);
    let joined = words.concat();
    let counts = words.iter().any(|word| COUNTING.contains(&word.as_str()));
    WORDS
        .iter()
        .find(|Words(_, whole, stems)| {
            whole.iter().any(|w| joined == *w || words.iter().any(|word| word == w)) || stems.iter().any(|stem| joined.contains(stem))
        })
        .map(|Words(meaning, ..)| *meaning)
        // A statistic of people is no person; `name` beside another word names a thing (`station_name`), and a passport beside one is a step.
        .filter(|meaning| !counts || matches!(meaning, Meaning::Contrary))
        .filter(|meaning| *meaning != Meaning::SomeName || words.len() == 1)
}

/// The words of a header in lower case: split at everything but letters and digits, and where a capital follows a small letter.
fn words(header: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut small = false;
    for c in header.chars() {
        if (!c.is_alphanumeric() || (small && c.is_uppercase())) && !word.is_empty() {
            words.push(std::mem::take(&mut word));
        }
        if c.is_alphanumeric() {
            word.extend(c.to_lowercase());
        }
        small = c.is_lowercase();
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_gives_its_meaning_in_either_language() {
        let cases: &[(&str, Option<Meaning>)] = &[
            ("personnummer", Some(Meaning::Identity)),
            ("Patientens personnr", Some(Meaning::Identity)),
            ("Organisationsnummer för köpare", Some(Meaning::Organisation)),
            ("E-post", Some(Meaning::EMail)),
            ("e_mail", Some(Meaning::EMail)),
            ("Telefonnummer", Some(Meaning::Phone)),
            ("FirstName", Some(Meaning::GivenName)),
            ("efternamn", Some(Meaning::FamilyName)),
            ("fodelsedatum", Some(Meaning::DateOfBirth)),
            ("Kön", Some(Meaning::Gender)),
            ("ålder", Some(Meaning::Age)),
            ("postcodes", Some(Meaning::Postcode)),
            ("diagnoskod", Some(Meaning::Special(Category::Health))),
            ("Fackförbund", Some(Meaning::Special(Category::Union))),
            ("Registreringsnummer", Some(Meaning::Plate)),
            ("Fastighetsbeteckning", Some(Meaning::Property)),
            ("Passnummer", Some(Meaning::Passport)),
            ("diarienummer", Some(Meaning::Case)),
            ("Latitud", Some(Meaning::Point(false))),
            ("marital-status", Some(Meaning::Background)),
            ("namn", Some(Meaning::SomeName)),
            ("ordernummer", Some(Meaning::Contrary)),
            ("scientific_full_name", Some(Meaning::Contrary)),
            ("Vetenskapligt namn", Some(Meaning::Contrary)),
            ("Vetenskaplig handledare, fullständigt namn", Some(Meaning::PersonName)),
            ("postal_address.city", Some(Meaning::Place)),
            ("office_address.address", Some(Meaning::StreetAddress)),
            ("station_name", None),
            ("municipality_name_short", None),
            ("Antal personer med diagnos", None),
            ("storage", None),
            ("Company", None),
            ("S", None),
        ];
        for (given, expected) in cases {
            assert_eq!(meaning(given, given), *expected, "{given}");
        }
    }
}
