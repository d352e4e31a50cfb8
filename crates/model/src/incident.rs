//! Incidents: a public file that holds direct identifiers, what was done about it, and what people judged.
//!
//! Counts, columns and rows, never a value. What was judged tells how right each detector is: its measured precision.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::ids::{PipelineName, Sha256, SourceId};
use crate::privacy::PersonalDataFinding;
use crate::text::Text;

/// Where an incident stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// Nobody has judged it.
    Open,
    /// The file holds personal data, as was found.
    Confirmed,
    /// It did, and the publisher has taken the file down or mended it.
    Repaired,
    /// The detector was wrong.
    FalseAlarm,
}

impl Status {
    /// The words of the command line, what can be recorded first.
    pub const RECORDED: [Self; 3] = [Self::Confirmed, Self::Repaired, Self::FalseAlarm];

    /// The word of the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Confirmed => "confirmed",
            Self::Repaired => "repaired",
            Self::FalseAlarm => "false-alarm",
        }
    }

    /// What people call it.
    pub fn name(self) -> Text {
        match self {
            Self::Open => Text::new("öppen", "open"),
            Self::Confirmed => Text::new("bekräftad", "confirmed"),
            Self::Repaired => Text::new("åtgärdad", "repaired"),
            Self::FalseAlarm => Text::new("falskt larm", "false alarm"),
        }
    }
}

/// What a person judged of an incident, or of some of its columns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Judgement {
    /// What it is.
    pub status: Status,
    /// The columns that it is about; all when none is named.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub columns: Vec<String>,
    /// Who judged.
    pub by: String,
    /// In what role.
    pub role: String,
    /// Why, or what was done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// When.
    pub at: DateTime<Utc>,
}

/// Direct identifiers in a file that a public address gives to everybody.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Incident {
    /// Its name: the day and the digest of address and file.
    pub id: String,
    /// The source whose catalogue names the file.
    pub source: SourceId,
    /// The dataset's IRI.
    pub dataset: String,
    /// The distribution's IRI.
    pub distribution: String,
    /// The address that gave the bytes.
    pub address: String,
    /// All addresses of the distribution, this one among them: they lead to the same file.
    pub addresses: Vec<String>,
    /// The pipeline that was stopped.
    pub pipeline: PipelineName,
    /// The digest of the bytes.
    pub file: Sha256,
    /// When the identifiers were discovered.
    pub discovered: DateTime<Utc>,
    /// What was found, by column: counts and rows.
    pub findings: Vec<PersonalDataFinding>,
    /// Whether our copy is wiped.
    pub wiped: bool,
    /// The publisher's function mailbox, where the catalogue names one; never a person's own address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mailbox: Option<String>,
    /// When the address first gave other bytes in which nothing was found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clean_at: Option<DateTime<Utc>>,
    /// What was judged, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub judgements: Vec<Judgement>,
}

impl Incident {
    /// What was last judged of a column.
    pub fn status_of(&self, column: &str) -> Status {
        let about = |judgement: &&Judgement| judgement.columns.is_empty() || judgement.columns.iter().any(|name| name == column);
        self.judgements
            .iter()
            .rev()
            .find(about)
            .map_or(Status::Open, |judgement| judgement.status)
    }

    /// Where the whole stands: as grave as its gravest column.
    pub fn status(&self) -> Status {
        let order = [Status::Confirmed, Status::Open, Status::Repaired];
        let all: Vec<Status> = self.findings.iter().map(|finding| self.status_of(&finding.column)).collect();
        order.into_iter().find(|status| all.contains(status)).unwrap_or(Status::FalseAlarm)
    }

    /// Whether its address is shown to nobody: as long as what it gives is, or may be, what was found.
    pub fn is_withheld(&self) -> bool {
        self.clean_at.is_none() && matches!(self.status(), Status::Open | Status::Confirmed)
    }
}

/// How right a detector is by what people judged.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DetectorPrecision {
    /// The kind that it finds.
    pub kind: String,
    /// Columns that were confirmed or repaired.
    pub right: u64,
    /// Columns that were false alarms.
    pub wrong: u64,
    /// Columns that nobody has judged.
    pub unjudged: u64,
    /// `right / (right + wrong)`; nothing before the first judgement.
    pub precision: Option<f64>,
    /// Its 95 % interval (Wilson 1927).
    pub interval: Option<[f64; 2]>,
}

