//! Plans: which columns go, which generalise to what level, which rows are suppressed, and what that costs.
//!
//! In: the staged batches, their columns, a policy, the texts of hierarchy files. Out: a [`ProtectionPlan`] that recodes batches one by
//! one, or one typed refusal. The plan never measures what it made: that is `audit`'s work on the written file.

mod fresh;
mod search;
mod tuples;

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, RecordBatch, RecordBatchOptions, StringArray};
use arrow::datatypes::{DataType, Field, Schema};
use fyr_model::finding::{Refusal, RefusalKind};
use fyr_model::privacy::{ColumnPlan, Model, PrivacyPolicy, ProtectionFacts, Role, SearchFacts};
use fyr_model::table::{Column, ColumnType};
use fyr_model::text::Text;

use crate::hierarchy::{self, BUILT_IN, STAR};
use search::{Found, NODES_MAX, Question};
use tuples::{Quasi, TupleMap};

/// What will be done to every column and row, and what it costs.
#[derive(Debug)]
pub struct ProtectionPlan {
    columns: Vec<Column>,
    roles: Vec<Role>,
    quasi: Vec<Quasi>,
    node: Vec<usize>,
    outliers: TupleMap<()>,
    /// Whether suppressed rows are left out; else they stay with `*` in every quasi-identifier.
    left_out: bool,
    facts: ProtectionFacts,
}

/// Plans the protection of a table.
///
/// `hierarchies` holds the texts of hierarchy files by the word that the policy uses for them, or by the column's name.
///
/// # Errors
/// `role-missing`, `role-unknown-column`, `model-missing`, `model-invalid`, `hierarchy-*`, `lattice-too-large`, `too-many-values`,
/// `column-absent`, `column-type` and, when no generalisation within the allowed suppression satisfies the model, `no-admissible-node`.
pub fn plan(
    batches: &[RecordBatch],
    columns: &[Column],
    policy: &PrivacyPolicy,
    hierarchies: &BTreeMap<String, String>,
) -> Result<ProtectionPlan, Refusal> {
    let roles = roles(columns, policy)?;
    let model = model(&roles, policy)?;
    let rows: u64 = batches.iter().map(|batch| batch.num_rows() as u64).sum();
    let Some(model) = model else {
        return Ok(ProtectionPlan::unchanged(columns, roles, rows));
    };
    let quasi = quasi(batches, columns, &roles, policy, hierarchies, model.k)?;
    let nodes = search::nodes(&quasi).filter(|nodes| *nodes <= NODES_MAX).ok_or_else(too_large)?;
    let tuples = tuples::collapse(batches, &quasi)?;
    let question = Question {
        k: model.k,
        outliers_max: (model.suppression_max * rows as f64).floor() as u64,
        suppression_costs: model.loss == "entropy",
        gs_factor: model.gs_factor,
    };
    let found = search::search(&quasi, tuples.clone(), question);
    debug_assert_eq!(found.nodes, nodes);
    let Some(best) = &found.best else {
        return Err(no_node(&found, model, rows));
    };
    let outliers = search::outliers(&quasi, &tuples, &best.node, model.k);
    // As one class of their own, suppressed rows must meet the model like any other, or go.
    let left_out = best.suppressed > 0 && best.suppressed < model.k;
    let facts = facts(columns, &roles, &quasi, &found, model, rows, left_out);
    Ok(ProtectionPlan {
        columns: columns.to_vec(),
        roles,
        node: best.node.clone(),
        quasi,
        outliers,
        left_out,
        facts,
    })
}

fn roles(columns: &[Column], policy: &PrivacyPolicy) -> Result<Vec<Role>, Refusal> {
    let missing: Vec<&str> = columns
        .iter()
        .map(|c| c.name.as_str())
        .filter(|name| !policy.columns.contains_key(*name))
        .collect();
    if !missing.is_empty() {
        let names = missing.join(", ");
        let message = Text::new(
            format!("kolumner utan roll i policyn: {names}"),
            format!("columns without a role in the policy: {names}"),
        );
        let hint = Text::new(
            "ge varje kolumn en roll under [columns]: identifier, quasi-identifier, sensitive eller plain",
            "give each column a role under [columns]: identifier, quasi-identifier, sensitive or plain",
        );
        return Err(configuration("role-missing", message).hint(hint));
    }
    let known = |name: &&String| columns.iter().any(|column| column.name == **name);
    let unknown: Vec<&str> = policy.columns.keys().filter(|name| !known(name)).map(String::as_str).collect();
    if !unknown.is_empty() {
        let names = unknown.join(", ");
        let message = Text::new(
            format!("policyn ger roller åt kolumner som tabellen saknar: {names}"),
            format!("the policy gives roles to columns that the table lacks: {names}"),
        );
        let hint = Text::new("rätta namnen, eller ta bort raderna", "mend the names, or remove the lines");
        return Err(configuration("role-unknown-column", message).hint(hint));
    }
    Ok(columns
        .iter()
        .map(|column| policy.columns.get(&column.name).map_or(Role::Identifier, |policy| policy.role()))
        .collect())
}

