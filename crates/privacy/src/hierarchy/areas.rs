//! DeSO with RegSO between them and their municipalities, by a list of one year's division.
//!
//! In: the text of a list, a DeSO and its RegSO on each line, and the DeSO of the data. Out: RegSO, municipality, county, NUTS 2, NUTS 1 and `*`
//! above each. Which RegSO a DeSO belongs to cannot be seen in its code and is not the same every year, so no list stands in the program.
//!
//! Source of the forms: SCB, DeSO and RegSO, key files by year.

use std::collections::HashMap;

use fyr_model::finding::{Position, Refusal};
use fyr_model::text::Text;

use super::built_in::{Area, area};
use super::{Leaves, refusal};

type Rows = Vec<Option<Vec<String>>>;

/// The labels above each DeSO of the data.
pub(super) fn rows(column: &str, text: &str, leaves: &Leaves) -> Result<Rows, Refusal> {
    let list = parse(column, text)?;
    let (mut unread, mut absent) = (0u64, 0u64);
    let rows = leaves
        .values
        .iter()
        .map(|value| {
            let value = value.as_deref()?;
            let Some(mut labels) = area(value, Area::Deso) else {
                unread += 1;
                return None;
            };
            let Some(regso) = list.get(value) else {
                absent += 1;
                return None;
            };
            labels.insert(0, regso.clone());
            Some(labels)
        })
        .collect();
    if unread > 0 {
        return Err(refusal(
            "hierarchy-value",
            column,
            format!("{unread} olika värden är inga DeSO-koder"),
            format!("{unread} different values are no DeSO codes"),
        ));
    }
    if absent > 0 {
        return Err(refusal(
            "hierarchy-missing-leaf",
            column,
            format!("{absent} olika DeSO i data saknas i listan"),
            format!("{absent} different DeSO of the data are not in the list"),
        )
        .hint(Text::new(
            "använd listan för det år som indelningen i data gäller",
            "use the list of the year that the division of the data is of",
        )));
    }
    Ok(rows)
}

/// A DeSO and its RegSO by line, `;`, `,` or tab between, the first that fits each; other columns and a header are passed over.
fn parse(column: &str, text: &str) -> Result<HashMap<String, String>, Refusal> {
    let mut list: HashMap<String, String> = HashMap::new();
    for (number, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
        let cells: Vec<&str> = line.split([';', ',', '\t']).map(|cell| cell.trim().trim_matches('"')).collect();
        let first = |of: Area| cells.iter().find(|cell| area(cell, of).is_some());
        let (deso, regso) = match (first(Area::Deso), first(Area::Regso)) {
            (Some(deso), Some(regso)) => (*deso, *regso),
            (None, None) => continue,
            _ => {
                return Err(wrong(
                    column,
                    number,
                    "raden har en DeSO utan RegSO",
                    "the line has a DeSO without a RegSO",
                ));
            }
        };
        if deso.get(..4) != regso.get(..4) {
            return Err(wrong(
                column,
                number,
                "DeSO och RegSO ligger i olika kommuner",
                "DeSO and RegSO lie in different municipalities",
            ));
        }
        if list.insert(deso.to_owned(), regso.to_owned()).is_some_and(|known| known != regso) {
            return Err(wrong(column, number, "en DeSO har två RegSO", "a DeSO has two RegSO"));
        }
    }
    Ok(list)
}

fn wrong(column: &str, line: usize, sv: &str, en: &str) -> Refusal {
    let position = Position {
        line: line as u64 + 1,
        ..Position::default()
    };
    refusal("hierarchy-list", column, sv.into(), en.into()).at(position)
}
