//! A policy under differential privacy, checked: everything that decides what a cell is, or how much one unit can change, stands in it.
//!
//! In: the columns of a table, the policy as written and the texts of its lists. Out: what is meant, in whole numbers, or the first
//! contradiction. Bounds, groups and edges are configuration; nothing here has seen a row.

use std::collections::{BTreeMap, HashMap};

use fyr_model::dp::{Amount, DpPolicy, Groups, Measure, Statistic};
use fyr_model::finding::Refusal;
use fyr_model::privacy::{PrivacyPolicy, Role};
use fyr_model::table::Column;
use fyr_model::tabulate::{TableMethod, TablePolicy};
use fyr_model::text::Text;

use super::published::RESERVED;
use crate::hierarchy::PublicLevel;
use crate::tables::{configuration, model_unexpected};

/// Numbers that one release may noise.
const NUMBERS_MAX: usize = 100_000;
/// The largest multiple of `step` that a clamp may reach: sums of a hundred million rows still fit.
const CODE_MAX: f64 = 1_099_511_627_776.0;
/// Rows of a unit that a table may count.
const CONTRIBUTIONS_MAX: u32 = 10_000;

/// What a policy means.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) dataset: String,
    pub(super) unit: String,
    pub(super) contributions_max: u32,
    pub(super) cost: Amount,
    pub(super) delta: Option<f64>,
    /// The columns of all tables with their public values, in the order that the policy first names them.
    pub(super) columns: Vec<PublicColumn>,
    pub(super) tables: Vec<AskedTable>,
}

/// A column and the values that are published of it.
#[derive(Debug)]
pub(super) struct PublicColumn {
    pub(super) name: String,
    pub(super) values: Vec<String>,
    place: HashMap<String, u32>,
    level: PublicLevel,
}

impl PublicColumn {
    /// The place of a row's value on the list; none when its label is not on it.
    pub(super) fn place(&self, value: &str) -> Option<u32> {
        match &self.level {
            PublicLevel::Itself => self.place.get(value).copied(),
            level => self.place.get(&level.label(value)?).copied(),
        }
    }
}

/// One table.
#[derive(Debug)]
pub(super) struct AskedTable {
    pub(super) by: Vec<usize>,
    pub(super) cells: usize,
    pub(super) value: Option<String>,
    pub(super) question: Question,
    pub(super) cost: Amount,
}

/// What is asked of a cell, in multiples of the step.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Question {
    Count,
    Sum { low: i64, high: i64, step: f64 },
    Mean { low: i64, high: i64, step: f64 },
    Histogram { edges: Vec<f64> },
    Quantile { edges: Vec<f64>, at: Vec<f64> },
}

impl Question {
    /// The middle that values of a mean are counted from, so that a sum changes as little as possible.
    pub(super) fn centre(low: i64, high: i64) -> i64 {
        low + (high - low) / 2
    }

    /// How many numbers a cell has, of each vector.
    pub(super) fn width(&self) -> usize {
        match self {
            Self::Histogram { edges } | Self::Quantile { edges, .. } => edges.len().saturating_sub(1),
            _ => 1,
        }
    }

    /// The most that a single row changes, by vector.
    pub(super) fn reach(&self) -> Vec<u64> {
        match self {
            Self::Count | Self::Histogram { .. } | Self::Quantile { .. } => vec![1],
            Self::Sum { low, high, .. } => vec![low.unsigned_abs().max(high.unsigned_abs())],
            Self::Mean { low, high, .. } => {
                let centre = Self::centre(*low, *high);
                vec![high.abs_diff(centre).max(centre.abs_diff(*low)), 1]
            }
        }
    }

    pub(super) fn word(&self) -> &'static str {
        match self {
            Self::Count => Statistic::Count,
            Self::Sum { .. } => Statistic::Sum,
            Self::Mean { .. } => Statistic::Mean,
            Self::Histogram { .. } => Statistic::Histogram,
            Self::Quantile { .. } => Statistic::Quantile,
        }
        .as_str()
    }
}

impl AskedTable {
    /// What each vector may spend; together never more than the table.
    pub(super) fn costs(&self) -> Vec<Amount> {
        let parts = self.question.reach().len() as u64;
        let part = |at: u64| Amount {
            billionths: self.cost.billionths / parts + u64::from(at < self.cost.billionths % parts),
            ..self.cost
        };
        (0..parts).map(part).collect()
    }
}

