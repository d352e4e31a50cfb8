//! What only a person can answer, with the findings of a check that each answer mends.

use fyr_model::Text;
use fyr_model::describe::{DraftRecord, Question};

use super::Doubt;

const DCT: &str = "http://purl.org/dc/terms/";
const DCAT: &str = "http://www.w3.org/ns/dcat#";
const AVAILABILITY: &str = "http://data.europa.eu/r5r/availability";

/// A question that every record raises while its field is empty.
struct Always {
    id: &'static str,
    property: (&'static str, &'static str),
    sv: &'static str,
    en: &'static str,
    rules: &'static [&'static str],
}

const ALWAYS: [Always; 9] = [
    Always {
        id: "identity",
        property: ("", ""),
        sv: "Vilken beständig webbadress ska datamängden ha, och vilken ska filen ha? Tills dess står de under filens kontrollsumma.",
        en: "Which lasting web address shall the dataset have, and which the file? Until then they stand under the file's digest.",
        rules: &[],
    },
    Always {
        id: "catalogue",
        property: (DCAT, "dataset"),
        sv: "I vilken katalog ska posten ingå? dataportal.se läser katalogen som RDF/XML.",
        en: "Which catalogue shall the record be part of? dataportal.se reads the catalogue as RDF/XML.",
        rules: &["catalogue-missing", "dataset-not-in-catalogue", "syntax-not-rdfxml"],
    },
    Always {
        id: "publisher",
        property: (DCT, "publisher"),
        sv: "Vem är utgivare? Ange http://dataportal.se/organisation/SE följt av organisationsnumret, med namn och typ.",
        en: "Who is the publisher? State http://dataportal.se/organisation/SE followed by the organisation number, with name and type.",
        rules: &["dataset-publisher-missing"],
    },
    Always {
        id: "licence",
        property: (DCT, "license"),
        sv: "Under vilken licens får filen användas? Digg rekommenderar CC0 för data utan upphovsrätt och annars CC BY 4.0.",
        en: "Under which licence may the file be used? Digg recommends CC0 for data without copyright, and else CC BY 4.0.",
        rules: &["distribution-license-missing"],
    },
    Always {
        id: "contact",
        property: (DCAT, "contactPoint"),
        sv: "Vem svarar på frågor om datamängden? Ange en funktion med e-post, inte en person.",
        en: "Who answers questions about the dataset? State a function with an e-mail address, not a person.",
        rules: &["dataset-contact-point-missing"],
    },
    Always {
        id: "access-rights",
        property: (DCT, "accessRights"),
        sv: "Är datamängden offentlig, begränsad eller inte offentlig (PUBLIC, RESTRICTED, NON_PUBLIC)?",
        en: "Is the dataset public, restricted or not public (PUBLIC, RESTRICTED, NON_PUBLIC)?",
        rules: &["dataset-access-rights-missing"],
    },
    Always {
        id: "theme",
        property: (DCAT, "theme"),
        sv: "Vilket av EU:s 13 teman hör datamängden till?",
        en: "Which of the 13 EU themes does the dataset belong to?",
        rules: &["dataset-theme-missing"],
    },
    Always {
        id: "issued",
        property: (DCT, "issued"),
        sv: "När gavs datamängden ut, och hur ofta uppdateras den?",
        en: "When was the dataset issued, and how often is it renewed?",
        rules: &["dataset-issued-missing"],
    },
    Always {
        id: "availability",
        property: (AVAILABILITY, ""),
        sv: "Hur länge kommer filen att finnas (TEMPORARY, EXPERIMENTAL, AVAILABLE, STABLE)?",
        en: "For how long will the file be there (TEMPORARY, EXPERIMENTAL, AVAILABLE, STABLE)?",
        rules: &["distribution-availability-missing"],
    },
];

/// Every question about a record, in the order in which they are best answered.
pub fn asked(record: &DraftRecord, doubts: &[Doubt]) -> Vec<Question> {
    let mut questions: Vec<Question> = ALWAYS
        .iter()
        .map(|row| {
            question(
                row.id,
                &format!("{}{}", row.property.0, row.property.1),
                Text::new(row.sv, row.en),
                row.rules,
            )
        })
        .collect();
    questions.push(title(record));
    if record.address.is_none() {
        let text = Text::new("På vilken adress kan filen hämtas?", "At which address can the file be fetched?");
        questions.push(question(
            "address",
            &format!("{DCAT}accessURL"),
            text,
            &["distribution-access-url-missing"],
        ));
    }
    if record.keyword.is_empty() {
        let text = Text::new(
            "Vilka ord söker man efter datamängden med?",
            "By which words does one search for the dataset?",
        );
        questions.push(question("keywords", &format!("{DCAT}keyword"), text, &["dataset-keyword-missing"]));
    }
    questions.extend(period(record, doubts));
    questions.extend(place(record, doubts));
    questions.extend(specification(record, doubts));
    questions.extend(doubts.iter().find_map(personal));
    questions
}

