//! From what an API says of a table to the queries that fetch it whole.
//!
//! The parts are runs of cells in the order of the metadata: the last variables whole, one variable in pieces, those before it value by
//! value. So the answers stand one after the other in the joined table, and none of them needs to be held beside another.

use std::path::Path;

use fyr_model::limits::TableLimits;
use fyr_model::{Refusal, Text};

use super::{Part, Plan, PlanWork, Variable, Version, open};
use crate::refuse;
use crate::stage::json_text::{Event, JsonText, Node};

/// Queries of one table (H08).
const PARTS_MAX: u64 = 10_000;
/// Cells of an answer, however much the API allows: an answer is held in memory.
const CELLS_MAX: u64 = 500_000;
/// What holds when an API does not state its limits: Statistics Sweden's first ones.
const CELLS_USUAL: u64 = 10_000;
const CALLS_USUAL: u32 = 10;
const WINDOW_USUAL: u64 = 10;
/// Longer than an hour no window is believed.
const WINDOW_MAX: u64 = 3_600;

/// Bytes of a description of a table; more is a file of data.
const DESCRIPTION_BYTES_MAX: u64 = 16 << 20;

/// Whether the metadata is that of a table: then its limits are worth asking for.
///
/// # Errors
/// When the file cannot be read.
pub fn is_table(work: &PlanWork) -> Result<bool, Refusal> {
    let metadata = document(&work.metadata, &work.name, &work.limits)?;
    Ok(metadata.and_then(|metadata| variables(&metadata, work.version)).is_some())
}

/// Plans the queries of a table; nothing where the metadata is not that of a table.
///
/// # Errors
/// `pxweb-too-large` for a table of more cells or queries than the limits allow.
pub fn plan(work: &PlanWork) -> Result<Option<Plan>, Refusal> {
    let Some(metadata) = document(&work.metadata, &work.name, &work.limits)? else {
        return Ok(None);
    };
    let Some(variables) = variables(&metadata, work.version) else {
        return Ok(None);
    };
    let config = match &work.config {
        Some(path) => document(path, &work.name, &work.limits)?,
        None => None,
    };
    let (cells_max, calls_max, window_seconds) = limits(config.as_ref());
    let sizes: Vec<usize> = variables.iter().map(|variable| variable.values.len()).collect();
    let cells = sizes.iter().fold(1u64, |product, size| product.saturating_mul(*size as u64));
    if cells > work.limits.cells_max {
        let limit = work.limits.cells_max;
        return Err(too_large(
            &work.name,
            format!("{cells} celler, fler än {limit}"),
            format!("{cells} cells, more than {limit}"),
        ));
    }
    let parts = split(&sizes, cells_max).ok_or_else(|| {
        let (sv, en) = (format!("fler än {PARTS_MAX} frågor"), format!("more than {PARTS_MAX} queries"));
        too_large(&work.name, sv, en)
    })?;
    Ok(Some(Plan {
        version: work.version,
        variables,
        parts,
        calls_max,
        window_seconds,
    }))
}

fn too_large(name: &str, sv: String, en: String) -> Refusal {
    refuse::unreadable(
        "pxweb-too-large",
        name,
        format!("tabellen kräver {sv}"),
        format!("the table needs {en}"),
    )
    .hint(Text::new(
        "ange en fråga om en del av tabellen som distributionens adress",
        "give a query for a part of the table as the distribution's address",
    ))
}

/// The document of a description; nothing where it is no JSON object.
fn document(path: &Path, name: &str, limits: &TableLimits) -> Result<Option<Node>, Refusal> {
    let file = open(path, name)?;
    if file.metadata().map_err(|error| refuse::io(name, error))?.len() > DESCRIPTION_BYTES_MAX {
        return Ok(None);
    }
    let mut json = JsonText::new(file, limits, name);
    let Ok(Event::BeginObject) = json.next() else { return Ok(None) };
    Ok(json.node(Event::BeginObject).ok())
}

