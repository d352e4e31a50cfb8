//! How the score is made: bands, gates and all indicators from the rule file, and what metadata quality (MQA) is beside it.

use std::sync::LazyLock;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use fyr_model::Text;
use fyr_model::readiness::{DIMENSIONS, DimensionScore};
use serde::Deserialize;

use super::score;
use crate::chrome::{Page, Part, Reader};
use crate::draw::light::{Light, Size};
use crate::http;
use crate::serve::{App, Asked};
use crate::words::{self, Markup};

/// The rule file that `assess` scores by, read for what it tells people.
#[derive(Debug, Default, Deserialize)]
struct Rules {
    #[serde(default)]
    version: String,
    #[serde(default)]
    gate: Vec<GateRule>,
    #[serde(default)]
    indicator: Vec<Rule>,
}

#[derive(Debug, Deserialize)]
struct GateRule {
    id: String,
    at_most: Option<f64>,
    reason: Text,
}

#[derive(Debug, Deserialize)]
struct Rule {
    id: String,
    dimension: String,
    weight: f64,
    name: Text,
    raise_it: Text,
    effort: String,
    from: Option<String>,
}

static RULES: LazyLock<Rules> =
    LazyLock::new(|| toml::from_str(include_str!("../../../../sql/score/readiness-2026.toml")).unwrap_or_default());

struct Group {
    name: String,
    weight: String,
    rows: Vec<RuleView>,
}

struct RuleView {
    id: String,
    name: String,
    weight: String,
    raise: String,
    effort: &'static str,
    from: String,
}

#[derive(askama::Template)]
#[template(path = "method.html")]
struct Method {
    page: Page,
    light_wide: Markup,
    light_narrow: Markup,
    legend: Vec<(Markup, &'static str)>,
    version: String,
    count: usize,
    gates: Vec<(String, String, String)>,
    groups: Vec<Group>,
}

/// `/metod` and `/method`.
pub async fn get(State(app): State<App>, Asked(reader): Asked) -> Response {
    http::page(StatusCode::OK, &page(&reader, app.demo()))
}

fn page(reader: &Reader, demo: bool) -> Method {
    let rules = &*RULES;
    let light = example(reader);
    let gate = |gate: &GateRule| {
        let effect = match gate.at_most {
            Some(most) => format!("{} {}", reader.t("högst", "at most"), words::value(reader.lang, most)),
            None => reader.t("poängen visas inte", "the score is not shown").to_owned(),
        };
        (gate.id.clone(), gate.reason.get(reader.lang).to_owned(), effect)
    };
    Method {
        page: Page::new(reader, Part::Method, reader.t("Metod och vikter", "Method and weights"), demo),
        light_wide: light.draw(Size::Labelled, "light"),
        light_narrow: light.draw(Size::Bare, "light-n"),
        legend: score::legend(reader),
        version: rules.version.clone(),
        count: rules.indicator.len(),
        gates: rules.gate.iter().map(gate).collect(),
        groups: DIMENSIONS
            .iter()
            .map(|(code, sv, en)| group(reader, code, reader.t(sv, en)))
            .collect(),
    }
}

fn group(reader: &Reader, code: &str, name: &str) -> Group {
    let own: Vec<&Rule> = RULES.indicator.iter().filter(|rule| rule.dimension == code).collect();
    let view = |rule: &&Rule| RuleView {
        id: rule.id.clone(),
        name: rule.name.get(reader.lang).to_owned(),
        weight: words::value(reader.lang, rule.weight),
        raise: super::findings::sentence(rule.raise_it.get(reader.lang)),
        effort: score::effort_word(reader, &rule.effort),
        from: rule.from.clone().unwrap_or_default(),
    };
    Group {
        name: name.to_owned(),
        weight: words::value(reader.lang, own.iter().map(|rule| rule.weight).sum()),
        rows: own.iter().map(view).collect(),
    }
}

/// An invented light that shows every sign.
fn example(reader: &Reader) -> Light {
    let shares = [
        (12.0, 0.75, 0.0),
        (12.0, 0.5, 0.25),
        (14.0, 0.93, 0.0),
        (14.0, 0.52, 0.0),
        (18.0, 0.86, 0.0),
        (14.0, 0.71, 0.0),
        (10.0, 1.0, 0.0),
        (6.0, 0.3, 0.0),
    ];
    let dimensions: Vec<(&str, DimensionScore)> = DIMENSIONS
        .iter()
        .zip(shares)
        .map(|((code, _, _), (max, f, m))| {
            (
                *code,
                DimensionScore {
                    points: max * f,
                    max,
                    not_measured: max * m,
                },
            )
        })
        .collect();
    let won: f64 = dimensions.iter().map(|(_, one)| one.points).sum();
    Light {
        sectors: score::sectors(reader.lang, &dimensions, false),
        number: words::score(reader.lang, won),
        line: reader.t("av 100", "of 100").into(),
        gated: false,
        withheld: false,
        title: reader
            .t("Ett påhittat exempel på ljuset", "An invented example of the light")
            .into(),
        desc: reader
            .t(
                "Åtta sektorer runt en lampa med poängen.",
                "Eight sectors round a lamp with the score.",
            )
            .into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rule_file_tells_people_all_44_indicators() {
        assert_eq!(RULES.indicator.len(), 44);
        assert_eq!(RULES.gate.len(), 4);
        assert!((RULES.indicator.iter().map(|rule| rule.weight).sum::<f64>() - 100.0).abs() < 1e-9);
    }
}
