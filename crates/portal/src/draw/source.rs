//! A source in pictures: one square a dataset, and a mark for each of the last runs.

use fyr_model::harvest::HarvestOutcome;

use super::{Svg, at};
use crate::words::Markup;

/// What a run did to the datasets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parts {
    /// New.
    pub added: u64,
    /// Different.
    pub changed: u64,
    /// The same.
    pub unchanged: u64,
    /// Held by the brake.
    pub held: u64,
}

/// From so many datasets on, a bar with the same four parts takes the squares' place.
const SQUARES_MAX: u64 = 200;

/// One square a dataset, or a bar; `wide` for windows from 600 pixels.
pub fn squares(parts: Parts, wide: bool, id: &str, title: &str) -> Markup {
    let total = parts.added + parts.changed + parts.unchanged + parts.held;
    let width = if wide { 992.0 } else { 320.0 };
    if total >= SQUARES_MAX {
        return shares(parts, total, width, id, title);
    }
    let a_row = (width / 32.0) as u64;
    let rows = total.div_ceil(a_row).max(1);
    let mut svg = Svg::picture(width, rows as f64 * 32.0, id, title, "");
    let kinds = [(parts.added, 'n'), (parts.changed, 'c'), (parts.unchanged, 'u'), (parts.held, 'h')];
    let mut i = 0;
    for (many, kind) in kinds {
        for _ in 0..many {
            let (x, y) = ((i % a_row) as f64 * 32.0 + 1.0, (i / a_row) as f64 * 32.0 + 1.0);
            square(&mut svg, kind, x, y, 26.0);
            i += 1;
        }
    }
    svg.end()
}

fn square(svg: &mut Svg, kind: char, x: f64, y: f64, side: f64) {
    let radius = at(side * 0.12);
    let mut plain = |class: &str| {
        svg.raw(&format!(
            "<rect class=\"{class}\" x=\"{}\" y=\"{}\" width=\"{s}\" height=\"{s}\" rx=\"{radius}\"/>",
            at(x),
            at(y),
            s = at(side)
        ));
    };
    match kind {
        'n' => plain("square new"),
        'c' => {
            plain("square part");
            let half = format!("M{} {}h{s}l-{s} {s}z", at(x + 1.0), at(y + 1.0), s = at(side - 2.0));
            svg.path("lit", &half);
        }
        'h' => plain("held"),
        _ => plain("square"),
    }
}

/// A key of the squares.
pub fn key(kind: char) -> Markup {
    let mut svg = Svg::repeat(18.0, 18.0, "key");
    square(&mut svg, kind, 1.0, 1.0, 16.0);
    svg.end()
}

fn shares(parts: Parts, total: u64, width: f64, id: &str, title: &str) -> Markup {
    let mut svg = Svg::picture(width, 32.0, id, title, "");
    let mut x = 1.0;
    let kinds = [
        (parts.added, "square new"),
        (parts.changed, "square part"),
        (parts.unchanged, "square"),
        (parts.held, "held"),
    ];
    for (many, class) in kinds {
        let part = (width - 2.0) * many as f64 / total as f64;
        svg.rect(class, x, 2.0, (part - 2.0).max(if many > 0 { 2.0 } else { 0.0 }), 26.0);
        if class == "square part" && part > 6.0 {
            svg.path("lit", &format!("M{} 3h{w}l-{w} 24z", at(x + 1.0), w = at(part - 4.0)));
        }
        x += part;
    }
    svg.end()
}

/// The last runs, oldest first: a bar for changes, a dot for none, a triangle for doubt, a dashed frame for the brake, a cross for failure.
pub fn runs(runs: &[(HarvestOutcome, u64)], wide: bool, id: &str, title: &str, desc: &str) -> Markup {
    let width = if wide { 720.0 } else { 340.0 };
    let step = 24.0;
    let fit = (width / step) as usize;
    let shown = runs.get(runs.len().saturating_sub(fit)..).unwrap_or(runs);
    let most = shown.iter().map(|(_, n)| *n).max().unwrap_or(0).max(1) as f64;
    let mut svg = Svg::picture(width, 60.0, id, title, desc);
    for (i, (outcome, changes)) in shown.iter().enumerate() {
        mark(&mut svg, *outcome, *changes as f64 / most, i as f64 * step + 12.0);
    }
    svg.line("axis", 0.0, 55.5, width, 55.5);
    svg.end()
}

fn mark(svg: &mut Svg, outcome: HarvestOutcome, share: f64, x: f64) {
    match outcome {
        HarvestOutcome::Changed => {
            let height = 8.0 + 34.0 * share.sqrt();
            svg.rect("bar", x - 6.0, 55.0 - height, 12.0, height);
        }
        HarvestOutcome::Unchanged => {
            svg.circle("dot", x, 49.0, 4.0);
        }
        HarvestOutcome::Held => {
            svg.rect("held", x - 8.0, 12.0, 16.0, 42.0);
        }
        HarvestOutcome::Incomplete | HarvestOutcome::Suspect => {
            let d = format!("M{} 34L{} 51H{}Z", at(x), at(x + 10.0), at(x - 10.0));
            svg.raw(&format!("<g class=\"warning\"><path class=\"nowline\" d=\"{d}\"/></g>"));
        }
        HarvestOutcome::Failed => {
            let d = format!("M{l} 38L{r} 50M{r} 38L{l} 50", l = at(x - 6.0), r = at(x + 6.0));
            svg.raw(&format!("<g class=\"violation\"><path class=\"nowline\" d=\"{d}\"/></g>"));
        }
    }
}

/// A key of the run marks.
pub fn run_key(outcome: HarvestOutcome) -> Markup {
    let mut svg = Svg::repeat(20.0, 20.0, "key");
    svg.raw("<g transform=\"translate(0 -39)\">");
    match outcome {
        HarvestOutcome::Changed => svg.rect("bar", 5.0, 42.0, 10.0, 14.0),
        HarvestOutcome::Held => svg.rect("held", 4.0, 41.0, 12.0, 16.0),
        other => {
            mark(&mut svg, other, 0.0, 10.0);
            &mut svg
        }
    };
    svg.raw("</g>").end()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_dataset_has_one_square_until_there_are_two_hundred() {
        let parts = |unchanged| Parts {
            added: 1,
            changed: 3,
            unchanged,
            held: 9,
        };
        let drawn = squares(parts(12), true, "q", "t").0;
        assert_eq!(drawn.matches("<rect").count(), 25);
        assert_eq!(squares(parts(186), false, "q", "t").0.matches("<rect").count(), 199);
        assert_eq!(
            squares(parts(187), false, "q", "t").0.matches("<rect").count(),
            4,
            "a bar with four parts"
        );
    }

    #[test]
    fn the_newest_runs_stay_when_there_is_no_room_for_all() {
        let all: Vec<_> = (0..40)
            .map(|i| (if i == 39 { HarvestOutcome::Held } else { HarvestOutcome::Unchanged }, 0))
            .collect();
        let drawn = runs(&all, false, "r", "t", "d").0;
        assert_eq!(drawn.matches("class=\"dot\"").count(), 13);
        assert!(drawn.contains("class=\"held\""));
    }
}
