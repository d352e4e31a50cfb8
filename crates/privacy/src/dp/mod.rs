//! Tables under differential privacy (`privacy.md` section 4): what each unit may bring, the whole numbers that follow, and what one unit can
//! change in them.
//!
//! In: rows in batches, the tables of a policy and its public lists of groups. Out: vectors of whole numbers with their sensitivity, for another
//! to add noise to; then, from the noised ones, the published rows and what is told of them. It draws nothing and keeps no account: it never sees
//! a budget, and it counts no row that is not on the lists. No number of the data leaves it but the vectors.

mod bound;
mod error;
mod policy;
mod published;

use std::collections::BTreeMap;

use arrow::array::RecordBatch;
use fyr_model::dp::{Amount, DpFacts, DpPolicy, Groups, Measure, Vector, epsilon_of};
use fyr_model::finding::Refusal;
use fyr_model::privacy::PrivacyPolicy;
use fyr_model::table::Column;
use fyr_model::tabulate::TablePolicy;
use fyr_model::text::Text;

use bound::Intake;
use policy::Asked;
pub use published::{Published, RESERVED};

/// Takes in rows, bounds what each unit brings, and gives the numbers to be noised.
#[derive(Debug)]
pub struct Bounded {
    asked: Asked,
    intake: Intake,
}

impl Bounded {
    /// Checks the policy against the columns of the rows. `files` holds the texts of files that `groups` names.
    ///
    /// # Errors
    /// `dp-missing`, `dp-invalid`, `dp-groups`, `column-absent`, and those of roles.
    pub fn new(columns: &[Column], policy: &PrivacyPolicy, files: &BTreeMap<String, String>) -> Result<Self, Refusal> {
        crate::plan::roles_of(columns, policy)?;
        let asked = policy::asked(columns, policy, files)?;
        Ok(Self {
            intake: Intake::new(&asked),
            asked,
        })
    }

    /// Takes in rows.
    ///
    /// # Errors
    /// `column-absent`, `column-type`.
    pub fn take(&mut self, batch: &RecordBatch) -> Result<(), Refusal> {
        self.intake.take(&self.asked, batch)
    }

    /// What the release spends in all.
    pub fn cost(&self) -> Amount {
        self.asked.cost
    }

    /// The true numbers, what one unit can change in them, and what each may spend.
    pub fn vectors(&self) -> Vec<Vector> {
        self.intake.vectors(&self.asked)
    }

    /// The published rows made of noised vectors, in the order of [`Bounded::vectors`].
    ///
    /// # Errors
    /// `dp-answer` when the vectors are not those that were asked for.
    pub fn published(&self, noised: &[Vec<i64>]) -> Result<Published, Refusal> {
        published::published(&self.asked, noised)
    }

    /// What is told of the release: nothing here depends on the rows.
    pub fn facts(&self) -> DpFacts {
        let asked = &self.asked;
        let delta = asked.delta.unwrap_or(0.0);
        let rho = (asked.cost.measure == Measure::Rho).then(|| asked.cost.value());
        DpFacts {
            dataset: asked.dataset.clone(),
            unit: asked.unit.clone(),
            neighbours: Text::new(
                format!(
                    "vad som än räknas ut av svaret blir nästan lika sannolikt om alla rader från en enhet ({}) läggs till eller tas bort",
                    asked.unit
                ),
                format!(
                    "whatever is worked out from the answer stays almost as likely when all rows of one unit ({}) are added or taken away",
                    asked.unit
                ),
            ),
            mechanism: mechanism(asked.cost.measure).to_owned(),
            epsilon: rho.map_or(asked.cost.value(), |rho| epsilon_of(rho, delta)),
            rho,
            delta,
            tables: asked.tables.iter().map(|table| error::told(asked, table)).collect(),
        }
    }
}

/// The mechanism that an amount of each measure is spent by.
fn mechanism(measure: Measure) -> &'static str {
    match measure {
        Measure::Epsilon => "discrete-laplace",
        Measure::Rho => "discrete-gaussian",
    }
}

/// The budget of an account as its policy states it.
///
/// # Errors
/// `dp-invalid`.
pub fn budget(dp: &DpPolicy) -> Result<Amount, Refusal> {
    policy::budget(dp)
}

/// The files that a policy's groups are read from.
pub fn group_files(dp: &DpPolicy) -> impl Iterator<Item = &str> {
    dp.groups.values().filter_map(|groups| match groups {
        Groups::Listed(_) => None,
        Groups::File(name) => Some(name.as_str()),
    })
}

/// Whether a table states a key of `dp`.
pub(crate) fn asks(table: &TablePolicy) -> bool {
    table.statistic.is_some()
        || table.clamp.is_some()
        || table.step.is_some()
        || table.edges.is_some()
        || table.quantiles.is_some()
        || table.share.is_some()
}

/// What is said where noise is not drawn.
pub(crate) fn not_here() -> Text {
    Text::new(
        "method = \"dp\" drar brus mot en budget och görs av fyr tabulate för sig",
        "method = \"dp\" draws noise against a budget and is made by fyr tabulate on its own",
    )
}

#[cfg(test)]
mod tests;
