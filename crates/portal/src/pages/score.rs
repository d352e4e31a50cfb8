//! A readiness score as a page shows it: light, bars, next fixes, evidence. Rounding and words are the same everywhere.

use chrono::{DateTime, Utc};
use fyr_model::readiness::{DIMENSIONS, DimensionScore, Gate, Indicator, NextFix, Readiness, Status, band};
use fyr_model::{Lang, RulePack, Text};

use super::proofs::{ProofGroup, proofs};
use crate::chrome::Reader;
use crate::draw::light::{Light, Sector, Size};
use crate::draw::scale::{Segment, Steps, bar, steps};
use crate::words::{self, Markup, escape};

/// One dimension beside the light: the same facts as its sector.
pub struct DimRow {
    /// Its code.
    pub code: &'static str,
    /// Its name.
    pub name: String,
    /// Its bar.
    pub bar: Markup,
    /// Points won; none when nothing of it applies.
    pub points: Option<String>,
    /// Of how many.
    pub max: String,
}

/// A fix.
pub struct FixRow {
    /// Its number in the list.
    pub number: usize,
    /// What to do.
    pub text: String,
    /// Why, or how far it is.
    pub why: String,
    /// What kind of work.
    pub effort: &'static str,
    /// Where the way is described.
    pub how: String,
    /// `+2,5`.
    pub gain: String,
}