fn question(id: &str, property: &str, text: Text, rules: &[&str]) -> Question {
    Question {
        id: id.to_owned(),
        property: property.to_owned(),
        text,
        rules: rules.iter().map(|rule| (*rule).to_owned()).collect(),
    }
}

fn title(record: &DraftRecord) -> Question {
    let text = match &record.title {
        Some(title) => Text::new(
            format!("Är ”{title}” rätt titel? Ange den på svenska och engelska, med språkkod; filens namn säger inte vilket språk det är."),
            format!(
                "Is “{title}” the right title? State it in Swedish and English, with language tags; a file's name does not say which language it is in."
            ),
        ),
        None => Text::new(
            "Vad heter datamängden, på svenska och engelska?",
            "What is the dataset called, in Swedish and English?",
        ),
    };
    let rules = [
        "dataset-title-missing",
        "untagged-literal",
        "text-untagged",
        "text-swedish-missing",
        "text-english-missing",
    ];
    question("title", &format!("{DCT}title"), text, &rules)
}

fn period(record: &DraftRecord, doubts: &[Doubt]) -> Option<Question> {
    if record.period.is_some() {
        return None;
    }
    let columns = doubts.iter().find_map(|doubt| match doubt {
        Doubt::Periods(columns) => Some(columns.join(", ")),
        _ => None,
    });
    let text = match columns {
        Some(columns) => Text::new(
            format!("Vilken tid avser datamängden? Flera kolumner har datum: {columns}."),
            format!("Which time does the dataset cover? Several columns hold dates: {columns}."),
        ),
        None => Text::new("Vilken tid avser datamängden?", "Which time does the dataset cover?"),
    };
    Some(question("period", &format!("{DCT}temporal"), text, &["dataset-temporal-missing"]))
}

fn place(record: &DraftRecord, doubts: &[Doubt]) -> Option<Question> {
    if record.bounds.is_some() {
        return None;
    }
    let columns = doubts.iter().find_map(|doubt| match doubt {
        Doubt::Places(columns) => Some(columns.join(", ")),
        _ => None,
    });
    let text = match columns {
        Some(columns) => Text::new(
            format!(
                "Vilket område avser datamängden? Kolumner med områdeskoder: {columns}. Ange områdets adress i Geonames; Sverige är http://sws.geonames.org/2661886."
            ),
            format!(
                "Which area does the dataset cover? Columns with codes of areas: {columns}. State the area's Geonames address; Sweden is http://sws.geonames.org/2661886."
            ),
        ),
        None => Text::new(
            "Vilket område avser datamängden? Ange dess adress i Geonames; Sverige är http://sws.geonames.org/2661886.",
            "Which area does the dataset cover? State its Geonames address; Sweden is http://sws.geonames.org/2661886.",
        ),
    };
    Some(question("area", &format!("{DCT}spatial"), text, &["dataset-spatial-missing"]))
}

fn specification(record: &DraftRecord, doubts: &[Doubt]) -> Option<Question> {
    if record.conforms_to.is_some() {
        return None;
    }
    let near = doubts.iter().find_map(|doubt| match doubt {
        Doubt::Specification(title) => Some(title),
        _ => None,
    });
    let text = match near {
        Some(title) => Text::new(
            format!("Följer filen en specifikation? Kolumnerna liknar ”{title}”."),
            format!("Does the file follow a specification? The columns resemble “{title}”."),
        ),
        None => Text::new(
            "Följer filen en specifikation, och vilken adress har den?",
            "Does the file follow a specification, and what is its address?",
        ),
    };
    Some(question(
        "specification",
        &format!("{DCT}conformsTo"),
        text,
        &["dataset-conforms-to-missing"],
    ))
}

fn personal(doubt: &Doubt) -> Option<Question> {
    let Doubt::PersonalData(columns) = doubt else { return None };
    let columns = columns.join(", ");
    let text = Text::new(
        format!("Får filen publiceras? Kolumner med tecken på personuppgifter: {columns}. Inget värde ur dem har tagits med här."),
        format!("May the file be published? Columns with signs of personal data: {columns}. No value of theirs was taken along here."),
    );
    Some(question("personal-data", "", text, &[]))
}

#[cfg(test)]
mod tests {
    use fyr_model::glossary::misused;

    use super::*;

    #[test]
    fn every_question_keeps_to_the_glossary_and_has_an_id_of_its_own() {
        let doubts = [
            Doubt::Periods(vec!["a".into()]),
            Doubt::Places(vec!["b".into()]),
            Doubt::Specification("c".into()),
            Doubt::PersonalData(vec!["d".into()]),
        ];
        let all = asked(&DraftRecord::default(), &doubts);
        let mut ids: Vec<&str> = all.iter().map(|one| one.id.as_str()).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), all.len());
        for one in all {
            assert!(misused(&one.text.sv).is_empty(), "{}", one.text.sv);
            assert!(!one.text.sv.contains('!') && !one.text.en.is_empty());
        }
    }
}
