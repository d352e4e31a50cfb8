//! Plans: which columns go, which generalise to what level, which rows are suppressed, and what that costs.
//!
//! In: the rows of a table in batches, its columns, a policy, the texts of hierarchy files. Out: a [`ProtectionPlan`] that recodes batches one
//! by one, or one typed refusal. The plan never measures what it made: that is `audit`'s work on the written file.

mod apply;
mod evaluate;
mod fresh;
mod gather;
mod intake;
mod key;
mod lattice;
mod loss;
mod microaggregation;
mod models;
mod policy;
mod recode;
mod search;
mod steps;
mod summed;
mod tuples;

use std::collections::{BTreeMap, HashSet};

use arrow::array::RecordBatch;
use fyr_model::finding::{Refusal, RefusalKind};
use fyr_model::privacy::{ClosenessKind, ColumnPlan, Mean, Model, PrivacyPolicy, ProtectionFacts, Role, SearchFacts};
use fyr_model::table::{Column, ColumnType};
use fyr_model::text::Text;

use crate::hierarchy::{self, BUILT_IN, Hierarchy, Leaves};
use crate::proof::Proof;
use evaluate::{Class, Problem, Scratch};
use key::Key;
use loss::Costs;
use microaggregation::Means;
use models::{Attribute, Criterion};
use policy::configuration;
use recode::{Order, Recoded};
use search::{Found, NODES_MAX};
use tuples::Quasi;

pub(crate) use evaluate::View;
pub(crate) use intake::Intake;
pub(crate) use key::bits;
pub(crate) use policy::roles as roles_of;
pub use search::Effort;

/// What will be done to every column and row, and what it costs.
#[derive(Debug)]
pub struct ProtectionPlan {
    columns: Vec<Column>,
    roles: Vec<Role>,
    quasi: Vec<Quasi>,
    node: Vec<usize>,
    outliers: HashSet<u128>,
    /// Classes with levels of their own, where the policy asks for a second step; then neither node nor outliers say what is done.
    recoded: Option<Recoded>,
    means: Vec<Means>,
    /// Whether suppressed rows are left out; else they stay with `*` in every quasi-identifier.
    left_out: bool,
    facts: ProtectionFacts,
    proof: Option<Proof>,
    above: BTreeMap<String, Above>,
}

/// What stands above each value of a column, nearest first.
type Above = BTreeMap<String, Vec<String>>;

/// Takes in a table batch by batch, then plans its protection. Memory follows the different combinations of values, not the rows.
#[derive(Debug)]
pub struct Planner<'a> {
    columns: &'a [Column],
    policy: &'a PrivacyPolicy,
    roles: Vec<Role>,
    model: Option<&'a Model>,
    means: Vec<(&'a Column, Mean)>,
    intake: Intake,
}

/// Plans the protection of a table that lies in memory, by a model that asks for no second table.
///
/// `hierarchies` holds the texts of hierarchy files by the word that the policy uses for them, or by the column's name.
///
/// # Errors
/// Those of [`Planner::new`], [`Planner::take`] and [`Planner::plan`].
pub fn plan(
    batches: &[RecordBatch],
    columns: &[Column],
    policy: &PrivacyPolicy,
    hierarchies: &BTreeMap<String, String>,
) -> Result<ProtectionPlan, Refusal> {
    let mut planner = Planner::new(columns, policy)?;
    planner.one_table()?;
    for batch in batches {
        planner.take(batch)?;
    }
    planner.plan(hierarchies, Effort::default())
}

impl<'a> Planner<'a> {
    /// Checks a policy against the columns of a table.
    ///
    /// # Errors
    /// `role-missing`, `role-unknown-column`, `model-missing`, `model-invalid`, `microaggregate-invalid`.
    pub fn new(columns: &'a [Column], policy: &'a PrivacyPolicy) -> Result<Self, Refusal> {
        let roles = policy::roles(columns, policy)?;
        let model = policy::model(columns, &roles, policy)?;
        let means = policy::means(columns, &roles, policy)?;
        let names = |columns: Vec<&Column>| -> Vec<String> { columns.iter().map(|column| column.name.clone()).collect() };
        let quasi: Vec<String> = model.iter().flat_map(|_| names(policy::quasi(columns, &roles, policy))).collect();
        let sensitive = model.iter().flat_map(|model| names(policy::bounded(columns, &roles, model)));
        let counted: Vec<String> = sensitive.chain(means.iter().map(|(column, _)| column.name.clone())).collect();
        let population = model.is_some_and(|model| model.presence.is_some() || model.k_map.is_some());
        Ok(Self {
            intake: Intake::new(&quasi, &counted, population),
            columns,
            policy,
            roles,
            model,
            means,
        })
    }

