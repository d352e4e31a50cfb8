//! Direct identifiers in a public file: the run stops, our copy is wiped, and what is kept is counts, columns and rows (`fyr incidents`).
//!
//! In: what detectors found and the pipeline's policy. Out: nothing where the policy has an answer for each find (a role `identifier`, an
//! action, a clearance) or a person has called it a false alarm; else an incident, and the refusal that ends the run.

use std::path::Path;

use chrono::{DateTime, Utc};
use fyr_model::incident::{Incident, Judgement, Status};
use fyr_model::privacy::PersonalDataFinding;
use fyr_model::resource::Resource;
use fyr_model::{Dataset, Refusal, RefusalKind, Sha256, Text};

use crate::acting::answered;
use crate::disk::{clean, disk};
use crate::run::{Curate, Walk};

/// The kind of document that incidents are stored as.
const KIND: &str = "incident";

impl Curate {
    /// All incidents, oldest first.
    ///
    /// # Errors
    /// What the state refuses.
    pub fn incidents(&self) -> Result<Vec<Incident>, Refusal> {
        let mut all: Vec<Incident> = self.state.list_as(KIND)?.into_iter().map(|(_, incident, _)| incident).collect();
        all.sort_by(|a, b| a.discovered.cmp(&b.discovered).then_with(|| a.id.cmp(&b.id)));
        Ok(all)
    }

    /// One incident.
    ///
    /// # Errors
    /// `incident-missing`.
    pub fn incident(&self, id: &str) -> Result<Incident, Refusal> {
        self.state.get_as(KIND, id)?.map(|(incident, _)| incident).ok_or_else(|| {
            let text = Text::new(format!("incidenten `{id}` finns inte"), format!("there is no incident `{id}`"));
            Refusal::new("incident-missing", RefusalKind::Configuration, id, text)
                .hint(Text::new("`fyr incidents` listar alla", "`fyr incidents` lists all"))
        })
    }

    /// Records what a person judged.
    ///
    /// # Errors
    /// `incident-missing`; `incident-judgement` when who or in what role is left out, or a column has no finding.
    pub fn judge_incident(&self, id: &str, judgement: Judgement, at: DateTime<Utc>) -> Result<Incident, Refusal> {
        let mut incident = self.incident(id)?;
        let unknown = judgement
            .columns
            .iter()
            .find(|name| !incident.findings.iter().any(|finding| finding.column == **name));
        let wrong = if judgement.by.trim().is_empty() || judgement.role.trim().is_empty() {
            Some(Text::new(
                "den som bedömer och rollen måste anges",
                "who judges and in what role must be given",
            ))
        } else if judgement.status == Status::Open {
            Some(Text::new(
                "en incident öppnas av programmet",
                "an incident is opened by the program",
            ))
        } else {
            unknown.map(|name| {
                Text::new(
                    format!("incidenten gäller inte kolumnen `{name}`"),
                    format!("the incident is not about the column `{name}`"),
                )
            })
        };
        if let Some(text) = wrong {
            return Err(Refusal::new("incident-judgement", RefusalKind::Configuration, id, text));
        }
        incident.judgements.push(judgement);
        self.state.put(KIND, id, &incident, at)?;
        Ok(incident)
    }

    /// Stops when exactly these bytes are what an incident that stands is about, and the policy has no answer to it since: they are wiped
    /// again, unread.
    pub(crate) fn stop_if_known(&self, walk: &Walk<'_>, resource: &Resource, dir: &Path) -> Result<(), Refusal> {
        let policy = answered(&walk.pipeline.policy);
        let unanswered = |incident: &Incident| !fyr_privacy::unresolved(&incident.findings, &policy).is_empty();
        let known = self
            .incidents()?
            .into_iter()
            .find(|incident| incident.file == resource.sha256 && incident.is_withheld() && unanswered(incident));
        let Some(incident) = known else { return Ok(()) };
        self.wipe(resource, dir)?;
        Err(stopped(walk, &incident))
    }