/// A score for a page.
#[derive(Default)]
pub struct ScoreView {
    /// The light with labels.
    pub light_wide: Markup,
    /// The light without.
    pub light_narrow: Markup,
    /// `Användbar`.
    pub band_word: String,
    /// `– band B`.
    pub band_tail: String,
    /// What it means.
    pub sentence: String,
    /// The gates that bite: what, and the score without.
    pub gates: Vec<(String, String)>,
    /// The dimensions.
    pub dims: Vec<DimRow>,
    /// The key of the bars.
    pub legend: Vec<(Markup, &'static str)>,
    /// What it rests on.
    pub proof: Markup,
    /// `Fem åtgärder som ger mest`.
    pub fixes_title: String,
    /// The step scale.
    pub steps_wide: Markup,
    /// The step scale for narrow windows.
    pub steps_narrow: Markup,
    /// The first five.
    pub fixes: Vec<FixRow>,
    /// `Alla 11 åtgärder`.
    pub more_title: String,
    /// The rest.
    pub more_fixes: Vec<FixRow>,
    /// All evidence, by dimension.
    pub proofs: Vec<ProofGroup>,
}

/// The sectors of a score, clockwise; also what the list beside it says.
pub fn sectors(lang: Lang, dimensions: &[(&str, DimensionScore)], shares: bool) -> Vec<Sector> {
    DIMENSIONS
        .iter()
        .filter_map(|(code, sv, en)| {
            let (_, found) = dimensions.iter().find(|(name, _)| name == code)?;
            let share = if found.max > 0.0 { found.points / found.max } else { 0.0 };
            let unmeasured = if found.max > 0.0 { found.not_measured / found.max } else { 0.0 };
            let value = match unmeasured {
                _ if !shares => String::new(),
                all if all > 0.999 => (if lang == Lang::Sv { "ej mätt" } else { "not measured" }).to_owned(),
                _ => words::percent(lang, share, 0),
            };
            Some(Sector {
                name: (if lang == Lang::Sv { *sv } else { *en }).to_owned(),
                value,
                weight: found.max,
                fraction: share,
                unmeasured,
            })
        })
        .collect()
}

fn by_dimension(score: &Readiness) -> Vec<(&str, DimensionScore)> {
    score.dimensions.iter().map(|(code, one)| (code.as_str(), *one)).collect()
}

/// The light of a score.
pub fn light(reader: &Reader, score: &Readiness, name: &str) -> Light {
    let lang = reader.lang;
    let number = score.air.map_or_else(|| "–".to_owned(), |air| words::score(lang, air));
    let desc = match (score.air, score.gates.first()) {
        (None, _) => reader.t("Poängen visas inte.", "The score is not shown.").to_owned(),
        (Some(_), Some(gate)) => format!("{}: {}", gate_name(reader, &gate.id), effect(reader, score, gate)),
        (Some(_), None) => weakest(reader, score),
    };
    let title = format!(
        "{}: {} {number} {}",
        name,
        reader.t("AI-beredskap", "AI readiness"),
        reader.t("av 100", "of 100")
    );
    Light {
        sectors: sectors(lang, &by_dimension(score), false),
        number,
        line: reader.t("av 100", "of 100").to_owned(),
        gated: bites(score),
        withheld: score.air.is_none(),
        title,
        desc,
    }
}

/// The small light and the words of a list row.
pub fn row(reader: &Reader, score: Option<&Readiness>, id: &str) -> (Markup, String, String) {
    match score {
        None => {
            let empty = DIMENSIONS.iter().map(|(code, _, _)| {
                (
                    *code,
                    DimensionScore {
                        points: 0.0,
                        max: 1.0,
                        not_measured: 1.0,
                    },
                )
            });
            let sectors = sectors(reader.lang, &empty.collect::<Vec<_>>(), false);
            let light = Light {
                sectors,
                number: String::new(),
                line: String::new(),
                gated: false,
                withheld: false,
                title: String::new(),
                desc: String::new(),
            };
            (light.draw(Size::Row, id), "–".into(), reader.t("ej mätt", "not measured").into())
        }
        Some(score) => {
            let drawn = light(reader, score, "").draw(Size::Row, id);
            match score.air {
                None => (drawn, "–".into(), reader.t("visas inte", "not shown").into()),
                Some(air) => {
                    let (letter, name) = band(air);
                    (
                        drawn,
                        words::score(reader.lang, air),
                        format!("{letter}, {}", name.get(reader.lang)),
                    )
                }
            }
        }
    }
}

fn gate_name(reader: &Reader, id: &str) -> String {
    format!("{} {id}", reader.t("Spärr", "Gate"))
}

/// Whether a gate lowers the score, rather than standing above it.
fn bites(score: &Readiness) -> bool {
    !score.gates.is_empty() && score.air.is_some_and(|air| score.air_ungated - air >= 0.05)
}

/// What a gate does to the score.
fn effect(reader: &Reader, score: &Readiness, gate: &Gate) -> String {
    match gate.at_most {
        Some(most) if !bites(score) => format!(
            "{} {}.",
            reader.t("Poängen kan bli högst", "The score can be at most"),
            words::value(reader.lang, most)
        ),
        _ => format!(
            "{} {}.",
            reader.t("Utan spärren", "Without the gate"),
            words::score(reader.lang, score.air_ungated)
        ),
    }
}

fn weakest(reader: &Reader, score: &Readiness) -> String {
    const DEFINITE: [(&str, &str, &str); 8] = [
        ("FIND", "Hittbarheten", "Findability"),
        ("ACC", "Åtkomsten", "Access"),
        ("LIC", "Licensen", "The licence"),
        ("DOC", "Dokumentationen", "Documentation"),
        ("QUAL", "Kvaliteten", "Quality"),
        ("PRIV", "Personskyddet", "Privacy"),
        ("PACK", "Paketeringen", "Packaging"),
        ("PROV", "Ursprunget", "Provenance"),
    ];
    let worst = DEFINITE
        .iter()
        .filter_map(|names| {
            score
                .dimensions
                .get(names.0)
                .map(|one| (one.max - one.points - one.not_measured, names))
        })
        .max_by(|a, b| a.0.total_cmp(&b.0));
    match worst {
        Some((loss, names)) if loss >= 0.05 => {
            format!(
                "{} {}",
                reader.t(names.1, names.2),
                reader.t("drar ner mest.", "pulls it down most.")
            )
        }
        _ => reader
            .t("Inget av det mätta drar ner den.", "Nothing that is measured pulls it down.")
            .to_owned(),
    }
}

/// How much nobody has measured: no failure, but said.
fn unmeasured(reader: &Reader, score: &Readiness) -> String {
    let missing: f64 = score.dimensions.values().map(|one| one.not_measured).sum();
    let whole: f64 = score.dimensions.values().map(|one| one.max).sum();
    if missing < 0.05 {
        return String::new();
    }
    let (missing, whole) = (words::value(reader.lang, missing), words::value(reader.lang, whole));
    format!(
        " {} {missing} {} {whole} {}.",
        reader.t("Ej mätt:", "Not measured:"),
        reader.t("av", "of"),
        reader.t("poäng", "points")
    )
}

fn sentence(reader: &Reader, score: &Readiness, air: f64) -> String {
    const NEXT: [(f64, &str, &str); 4] = [
        (40.0, "begränsad", "limited"),
        (55.0, "delvis", "partial"),
        (70.0, "användbar", "usable"),
        (85.0, "AI-redo", "AI-ready"),
    ];
    let step = NEXT.iter().find(|(from, _, _)| air < *from);
    let rest = weakest(reader, score);
    match step {
        Some((from, sv, en)) => {
            let left = words::score(reader.lang, ((from - air) * 10.0).ceil() / 10.0);
            let (points, to) = (reader.t("poäng till", "points to"), reader.t(sv, en));
            format!("{left} {points} {to}. {rest}")
        }
        None => rest,
    }
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars
        .next()
        .map(|first| first.to_uppercase().chain(chars).collect())
        .unwrap_or_default()
}

/// The words of an effort class.
pub fn effort_word(reader: &Reader, effort: &str) -> &'static str {
    match effort {
        "file" => reader.t("Fil", "File"),
        "process" => reader.t("Arbetssätt", "Way of working"),
        _ => "Metadata",
    }
}

