//! The privacy report: what an independent reader measures on exactly the files that will be published (H29, H30).

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::path::{Path, PathBuf};

use fyr_model::finding::Refusal;
use fyr_model::held::{Figures, Held, PopulationFigures, Share};
use fyr_model::privacy::{Check, PersonalDataFinding, PrivacyReport, Role};
use fyr_model::text::Text;
use parquet::file::reader::{FileReader, SerializedFileReader};

use crate::footer::{self, outcome};
use crate::measure::{Measure, Measured};
use crate::read::{self, unreadable};
use crate::{Asked, PopulationWork, csv, population};

/// The smallest k of a release with quasi-identifying or sensitive columns (`hardening.md` H29).
pub const K_FLOOR: u64 = 10;

/// Reads the files of a release candidate and measures them. Parquet files are one table in parts; CSV files are its twin in parts.
///
/// # Errors
/// `audit-unreadable` when a file cannot be read as what its name says; `audit-empty` when there is no Parquet file among them.
pub fn privacy(files: &[(String, PathBuf)], asked: &Asked) -> Result<PrivacyReport, Refusal> {
    privacy_among(files, asked, None)
}

/// The same, with the population that k-map and delta-presence count in: without one they fail.
///
/// # Errors
/// Those of [`privacy`].
pub fn privacy_among(files: &[(String, PathBuf)], asked: &Asked, population: Option<&PopulationWork>) -> Result<PrivacyReport, Refusal> {
    let mut digests = BTreeMap::new();
    for (name, path) in files {
        let (sha256, _) = read::digest(path).map_err(|error| unreadable(name, &error.kind().to_string()))?;
        digests.insert(name.clone(), sha256);
    }
    let of = |ending: &str| files.iter().filter(|(name, _)| name.ends_with(ending)).collect::<Vec<_>>();
    let (tables, twins) = (of(".parquet"), of(".csv"));
    let Some((first_name, first)) = tables.first().map(|(name, path)| (name, path)) else {
        let message = Text::new("det finns ingen Parquet-fil att granska", "there is no Parquet file to audit");
        return Err(Refusal::new(
            "audit-empty",
            fyr_model::finding::RefusalKind::Unreadable,
            "",
            message,
        ));
    };
    let columns = read::parquet_columns(first).map_err(|why| unreadable(first_name, &why))?;
    let mut measure = Measure::new(&columns, asked);
    for (name, path) in &tables {
        read::parquet_blocks(path, |block| measure.take(block)).map_err(|why| unreadable(name, &why))?;
    }
    let measured = measure.finish();
    let mut checks = Checks(Vec::new());
    checks.columns(&columns, asked);
    checks.schemas(&tables, &columns);
    checks.other_files(files);
    checks.classes(&measured, asked);
    let people = checks.people(&measured, asked, population);
    checks.detections(&measured.detections, asked);
    checks.twins(&twins, &columns, &measured, asked)?;
    checks.containers(&tables, asked)?;
    let protected = is_protected(asked);
    let rows = measured.rows as f64;
    Ok(PrivacyReport {
        files: digests,
        rows: measured.rows,
        quasi_identifiers: columns
            .iter()
            .map(|(name, _)| name)
            .filter(|name| asked.roles.get(*name) == Some(&Role::QuasiIdentifier))
            .cloned()
            .collect(),
        k: measured.k,
        k_required: protected.then(|| required(asked)),
        classes: measured.classes,
        prosecutor_max: measured.k.map(|k| 1.0 / k as f64),
        prosecutor_average: measured.k.map(|_| measured.classes as f64 / rows),
        unique_share: measured.k.map(|_| measured.alone as f64 / rows),
        l: measured.l,
        held: protected.then(|| held(&measured.figures, &measured.values, people, asked)),
        t: measured.t,
        detections: measured.detections,
        cleared: asked.cleared.clone(),
        passed: checks.0.iter().all(|check| check.ok),
        checks: checks.0,
    })
}

