//! Who can mend what a rule finds, and how much work that is: the profile's data says so, where it says anything.

use fyr_assess::profile::{RuleFacts, Who};
use fyr_model::Text;
use serde::Serialize;

/// Who and how much.
#[derive(Debug, Clone, Serialize)]
pub struct Duty {
    /// Who can mend it.
    pub who: Text,
    /// How much work it is for one record.
    pub effort: Text,
    /// Whether it is the system's supplier.
    #[serde(skip)]
    pub supplier: bool,
}

impl Duty {
    /// What the profile says of a rule.
    pub fn of(facts: &RuleFacts) -> Self {
        Self {
            who: facts.who.label(),
            effort: facts.effort.label(),
            supplier: facts.who == Who::Supplier,
        }
    }
}