    /// The model that asks for the rows of a second table: `presence` or `k_map`.
    pub fn second_table(&self) -> Option<&'static str> {
        let model = self.model?;
        let presence = model.presence.is_some().then_some("presence");
        presence.or(model.k_map.is_some().then_some("k_map"))
    }

    /// Refuses a model that asks for a second table, where there is none to give.
    ///
    /// # Errors
    /// `model-needs-table`.
    pub fn one_table(&self) -> Result<(), Refusal> {
        let Some(word) = self.second_table() else { return Ok(()) };
        let message = Text::new(
            format!("modellen {word} behöver en andra tabell, som det här steget inte läser"),
            format!("the model {word} needs a second table, which this step does not read"),
        );
        Err(configuration("model-needs-table", message))
    }

    /// Takes in rows of the table to be published.
    ///
    /// # Errors
    /// `column-absent`, `column-type`, `too-many-values`.
    pub fn take(&mut self, batch: &RecordBatch) -> Result<(), Refusal> {
        self.intake.take(batch)
    }

    /// Takes in rows of the population that the published rows are a part of.
    ///
    /// # Errors
    /// Those of [`Planner::take`].
    pub fn take_population(&mut self, batch: &RecordBatch) -> Result<(), Refusal> {
        self.intake.take_population(batch)
    }

    /// Plans: the cheapest generalisation and suppression that meets every model, or none.
    ///
    /// # Errors
    /// `hierarchy-*`, `lattice-too-large`, `too-many-values`, `model-invalid`; `no-admissible-node` when nothing within the allowed suppression
    /// satisfies the models, `all-rows-suppressed` when the best leaves nothing; `search-stopped` when the effort ended before anything was found.
    pub fn plan(self, hierarchies: &BTreeMap<String, String>, effort: Effort<'_>) -> Result<ProtectionPlan, Refusal> {
        let rows = self.intake.rows();
        let Some(model) = self.model else {
            return Ok(ProtectionPlan::unchanged(self.columns, self.roles, rows));
        };
        let quasi_columns = policy::quasi(self.columns, &self.roles, self.policy);
        let mut quasi = Vec::new();
        let mut tables = Vec::new();
        for (place, column) in quasi_columns.iter().enumerate() {
            let (leaves, table) = self.intake.leaves(place, false);
            let hierarchy = self.hierarchy(column, hierarchies, &leaves, model.k)?;
            quasi.push(Quasi::new(&column.name, leaves, hierarchy));
            tables.push(table);
        }
        let shift = tuples::place(&mut quasi);
        let fields: Vec<(u32, Vec<u32>)> = quasi.iter().map(|column| column.shift).zip(tables).collect();
        let nodes = quasi
            .iter()
            .try_fold(1u64, |nodes, column| nodes.checked_mul(column.hierarchy.height() as u64));
        nodes.filter(|nodes| *nodes <= NODES_MAX).ok_or_else(too_large)?;
        let sensitive = policy::bounded(self.columns, &self.roles, model);
        let mut attributes = Vec::new();
        let mut tables = Vec::new();
        let mut above = BTreeMap::new();
        for (place, column) in sensitive.iter().enumerate() {
            let (attribute, table, labels) = self.attribute(quasi.len() + place, column, hierarchies, model, rows)?;
            above.insert(column.name.clone(), labels);
            attributes.push(attribute);
            tables.push(table);
        }
        let mut means = Vec::new();
        for (place, (column, mean)) in self.means.iter().enumerate() {
            let (leaves, table) = self.intake.leaves(quasi.len() + sensitive.len() + place, true);
            means.push(microaggregation::Asked::of(column, *mean, &leaves)?);
            tables.push(table);
        }
        let low = tables.iter().map(|table| evaluate::low_bits(table.len())).max().unwrap_or(0);
        let prepared = Prepared {
            columns: self.columns,
            roles: self.roles,
            model,
            quasi,
            attributes,
            criteria: policy::criteria(model, &sensitive),
            means,
            rows,
            above,
        };
        if shift + low <= u32::BITS && self.intake.rows_max() <= u64::from(u32::MAX) {
            prepared.solve::<u32>(&fields, self.intake, &tables, effort)
        } else if shift + low <= u64::BITS {
            prepared.solve::<u64>(&fields, self.intake, &tables, effort)
        } else if shift + low <= u128::BITS {
            prepared.solve::<u128>(&fields, self.intake, &tables, effort)
        } else {
            Err(intake::too_wide())
        }
    }

    fn hierarchy(&self, column: &Column, texts: &BTreeMap<String, String>, leaves: &Leaves, k: u64) -> Result<Hierarchy, Refusal> {
        let word = self.policy.columns.get(&column.name).and_then(|policy| policy.hierarchy());
        let text = word.and_then(|word| texts.get(word)).or_else(|| {
            let by_column = texts.get(&column.name);
            by_column.filter(|_| !word.is_some_and(|word| BUILT_IN.contains(&word)))
        });
        hierarchy::build(&column.name, word, text.map(String::as_str), leaves, k)
    }

    /// A sensitive attribute with its distribution in the table to be published.
    fn attribute(
        &self,
        place: usize,
        column: &Column,
        texts: &BTreeMap<String, String>,
        model: &Model,
        rows: u64,
    ) -> Result<(Attribute, Vec<u32>, Above), Refusal> {
        let numeric = matches!(column.kind, ColumnType::Integer | ColumnType::Number);
        let (leaves, table) = self.intake.leaves(place, numeric);
        let closeness = model.t.as_ref().and_then(|t| t.of(&column.name));
        let (mut levels, mut above) = (Vec::new(), Above::new());
        if closeness.is_some_and(|t| t.kind == ClosenessKind::Hierarchical) {
            if self
                .policy
                .columns
                .get(&column.name)
                .is_none_or(|policy| policy.hierarchy().is_none())
            {
                let message = Text::new(
                    format!("hierarkiskt t kräver att kolumnen `{}` har en hierarki", column.name),
                    format!("hierarchical t needs column `{}` to have a hierarchy", column.name),
                );
                return Err(configuration("model-invalid", message));
            }
            let hierarchy = self.hierarchy(column, texts, &leaves, model.k)?;
            above = hierarchy.above();
            levels = hierarchy.levels.into_iter().skip(1).map(|level| level.codes).collect();
        }
        let attribute = Attribute {
            shares: leaves.counts.iter().map(|count| *count as f64 / rows as f64).collect(),
            order: (0..leaves.values.len() as u32).collect(),
            levels,
        };
        Ok((attribute, table, above))
    }
}