fn model<'a>(roles: &[Role], policy: &'a PrivacyPolicy) -> Result<Option<&'a Model>, Refusal> {
    let protected = roles.iter().any(|role| matches!(role, Role::QuasiIdentifier | Role::Sensitive));
    let Some(model) = &policy.model else {
        if protected {
            let message = Text::new(
                "policyn har indirekt identifierande eller känsliga kolumner men ingen [model]",
                "the policy has quasi-identifying or sensitive columns but no [model]",
            );
            return Err(configuration("model-missing", message).hint(Text::new("ange [model] med k", "state [model] with k")));
        }
        return Ok(None);
    };
    let fault = match model {
        m if m.k < 2 => Some(("k måste vara minst 2", "k must be at least 2")),
        m if !(0.0..=1.0).contains(&m.suppression_max) => Some((
            "suppression_max måste ligga mellan 0 och 1",
            "suppression_max must lie between 0 and 1",
        )),
        m if !(0.0..=1.0).contains(&m.gs_factor) => Some(("gs_factor måste ligga mellan 0 och 1", "gs_factor must lie between 0 and 1")),
        m if !matches!(m.loss.as_str(), "entropy" | "entropy-monotone") => Some((
            "loss måste vara entropy eller entropy-monotone i den här versionen",
            "loss must be entropy or entropy-monotone in this version",
        )),
        _ => None,
    };
    match fault {
        Some((sv, en)) => Err(configuration("model-invalid", Text::new(sv, en))),
        None => Ok(protected.then_some(model)),
    }
}

fn quasi(
    batches: &[RecordBatch],
    columns: &[Column],
    roles: &[Role],
    policy: &PrivacyPolicy,
    hierarchies: &BTreeMap<String, String>,
    k: u64,
) -> Result<Vec<Quasi>, Refusal> {
    let mut quasi = Vec::new();
    let mut shift = 0;
    for (column, _) in columns.iter().zip(roles).filter(|(_, role)| **role == Role::QuasiIdentifier) {
        let word = policy.columns.get(&column.name).and_then(|policy| policy.hierarchy());
        let text = word.and_then(|word| hierarchies.get(word)).or_else(|| {
            let by_column = hierarchies.get(&column.name);
            by_column.filter(|_| !word.is_some_and(|word| BUILT_IN.contains(&word)))
        });
        let leaves = tuples::leaves(batches, &column.name)?;
        let hierarchy = hierarchy::build(&column.name, word, text.map(String::as_str), &leaves, k)?;
        let bits = tuples::bits(leaves.values.len());
        if shift + bits >= u128::BITS {
            let message = Text::new(
                "de indirekt identifierande kolumnerna har tillsammans fler olika värden än sökningen rymmer",
                "the quasi-identifying columns together have more different values than the search can hold",
            );
            return Err(configuration("too-many-values", message));
        }
        quasi.push(Quasi::new(&column.name, leaves, hierarchy, shift));
        shift += bits;
    }
    Ok(quasi)
}

fn facts(columns: &[Column], roles: &[Role], quasi: &[Quasi], found: &Found, model: &Model, rows: u64, left_out: bool) -> ProtectionFacts {
    let best = found.best.as_ref();
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
    let loss = best.map_or(0.0, |best| best.loss);
    ProtectionFacts {
        rows_in: rows,
        rows_out: if left_out { rows - suppressed } else { rows },
        models: vec![format!("{}-anonymity", model.k)],
        columns: columns.iter().zip(roles).map(column_plan).collect(),
        suppressed_rows: suppressed,
        loss_metric: model.loss.clone(),
        loss,
        search: SearchFacts {
            nodes: found.nodes,
            visited: found.visited,
            optimal: best.is_some(),
            bound: loss,
        },
    }
}

impl ProtectionPlan {
    /// Nothing to generalise: plain columns stay, identifiers go.
    fn unchanged(columns: &[Column], roles: Vec<Role>, rows: u64) -> Self {
        let none = Found {
            best: None,
            nodes: 0,
            visited: 0,
            outliers_min: 0,
        };
        let model = Model {
            k: 0,
            suppression_max: 0.0,
            loss: "none".to_owned(),
            gs_factor: 0.5,
        };
        let mut facts = facts(columns, &roles, &[], &none, &model, rows, false);
        facts.models.clear();
        facts.search.optimal = true;
        Self {
            columns: columns.to_vec(),
            roles,
            quasi: Vec::new(),
            node: Vec::new(),
            outliers: TupleMap::default(),
            left_out: false,
            facts,
        }
    }

