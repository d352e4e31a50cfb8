//! Who can mend what a rule finds, and how much work that is: the profile's data says so, where it says anything.

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

/// What is known of a rule. Rules carry no role yet, so nothing is said of who: reports then leave it out, and the letter lists every cause.
pub(super) fn of(_rule: &str) -> Option<Duty> {
    None
}
