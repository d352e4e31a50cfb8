//! `risk`: how easily rows of a table are singled out as it stands, by itself, against a population, or by the weights of a sample.
//!
//! In: a table, its quasi-identifying and sensitive columns. Out: counts and figures, never a value.

use std::collections::BTreeMap;

use clap::ArgMatches;
use fyr_curate::Look;
use fyr_model::table::{Column, ColumnType};
use fyr_model::{Refusal, RefusalKind, Text};
use fyr_privacy::risk::{Assessor, AttributeRisk, Estimate, IndividualRisk, Risk, population_uniques};
use serde::Serialize;

use super::Door;
use super::input::{Bench, reference};
use crate::cli;
use crate::show;

/// The body of `risk`.
#[derive(Debug, Serialize)]
pub struct RiskBody {
    /// Rows.
    pub rows: u64,
    /// Groups.
    pub classes: u64,
    /// The smallest group.
    pub k: u64,
    /// Distinct values in the poorest group, by sensitive column.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub l: BTreeMap<String, u64>,
    /// Largest distance to the whole table, by sensitive column.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub t: BTreeMap<String, f64>,
    /// All that a sensitive column gives away, by column.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: BTreeMap<String, AttributeBody>,
    /// 1 / k.
    pub prosecutor_max: f64,
    /// Groups / rows.
    pub prosecutor_average: f64,
    /// 1 / the smallest group of the population that a row lies in; with `--population FILE`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub journalist_max: Option<f64>,
    /// The larger of groups / their people and the mean of 1 / people; with `--population FILE`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub journalist_average: Option<f64>,
    /// Mean over rows of 1 / the group in the population, or in the table where no population is given.
    pub marketer: f64,
    /// Rows alone in their group / rows.
    pub unique_share: f64,
    /// Share of rows whose risk is above 0.05 and above 0.2.
    pub at_risk: BTreeMap<String, f64>,
    /// How far the columns tell rows apart, together and each alone.
    pub quasi_identifiers: Vec<QuasiBody>,
    /// Rows alone on a few columns already.
    pub special_uniques: SpecialBody,
    /// Risks of single rows by their weights; with `--weight`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub individual: Option<IndividualBody>,
    /// Estimates for the population that the rows are a sample of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub population: Option<PopulationBody>,
}

/// What a sensitive column gives away: the worst of all groups.
#[derive(Debug, Serialize)]
pub struct AttributeBody {
    /// Distinct values in the poorest group.
    pub l: u64,
    /// floor(exp(smallest entropy)).
    pub l_entropy: u64,
    /// Largest distance to the whole table.
    pub t: f64,
    /// `ordered` for numbers, else `equal`.
    pub t_distance: &'static str,
    /// Largest relative gain of a value.
    pub beta: f64,
    /// The same, at most the largest -ln of a share.
    pub beta_enhanced: f64,
    /// Largest |ln(q/p)| of values that are there.
    pub delta: f64,
}

/// Risks of single rows of a weighted sample.
#[derive(Debug, Serialize)]
pub struct IndividualBody {
    /// `benedetti-franconi`: from three rows in a group on it is an approximation.
    pub method: &'static str,
    /// The column of weights.
    pub weight: String,
    /// The largest.
    pub max: f64,
    /// The mean over rows.
    pub mean: f64,
    /// How many rows are expected to be recognised.
    pub expected: f64,
}

/// Rows alone on a few columns.
#[derive(Debug, Serialize)]
pub struct SpecialBody {
    /// Columns of the largest sets that were looked at.
    pub columns_max: usize,
    /// Rows by the size of the smallest set of columns that they are alone on.
    pub rows: BTreeMap<usize, u64>,
    /// How many of the smallest sets each column takes part in.
    pub columns: BTreeMap<String, u64>,
}

/// The population that a table is a sample of.
#[derive(Debug, Serialize)]
pub struct PopulationBody {
    /// Its people, as stated.
    pub people: u64,
    /// People alone in it, by method.
    pub uniques: Vec<EstimateBody>,
}