/// The measured precision of each detector that has opened an incident.
///
/// ```
/// # use fyr_model::incident::precision;
/// assert!(precision(&[]).is_empty());
/// ```
pub fn precision(incidents: &[Incident]) -> Vec<DetectorPrecision> {
    let mut counts: BTreeMap<&str, [u64; 3]> = BTreeMap::new();
    for incident in incidents {
        for finding in &incident.findings {
            let [right, wrong, unjudged] = counts.entry(finding.kind.as_deref().unwrap_or("unknown")).or_default();
            match incident.status_of(&finding.column) {
                Status::Confirmed | Status::Repaired => *right += 1,
                Status::FalseAlarm => *wrong += 1,
                Status::Open => *unjudged += 1,
            }
        }
    }
    let told = |(kind, [right, wrong, unjudged]): (&str, [u64; 3])| {
        let judged = right + wrong;
        DetectorPrecision {
            kind: kind.to_owned(),
            right,
            wrong,
            unjudged,
            precision: (judged > 0).then(|| right as f64 / judged as f64),
            interval: (judged > 0).then(|| wilson(right, judged)),
        }
    };
    counts.into_iter().map(told).collect()
}

/// The score interval of a share at 95 % (E. B. Wilson 1927).
fn wilson(right: u64, judged: u64) -> [f64; 2] {
    const Z: f64 = 1.959_963_984_540_054;
    let n = judged as f64;
    let share = right as f64 / n;
    let middle = (share + Z * Z / (2.0 * n)) / (1.0 + Z * Z / n);
    let half = Z / (1.0 + Z * Z / n) * (share * (1.0 - share) / n + Z * Z / (4.0 * n * n)).sqrt();
    [(middle - half).max(0.0), (middle + half).min(1.0)]
}

/// A letter to the publisher's function mailbox.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// Where it goes; nothing when the catalogue names no function mailbox.
    pub to: Option<String>,
    /// Its subject.
    pub subject: Text,
    /// Its text.
    pub body: Text,
}

impl Incident {
    /// What the publisher is told: kind, count, columns and rows, and the time; never a value, nobody's name.
    pub fn notice(&self) -> Notice {
        let at = self.discovered.format("%Y-%m-%d %H:%M UTC");
        let (address, id) = (&self.address, &self.id);
        let mut sv = format!(
            "Hej,\n\nen fil som ni har publicerat öppet ser ut att innehålla uppgifter som direkt pekar ut personer. Vi upptäckte det {at} när \
             filen lästes maskinellt.\n\nAdress: {address}\nDatamängd: {}\nFilens SHA-256: {}\n\nVad som hittades (inga värden återges här):\n",
            self.dataset, self.file
        );
        let mut en = format!(
            "Hello,\n\na file that you have published openly seems to hold data that point out persons directly. We discovered it at {at} when \
             the file was read by machine.\n\nAddress: {address}\nDataset: {}\nSHA-256 of the file: {}\n\nWhat was found (no values are given here):\n",
            self.dataset, self.file
        );
        for finding in &self.findings {
            let (line_sv, line_en) = line(finding);
            sv.push_str(&line_sv);
            en.push_str(&line_en);
        }
        sv.push_str(&format!(
            "\nVi har avbrutit behandlingen av filen, raderat vår kopia och visar inte länken. Kontrollera uppgifterna, ta vid behov bort filen och \
             bedöm om det är en personuppgiftsincident (artikel 33 i dataskyddsförordningen). Svara gärna om ni har åtgärdat filen eller om det är ett \
             falskt larm.\n\nÄrende hos oss: {id}\n"
        ));
        en.push_str(&format!(
            "\nWe have stopped processing the file, wiped our copy, and do not show the link. Please check, take the file down if needed, and judge \
             whether this is a personal data breach (Article 33 of the GDPR). Please answer if you have mended the file or if it is a false \
             alarm.\n\nOur reference: {id}\n"
        ));
        Notice {
            to: self.mailbox.clone(),
            subject: Text::new(
                format!("Personuppgifter i en öppen fil ({id})"),
                format!("Personal data in an open file ({id})"),
            ),
            body: Text::new(sv, en),
        }
    }
}

/// One column: its kind, how many cells, and the first rows, counted from 1 without the header.
fn line(finding: &PersonalDataFinding) -> (String, String) {
    let kind = kind_name(finding.kind.as_deref().unwrap_or_default());
    let rows: Vec<String> = finding.rows.iter().map(|row| (row + 1).to_string()).collect();
    let (column, count, of, rows) = (&finding.column, finding.matches, finding.tested, rows.join(", "));
    let places = |word: &str, rest: &str| {
        if rows.is_empty() {
            String::new()
        } else {
            format!("; {word} {rows}{}", if (finding.rows.len() as u64) < count { rest } else { "" })
        }
    };
    (
        format!(
            "- kolumnen `{column}`: {}, {count} av {of} celler{}\n",
            kind.sv,
            places("datarad", " med flera")
        ),
        format!(
            "- column `{column}`: {}, {count} of {of} cells{}\n",
            kind.en,
            places("data row", " and more")
        ),
    )
}

