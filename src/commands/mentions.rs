//! What the columns of a table mention: municipalities, agencies, laws and days, by the codes of public lists (`fyr scan --entities`).

use fyr_curate::Inspected;
use fyr_model::Refusal;
use fyr_privacy::entities::EntityColumn;
use serde::Serialize;

use super::{Bench, Door};

/// The mentions of one kind in one column.
#[derive(Debug, Serialize)]
pub struct EntityBody {
    /// The column.
    pub column: String,
    /// `municipality`, `agency`, `law` or `date`.
    pub kind: &'static str,
    /// The list that the codes stand in.
    pub list: &'static str,
    /// Mentions.
    pub matches: u64,
    /// Rows with one or more.
    pub rows: u64,
    /// Different codes.
    pub different: u64,
    /// The most common codes; none of a column that points out persons.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub codes: Vec<CodeBody>,
}

/// A code and how often it is mentioned.
#[derive(Debug, Serialize)]
pub struct CodeBody {
    /// The code in its list.
    pub code: String,
    /// Mentions.
    pub count: u64,
}

/// Reads the staged table once more and counts what its texts mention.
pub async fn mentions(door: &Door, bench: &Bench, read: &Inspected) -> Result<Vec<EntityBody>, Refusal> {
    let facts = read.table.facts();
    let mut columns: Vec<EntityColumn> = facts.report.columns.iter().map(|_| EntityColumn::default()).collect();
    let engine = bench.engine(door)?;
    for batch in engine.read(std::slice::from_ref(&facts.path), &[]).await? {
        for (column, known) in columns.iter_mut().zip(&facts.report.columns) {
            if let Some(array) = batch.column_by_name(&known.name) {
                column.observe(array);
            }
        }
    }
    let mut found = Vec::new();
    for (column, known) in columns.into_iter().zip(&facts.report.columns) {
        let private = read
            .detections
            .iter()
            .any(|one| one.column == known.name && one.verdict == "direct");
        found.extend(column.finish().into_iter().map(|one| {
            EntityBody {
                column: known.name.clone(),
                kind: one.kind.as_str(),
                list: one.list.as_str(),
                matches: one.matches,
                rows: one.rows,
                different: one.different,
                codes: one
                    .codes
                    .into_iter()
                    .filter(|_| !private)
                    .map(|(code, count)| CodeBody { code, count })
                    .collect(),
            }
        }));
    }
    Ok(found)
}