/// An estimate and its method.
#[derive(Debug, Serialize)]
pub struct EstimateBody {
    /// `zayatz`, `pitman` or `snb`.
    pub method: &'static str,
    /// People alone in the population.
    pub uniques: f64,
    /// Share of the population.
    pub share: f64,
}

/// How far columns tell rows apart.
#[derive(Debug, Serialize)]
pub struct QuasiBody {
    /// The columns.
    pub columns: Vec<String>,
    /// Different values / rows.
    pub distinction: f64,
    /// Share of pairs of rows that differ.
    pub separation: f64,
}

pub async fn risk(door: &Door, words: &ArgMatches) -> Result<u8, Refusal> {
    if cli::flag(words, "store") {
        return super::told::store(door);
    }
    let bench = Bench::open(door)?;
    let list = |name: &str| -> Vec<String> {
        let parts = cli::text(words, name).unwrap_or_default().split(',');
        parts.map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect()
    };
    let (quasi, sensitive) = (list("qi"), list("sensitive"));
    let weight = cli::text(words, "weight");
    let people = cli::text(words, "population").map(|given| given.parse::<u64>().map_err(|_| given));
    let read = bench.table(door, cli::text(words, "input").unwrap_or_default(), Look::Away).await?;
    let facts = read.table.facts();
    asked(&facts.report.columns, (&quasi, &sensitive, weight))?;
    let engine = bench.engine(door)?;
    let is_number = |name: &String| {
        let column = facts.report.columns.iter().find(|column| column.name == *name);
        column.is_some_and(|column| matches!(column.kind, ColumnType::Integer | ColumnType::Number))
    };
    let marked: Vec<(String, bool)> = sensitive.iter().map(|name| (name.clone(), is_number(name))).collect();
    let mut assessor = Assessor::weighted(&quasi, &marked, weight, matches!(people, Some(Err(_))));
    engine.each(std::slice::from_ref(&facts.path), &mut |batch| assessor.take(batch))?;
    if let Some(Err(file)) = people {
        let second = bench.second_table(door, file).await?;
        let other = second.table.facts();
        asked(&other.report.columns, (&quasi, &[], None))?;
        engine.each(std::slice::from_ref(&other.path), &mut |batch| assessor.take_population(batch))?;
    }
    let risk = assessor.assess();
    let people = people.and_then(Result::ok);
    fits(&risk, people, weight)?;
    let body = risk_body(&quasi, &marked, &risk, (people, weight));
    if door.json || cli::text(words, "format") == Some("json") {
        door.document("risk", reference(&read.resource), &body)?;
    } else {
        show::risk(&door.term, &body);
    }
    Ok(0)
}

/// Refuses columns that are not there, and one that is asked for twice: it would count as two.
fn asked(columns: &[Column], (quasi, sensitive, weight): (&[String], &[String], Option<&str>)) -> Result<(), Refusal> {
    let mut seen: Vec<&str> = Vec::new();
    if quasi.is_empty() {
        let text = Text::new("--qi namnger ingen kolumn", "--qi names no column");
        return Err(Refusal::new("column-absent", RefusalKind::Configuration, "--qi", text));
    }
    for name in quasi.iter().chain(sensitive).map(String::as_str).chain(weight) {
        column(columns, name)?;
        if seen.contains(&name) {
            let text = Text::new(
                format!("kolumnen `{name}` anges två gånger"),
                format!("column `{name}` is named twice"),
            );
            return Err(Refusal::new("column-twice", RefusalKind::Configuration, name, text));
        }
        seen.push(name);
    }
    Ok(())
}

/// A column by its name.
pub(super) fn column<'a>(columns: &'a [Column], name: &str) -> Result<&'a Column, Refusal> {
    columns.iter().find(|column| column.name == name).ok_or_else(|| {
        let text = Text::new(
            format!("tabellen saknar kolumnen `{name}`"),
            format!("the table has no column `{name}`"),
        );
        let known: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
        let columns = known.join(", ");
        let hint = match fyr_model::written::nearest(name, known.iter().copied()) {
            Some(near) => Text::new(
                format!("menades `{near}`? kolumnerna är {columns}"),
                format!("was `{near}` meant? the columns are {columns}"),
            ),
            None => Text::new(format!("kolumnerna är {columns}"), format!("the columns are {columns}")),
        };
        Refusal::new("column-absent", RefusalKind::Configuration, name, text).hint(hint)
    })
}