    /// Opens an incident for what the policy has no answer to, wipes our copy, and stops the run; where nothing was found, tells the incidents
    /// that stand on the same address that it gives other bytes now.
    pub(crate) fn stop_if_personal(
        &self,
        walk: &Walk<'_>,
        resource: &Resource,
        detections: &[PersonalDataFinding],
        dir: &Path,
    ) -> Result<(), Refusal> {
        let all = self.incidents()?;
        let policy = answered(&walk.pipeline.policy);
        let unresolved = fyr_privacy::unresolved(detections, &policy);
        if unresolved.is_empty() {
            return self.mended(walk, resource, &all);
        }
        let findings: Vec<PersonalDataFinding> = unresolved
            .into_iter()
            .filter(|finding| !is_false_alarm(&all, &resource.url, finding))
            .cloned()
            .collect();
        if findings.is_empty() {
            return Ok(());
        }
        let incident = Incident {
            id: name(walk.at, &resource.url, &resource.sha256),
            source: walk.pipeline.file.source.clone(),
            dataset: walk.dataset.id.as_str().to_owned(),
            distribution: walk.distribution.iri.clone(),
            address: resource.url.clone(),
            addresses: addresses(walk, &resource.url),
            pipeline: walk.pipeline.name.clone(),
            file: resource.sha256,
            discovered: walk.at,
            findings,
            wiped: true,
            mailbox: mailbox(walk.dataset),
            clean_at: None,
            judgements: Vec::new(),
        };
        // First the record, then the wiping: a kill between the two leaves a copy that the next start of the program wipes with its folder.
        if !walk.dry_run {
            self.state.put(KIND, &incident.id, &incident, walk.at)?;
        }
        self.wipe(resource, dir)?;
        Err(stopped(walk, &incident))
    }

    fn mended(&self, walk: &Walk<'_>, resource: &Resource, all: &[Incident]) -> Result<(), Refusal> {
        let stands = |incident: &&Incident| incident.address == resource.url && incident.file != resource.sha256 && incident.is_withheld();
        for incident in all.iter().filter(stands).filter(|_| !walk.dry_run) {
            let mended = Incident {
                clean_at: Some(walk.at),
                ..incident.clone()
            };
            self.state.put(KIND, &mended.id, &mended, walk.at)?;
        }
        Ok(())
    }

    /// Removes the fetched bytes, when they lie in our own folder, and everything that was staged from them.
    fn wipe(&self, resource: &Resource, dir: &Path) -> Result<(), Refusal> {
        clean(dir);
        if !resource.path.starts_with(&self.data) {
            return Ok(());
        }
        match std::fs::remove_file(&resource.path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(disk(&resource.path, &error)),
            _ => Ok(()),
        }
    }

    /// Refuses to publish what was made of an address that an incident stands on.
    pub(crate) fn none_stands_on(&self, name: &str, addresses: &[&str]) -> Result<(), Refusal> {
        let stands = |incident: &Incident| incident.is_withheld() && addresses.contains(&incident.address.as_str());
        match self.incidents()?.into_iter().find(stands) {
            Some(incident) => Err(told(name, &incident)),
            None => Ok(()),
        }
    }
}

/// Every address of the distribution that is read, and the one that was asked.
fn addresses(walk: &Walk<'_>, asked: &str) -> Vec<String> {
    let values = walk.distribution.access_url.iter().chain(&walk.distribution.download_url);
    let mut all: Vec<String> = values.filter_map(|value| value.iri()).map(str::to_owned).collect();
    all.push(asked.to_owned());
    all.sort();
    all.dedup();
    all
}

fn stopped(walk: &Walk<'_>, incident: &Incident) -> Refusal {
    told(walk.pipeline.name.as_str(), incident)
}

fn told(subject: &str, incident: &Incident) -> Refusal {
    let columns: Vec<&str> = incident.findings.iter().map(|finding| finding.column.as_str()).collect();
    let (columns, id) = (columns.join(", "), &incident.id);
    let text = Text::new(
        format!("direkta personuppgifter i en öppen fil: {columns}; vår kopia är raderad, incident {id}"),
        format!("direct personal data in a public file: {columns}; our copy is wiped, incident {id}"),
    );
    Refusal::new("personal-data-incident", RefusalKind::Forbidden, subject, text).hint(Text::new(
        format!("`fyr incidents show {id}` ger texten till utgivaren; är uppgifterna kända, ge kolumnen en roll eller ett beslut i policyn"),
        format!("`fyr incidents show {id}` gives the text to the publisher; if the data are known, give the column a role or a decision in the policy"),
    ))
}