/// The legend of bars and light.
pub fn legend(reader: &Reader) -> Vec<(Markup, &'static str)> {
    let key = |segment| {
        let drawn = bar(&[segment], "legend")
            .0
            .replace("viewBox=\"0 0 344 16\" width=\"344\"", "viewBox=\"0 0 18 16\" width=\"18\"");
        Markup(drawn)
    };
    vec![
        (key(Segment::Measured(1.0, 1.0)), reader.t("Poäng", "Points")),
        (key(Segment::Measured(1.0, 0.0)), reader.t("Kvar att få", "Left to gain")),
        (key(Segment::Unmeasured(1.0)), reader.t("Ej mätt", "Not measured")),
        (key(Segment::Apart(1.0)), reader.t("Gäller inte", "Does not apply")),
    ]
}

/// Makes the view of a score; `name` is the dataset's, `rules` the pack it was made with.
pub fn view(reader: &Reader, score: &Readiness, name: &str, measured: DateTime<Utc>, rules: Option<&RulePack>) -> ScoreView {
    let light = light(reader, score, name);
    let Some(air) = score.air else {
        return withheld(reader, &light);
    };
    let (letter, word) = band(air);
    let gate = |gate: &Gate| {
        let reason = capital(gate.reason.get(reader.lang));
        (
            gate_name(reader, &gate.id),
            format!("{}. {}", reason.trim_end_matches('.'), effect(reader, score, gate)),
        )
    };
    let fixes: Vec<FixRow> = score
        .fixes
        .iter()
        .enumerate()
        .map(|(i, fix)| fix_row(reader, score, i, fix))
        .collect();
    let mut first = fixes;
    let rest = first.split_off(first.len().min(5));
    let (wide, narrow) = step_scale(reader, score, air);
    ScoreView {
        light_wide: light.draw(Size::Labelled, "light"),
        light_narrow: light.draw(Size::Bare, "light-n"),
        band_word: capital(word.get(reader.lang)),
        band_tail: format!("– band {letter}"),
        sentence: sentence(reader, score, air) + &unmeasured(reader, score),
        gates: score.gates.iter().map(gate).collect(),
        dims: dims(reader, score),
        legend: legend(reader),
        proof: proof(reader, score, measured, rules),
        fixes_title: fixes_title(reader, first.len()),
        steps_wide: wide,
        steps_narrow: narrow,
        more_title: format!("{} {}", reader.t("Alla", "All"), fix_count(reader, first.len() + rest.len())),
        fixes: first,
        more_fixes: rest,
        proofs: proofs(reader, score, measured, rules),
    }
}

fn withheld(reader: &Reader, light: &Light) -> ScoreView {
    ScoreView {
        light_wide: light.draw(Size::Labelled, "light"),
        light_narrow: light.draw(Size::Bare, "light-n"),
        band_word: reader.t("Poängen visas inte", "The score is not shown").into(),
        sentence: reader
            .t(
                "Filen kan inte publiceras som den är. Utgivaren har fått besked.",
                "The file cannot be published as it is. The publisher has been told.",
            )
            .into(),
        ..ScoreView::default()
    }
}

fn fix_count(reader: &Reader, n: usize) -> String {
    let noun = if n == 1 {
        reader.t("åtgärd", "fix")
    } else {
        reader.t("åtgärder", "fixes")
    };
    format!("{n} {noun}")
}

fn fixes_title(reader: &Reader, n: usize) -> String {
    let (sv, en) = match n {
        0 | 1 => ("Åtgärden som ger mest", "The fix that pays most"),
        2 => ("Två åtgärder som ger mest", "Two fixes that pay most"),
        3 => ("Tre åtgärder som ger mest", "Three fixes that pay most"),
        4 => ("Fyra åtgärder som ger mest", "Four fixes that pay most"),
        _ => ("Fem åtgärder som ger mest", "Five fixes that pay most"),
    };
    reader.t(sv, en).to_owned()
}