/// Refuses a population smaller than its sample, and weights that are none.
fn fits(risk: &Risk, people: Option<u64>, weight: Option<&str>) -> Result<(), Refusal> {
    let refused =
        |id: &str, subject: &str, sv: String, en: String| Err(Refusal::new(id, RefusalKind::Configuration, subject, Text::new(sv, en)));
    if let Some(people) = people.filter(|people| *people < risk.rows) {
        let rows = risk.rows;
        return refused(
            "population-small",
            "--population",
            format!("befolkningen har {people} personer, men filen har {rows} rader"),
            format!("the population has {people} people, but the file has {rows} rows"),
        );
    }
    let unweighted = risk.individual.map_or(0, |individual| individual.unweighted);
    match weight {
        Some(name) if unweighted > 0 => refused(
            "weight-invalid",
            name,
            format!("{unweighted} rader saknar en vikt över noll"),
            format!("{unweighted} rows have no weight above zero"),
        ),
        _ => Ok(()),
    }
}

fn population(risk: &Risk, people: u64) -> PopulationBody {
    let body = |one: Estimate| EstimateBody {
        method: one.method,
        uniques: one.uniques,
        share: one.uniques / people as f64,
    };
    PopulationBody {
        people,
        uniques: population_uniques(&risk.sizes, people).into_iter().map(body).collect(),
    }
}

fn attribute(of: &AttributeRisk, is_number: bool) -> AttributeBody {
    AttributeBody {
        l: of.l,
        l_entropy: of.l_entropy,
        t: of.t,
        t_distance: if is_number { "ordered" } else { "equal" },
        beta: of.beta,
        beta_enhanced: of.beta_enhanced,
        delta: of.delta,
    }
}

fn individual(of: IndividualRisk, weight: &str) -> IndividualBody {
    IndividualBody {
        method: "benedetti-franconi",
        weight: weight.to_owned(),
        max: of.max,
        mean: of.mean,
        expected: of.expected,
    }
}

fn risk_body(quasi: &[String], sensitive: &[(String, bool)], risk: &Risk, (people, weight): (Option<u64>, Option<&str>)) -> RiskBody {
    let whole = QuasiBody {
        columns: quasi.to_vec(),
        distinction: risk.distinction,
        separation: risk.separation,
    };
    let alone = risk.columns.iter().map(|(name, (distinction, separation))| QuasiBody {
        columns: vec![name.clone()],
        distinction: *distinction,
        separation: *separation,
    });
    RiskBody {
        rows: risk.rows,
        classes: risk.classes,
        k: risk.k,
        l: risk.attributes.iter().map(|(name, of)| (name.clone(), of.l)).collect(),
        t: risk.attributes.iter().map(|(name, of)| (name.clone(), of.t)).collect(),
        attributes: sensitive
            .iter()
            .filter_map(|(name, is_number)| Some((name.clone(), attribute(risk.attributes.get(name)?, *is_number))))
            .collect(),
        prosecutor_max: risk.prosecutor_max,
        journalist_max: risk.journalist_max,
        journalist_average: risk.journalist_average,
        prosecutor_average: risk.prosecutor_average,
        marketer: risk.marketer,
        unique_share: if risk.rows == 0 {
            0.0
        } else {
            risk.unique as f64 / risk.rows as f64
        },
        at_risk: [0.05, 0.2]
            .into_iter()
            .map(|share| (share.to_string(), risk.at_risk(share)))
            .collect(),
        quasi_identifiers: std::iter::once(whole).chain(alone).collect(),
        special_uniques: SpecialBody {
            columns_max: risk.special.columns_max,
            rows: risk.special.rows.clone(),
            columns: quasi.iter().cloned().zip(risk.special.columns.iter().copied()).collect(),
        },
        individual: risk.individual.zip(weight).map(|(of, weight)| individual(of, weight)),
        population: people.map(|people| population(risk, people)),
    }
}