    /// What was decided and what it costs.
    pub fn facts(&self) -> &ProtectionFacts {
        &self.facts
    }

    /// The columns of the published table: identifiers gone; what is generalised, or holds suppressed rows, is text.
    pub fn columns(&self) -> Vec<Column> {
        self.published()
            .map(|(column, place)| match place {
                Some(place) if self.is_text(place) => Column {
                    kind: ColumnType::Text,
                    semantic: None,
                    unit: None,
                    ..column.clone()
                },
                _ => column.clone(),
            })
            .collect()
    }

    /// Each published column, with its place among the quasi-identifiers.
    fn published(&self) -> impl Iterator<Item = (&Column, Option<usize>)> {
        let kept = self.columns.iter().zip(&self.roles).filter(|(_, role)| **role != Role::Identifier);
        kept.map(|(column, _)| (column, self.quasi.iter().position(|quasi| quasi.name == column.name)))
    }

    fn is_text(&self, place: usize) -> bool {
        let stars = self.facts.suppressed_rows > 0 && !self.left_out;
        stars || self.node.get(place).is_some_and(|level| *level > 0)
    }

    /// Recodes one batch into arrays of its own: no buffer of the input is shared with the output.
    ///
    /// The order of rows is the input's; whoever writes must sort (`publishing.md` section 2).
    ///
    /// # Errors
    /// `plan-mismatch` when a quasi-identifier holds a value that the plan has not seen, `column-absent`, `column-type`.
    pub fn apply(&self, batch: &RecordBatch) -> Result<RecordBatch, Refusal> {
        let mut packed = tuples::pack(batch, &self.quasi)?;
        for tuple in &mut packed {
            *tuple = search::generalise(&self.quasi, &self.node, *tuple);
        }
        let is_outlier = |row: &usize| packed.get(*row).is_some_and(|tuple| self.outliers.contains_key(tuple));
        let rows: Vec<usize> = (0..batch.num_rows()).filter(|row| !(self.left_out && is_outlier(row))).collect();
        let mut fields = Vec::new();
        let mut arrays: Vec<ArrayRef> = Vec::new();
        for (column, place) in self.published() {
            let array = match place
                .filter(|place| self.is_text(*place))
                .and_then(|place| self.quasi.get(place).zip(self.node.get(place)))
            {
                Some((quasi, level)) => labels(quasi, *level, &rows, &packed, is_outlier),
                None => {
                    let source = tuples::array_of(batch, &column.name)?;
                    fresh::copy(source, &rows).ok_or_else(|| tuples::unreadable(&column.name))?
                }
            };
            let kind = if place.is_some_and(|place| self.is_text(place)) {
                DataType::Utf8
            } else {
                fresh::kind(array.data_type())
            };
            fields.push(Field::new(&column.name, kind, true));
            arrays.push(array);
        }
        let options = RecordBatchOptions::new().with_row_count(Some(rows.len()));
        RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), arrays, &options).map_err(|_| {
            let message = Text::new("den skyddade tabellen kunde inte byggas", "the protected table could not be built");
            Refusal::new("plan-apply", RefusalKind::Internal, "", message)
        })
    }
}

/// The labels of one column at its level; `*` in suppressed rows.
fn labels(quasi: &Quasi, level: usize, rows: &[usize], packed: &[u128], is_outlier: impl Fn(&usize) -> bool) -> ArrayRef {
    let names = quasi.hierarchy.levels.get(level).map_or(&[][..], |l| &l.labels);
    let label = |row: &usize| {
        if is_outlier(row) {
            return Some(STAR);
        }
        let code = quasi.field(*packed.get(*row)?) as usize;
        names.get(code)?.as_deref()
    };
    Arc::new(StringArray::from_iter(rows.iter().map(label)))
}

fn configuration(id: &str, message: Text) -> Refusal {
    Refusal::new(id, RefusalKind::Configuration, "policy", message)
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

fn no_node(found: &Found, model: &Model, rows: u64) -> Refusal {
    let (k, nodes, least, share) = (model.k, found.nodes, found.outliers_min, model.suppression_max);
    let message = Text::new(
        format!(
            "ingen av {nodes} generaliseringar ger grupper om minst {k} rader; minst {least} av {rows} rader skulle behöva undantas, tillåten andel är {share}"
        ),
        format!(
            "none of {nodes} generalisations gives groups of at least {k} rows; at least {least} of {rows} rows would have to be suppressed, the allowed share is {share}"
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
