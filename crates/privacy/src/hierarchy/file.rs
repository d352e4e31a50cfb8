//! Hierarchy files: one row per leaf, one column per level, no header, `;` between (`privacy.md` 2.5).

use std::collections::{BTreeMap, BTreeSet, HashMap};

use fyr_model::finding::{Position, Refusal};
use fyr_model::text::Text;

use super::{Domain, Leaves, refusal};

type Rows = Vec<Option<Vec<String>>>;

/// The labels above each leaf, and how many leaves of the file each label stands for.
pub(super) fn rows(column: &str, text: &str, leaves: &Leaves) -> Result<(Rows, Domain), Refusal> {
    let table = parse(column, text)?;
    let mut domain: Domain = vec![HashMap::new(); table.values().map(Vec::len).max().unwrap_or(0)];
    for row in table.values() {
        for (labels, label) in domain.iter_mut().zip(row) {
            *labels.entry(label.clone()).or_insert(0) += 1;
        }
    }
    let mut absent = 0u64;
    let rows = leaves
        .values
        .iter()
        .map(|value| {
            let Some(value) = value else { return None };
            let row = table.get(value.as_str());
            absent += u64::from(row.is_none());
            row.cloned()
        })
        .collect();
    if absent > 0 {
        return Err(refusal(
            "hierarchy-missing-leaf",
            column,
            format!("{absent} olika värden i data saknar rad"),
            format!("{absent} different values of the data have no row"),
        )
        .hint(Text::new("lägg till raderna i hierarkifilen", "add the rows to the hierarchy file")));
    }
    Ok((rows, domain))
}

fn parse(column: &str, text: &str) -> Result<HashMap<String, Vec<String>>, Refusal> {
    let mut table: HashMap<String, Vec<String>> = HashMap::new();
    // Per level, the parent of each label and the line that said so.
    let mut parents: Vec<HashMap<String, String>> = Vec::new();
    let mut width = 0;
    let at = |line: usize| Position {
        line: line as u64 + 1,
        ..Position::default()
    };
    for (line, row) in text
        .trim_start_matches('\u{feff}')
        .lines()
        .enumerate()
        .filter(|(_, row)| !row.trim().is_empty())
    {
        let cells: Vec<String> = row.split(';').map(unquoted).collect();
        if width == 0 {
            width = cells.len();
            parents.resize_with(width.saturating_sub(1), HashMap::new);
        }
        if cells.len() != width {
            let (sv, en) = (
                format!("rad {} har {} nivåer, den första har {width}", line + 1, cells.len()),
                format!("line {} has {} levels, the first has {width}", line + 1, cells.len()),
            );
            return Err(refusal("hierarchy-row-length", column, sv, en).at(at(line)));
        }
        for (level, (pair, known)) in cells.windows(2).zip(&mut parents).enumerate() {
            let [child, parent] = pair else { continue };
            if known.entry(child.clone()).or_insert_with(|| parent.clone()) != parent {
                let (sv, en) = (
                    format!("rad {} ger ett värde på nivå {level} en andra överordnad", line + 1),
                    format!("line {} gives a value of level {level} a second parent", line + 1),
                );
                return Err(refusal("hierarchy-two-parents", column, sv, en).at(at(line)));
            }
        }
        let mut cells = cells.into_iter();
        let leaf = cells.next().unwrap_or_default();
        if table.insert(leaf, cells.collect()).is_some() {
            let (sv, en) = (
                format!("rad {} upprepar ett värde som redan har en rad", line + 1),
                format!("line {} repeats a leaf that has a row already", line + 1),
            );
            return Err(refusal("hierarchy-duplicate-leaf", column, sv, en).at(at(line)));
        }
    }
    if is_cyclic(&parents) {
        return Err(refusal(
            "hierarchy-cycle",
            column,
            "ett värde blir över flera nivåer sitt eget överordnade".into(),
            "a value becomes its own parent over several levels".into(),
        ));
    }
    let tops: BTreeSet<&String> = table.iter().filter_map(|(leaf, row)| row.last().or(Some(leaf))).collect();
    match tops.len() {
        0 => Err(refusal(
            "hierarchy-empty",
            column,
            "filen är tom".into(),
            "the file is empty".into(),
        )),
        1 => Ok(table),
        n => Err(refusal(
            "hierarchy-top",
            column,
            format!("den sista nivån har {n} värden i stället för ett"),
            format!("the last level has {n} values instead of one"),
        )),
    }
}

/// Whether a label comes back above another that stands above it; a label that only stays the same does not.
fn is_cyclic(parents: &[HashMap<String, String>]) -> bool {
    let mut above: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (child, parent) in parents.iter().flatten().filter(|(child, parent)| child != parent) {
        above.entry(child).or_default().insert(parent);
    }
    // Labels with nothing above them are taken away until none is left; what stays goes in circles.
    loop {
        let before = above.len();
        let known: BTreeSet<&str> = above.keys().copied().collect();
        above.retain(|_, parents| parents.iter().any(|parent| known.contains(parent)));
        if above.len() == before {
            return !above.is_empty();
        }
    }
}

fn unquoted(cell: &str) -> String {
    let cell = cell.trim();
    match cell.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        Some(inner) => inner.replace("\"\"", "\""),
        None => cell.to_owned(),
    }
}