/// The code in the lowest bits of a key.
pub(crate) fn low(key: u128, low_bits: u32) -> u32 {
    Key::field(key, 0, low_bits)
}

/// All that a plan needs but the tuples.
struct Prepared<'a> {
    columns: &'a [Column],
    roles: Vec<Role>,
    model: &'a Model,
    quasi: Vec<Quasi>,
    attributes: Vec<Attribute>,
    criteria: (Vec<Criterion>, Vec<String>),
    means: Vec<microaggregation::Asked>,
    rows: u64,
    above: BTreeMap<String, Above>,
}

impl ProtectionPlan {
    /// What stands above each value of every quasi-identifying column, nearest first; a missing value has no line.
    pub fn ladders(&self) -> BTreeMap<String, BTreeMap<String, Vec<String>>> {
        self.quasi
            .iter()
            .map(|quasi| (quasi.name.clone(), quasi.hierarchy.above()))
            .collect()
    }
}

impl Prepared<'_> {
    fn solve<K: Key>(
        self,
        fields: &[(u32, Vec<u32>)],
        intake: Intake,
        tables: &[Vec<u32>],
        effort: Effort<'_>,
    ) -> Result<ProtectionPlan, Refusal> {
        let (criteria, words) = self.criteria;
        let firsts: Vec<K> = if self.model.average_risk.is_some() {
            intake.firsts(fields)
        } else {
            Vec::new()
        };
        let mut base = intake.views(fields, tables);
        let counted = microaggregation::apart(&mut base, self.attributes.len(), self.means.len());
        let problem = Problem {
            quasi: &self.quasi,
            has_population: self.model.presence.is_some() || self.model.k_map.is_some(),
            metric: policy::metric(self.model),
            costs: Costs::new(policy::metric(self.model), self.model.gs_factor, self.rows, &self.quasi),
            outliers_max: (self.model.suppression_max * self.rows as f64).floor() as u64,
            average_risk: self.model.average_risk,
            attributes: self.attributes,
            criteria,
            firsts,
            base,
        };
        debug_assert_eq!(problem.rows(), self.rows);
        let found = search::search(&problem, effort);
        let Some(best) = &found.proof.best else {
            return Err(no_node(&found, &words, self.model, self.rows));
        };
        if self.rows > 0 && best.suppressed == self.rows {
            return Err(all_suppressed(self.rows));
        }
        let (outliers, left_out) = suppressed(&problem, &best.node);
        let recoded = self.model.recoding.map(|method| {
            let orders = numeric(self.columns, &self.quasi);
            recode::recode(&problem, best, &outliers, method, orders)
        });
        let outliers: HashSet<u128> = outliers.into_iter().map(Key::wide).collect();
        let placed = |tuple: u128| apply::placed(&self.quasi, &best.node, &outliers, recoded.as_ref(), tuple);
        let pairs = self.means.iter().zip(&counted);
        let means: Vec<Means> = pairs.map(|(asked, view)| Means::of(asked, view, placed)).collect();
        let left_out = recoded.as_ref().map_or(left_out, |recoded| recoded.left_out);
        let mut facts = facts(
            self.columns,
            &self.roles,
            &self.quasi,
            &found,
            self.model,
            words,
            (self.rows, left_out),
        );
        apply::tell(&mut facts, recoded.as_ref(), &means, left_out);
        Ok(ProtectionPlan {
            columns: self.columns.to_vec(),
            roles: self.roles,
            node: best.node.clone(),
            outliers,
            recoded,
            means,
            quasi: self.quasi,
            left_out,
            facts,
            proof: Some(found.proof),
            above: self.above,
        })
    }
}