/// What the file was held to and what was seen; of what stands above values, only that of values which the file shows.
fn held(
    measured: &BTreeMap<String, Figures>,
    values: &BTreeMap<String, BTreeSet<String>>,
    population: Option<PopulationFigures>,
    asked: &Asked,
) -> Held {
    let mut bounds = asked.bounds.clone();
    for (name, bounds) in &mut bounds {
        let shown = |value: &String| {
            values
                .get(name)
                .is_some_and(|values| values.contains(value) || values.contains(&format!("{value}.0")))
        };
        bounds.above.retain(|value, _| shown(value));
    }
    Held {
        k: asked.k,
        bounds,
        average_risk: asked.average_risk,
        k_map: asked.k_map,
        presence: asked.presence,
        measured: measured.clone(),
        population,
    }
}

/// The checks of a file that is no release: held to the policy's own k, however small, and told of what the detectors found.
pub fn of_policy(report: &PrivacyReport, k: u64) -> Vec<Check> {
    let keeps = report.rows == 0 || report.k.is_none_or(|measured| measured >= k);
    let own = |check: &Check| match check.id.as_str() {
        "privacy-detectors" => None,
        "privacy-k" => {
            let measured = report.k.map_or_else(|| "-".to_owned(), |k| k.to_string());
            let detail = Text::new(
                format!("minsta gruppen har {measured} rader, policyn kräver {k}; {} rader", report.rows),
                format!(
                    "the smallest group has {measured} rows, the policy asks for {k}; {} rows",
                    report.rows
                ),
            );
            let id = check.id.clone();
            Some(Check { id, ok: keeps, detail })
        }
        _ => Some(check.clone()),
    };
    report.checks.iter().filter_map(own).collect()
}

fn required(asked: &Asked) -> u64 {
    asked.k.unwrap_or(K_FLOOR).max(K_FLOOR)
}

fn is_protected(asked: &Asked) -> bool {
    asked
        .roles
        .values()
        .any(|role| matches!(role, Role::QuasiIdentifier | Role::Sensitive))
}

struct Checks(Vec<Check>);

impl Checks {
    fn add(&mut self, id: &str, (ok, detail): (bool, Text)) {
        self.0.push(Check {
            id: id.to_owned(),
            ok,
            detail,
        });
    }

    fn columns(&mut self, columns: &[(String, bool)], asked: &Asked) {
        let removed: BTreeSet<&String> = asked
            .forbidden
            .iter()
            .chain(
                asked
                    .roles
                    .iter()
                    .filter(|(_, role)| **role == Role::Identifier)
                    .map(|(name, _)| name),
            )
            .collect();
        let present: Vec<String> = columns
            .iter()
            .map(|(name, _)| name)
            .filter(|name| removed.contains(name))
            .cloned()
            .collect();
        let passed = Text::new(
            format!("{} förbjudna kolumner saknas, som de ska", removed.len()),
            format!("{} forbidden columns are absent, as they must", removed.len()),
        );
        self.add(
            "privacy-forbidden-columns",
            outcome(
                &present,
                passed,
                "förbjudna kolumner finns i filen",
                "forbidden columns stand in the file",
            ),
        );
        let without: Vec<String> = columns
            .iter()
            .map(|(name, _)| name)
            .filter(|name| !asked.roles.contains_key(*name))
            .cloned()
            .collect();
        let passed = Text::new(
            format!("alla {} kolumner har en roll", columns.len()),
            format!("all {} columns have a role", columns.len()),
        );
        self.add(
            "privacy-roles",
            outcome(&without, passed, "kolumner utan roll", "columns without a role"),
        );
    }

    fn schemas(&mut self, tables: &[&(String, PathBuf)], columns: &[(String, bool)]) {
        let differs = |path: &Path| read::parquet_columns(path).map_or(true, |found| found != columns);
        let faults: Vec<String> = tables
            .iter()
            .filter(|(_, path)| differs(path))
            .map(|(name, _)| name.clone())
            .collect();
        let passed = Text::new(
            format!("{} filer med samma kolumner", tables.len()),
            format!("{} files with the same columns", tables.len()),
        );
        self.add(
            "privacy-schema",
            outcome(&faults, passed, "filer med andra kolumner", "files with other columns"),
        );
    }