pub(super) fn asked(columns: &[Column], policy: &PrivacyPolicy, files: &BTreeMap<String, String>) -> Result<Asked, Refusal> {
    let Some(dp) = &policy.dp else {
        let hint = Text::new(
            "ange [dp] med dataset, unit, contributions_max, epsilon eller rho, budget och groups",
            "state [dp] with dataset, unit, contributions_max, epsilon or rho, budget and groups",
        );
        let message = Text::new("method = \"dp\" kräver [dp] i policyn", "method = \"dp\" needs [dp] in the policy");
        return Err(configuration("dp-missing", message).hint(hint));
    };
    if policy.model.is_some() {
        return Err(model_unexpected());
    }
    known(columns, &dp.unit)?;
    let cost = cost(dp)?;
    budget(dp)?;
    if let Some((sv, en)) = fault(dp) {
        return Err(invalid(sv, en));
    }
    let mut asked = Asked {
        dataset: dp.dataset.trim().to_owned(),
        unit: dp.unit.clone(),
        contributions_max: dp.contributions_max,
        cost,
        delta: dp.delta,
        columns: Vec::new(),
        tables: Vec::new(),
    };
    if let Some(name) = dp
        .levels
        .keys()
        .find(|name| !policy.table.iter().any(|table| table.by.contains(name)))
    {
        let message = Text::new(
            format!("[dp.levels] anger `{name}`, som ingen tabell har i by"),
            format!("[dp.levels] states `{name}`, which no table has in by"),
        );
        return Err(configuration("dp-level", message));
    }
    for name in policy.table.iter().flat_map(|table| &table.by) {
        known(columns, name)?;
        if !asked.columns.iter().any(|column| column.name == *name) {
            asked.columns.push(public(policy, dp, name, files)?);
        }
    }
    let shares: u64 = policy.table.iter().map(|table| u64::from(table.share.unwrap_or(1))).sum();
    for table in &policy.table {
        let read = one(columns, policy, dp, &asked, table)?;
        let share = u128::from(cost.billionths) * u128::from(table.share.unwrap_or(1)) / u128::from(shares.max(1));
        let cost = Amount {
            billionths: u64::try_from(share).unwrap_or(0),
            ..cost
        };
        asked.tables.push(AskedTable { cost, ..read });
    }
    let numbers = |table: &AskedTable| table.cells.saturating_mul(table.question.width()) * table.question.reach().len();
    if asked.tables.iter().map(numbers).fold(0, usize::saturating_add) > NUMBERS_MAX {
        return Err(invalid(
            "tabellerna har fler tal än 100 000: ange färre värden i groups eller färre edges",
            "the tables have more numbers than 100,000: state fewer values in groups, or fewer edges",
        ));
    }
    if asked
        .tables
        .iter()
        .any(|table| table.costs().iter().any(|cost| cost.billionths == 0))
    {
        return Err(invalid(
            "en tabell får ingen del av beloppet: höj det, eller ändra share",
            "a table gets no part of the amount: raise it, or change share",
        ));
    }
    Ok(asked)
}

/// One table, checked; its cost follows from its share.
fn one(columns: &[Column], policy: &PrivacyPolicy, dp: &DpPolicy, asked: &Asked, table: &TablePolicy) -> Result<AskedTable, Refusal> {
    if let Some(name) = &table.value {
        known(columns, name)?;
    }
    if let Some((sv, en)) = table_fault(policy, dp, table) {
        return Err(invalid(sv, en));
    }
    let place = |name: &String| asked.columns.iter().position(|column| column.name == *name);
    let by: Vec<usize> = table.by.iter().filter_map(place).collect();
    let size = |place: &usize| asked.columns.get(*place).map_or(0, |column| column.values.len());
    Ok(AskedTable {
        cells: by.iter().map(size).fold(1, usize::saturating_mul),
        by,
        value: table.value.clone(),
        question: question(table)?,
        cost: asked.cost,
    })
}

fn question(table: &TablePolicy) -> Result<Question, Refusal> {
    let statistic = table.statistic.unwrap_or_default();
    match statistic {
        Statistic::Count => Ok(Question::Count),
        Statistic::Sum | Statistic::Mean => {
            let step = table.step.unwrap_or(1.0);
            let (low, high) = clamp(table, step)?;
            Ok(if statistic == Statistic::Sum {
                Question::Sum { low, high, step }
            } else {
                Question::Mean { low, high, step }
            })
        }
        Statistic::Histogram | Statistic::Quantile => {
            let edges = table.edges.clone().unwrap_or_default();
            let ascending = edges.iter().zip(edges.iter().skip(1)).all(|(low, high)| low < high);
            if edges.len() < 2 || !ascending || edges.iter().any(|edge| !edge.is_finite()) {
                return Err(invalid(
                    "edges måste vara minst två stigande tal: gränserna är offentliga och tas aldrig ur data",
                    "edges must be at least two ascending numbers: they are public and never taken from the data",
                ));
            }
            if statistic == Statistic::Histogram {
                return Ok(Question::Histogram { edges });
            }
            let at = table.quantiles.clone().unwrap_or_else(|| vec![0.25, 0.5, 0.75]);
            if at.is_empty() || at.iter().any(|q| !(*q > 0.0 && *q < 1.0)) {
                return Err(invalid(
                    "quantiles måste ligga över 0 och under 1",
                    "quantiles must lie above 0 and below 1",
                ));
            }
            Ok(Question::Quantile { edges, at })
        }
    }
}