/// The columns of numbers, in their order.
fn numeric(columns: &[Column], quasi: &[Quasi]) -> Vec<Option<Order>> {
    let of = |quasi: &Quasi| {
        let column = columns.iter().find(|column| column.name == quasi.name)?;
        let leaves = quasi.hierarchy.levels.first()?;
        let is_number = matches!(column.kind, ColumnType::Integer | ColumnType::Number);
        let above = quasi.hierarchy.levels.iter().skip(1);
        let labels = above.flat_map(|level| level.labels.iter().flatten().cloned()).collect();
        is_number.then(|| Order::of(&leaves.labels, &quasi.counts, labels)).flatten()
    };
    quasi.iter().map(of).collect()
}

/// The classes that a node suppresses, and whether their rows must be left out: as one class of their own they must meet every model like any
/// other, or go.
fn suppressed<K: Key>(problem: &Problem<'_, K>, node: &[usize]) -> (HashSet<K>, bool) {
    let mut scratch = Scratch::default();
    let bottom = vec![0; node.len()];
    let views = problem.roll_up(&mut scratch, &bottom, node, &problem.base);
    let mut outliers = Vec::new();
    problem.evaluate(&mut scratch, 0, node, &views, Some(&mut outliers));
    let outliers: HashSet<K> = outliers.into_iter().collect();
    let among = |view: &View<K>| -> BTreeMap<u32, u64> {
        let mut counts = BTreeMap::new();
        for (key, count) in view.tuples.iter().filter(|(key, _)| outliers.contains(&key.above(view.low_bits))) {
            *counts.entry(key.field(0, view.low_bits)).or_insert(0) += (*count).into();
        }
        counts
    };
    let counts: Vec<Vec<(u32, u64)>> = views.iter().map(|view| among(view).into_iter().collect()).collect();
    let sum = |counts: Option<&Vec<(u32, u64)>>| counts.map_or(0, |counts| counts.iter().map(|(_, count)| count).sum::<u64>());
    let rows = sum(counts.first());
    let slices: Vec<&[(u32, u64)]> = counts.iter().map(Vec::as_slice).collect();
    let class = Class {
        rows,
        population: if problem.has_population { sum(counts.last()) } else { rows },
        sensitive: &slices,
    };
    let passes = problem.criteria.iter().all(|one| one.passes(&class, &problem.attributes));
    (outliers, rows > 0 && !passes)
}

