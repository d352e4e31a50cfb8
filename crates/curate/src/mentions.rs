//! What the columns of a table mention: municipalities, agencies, laws and days, by the codes of public lists.
//!
//! In: what was counted of each column while the file was read, and what detectors found in it. Out: counts and codes. Of a column that
//! points out persons no code is told: which days or places its cells have would say something of them.

use fyr_model::privacy::PersonalDataFinding;
use fyr_model::table::Column;
use fyr_privacy::entities::{EntityColumn, EntityFinding};
use serde::{Deserialize, Serialize};

/// The mentions of one kind in one column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mentions {
    /// The column.
    pub column: String,
    /// `municipality`, `agency`, `law` or `date`.
    pub kind: String,
    /// The list that the codes stand in.
    pub list: String,
    /// Mentions.
    pub matches: u64,
    /// Rows with one or more.
    pub rows: u64,
    /// Different codes.
    pub different: u64,
    /// The most common codes; none of a column that points out persons.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub codes: Vec<CodeCount>,
}

/// A code and how often it is mentioned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CodeCount {
    /// The code in its list.
    pub code: String,
    /// Mentions.
    pub count: u64,
}

/// What the columns mention, in their order.
pub(crate) fn told(columns: &[Column], counted: Vec<EntityColumn>, detections: &[PersonalDataFinding]) -> Vec<Mentions> {
    let of = |(column, counted): (&Column, EntityColumn)| {
        let direct = |one: &PersonalDataFinding| one.column == column.name && one.verdict == "direct";
        let private = detections.iter().any(direct);
        let name = column.name.clone();
        counted.finish().into_iter().map(move |one| mentions(&name, one, private))
    };
    columns.iter().zip(counted).flat_map(of).collect()
}

fn mentions(column: &str, found: EntityFinding, private: bool) -> Mentions {
    let codes = found.codes.into_iter().filter(|_| !private);
    Mentions {
        column: column.to_owned(),
        kind: found.kind.as_str().to_owned(),
        list: found.list.as_str().to_owned(),
        matches: found.matches,
        rows: found.rows,
        different: found.different,
        codes: codes.map(|(code, count)| CodeCount { code, count }).collect(),
    }
}
