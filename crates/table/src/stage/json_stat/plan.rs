//! The plan of the cube that a JSON-stat dataset describes: its dimensions, their categories, roles and units.
//!
//! In: the dataset without its values. Out: a [`Cube`]. Whether the values fit is not known here.

use fyr_model::{Refusal, Text};

use super::fault;
use crate::stage::cube::{Cube, Dimension, MEASURES_MAX, Measure, product};
use crate::stage::gather::Gather;
use crate::stage::json_text::Node;

pub(super) fn label(head: &Node) -> Option<String> {
    head.get("label").and_then(Node::text).map(str::to_owned)
}

fn list(node: Option<&Node>) -> Option<Vec<&str>> {
    match node? {
        Node::List(items) => items
            .iter()
            .map(|item| match item {
                Node::Text(text) | Node::Number(text) => Some(text.as_str()),
                _ => None,
            })
            .collect(),
        _ => None,
    }
}

/// A member that lies in the dataset in version 2 and in its dimensions in version 1.
fn member<'n>(head: &'n Node, name: &str) -> Option<&'n Node> {
    head.get(name).or_else(|| head.get("dimension")?.get(name))
}

pub(super) fn sizes(head: &Node) -> Option<Vec<u64>> {
    list(member(head, "size"))?.iter().map(|size| size.parse().ok()).collect()
}

/// The plan of the cube that a dataset describes.
pub(super) fn plan(head: &Node, gather: &Gather<'_>) -> Result<Cube, Refusal> {
    let subject = gather.subject();
    let (Some(ids), Some(sizes)) = (list(member(head, "id")), sizes(head)) else {
        return Err(fault(subject, "id eller size saknas", "id or size is missing"));
    };
    if ids.len() != sizes.len() {
        return Err(fault(subject, "id och size är olika långa", "id and size differ in length"));
    }
    product(sizes.iter().copied(), gather.limits(), subject)?;
    let role = |name: &str| -> Vec<&str> { list(member(head, "role").and_then(|role| role.get(name))).unwrap_or_default() };
    let (times, metrics) = (role("time"), role("metric"));
    let language = head
        .get("extension")
        .and_then(|it| it.get("px"))
        .and_then(|px| px.get("language"))
        .and_then(Node::text);
    let swedish = language
        .or(head.get("lang").and_then(Node::text))
        .is_some_and(|lang| lang.starts_with("sv"));
    let mut dimensions = Vec::new();
    let mut measures = None;
    for (number, (id, size)) in ids.iter().zip(&sizes).enumerate() {
        let category = Category::read(head, id, *size).ok_or_else(|| {
            let number = number + 1;
            fault(
                subject,
                format!("dimension nummer {number} har inte så många kategorier som size säger"),
                format!("dimension number {number} has not as many categories as size says"),
            )
        })?;
        if measures.is_none() && metrics.contains(id) && category.codes.len() <= MEASURES_MAX {
            measures = Some((number, category.measures(description(head))));
            continue;
        }
        dimensions.push(if times.contains(id) {
            Dimension::time(&category.name, category.codes, category.labels, swedish)
        } else {
            Dimension::category(&category.name, Some(category.codes), category.labels, swedish)
        });
    }
    let (measure_at, measures) = measures.unwrap_or_else(|| (0, vec![single(head)]));
    Ok(Cube {
        dimensions,
        measures,
        measure_at,
    })
}

/// The one measure of a dataset without the role `metric`.
fn single(head: &Node) -> Measure {
    let contents = head
        .get("extension")
        .and_then(|it| it.get("px"))
        .and_then(|px| px.get("contents"))
        .and_then(Node::text);
    Measure {
        header: contents.unwrap_or("value").to_owned(),
        description: description(head),
        ..Measure::default()
    }
}

/// The label, the source and the last update. A contact is never part of it.
fn description(head: &Node) -> Option<Text> {
    let text = |name: &str| head.get(name).and_then(Node::text).map(str::trim).filter(|text| !text.is_empty());
    let label = text("label")?;
    let (mut sv, mut en) = (label.to_owned(), label.to_owned());
    if let Some(source) = text("source") {
        sv.push_str(&format!(". Källa: {source}"));
        en.push_str(&format!(". Source: {source}"));
    }
    if let Some(updated) = text("updated") {
        sv.push_str(&format!(". Uppdaterad: {updated}"));
        en.push_str(&format!(". Updated: {updated}"));
    }
    Some(Text::new(sv, en))
}

/// The categories of a dimension.
struct Category<'n> {
    name: String,
    codes: Vec<String>,
    labels: Option<Vec<String>>,
    units: Option<&'n Node>,
}

impl<'n> Category<'n> {
    fn read(head: &'n Node, id: &str, size: u64) -> Option<Self> {
        let dimension = head.get("dimension")?.get(id)?;
        let category = dimension.get("category")?;
        let labels = category.get("label");
        let codes: Vec<String> = match (category.get("index"), labels) {
            (Some(Node::List(_)), _) => list(category.get("index"))?.into_iter().map(str::to_owned).collect(),
            (Some(Node::Object(members)), _) => ordered(members)?,
            // A dimension of one category may leave out its index.
            (None, Some(Node::Object(members))) if members.len() == 1 => members.iter().map(|(code, _)| code.clone()).collect(),
            _ => return None,
        };
        if codes.len() as u64 != size {
            return None;
        }
        let labels = match labels {
            Some(Node::Object(members)) => {
                let by_code: std::collections::HashMap<&str, &Node> = members.iter().map(|(code, label)| (code.as_str(), label)).collect();
                let label = |code: &String| by_code.get(code.as_str()).and_then(|label| label.text()).unwrap_or(code).to_owned();
                Some(codes.iter().map(label).collect())
            }
            _ => None,
        };
        Some(Self {
            name: label(dimension).unwrap_or_else(|| id.to_owned()),
            codes,
            labels,
            units: category.get("unit"),
        })
    }
    fn measures(self, description: Option<Text>) -> Vec<Measure> {
        let measure = |(index, code): (usize, &String)| {
            let unit = self.units.and_then(|units| units.get(code));
            let text = |name: &str| unit.and_then(|unit| unit.get(name)).and_then(Node::text).map(str::to_owned);
            let decimals = unit.and_then(|unit| unit.get("decimals")).and_then(|decimals| match decimals {
                Node::Number(text) => text.parse().ok(),
                _ => None,
            });
            Measure {
                header: self.labels.as_ref().and_then(|labels| labels.get(index)).unwrap_or(code).clone(),
                unit: text("base").or_else(|| text("label")).or_else(|| text("symbol")),
                description: description.clone(),
                decimals,
            }
        };
        self.codes.iter().enumerate().map(measure).collect()
    }
}

/// The names of an index object in the order of their numbers, which are 0 and up without a gap.
fn ordered(members: &[(String, Node)]) -> Option<Vec<String>> {
    let mut places: Vec<Option<String>> = vec![None; members.len()];
    for (code, place) in members {
        let Node::Number(number) = place else { return None };
        let slot = places.get_mut(number.parse::<usize>().ok()?)?;
        if slot.replace(code.clone()).is_some() {
            return None;
        }
    }
    places.into_iter().collect()
}