fn facts(
    columns: &[Column],
    roles: &[Role],
    quasi: &[Quasi],
    found: &Found,
    model: &Model,
    models: Vec<String>,
    (rows, left_out): (u64, bool),
) -> ProtectionFacts {
    let best = found.proof.best.as_ref();
    let suppressed = best.map_or(0, |best| best.suppressed);
    let level_of = |name: &str| {
        let place = quasi.iter().position(|column| column.name == name)?;
        Some((best?.node.get(place).copied()?, quasi.get(place)?.hierarchy.height()))
    };
    let column_plan = |(column, role): (&Column, &Role)| {
        let (level, levels) = level_of(&column.name).unwrap_or((0, 1));
        let action = match role {
            Role::Identifier => "remove",
            Role::QuasiIdentifier if level > 0 => "generalise",
            _ => "keep",
        };
        ColumnPlan {
            column: column.name.clone(),
            role: *role,
            action: action.to_owned(),
            level,
            levels,
        }
    };
    ProtectionFacts {
        rows_in: rows,
        rows_out: if left_out { rows - suppressed } else { rows },
        models,
        columns: columns.iter().zip(roles).map(column_plan).collect(),
        suppressed_rows: suppressed,
        loss_metric: model.loss.clone(),
        // A sum over no rows is zero with a minus, which zero more takes away.
        loss: best.and_then(|best| best.loss.first().copied()).unwrap_or(0.0) + 0.0,
        search: SearchFacts {
            nodes: found.proof.nodes,
            visited: found.proof.visited,
            optimal: found.proof.optimal && best.is_some(),
            bound: found.proof.bound + 0.0,
        },
        recoding: None,
        microaggregated: Vec::new(),
    }
}

fn too_large() -> Refusal {
    let message = Text::new(
        format!("generaliseringarna ger fler än {NODES_MAX} kombinationer, fler än den exakta sökningen prövar"),
        format!("the generalisations give more than {NODES_MAX} combinations, more than the exact search takes on"),
    );
    let hint = Text::new(
        "ta bort en indirekt identifierande kolumn, eller ge den färre nivåer",
        "drop a quasi-identifying column, or give it fewer levels",
    );
    configuration("lattice-too-large", message).hint(hint)
}

fn all_suppressed(rows: u64) -> Refusal {
    let message = Text::new(
        format!("den bästa generaliseringen undantar alla {rows} rader, så det finns inget att publicera"),
        format!("the best generalisation suppresses all {rows} rows, so there is nothing to publish"),
    );
    let hint = Text::new(
        "sänk suppression_max eller lätta på modellen",
        "lower suppression_max or ease the model",
    );
    Refusal::new("all-rows-suppressed", RefusalKind::Forbidden, "policy", message).hint(hint)
}

fn no_node(found: &Found, words: &[String], model: &Model, rows: u64) -> Refusal {
    let (nodes, least, share, words) = (found.proof.nodes, found.outliers_min, model.suppression_max, words.join(", "));
    if !found.proof.optimal {
        let visited = found.proof.visited;
        let message = Text::new(
            format!("sökningen avbröts efter {visited} av {nodes} generaliseringar utan att ha hittat någon som uppfyller {words}"),
            format!("the search was stopped after {visited} of {nodes} generalisations without finding one that meets {words}"),
        );
        return Refusal::new("search-stopped", RefusalKind::Forbidden, "policy", message);
    }
    let message = Text::new(
        format!(
            "ingen av {nodes} generaliseringar uppfyller {words}; minst {least} av {rows} rader skulle behöva undantas, tillåten andel är {share}"
        ),
        format!(
            "none of {nodes} generalisations meets {words}; at least {least} of {rows} rows would have to be suppressed, the allowed share is {share}"
        ),
    );
    let hint = Text::new(
        "ge en indirekt identifierande kolumn en grövre hierarki, ta bort den, eller höj suppression_max",
        "give a quasi-identifying column a coarser hierarchy, drop it, or raise suppression_max",
    );
    Refusal::new("no-admissible-node", RefusalKind::Forbidden, "policy", message).hint(hint)
}

#[cfg(test)]
mod tests;