/// The clamp in multiples of the step.
fn clamp(table: &TablePolicy, step: f64) -> Result<(i64, i64), Refusal> {
    let Some((low, high)) = table.clamp else {
        return Err(invalid(
            "sum och mean kräver clamp = [minst, störst]: gränserna är offentliga och tas aldrig ur data",
            "sum and mean need clamp = [least, largest]: the bounds are public and never taken from the data",
        ));
    };
    if !(step > 0.0 && step.is_finite()) {
        return Err(invalid("step måste vara över 0", "step must be above 0"));
    }
    let (low, high) = ((low / step).round(), (high / step).round());
    if !(low < high && low.abs() <= CODE_MAX && high.abs() <= CODE_MAX) {
        return Err(invalid(
            "clamp måste ha minst < störst, minst en step isär, och högst 2^40 step från noll",
            "clamp must have least < largest, at least one step apart, and at most 2^40 steps from zero",
        ));
    }
    Ok((low as i64, high as i64))
}

/// The public values of a column.
fn public(policy: &PrivacyPolicy, dp: &DpPolicy, name: &str, files: &BTreeMap<String, String>) -> Result<PublicColumn, Refusal> {
    let values: Vec<String> = match dp.groups.get(name) {
        Some(Groups::Listed(values)) => values.clone(),
        Some(Groups::File(file)) => {
            let text = files.get(file).map(String::as_str).unwrap_or_default();
            let lines = text.trim_start_matches('\u{feff}').lines().map(str::trim);
            lines.filter(|line| !line.is_empty()).map(str::to_owned).collect()
        }
        None => Vec::new(),
    };
    if values.is_empty() {
        let message = Text::new(
            format!("kolumnen `{name}` saknar en offentlig lista i [dp.groups]"),
            format!("column `{name}` has no public list in [dp.groups]"),
        );
        let hint = Text::new(
            "räkna upp värdena, eller ange en fil med ett värde per rad: grupper tas aldrig ur data, för ett värde som finns där röjer någon",
            "list the values, or name a file with one value a line: groups are never taken from the data, since a value that is there gives somebody away",
        );
        return Err(configuration("dp-groups", message).hint(hint));
    }
    let place: HashMap<String, u32> = values.iter().enumerate().map(|(at, value)| (value.clone(), at as u32)).collect();
    if place.len() != values.len() {
        let message = Text::new(
            format!("listan för `{name}` i [dp.groups] har ett värde två gånger"),
            format!("the list of `{name}` in [dp.groups] has a value twice"),
        );
        return Err(configuration("dp-groups", message));
    }
    let word = policy.columns.get(name).and_then(|column| column.hierarchy());
    let text = word.and_then(|word| files.get(word)).map(String::as_str);
    Ok(PublicColumn {
        name: name.to_owned(),
        values,
        place,
        level: PublicLevel::of(name, word, text, dp.levels.get(name).copied().unwrap_or(0))?,
    })
}

/// What a release spends.
fn cost(dp: &DpPolicy) -> Result<Amount, Refusal> {
    amount(dp.epsilon, dp.rho).ok_or_else(|| {
        invalid(
            "ange epsilon eller rho, ett av dem: över 0, högst en miljon och högst nio decimaler",
            "state epsilon or rho, one of them: above 0, at most a million and at most nine decimals",
        )
    })
}

pub(super) fn budget(dp: &DpPolicy) -> Result<Amount, Refusal> {
    amount(dp.budget.epsilon, dp.budget.rho).ok_or_else(|| {
        invalid(
            "budget kräver epsilon eller rho, ett av dem: över 0, högst en miljon och högst nio decimaler",
            "budget needs epsilon or rho, one of them: above 0, at most a million and at most nine decimals",
        )
    })
}

fn amount(epsilon: Option<f64>, rho: Option<f64>) -> Option<Amount> {
    match (epsilon, rho) {
        (Some(value), None) => Amount::written(Measure::Epsilon, value),
        (None, Some(value)) => Amount::written(Measure::Rho, value),
        _ => None,
    }
}

type Fault = (&'static str, &'static str);

fn first(faults: impl IntoIterator<Item = (bool, Fault)>) -> Option<Fault> {
    faults.into_iter().find(|(wrong, _)| *wrong).map(|(_, words)| words)
}

