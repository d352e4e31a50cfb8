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
    Special,
    /// Order, article, diary and invoice numbers, amounts, times: speaks against an identifier.
    Contrary,
}

impl Meaning {
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
            Self::Special => (Verdict::Sensitive, Some("special_category")),
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
    Words(Meaning::Identity,
        &["personnr", "pnr", "persnr", "ssn", "nin", "samnr", "personid"],
        &["personnummer", "personnr", "samordningsnummer", "samordningsnr", "identitetsnummer", "personalidentitynumber", "personalnumber", "coordinationnumber", "socialsecurity", "nationalid"]),
    Words(Meaning::Organisation,
        &["orgnr", "orgno", "orgid", "org", "vat", "vatnr", "momsnr"],
        &["organisationsnummer", "organisationsnr", "organizationnumber", "organisationnumber", "orgnr", "orgnummer", "foretagsnummer", "företagsnummer", "momsregistrering", "companynumber"]),
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
    Words(Meaning::StreetAddress, &["adress", "address", "gata", "street", "bostadsadress"], &["gatuadress", "hemadress", "bostadsadress", "besöksadress", "postadress", "streetaddress", "homeaddress", "folkbokföringsadress"]),
    Words(Meaning::Special,
        &["diagnos", "diagnosis", "icd", "icd10", "sjukdom", "disease", "religion", "trosuppfattning", "etnicitet", "ethnicity", "ethnic", "race", "fackförbund", "brott", "offence", "dom", "drog", "hiv"],
        &["diagnos", "sjukdom", "läkemedel", "lakemedel", "medicinering", "funktionsnedsättning", "funktionshinder", "hälsotillstånd", "healthcondition", "disability", "religio", "etnisk", "etnicitet",
          "fackmedlem", "fackförening", "fackförbund", "tradeunion", "sexuelläggning", "sexualorientation", "politiskåsikt", "partitillhörighet", "partisympati", "politicalopinion", "biometri", "genetisk", "genetic", "brottstyp", "brottsmisstank",
          "criminal", "conviction", "vårdinsats", "missbruk", "graviditet", "socialbidrag", "försörjningsstöd"]),
    Words(Meaning::Background,
        &["civilstånd", "civilstand", "yrke", "occupation", "nationalitet", "nationality", "utbildningsnivå", "maritalstatus"],
        &["civilstånd", "maritalstatus", "födelseland", "fodelseland", "medborgarskap", "countryofbirth", "nativecountry", "nationality", "modersmål", "hushållstyp", "familjetyp"]),
    Words(Meaning::SomeName, &["namn", "name", "names", "person", "kund", "klient"], &[]),
    Words(Meaning::Contrary,
        &["order", "ordernr", "artikel", "art", "ean", "gtin", "sku", "faktura", "invoice", "diarie", "dnr", "ärende", "arende", "serie", "serienr", "belopp", "amount", "summa", "pris", "price", "tid", "time", "timestamp", "epoch",
          "datum", "date", "lat", "lon", "x", "y", "n", "e", "värde", "value", "antal", "count", "kod", "code", "deso", "regso"],
        &["ordernummer", "artikelnummer", "fakturanummer", "diarienummer", "serienummer", "ärendenummer", "beställningsnummer", "produktnummer", "productcode", "ordernumber", "invoicenumber", "koordinat", "coordinate", "tidsstämpel"]),
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
        // A statistic of people is no person; `name` beside another word names a thing (`station_name`).
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
            ("diagnoskod", Some(Meaning::Special)),
            ("marital-status", Some(Meaning::Background)),
            ("namn", Some(Meaning::SomeName)),
            ("ordernummer", Some(Meaning::Contrary)),
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