/// What people call a kind of personal data.
pub fn kind_name(kind: &str) -> Text {
    let (sv, en) = match kind {
        "personal_identity_number" => ("personnummer", "personal identity numbers"),
        "coordination_number" => ("samordningsnummer", "coordination numbers"),
        "interim_number" => ("interimsnummer", "interim numbers"),
        "organisation_number" => ("organisationsnummer för dödsbon", "organisation numbers of estates"),
        "phone" => ("telefonnummer", "telephone numbers"),
        "e_mail" => ("e-postadresser", "e-mail addresses"),
        "iban" => ("IBAN", "IBANs"),
        "bank_account" => ("bankkontonummer", "bank account numbers"),
        "passport_number" => ("passnummer", "passport numbers"),
        "driving_licence" => ("körkortsnummer", "driving licence numbers"),
        "given_name" => ("förnamn", "given names"),
        "family_name" => ("efternamn", "family names"),
        "person_name" => ("personnamn", "names of persons"),
        _ => ("personuppgifter", "personal data"),
    };
    Text::new(sv, en)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding(column: &str, kind: &str) -> PersonalDataFinding {
        PersonalDataFinding {
            column: column.into(),
            verdict: "direct".into(),
            kind: Some(kind.into()),
            tested: 40,
            matches: 25,
            share: 0.625,
            confidence: 0.99,
            evidence: "n = 40".into(),
            rows: (0..20).collect(),
        }
    }
    fn incident() -> Incident {
        Incident {
            id: "2026-11-23-0123abcd".into(),
            source: "kalla".parse().unwrap(),
            dataset: "https://source.example/d".into(),
            distribution: "https://source.example/d/csv".into(),
            address: "https://source.example/d.csv".into(),
            addresses: vec!["https://source.example/d.csv".into()],
            pipeline: "prov".parse().unwrap(),
            file: Sha256::from_bytes([7; 32]),
            discovered: "2026-11-23T10:00:00Z".parse().unwrap(),
            findings: vec![finding("pnr", "personal_identity_number"), finding("tel", "phone")],
            wiped: true,
            mailbox: Some("registrator@exempelby.example".into()),
            clean_at: None,
            judgements: Vec::new(),
        }
    }
    fn judged(mut incident: Incident, status: Status, columns: &[&str]) -> Incident {
        incident.judgements.push(Judgement {
            status,
            columns: columns.iter().map(|&name| name.to_owned()).collect(),
            by: "Test Testsson".into(),
            role: "testare".into(),
            note: None,
            at: "2026-11-24T10:00:00Z".parse().unwrap(),
        });
        incident
    }

    #[test]
    fn the_gravest_column_decides_and_the_last_judgement_of_each_counts() {
        let mut one = incident();
        assert!(one.status() == Status::Open && one.is_withheld());
        one = judged(one, Status::FalseAlarm, &["tel"]);
        assert_eq!((one.status_of("tel"), one.status()), (Status::FalseAlarm, Status::Open));
        one = judged(one, Status::Confirmed, &["pnr"]);
        assert!(one.status() == Status::Confirmed && one.is_withheld());
        one = judged(one, Status::Repaired, &["pnr"]);
        assert!(one.status() == Status::Repaired && !one.is_withheld());
        assert_eq!(judged(one, Status::FalseAlarm, &[]).status(), Status::FalseAlarm);
        let clean = Incident {
            clean_at: Some("2026-11-25T10:00:00Z".parse().unwrap()),
            ..incident()
        };
        assert!(!clean.is_withheld());
    }

    #[test]
    fn precision_is_what_was_judged_right_of_all_judged() {
        let all = [
            judged(incident(), Status::Confirmed, &["pnr"]),
            judged(judged(incident(), Status::Repaired, &[]), Status::FalseAlarm, &["tel"]),
            judged(incident(), Status::Confirmed, &["tel"]),
        ];
        let found = precision(&all);
        let told: Vec<_> = found
            .iter()
            .map(|one| (one.kind.as_str(), one.right, one.wrong, one.unjudged, one.precision))
            .collect();
        assert_eq!(
            told,
            [("personal_identity_number", 2, 0, 1, Some(1.0)), ("phone", 1, 1, 1, Some(0.5)),]
        );
        let [low, high] = wilson(8, 10);
        assert!((low - 0.4902).abs() < 1e-4 && (high - 0.9433).abs() < 1e-4, "{low} {high}");
    }

    #[test]
    fn the_letter_tells_kind_count_rows_and_time_in_both_languages() {
        let notice = incident().notice();
        for part in [
            "personnummer",
            "25 av 40",
            "datarad 1, 2, 3",
            "med flera",
            "2026-11-23 10:00 UTC",
            "https://source.example/d.csv",
        ] {
            assert!(notice.body.sv.contains(part), "{part}: {}", notice.body.sv);
        }
        assert!(notice.body.en.contains("25 of 40 cells") && notice.body.en.contains("telephone numbers"));
        assert!(
            crate::glossary::misused(&notice.body.sv).is_empty(),
            "{:?}",
            crate::glossary::misused(&notice.body.sv)
        );
        assert_eq!(notice.to.as_deref(), Some("registrator@exempelby.example"));
    }
}