    /// A file that is neither Parquet nor CSV cannot be measured, and what cannot be measured does not pass.
    fn other_files(&mut self, files: &[(String, PathBuf)]) {
        let faults: Vec<String> = files
            .iter()
            .map(|(name, _)| name)
            .filter(|name| !name.ends_with(".parquet") && !name.ends_with(".csv"))
            .cloned()
            .collect();
        let passed = Text::new("alla filer kunde mätas", "every file could be measured");
        self.add(
            "privacy-measurable",
            outcome(&faults, passed, "filer som inte kan mätas", "files that cannot be measured"),
        );
    }

    fn classes(&mut self, measured: &Measured, asked: &Asked) {
        let (required, protected) = (required(asked), is_protected(asked));
        let result = match measured.k {
            _ if !protected => (
                true,
                Text::new(
                    "inga indirekt identifierande eller känsliga kolumner, så det finns inget k att hålla",
                    "no quasi-identifying or sensitive columns, so there is no k to hold",
                ),
            ),
            None => (false, Text::new("k kunde inte mätas", "k could not be measured")),
            Some(k) => (
                k >= required,
                Text::new(
                    format!(
                        "minsta gruppen har {k} rader, kravet är {required}; {} grupper, {} rader",
                        measured.classes, measured.rows
                    ),
                    format!(
                        "the smallest group has {k} rows, {required} are required; {} groups, {} rows",
                        measured.classes, measured.rows
                    ),
                ),
            ),
        };
        self.add("privacy-k", result);
        let poorest: Vec<String> = measured.l.iter().map(|(name, l)| format!("{name} {l}")).collect();
        let detail = if poorest.is_empty() {
            Text::new("inga känsliga kolumner", "no sensitive columns")
        } else {
            let list = poorest.join(", ");
            Text::new(
                format!("olika känsliga värden i den fattigaste gruppen: {list}"),
                format!("different sensitive values in the poorest group: {list}"),
            )
        };
        self.add("privacy-l", (true, detail));
        let furthest: Vec<String> = measured.t.iter().map(|(name, t)| format!("{name} {t:.3}")).collect();
        let likely = measured.figures.iter().filter(|(name, _)| is_likeness(asked, name));
        let likely: Vec<String> = likely
            .map(|(name, of)| format!("{name} beta {:.3}, delta {:.3}", of.beta, of.disclosure))
            .collect();
        let furthest = [furthest, likely].concat().join(", ");
        let passed = Text::new(
            format!("grupperna håller vad policyn lovar om känsliga kolumner; största avstånd till hela filen: {furthest}"),
            format!("the groups keep what the policy promises of sensitive columns; largest distance to the whole file: {furthest}"),
        );
        let outcome = outcome(
            &broken(measured, asked),
            passed,
            "grupper som bryter vad policyn lovar",
            "groups that break what the policy promises",
        );
        self.add("privacy-bounds", outcome);
        self.second_step(measured, asked);
    }

    /// The mean risk over what is kept, and columns of means: one value a group.
    fn second_step(&mut self, measured: &Measured, asked: &Asked) {
        if let Some(most) = asked.average_risk {
            let (groups, rows) = (
                measured.classes.saturating_sub(u64::from(measured.suppressed > 0)),
                measured.rows - measured.suppressed,
            );
            let detail = Text::new(
                format!("{groups} grupper bland {rows} rader, som inte är undantagna; medelrisken får vara högst {most}"),
                format!("{groups} groups among {rows} rows that are not suppressed; the mean risk may be at most {most}"),
            );
            self.add("privacy-average-risk", (groups as f64 <= most * rows as f64 + 1e-9, detail));
        }
        if asked.means.is_empty() {
            return;
        }
        let missing = asked.means.iter().filter(|name| !measured.uneven.contains_key(*name));
        let uneven = measured.uneven.iter().filter(|(_, groups)| **groups > 0);
        let faults: Vec<String> = uneven
            .map(|(name, groups)| format!("{name} ({groups})"))
            .chain(missing.cloned())
            .collect();
        let passed = Text::new(
            format!("{} kolumner med medelvärden har ett värde i varje grupp", asked.means.len()),
            format!("{} columns of means have one value in each group", asked.means.len()),
        );
        let outcome = outcome(
            &faults,
            passed,
            "kolumner som skulle ha ett medelvärde i varje grupp har flera",
            "columns that were to have one mean in each group have several values",
        );
        self.add("privacy-means", outcome);
    }