/// Whether a person has called the same kind in the same column of the same address a false alarm, and nobody said otherwise since.
fn is_false_alarm(all: &[Incident], address: &str, finding: &PersonalDataFinding) -> bool {
    let same = |incident: &&Incident| {
        let known = incident
            .findings
            .iter()
            .any(|one| one.column == finding.column && one.kind == finding.kind);
        incident.address == address && known
    };
    all.iter()
        .rev()
        .find(same)
        .is_some_and(|incident| incident.status_of(&finding.column) == Status::FalseAlarm)
}

/// The day and eight digits of the digest of address and file: the same incident has the same name.
fn name(at: DateTime<Utc>, address: &str, file: &Sha256) -> String {
    let digest = Sha256::of(format!("{address}\n{file}").as_bytes()).to_string();
    format!("{}-{}", at.format("%Y-%m-%d"), digest.get(..8).unwrap_or_default())
}

/// Words that a function mailbox is called by, before the `@`.
const FUNCTIONS: &[&str] = &[
    "registrator",
    "registratur",
    "registraturen",
    "diarium",
    "diariet",
    "info",
    "information",
    "kontakt",
    "contact",
    "kommun",
    "kommunen",
    "region",
    "data",
    "oppnadata",
    "opnadata",
    "opendata",
    "psidata",
    "dataskydd",
    "dataskyddsombud",
    "dso",
    "gdpr",
    "dpo",
    "privacy",
    "support",
    "kundtjanst",
    "kundservice",
    "servicecenter",
    "medborgarservice",
    "kansli",
    "kansliet",
    "myndighet",
    "post",
    "mail",
    "webb",
    "webmaster",
    "arkiv",
    "statistik",
    "geodata",
    "miljodata",
    "oppen",
    "office",
    "helpdesk",
    "service",
    "security",
    "sakerhet",
];

/// The function mailbox of a dataset's contact points or publisher: one that is named as a function, never a person's.
fn mailbox(dataset: &Dataset) -> Option<String> {
    let known = dataset
        .contact
        .iter()
        .filter(|contact| !contact.individual)
        .flat_map(|contact| &contact.email)
        .filter(|address| is_function(address));
    known.min_by_key(|address| rank(address)).cloned()
}

fn is_function(address: &str) -> bool {
    let Some((local, host)) = address.split_once('@') else {
        return false;
    };
    let local = local.to_lowercase();
    let named = local.split(['.', '-', '_']).any(|part| FUNCTIONS.contains(&part));
    // `kalmar.kommun@kalmar.se`, `av@av.se`: the body's own name.
    let own = host
        .split('.')
        .next()
        .is_some_and(|label| !label.is_empty() && local.starts_with(&label.to_lowercase()));
    named || own
}

/// Who should read first: those who answer for personal data, then the register.
fn rank(address: &str) -> usize {
    let first = ["dataskydd", "dso", "gdpr", "dpo", "privacy", "registrator", "registratur", "diari"];
    first
        .iter()
        .position(|word| address.to_lowercase().starts_with(word))
        .unwrap_or(first.len())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_mailbox_is_a_functions_and_never_a_persons() {
        for good in [
            "registrator@exempelby.example",
            "oppna-data@exempelby.example",
            "exempelby.kommun@exempelby.example",
            "info@exempelby.example",
        ] {
            assert!(is_function(good), "{good}");
        }
        for bad in [
            "anna.svensson@exempelby.example",
            "a.svensson@exempelby.example",
            "exempel",
            "kim@exempelby.example",
        ] {
            assert!(!is_function(bad), "{bad}");
        }
        assert!(rank("dataskydd@x.example") < rank("registrator@x.example"));
    }

    #[test]
    fn the_same_file_at_the_same_address_has_the_same_name_and_another_file_another() {
        let at: DateTime<Utc> = "2026-11-23T10:00:00Z".parse().unwrap();
        let (one, two) = (Sha256::of(b"a"), Sha256::of(b"b"));
        assert_eq!(name(at, "x", &one), name(at, "x", &one));
        assert_ne!(name(at, "x", &one), name(at, "x", &two));
        assert!(name(at, "x", &one).starts_with("2026-11-23-"));
    }
}