fn fault(dp: &DpPolicy) -> Option<Fault> {
    let delta = |delta: f64| delta > 0.0 && delta < 1.0;
    first([
        (
            dp.dataset.trim().is_empty(),
            ("dataset får inte vara tomt", "dataset may not be empty"),
        ),
        (
            dp.contributions_max == 0 || dp.contributions_max > CONTRIBUTIONS_MAX,
            (
                "contributions_max måste ligga mellan 1 och 10 000",
                "contributions_max must lie between 1 and 10,000",
            ),
        ),
        (
            dp.rho.is_some() && !dp.delta.is_some_and(delta),
            (
                "rho kräver delta över 0 och under 1, så att det kan uttryckas som ett epsilon",
                "rho needs delta above 0 and below 1, so that it can be stated as an epsilon",
            ),
        ),
        (
            dp.rho.is_none() && dp.delta.is_some(),
            ("delta hör till rho", "delta belongs to rho"),
        ),
        (
            dp.rho.is_some() && dp.budget.epsilon.is_some(),
            (
                "en budget i epsilon räcker inte för rho: ange budget = { rho = .. }",
                "a budget in epsilon cannot pay for rho: state budget = { rho = .. }",
            ),
        ),
    ])
}

fn table_fault(policy: &PrivacyPolicy, dp: &DpPolicy, table: &TablePolicy) -> Option<Fault> {
    let identifier = |name: &String| policy.columns.get(name).is_some_and(|column| column.role() == Role::Identifier);
    let mut by = table.by.clone();
    by.sort_unstable();
    by.dedup();
    let statistic = table.statistic.unwrap_or_default();
    let valued = statistic != Statistic::Count;
    let other = table.count.is_some()
        || table.dominance.is_some()
        || table.p_percent.is_some()
        || table.protection.is_some()
        || table.key.is_some()
        || table.group_disclosure;
    let clamped = matches!(statistic, Statistic::Sum | Statistic::Mean);
    let edged = matches!(statistic, Statistic::Histogram | Statistic::Quantile);
    first([
        (
            table.method != TableMethod::Dp || other,
            (
                "dp blandas inte med andra metoder och deras nycklar i samma utgåva",
                "dp is not mixed with other methods and their keys in one release",
            ),
        ),
        (
            by.len() != table.by.len(),
            ("by ska namnge varje kolumn en gång", "by must name each column once"),
        ),
        (
            table.by.iter().chain(&table.value).any(identifier),
            (
                "by och value får inte namnge en kolumn med rollen identifier",
                "by and value may not name a column with the role identifier",
            ),
        ),
        (
            table.by.contains(&dp.unit) || table.value.as_ref() == Some(&dp.unit),
            (
                "kolumnen unit får inte stå i by eller value",
                "the column unit may not stand in by or value",
            ),
        ),
        (
            table.by.iter().any(|name| RESERVED.contains(&name.as_str())),
            (
                "by får inte namnge en kolumn som heter table, statistic, at, value eller error_95",
                "by may not name a column called table, statistic, at, value or error_95",
            ),
        ),
        (
            table.contributor.as_ref().is_some_and(|name| *name != dp.unit),
            (
                "contributor måste vara samma kolumn som unit",
                "contributor must be the same column as unit",
            ),
        ),
        (
            valued != table.value.is_some(),
            (
                "sum, mean, histogram och quantile kräver value; count har ingen",
                "sum, mean, histogram and quantile need value; count has none",
            ),
        ),
        (
            !clamped && (table.clamp.is_some() || table.step.is_some()),
            ("clamp och step hör till sum och mean", "clamp and step belong to sum and mean"),
        ),
        (
            !edged && table.edges.is_some(),
            ("edges hör till histogram och quantile", "edges belongs to histogram and quantile"),
        ),
        (
            statistic != Statistic::Quantile && table.quantiles.is_some(),
            ("quantiles hör till quantile", "quantiles belongs to quantile"),
        ),
        (table.share == Some(0), ("share måste vara minst 1", "share must be at least 1")),
    ])
}

fn known(columns: &[Column], name: &str) -> Result<(), Refusal> {
    if columns.iter().any(|column| column.name == name) {
        return Ok(());
    }
    let known = columns.iter().map(|column| column.name.as_str()).collect::<Vec<_>>().join(", ");
    let message = Text::new(
        format!("tabellen saknar kolumnen `{name}`"),
        format!("the table has no column `{name}`"),
    );
    let hint = Text::new(format!("kolumnerna är {known}"), format!("the columns are {known}"));
    Err(configuration("column-absent", message).hint(hint))
}

fn invalid(sv: &str, en: &str) -> Refusal {
    configuration("dp-invalid", Text::new(sv, en))
}