fn fix_row(reader: &Reader, score: &Readiness, i: usize, fix: &NextFix) -> FixRow {
    let indicator = score.indicators.iter().find(|one| one.id == fix.id);
    FixRow {
        number: i + 1,
        text: capital(text(reader, &fix.text).trim_end_matches('.')),
        why: indicator.map(|one| text(reader, &one.evidence)).unwrap_or_default(),
        effort: effort_word(reader, &fix.effort),
        how: reader.href(&format!("{}#{}", reader.t("/metod", "/method"), fix.id)),
        gain: format!("+{}", words::score(reader.lang, fix.gain)),
    }
}

/// A text of ours that may quote metadata.
pub fn text(reader: &Reader, text: &Text) -> String {
    words::clean(text.get(reader.lang))
}

fn step_scale(reader: &Reader, score: &Readiness, air: f64) -> (Markup, Markup) {
    let gains: Vec<f64> = score.fixes.iter().take(5).map(|fix| fix.gain).collect();
    let sum: f64 = gains.iter().sum();
    let share = if sum > 0.0 {
        (score.air_after_five - air).max(0.0) / sum
    } else {
        0.0
    };
    let mut reached = air;
    let after = gains
        .iter()
        .map(|gain| {
            reached += gain * share;
            reached
        })
        .collect();
    let (today, then) = (words::score(reader.lang, air), words::score(reader.lang, score.air_after_five));
    let all = match gains.len() {
        5 => reader.t("Med alla fem", "With all five").to_owned(),
        1 => reader.t("Med den", "With it").to_owned(),
        n => format!("{} {n}", reader.t("Med alla", "With all")),
    };
    let scale = Steps {
        today: air,
        after,
        today_label: format!("{} {today}", reader.t("I dag", "Today")),
        after_label: format!("{all} {then}"),
        from: reader.t("från", "from").into(),
        title: reader
            .t("Poängen på en skala från 0 till 100", "The score on a scale from 0 to 100")
            .into(),
        desc: format!("{} {today}. {all} {then}.", reader.t("I dag", "Today")),
    };
    (steps(&scale, true, "steps"), steps(&scale, false, "steps-n"))
}

/// The indicators of a dimension, in order.
pub fn of_dimension<'a>(score: &'a Readiness, code: &str) -> impl Iterator<Item = &'a Indicator> {
    let code = code.to_owned();
    score.indicators.iter().filter(move |one| one.dimension == code)
}

fn dims(reader: &Reader, score: &Readiness) -> Vec<DimRow> {
    let row = |(code, sv, en): &(&'static str, &str, &str)| {
        let found = score.dimensions.get(*code)?;
        let segments: Vec<Segment> = of_dimension(score, code)
            .map(|one| match one.status {
                Status::NotApplicable => Segment::Apart(one.max),
                Status::NotMeasured => Segment::Unmeasured(one.max),
                _ => Segment::Measured(one.max, one.fraction),
            })
            .collect();
        Some(DimRow {
            code,
            name: reader.t(sv, en).to_owned(),
            bar: bar(&segments, &format!("bar-{code}")),
            points: (found.max > 0.0).then(|| words::score(reader.lang, found.points)),
            max: words::value(reader.lang, found.max),
        })
    };
    DIMENSIONS.iter().filter_map(row).collect()
}

fn proof(reader: &Reader, score: &Readiness, measured: DateTime<Utc>, rules: Option<&RulePack>) -> Markup {
    let mut out = format!(
        "{} {} {}",
        reader.t("Ytan som lyser är poängen.", "The lit area is the score."),
        score.indicators.len(),
        reader.t("indikatorer", "indicators")
    );
    if let Some(pack) = rules {
        out.push_str(&format!(", {} {}", reader.t("regelfil", "rule file"), escape(&pack.version)));
    }
    out.push_str(&format!(
        ", {} {}.",
        reader.t("mätt", "measured"),
        words::moment(reader.lang, measured)
    ));
    if let (Some(eu), Some(se)) = (score.mqa.get("eu"), score.mqa.get("se")) {
        let of = reader.t("av\u{a0}405", "of\u{a0}405");
        let own = reader.t("Metadatakvalitet (MQA) räknas för sig", "Metadata quality (MQA) is counted apart");
        let sweden = reader.t("Sverige", "Sweden");
        let how = reader.href(reader.t("/metod#mqa", "/method#mqa"));
        out.push_str(&format!(
            " {own}: <a href=\"{}\">EU {eu} {of}, {sweden} {se} {of}</a>.",
            escape(&how)
        ));
    }
    Markup(out)
}