    /// k-map and delta-presence: the people of the population behind each group.
    fn people(&mut self, measured: &Measured, asked: &Asked, population: Option<&PopulationWork>) -> Option<PopulationFigures> {
        if !asked.counts_people() {
            return None;
        }
        let counted = match (&measured.groups, population) {
            (Some((columns, groups)), Some(population)) => {
                population::count(columns, groups, population).map(|counted| (counted, groups.as_slice(), population.left_out))
            }
            _ if measured.rows == 0 => return None,
            _ => Err("no population was given".to_owned()),
        };
        let map = |k| ("privacy-k-map", counted.as_ref().map(|(counted, groups, _)| counted.map(groups, k)));
        let presence = |share| {
            let judged = counted
                .as_ref()
                .map(|(counted, groups, left_out)| counted.presence(groups, share, *left_out));
            ("privacy-presence", judged)
        };
        let judged = asked.k_map.map(map).into_iter().chain(asked.presence.map(presence));
        let mut figures = None;
        for (id, judged) in judged {
            let detail = match &judged {
                Ok(judged) => told(&judged.figures),
                Err(why) => Text::new(format!("kunde inte mätas: {why}"), format!("could not be measured: {why}")),
            };
            figures = figures.or(judged.as_ref().ok().map(|judged| judged.figures));
            self.add(id, (judged.is_ok_and(|judged| judged.holds), detail));
        }
        figures
    }

    fn detections(&mut self, detections: &[PersonalDataFinding], asked: &Asked) {
        let faults = uncleared(detections, asked);
        let cleared = detections.iter().filter(|d| d.verdict == "direct").count() - faults.len();
        let passed = Text::new(
            format!("granskarens detektorer fann inget direkt identifierande ({cleared} fynd är bedömda av en person)"),
            format!("the auditor's detectors found nothing directly identifying ({cleared} finds are judged by a person)"),
        );
        self.add(
            "privacy-detectors",
            outcome(
                &faults,
                passed,
                "direkt identifierande uppgifter i kolumner",
                "directly identifying data in columns",
            ),
        );
    }

    /// The twin holds the same rows: as many, in groups no smaller, and with nothing in it that the detectors find.
    fn twins(&mut self, twins: &[&(String, PathBuf)], columns: &[(String, bool)], table: &Measured, asked: &Asked) -> Result<(), Refusal> {
        if twins.is_empty() {
            return Ok(());
        }
        let mut measure = Measure::new(columns, asked);
        let mut faults = Vec::new();
        for (name, path) in twins {
            let header = csv::header(path).map_err(|why| unreadable(name, &why))?;
            if !header.iter().eq(columns.iter().map(|(name, _)| name)) {
                faults.push(format!("{name}: header"));
                continue;
            }
            csv::blocks(path, |block| measure.take(block)).map_err(|why| unreadable(name, &why))?;
        }
        let twin = measure.finish();
        if twin.rows != table.rows {
            faults.push(format!("{} / {} rows", twin.rows, table.rows));
        }
        if is_protected(asked) && twin.k.unwrap_or(0) < required(asked) {
            faults.push(format!("k = {}", twin.k.unwrap_or(0)));
        }
        faults.extend(broken(&twin, asked));
        faults.extend(uncleared(&twin.detections, asked));
        let passed = Text::new(
            format!("CSV-tvillingen har samma {} rader", twin.rows),
            format!("the CSV twin has the same {} rows", twin.rows),
        );
        self.add(
            "privacy-csv-twin",
            outcome(&faults, passed, "CSV-tvillingen avviker", "the CSV twin differs"),
        );
        Ok(())
    }

