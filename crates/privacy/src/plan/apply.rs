//! Recoding: a plan carried out on one batch at a time.
//!
//! In: batches of the table that was planned for. Out: batches as they may be published, in arrays of their own.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, RecordBatch, RecordBatchOptions, StringBuilder};
use arrow::datatypes::{Field, Schema};
use fyr_model::finding::{Refusal, RefusalKind};
use fyr_model::privacy::{Model, ProtectionFacts, Role};
use fyr_model::table::{Column, ColumnType};
use fyr_model::text::Text;

use super::microaggregation::Means;
use super::recode::Recoded;
use super::search::Found;
use super::tuples::{self, Quasi};
use super::{ProtectionPlan, fresh};
use crate::accumulation::{Group, Sketcher};
use crate::hierarchy::STAR;
use crate::proof::{Proof, Pruned};

impl ProtectionPlan {
    /// Nothing to generalise: plain columns stay, identifiers go.
    pub(super) fn unchanged(columns: &[Column], roles: Vec<Role>, rows: u64) -> Self {
        let none = Found {
            proof: Proof {
                nodes: 0,
                visited: 0,
                optimal: true,
                bound: 0.0,
                pruned: Pruned::default(),
                inadmissible: Vec::new(),
                dear: Vec::new(),
                seen: Vec::new(),
                best: None,
            },
            outliers_min: 0,
        };
        let model = Model {
            loss: "none".to_owned(),
            suppression_max: 0.0,
            ..Model::default()
        };
        let mut facts = super::facts(columns, &roles, &[], &none, &model, Vec::new(), (rows, false));
        facts.search.optimal = true;
        Self {
            columns: columns.to_vec(),
            roles,
            quasi: Vec::new(),
            node: Vec::new(),
            outliers: Default::default(),
            recoded: None,
            means: Vec::new(),
            left_out: false,
            facts,
            proof: None,
            above: BTreeMap::new(),
        }
    }

    /// How the search went, for the checker of [`crate::proof`]; none when nothing was to be searched.
    pub fn proof(&self) -> Option<&Proof> {
        self.proof.as_ref()
    }

    /// What stands above each value of a sensitive column, nearest first, where the model asks for its hierarchy.
    pub fn above(&self, column: &str) -> BTreeMap<String, Vec<String>> {
        self.above.get(column).cloned().unwrap_or_default()
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
        let coarser = match &self.recoded {
            Some(recoded) => !recoded.is_as_it_was(place),
            None => self.node.get(place).is_some_and(|level| *level > 0),
        };
        stars || coarser
    }

    fn placed(&self, tuple: u128) -> Placed {
        placed(&self.quasi, &self.node, &self.outliers, self.recoded.as_ref(), tuple)
    }

    /// What a quasi-identifier shows in a class, and whether that is a value as it stands.
    fn shown(&self, place: usize, class: Placed) -> Option<(Option<String>, bool)> {
        let quasi = self.quasi.get(place)?;
        match (class, &self.recoded) {
            (Placed::At(tuple), _) => {
                let level = self.node.get(place).copied()?;
                let labels = &quasi.hierarchy.levels.get(level)?.labels;
                Some((labels.get(quasi.field(tuple) as usize)?.clone(), level == 0))
            }
            (Placed::In(class), Some(recoded)) => Some((recoded.label(quasi, class, place), recoded.is_value(class, place))),
            _ => None,
        }
    }

    /// What the plan tells of a batch, in keyed digests: which rows were alike, and how they will be shown.
    ///
    /// # Errors
    /// Those of [`ProtectionPlan::apply`].
    pub fn trace(&self, batch: &RecordBatch, sketcher: &Sketcher, groups: &mut BTreeMap<u128, Group>) -> Result<(), Refusal> {
        for tuple in tuples::pack(batch, &self.quasi)? {
            if let Some(group) = groups.get_mut(&tuple) {
                group.rows += 1;
                continue;
            }
            let (raw, shown) = self.digested(tuple, sketcher);
            groups.insert(tuple, Group { raw, shown, rows: 1 });
        }
        Ok(())
    }

    /// What a tuple of leaves is and how it is shown, in keyed digests.
    pub(super) fn digested(&self, tuple: u128, sketcher: &Sketcher) -> (Vec<u64>, Option<Vec<u64>>) {
        // A value as it stands and a label above it are told apart even where they read the same.
        let digest = |name: &str, label: Option<&str>, is_value: bool| {
            sketcher.digest(&format!("{name}\u{0}{}", if is_value { "value" } else { "label" }), label)
        };
        let raw = self.quasi.iter().map(|quasi| {
            let leaf = quasi
                .hierarchy
                .levels
                .first()
                .and_then(|level| level.labels.get(quasi.field(tuple) as usize));
            digest(&quasi.name, leaf.and_then(|leaf| leaf.as_deref()), true)
        });
        let class = self.placed(tuple);
        let shown = self.quasi.iter().enumerate().map(|(place, quasi)| {
            let (label, is_value) = self.shown(place, class)?;
            Some(digest(&quasi.name, label.as_deref(), is_value))
        });
        (raw.collect(), shown.collect())
    }