/// The variables of a table, or nothing where this is no metadata of one.
fn variables(metadata: &Node, version: Version) -> Option<Vec<Variable>> {
    let found = match version {
        Version::One => first(metadata)?,
        Version::Two => second(metadata)?,
    };
    let whole = |variable: &Variable| !variable.values.is_empty() && variable.values.len() == variable.labels.len();
    (!found.is_empty() && found.iter().all(whole)).then_some(found)
}

fn texts(node: &Node) -> Option<Vec<String>> {
    let Node::List(items) = node else { return None };
    items.iter().map(|item| item.text().map(str::to_owned)).collect()
}

/// `variables` of the first version, each with `values` and `valueTexts`.
fn first(metadata: &Node) -> Option<Vec<Variable>> {
    let Node::List(items) = metadata.get("variables")? else {
        return None;
    };
    let variable = |item: &Node| {
        let code = item.get("code")?.text()?;
        let values = texts(item.get("values")?)?;
        Some(Variable {
            code: code.to_owned(),
            label: item.get("text").and_then(Node::text).unwrap_or(code).to_owned(),
            time: item.get("time") == Some(&Node::Boolean(true)),
            metric: code.eq_ignore_ascii_case("ContentsCode"),
            labels: item.get("valueTexts").and_then(texts).unwrap_or_else(|| values.clone()),
            values,
        })
    };
    items.iter().map(variable).collect()
}

/// The dimensions of a JSON-stat document, as the second version gives its metadata.
fn second(metadata: &Node) -> Option<Vec<Variable>> {
    let ids = texts(metadata.get("id")?)?;
    let role = |name: &str| {
        metadata
            .get("role")
            .and_then(|role| role.get(name))
            .and_then(texts)
            .unwrap_or_default()
    };
    let (times, metrics) = (role("time"), role("metric"));
    let variable = |id: &String| {
        let dimension = metadata.get("dimension")?.get(id)?;
        let values = codes(dimension)?;
        let label = |code: &String| {
            let label = dimension.get("category").and_then(|category| category.get("label")?.get(code));
            label.and_then(Node::text).unwrap_or(code).to_owned()
        };
        Some(Variable {
            code: id.clone(),
            label: dimension.get("label").and_then(Node::text).unwrap_or(id).to_owned(),
            time: times.contains(id),
            metric: metrics.contains(id),
            labels: values.iter().map(label).collect(),
            values,
        })
    };
    ids.iter().map(variable).collect()
}

/// The codes of a dimension's categories in their order.
pub(super) fn codes(dimension: &Node) -> Option<Vec<String>> {
    let category = dimension.get("category")?;
    match (category.get("index"), category.get("label")) {
        (Some(list @ Node::List(_)), _) => texts(list),
        (Some(Node::Object(members)), _) => {
            let mut places: Vec<(u64, &String)> = members
                .iter()
                .map(|(code, place)| match place {
                    Node::Number(number) => Some((number.parse().ok()?, code)),
                    _ => None,
                })
                .collect::<Option<_>>()?;
            places.sort();
            Some(places.into_iter().map(|(_, code)| code.clone()).collect())
        }
        // A dimension of one category may leave out its index.
        (None, Some(Node::Object(members))) if members.len() == 1 => Some(members.iter().map(|(code, _)| code.clone()).collect()),
        _ => None,
    }
}

/// Cells of a query, calls in a window, seconds of the window: as stated, within what can be believed.
fn limits(config: Option<&Node>) -> (u64, u32, u64) {
    let number = |names: &[&str]| {
        let found = names.iter().filter_map(|name| match config?.get(name)? {
            Node::Number(text) => text.parse::<u64>().ok().filter(|number| *number > 0),
            _ => None,
        });
        found.min()
    };
    let cells = number(&["maxCells", "maxValues", "maxDataCells"]).unwrap_or(CELLS_USUAL);
    let calls = number(&["maxCalls", "maxCallsPerTimeWindow"]).and_then(|calls| u32::try_from(calls).ok());
    let window = number(&["timeWindow"]).unwrap_or(WINDOW_USUAL);
    (cells.min(CELLS_MAX), calls.unwrap_or(CALLS_USUAL), window.min(WINDOW_MAX))
}