    fn containers(&mut self, tables: &[&(String, PathBuf)], asked: &Asked) -> Result<(), Refusal> {
        let (mut statistics, mut bloom, mut metadata, mut dictionaries) =
            (BTreeSet::new(), BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        for (name, path) in tables {
            let wrong = |_| unreadable(name, "no readable Parquet footer");
            let file = File::open(path).map_err(|error| unreadable(name, &error.kind().to_string()))?;
            let reader = SerializedFileReader::new(file).map_err(wrong)?;
            statistics.extend(footer::with_statistics(reader.metadata(), &asked.roles));
            bloom.extend(footer::with_bloom(reader.metadata()));
            metadata.extend(footer::foreign_keys(reader.metadata()));
            metadata.extend(footer::names_in_metadata(reader.metadata(), &asked.forbidden));
            dictionaries.extend(footer::with_idle_dictionary(&reader, path).map_err(|why| unreadable(name, &why))?);
        }
        let list = |set: BTreeSet<String>| set.into_iter().collect::<Vec<_>>();
        let passed = Text::new(
            "inga gränsvärden för text eller skyddade kolumner",
            "no bounds for text or protected columns",
        );
        self.add(
            "privacy-statistics",
            outcome(&list(statistics), passed, "gränsvärden finns för", "bounds stand for"),
        );
        let passed = Text::new("inga bloomfilter", "no bloom filters");
        self.add(
            "privacy-bloom",
            outcome(&list(bloom), passed, "bloomfilter finns för", "bloom filters stand for"),
        );
        let passed = Text::new("bara tillåtna metadata", "only allowed metadata");
        self.add(
            "privacy-metadata",
            outcome(&list(metadata), passed, "otillåtna metadata", "metadata that is not allowed"),
        );
        let passed = Text::new(
            "ordlistorna rymmer bara värden som förekommer",
            "dictionaries hold only values that occur",
        );
        self.add(
            "privacy-dictionaries",
            outcome(
                &list(dictionaries),
                passed,
                "ordlistor med värden som inte förekommer",
                "dictionaries with values that do not occur",
            ),
        );
        Ok(())
    }
}

fn told(figures: &PopulationFigures) -> Text {
    let PopulationFigures {
        people,
        group_min,
        share: Share { min, max },
        outside,
    } = figures;
    Text::new(
        format!(
            "{group_min} personer bakom den minsta gruppen, av {people}; mellan {min:.3} och {max:.3} av en grupp finns i filen; {outside} bakom ingen grupp"
        ),
        format!(
            "{group_min} people behind the smallest group, of {people}; between {min:.3} and {max:.3} of a group are in the file; {outside} behind no group"
        ),
    )
}

fn is_likeness(asked: &Asked, name: &str) -> bool {
    asked
        .bounds
        .get(name)
        .is_some_and(|bounds| bounds.beta.is_some() || bounds.disclosure.is_some())
}

/// Columns of which something promised is broken, with the groups that break it; a promise of a column that could not be measured is broken.
fn broken(measured: &Measured, asked: &Asked) -> Vec<String> {
    let groups = measured.broken.iter().filter(|(_, groups)| **groups > 0);
    let unmeasured = asked
        .bounds
        .keys()
        .filter(|name| measured.rows > 0 && !measured.broken.contains_key(*name));
    groups
        .map(|(name, groups)| format!("{name} ({groups})"))
        .chain(unmeasured.map(|name| format!("{name} (?)")))
        .collect()
}

/// Columns with a direct find that nobody has judged for that kind.
fn uncleared(detections: &[PersonalDataFinding], asked: &Asked) -> Vec<String> {
    let same = |a: &str, b: &str| a.replace('-', "_") == b.replace('-', "_");
    let judged = |find: &PersonalDataFinding| {
        asked
            .cleared
            .get(&find.column)
            .is_some_and(|clearance| find.kind.as_deref().is_some_and(|kind| same(kind, &clearance.kind)))
    };
    let direct = detections.iter().filter(|find| find.verdict == "direct" && !judged(find));
    direct
        .map(|find| format!("{} ({}, {} rows)", find.column, find.kind.as_deref().unwrap_or("?"), find.matches))
        .collect()
}

#[cfg(test)]
mod tests;