    /// The quasi-identifying columns, in the order of a trace.
    pub fn quasi_identifiers(&self) -> Vec<String> {
        self.quasi.iter().map(|quasi| quasi.name.clone()).collect()
    }

    /// Recodes one batch into arrays of its own: no buffer of the input is shared with the output.
    ///
    /// The order of rows is the input's; whoever writes must sort (`publishing.md` section 2).
    ///
    /// # Errors
    /// `plan-mismatch` when a quasi-identifier holds a value that the plan has not seen, `column-absent`, `column-type`.
    pub fn apply(&self, batch: &RecordBatch) -> Result<RecordBatch, Refusal> {
        let packed = tuples::pack(batch, &self.quasi)?;
        let placed: Vec<Placed> = packed.into_iter().map(|tuple| self.placed(tuple)).collect();
        let is_kept = |row: &usize| !self.left_out || placed.get(*row) != Some(&Placed::Suppressed);
        let rows: Vec<usize> = (0..batch.num_rows()).filter(is_kept).collect();
        let mut fields = Vec::new();
        let mut arrays: Vec<ArrayRef> = Vec::new();
        for (column, place) in self.published() {
            let means = self.means.iter().find(|means| means.column == column.name);
            let array = match (place.filter(|place| self.is_text(*place)), means) {
                (Some(place), _) => self.labels(place, &rows, &placed),
                (None, Some(means)) => means.array(rows.iter().filter_map(|row| placed.get(*row).copied())),
                (None, None) => {
                    let source = tuples::array_of(batch, &column.name)?;
                    fresh::copy(source, &rows).ok_or_else(|| tuples::unreadable(&column.name))?
                }
            };
            fields.push(Field::new(&column.name, fresh::kind(array.data_type()), true));
            arrays.push(array);
        }
        let options = RecordBatchOptions::new().with_row_count(Some(rows.len()));
        RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), arrays, &options).map_err(|_| {
            let message = Text::new("den skyddade tabellen kunde inte byggas", "the protected table could not be built");
            Refusal::new("plan-apply", RefusalKind::Internal, "", message)
        })
    }

    /// The labels of one column; `*` in suppressed rows.
    fn labels(&self, place: usize, rows: &[usize], placed: &[Placed]) -> ArrayRef {
        let mut known: HashMap<Placed, Option<String>> = HashMap::new();
        let mut labels = StringBuilder::new();
        for class in rows.iter().filter_map(|row| placed.get(*row)) {
            match class {
                Placed::Suppressed => labels.append_value(STAR),
                class => labels.append_option(
                    known
                        .entry(*class)
                        .or_insert_with(|| self.shown(place, *class).and_then(|(label, _)| label))
                        .as_deref(),
                ),
            }
        }
        Arc::new(labels.finish())
    }
}

/// Where a row belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Placed {
    Suppressed,
    /// In the class of a node, by its tuple at the node's levels.
    At(u128),
    /// In a class with levels of its own.
    In(u32),
}

/// Where the rows with a tuple of leaves belong.
pub(super) fn placed(quasi: &[Quasi], node: &[usize], outliers: &HashSet<u128>, recoded: Option<&Recoded>, tuple: u128) -> Placed {
    if let Some(recoded) = recoded {
        return recoded.class(tuple).map_or(Placed::Suppressed, Placed::In);
    }
    let shown = tuples::generalise(quasi, node, tuple);
    if outliers.contains(&shown) {
        Placed::Suppressed
    } else {
        Placed::At(shown)
    }
}

/// Tells what the second step and the means came to.
pub(super) fn tell(facts: &mut ProtectionFacts, recoded: Option<&Recoded>, means: &[Means], left_out: bool) {
    if let Some(recoded) = recoded {
        facts.loss = recoded.loss;
        facts.suppressed_rows = recoded.suppressed;
        facts.rows_out = facts.rows_in - if left_out { recoded.suppressed } else { 0 };
        facts.recoding = Some(recoded.facts.clone());
    }
    for column in &mut facts.columns {
        if means.iter().any(|means| means.column == column.column) {
            column.action = "microaggregate".to_owned();
        }
    }
    facts.microaggregated = means.iter().map(|means| means.facts.clone()).collect();
}
