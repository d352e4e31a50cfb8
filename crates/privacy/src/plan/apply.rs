//! Recoding: a plan carried out on one batch at a time.
//!
//! In: batches of the table that was planned for. Out: batches as they may be published, in arrays of their own.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, RecordBatch, RecordBatchOptions, StringArray};
use arrow::datatypes::{DataType, Field, Schema};
use fyr_model::finding::{Refusal, RefusalKind};
use fyr_model::privacy::{Model, ProtectionFacts, Role};
use fyr_model::table::{Column, ColumnType};
use fyr_model::text::Text;

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
        stars || self.node.get(place).is_some_and(|level| *level > 0)
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
            let shown = tuples::generalise(&self.quasi, &self.node, tuple);
            let digests = |tuple: u128, node: Option<&[usize]>| -> Vec<u64> {
                let digest = |(place, quasi): (usize, &Quasi)| {
                    let level = node.and_then(|node| node.get(place)).copied().unwrap_or(0);
                    let labels = quasi
                        .hierarchy
                        .levels
                        .get(level)
                        .map(|level| level.labels.as_slice())
                        .unwrap_or_default();
                    let label = labels.get(quasi.field(tuple) as usize).cloned().flatten();
                    // A value as it stands and a label above it are told apart even where they read the same.
                    sketcher.digest(
                        &format!("{}\u{0}{}", quasi.name, if level == 0 { "value" } else { "label" }),
                        label.as_deref(),
                    )
                };
                self.quasi.iter().enumerate().map(digest).collect()
            };
            let group = Group {
                raw: digests(tuple, None),
                shown: (!self.outliers.contains(&shown)).then(|| digests(shown, Some(&self.node))),
                rows: 1,
            };
            groups.insert(tuple, group);
        }
        Ok(())
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
        let mut packed = tuples::pack(batch, &self.quasi)?;
        for tuple in &mut packed {
            *tuple = tuples::generalise(&self.quasi, &self.node, *tuple);
        }
        let hidden: Vec<bool> = packed.iter().map(|tuple| self.outliers.contains(tuple)).collect();
        let is_outlier = |row: &usize| hidden.get(*row).copied().unwrap_or(false);
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