/// Runs of cells of at most so many; nothing when there would be too many of them.
fn split(sizes: &[usize], cells_max: u64) -> Option<Vec<Part>> {
    // The variable that is cut: those after it go whole into every part.
    let mut whole = 1u64;
    let mut cut = sizes.len();
    while let Some(size) = cut.checked_sub(1).and_then(|before| sizes.get(before)) {
        if whole.saturating_mul(*size as u64) > cells_max {
            break;
        }
        (whole, cut) = (whole * *size as u64, cut - 1);
    }
    let Some(at) = cut.checked_sub(1) else {
        let ranges = sizes.iter().map(|size| (0, *size)).collect();
        return Some(vec![Part { ranges }]);
    };
    let piece = usize::try_from(cells_max / whole).unwrap_or(usize::MAX).max(1);
    let pieces = sizes.get(at)?.div_ceil(piece) as u64;
    let outer = sizes.get(..at)?;
    let count = outer.iter().fold(pieces, |product, size| product.saturating_mul(*size as u64));
    if count > PARTS_MAX {
        return None;
    }
    let mut parts = Vec::new();
    for number in 0..count {
        let (mut rest, from) = (number / pieces, usize::try_from(number % pieces).ok()? * piece);
        let mut ranges: Vec<(usize, usize)> = sizes.iter().map(|size| (0, *size)).collect();
        for (range, size) in ranges.iter_mut().take(at).rev().zip(outer.iter().rev()) {
            let place = usize::try_from(rest % *size as u64).ok()?;
            (*range, rest) = ((place, place + 1), rest / *size as u64);
        }
        *ranges.get_mut(at)? = (from, (from + piece).min(*sizes.get(at)?));
        parts.push(Part { ranges });
    }
    Some(parts)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The places of all cells of a part, in its order.
    fn cells(part: &Part, sizes: &[usize]) -> Vec<usize> {
        let mut found = vec![0];
        for ((from, to), size) in part.ranges.iter().zip(sizes) {
            found = found
                .iter()
                .flat_map(|before| (*from..*to).map(move |place| before * size + place))
                .collect();
        }
        found
    }

    proptest! {
        /// Whatever the table and the limit, the parts hold every cell once and in order, and none is above the limit.
        #[test]
        fn parts_are_runs_of_cells_below_the_limit(sizes in proptest::collection::vec(1usize..8, 1..5), limit in 1u64..60) {
            let parts = split(&sizes, limit).unwrap();
            let all: Vec<usize> = parts.iter().flat_map(|part| cells(part, &sizes)).collect();
            prop_assert_eq!(all, (0..sizes.iter().product::<usize>()).collect::<Vec<_>>());
            prop_assert!(parts.iter().all(|part| part.cells() <= limit && part.cells() > 0));
        }
    }

    #[test]
    fn a_table_within_the_limit_is_one_query_and_too_many_are_refused() {
        assert_eq!(split(&[3, 4], 12).unwrap().len(), 1);
        assert_eq!(split(&[3, 4], 11).unwrap().len(), 2);
        assert_eq!(split(&[20_000, 2], 2), None);
    }

    #[test]
    fn stated_limits_hold_within_what_can_be_believed() {
        let read = |text: &str| {
            let ours = TableLimits::default();
            let mut json = JsonText::new(text.as_bytes(), &ours, "prov");
            let event = json.next().unwrap();
            limits(Some(&json.node(event).unwrap()))
        };
        assert_eq!(
            read(r#"{"maxValues":5000,"maxCells":100000,"maxCalls":30,"timeWindow":10}"#),
            (5_000, 30, 10)
        );
        assert_eq!(
            read(r#"{"maxDataCells":150000,"maxCallsPerTimeWindow":30,"timeWindow":10}"#),
            (150_000, 30, 10)
        );
        assert_eq!(
            read(r#"{"maxCells":99999999999,"maxCalls":0,"timeWindow":900000}"#),
            (CELLS_MAX, CALLS_USUAL, WINDOW_MAX)
        );
        assert_eq!(limits(None), (CELLS_USUAL, CALLS_USUAL, WINDOW_USUAL));
    }
}
