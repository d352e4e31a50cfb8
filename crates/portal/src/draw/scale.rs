//! Points as lengths: dimension bars on one scale, and the step scale from 0 to 100 with the next fixes.

use super::Svg;
use crate::words::Markup;

/// Units of a drawing per point; the heaviest dimension (18 points) sets the width, so that all bars share one scale.
const POINT: f64 = 19.0;
const WIDEST: f64 = 18.0;

/// One indicator in a dimension bar.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Segment {
    /// Weight, and the fraction won.
    Measured(f64, f64),
    /// Weight that nobody has measured.
    Unmeasured(f64),
    /// Weight that does not apply.
    Apart(f64),
}

/// The bar of one dimension; the text beside it says the same, so it is hidden from readers.
pub fn bar(segments: &[Segment], id: &str) -> Markup {
    let mut svg = Svg::repeat(WIDEST * POINT + 2.0, 16.0, "dimbar");
    if segments.iter().any(|segment| matches!(segment, Segment::Unmeasured(_))) {
        svg.dots(id);
    }
    let mut x = 1.0;
    for segment in segments {
        let weight = match segment {
            Segment::Measured(weight, _) | Segment::Unmeasured(weight) | Segment::Apart(weight) => *weight,
        };
        let width = weight * POINT - 3.0;
        match segment {
            Segment::Measured(_, f) => {
                if *f < 1.0 {
                    svg.rect("unlit", x, 1.0, width, 14.0);
                    svg.rect("frame", x + 0.5, 1.5, width - 1.0, 13.0);
                }
                if *f > 0.0 {
                    svg.rect("lit", x, 1.0, width * f, 14.0);
                    svg.line("edge", x + width * f - 1.0, 1.0, x + width * f - 1.0, 15.0);
                }
            }
            Segment::Unmeasured(_) => {
                svg.rect("unlit", x, 1.0, width, 14.0);
                svg.raw(&format!(
                    "<rect fill=\"url(#{id}-p)\" x=\"{}\" y=\"1\" width=\"{}\" height=\"14\"/>",
                    super::at(x),
                    super::at(width)
                ));
                svg.rect("frame", x + 0.5, 1.5, width - 1.0, 13.0);
            }
            Segment::Apart(_) => {
                svg.line("none", x, 8.0, x + width, 8.0);
            }
        }
        x += weight * POINT;
    }
    svg.end()
}

/// What the step scale shows.
#[derive(Debug, Clone, PartialEq)]
pub struct Steps {
    /// Today's score.
    pub today: f64,
    /// The score after each further fix, recomputed; as many as are shown.
    pub after: Vec<f64>,
    /// `I dag 82,0`.
    pub today_label: String,
    /// `Med alla fem 92,3`.
    pub after_label: String,
    /// `från`.
    pub from: String,
    /// The drawing's name.
    pub title: String,
    /// What a reader should take away.
    pub desc: String,
}

const MARKS: [(&str, f64); 5] = [("E", 0.0), ("D", 40.0), ("C", 55.0), ("B", 70.0), ("A", 85.0)];

/// The step scale; `wide` for windows from 600 pixels.
pub fn steps(steps: &Steps, wide: bool, id: &str) -> Markup {
    let width = if wide { 720.0 } else { 340.0 };
    let x = |score: f64| 2.0 + score.clamp(0.0, 100.0) / 100.0 * (width - 4.0);
    let mut svg = Svg::picture(width, 74.0, id, &steps.title, &steps.desc);
    svg.rect("unlit", x(0.0), 26.0, x(100.0) - x(0.0), 20.0);
    svg.rect("lit", x(0.0), 26.0, x(steps.today) - x(0.0), 20.0);
    for (band, from) in MARKS {
        svg.line("tick", x(from), 20.0, x(from), 52.0);
        let text = if wide {
            format!("{band}, {} {from}", steps.from)
        } else {
            band.to_owned()
        };
        svg.text("under", x(from) + 4.0, 66.0, 12.5, "start", &text);
    }
    let mut before = steps.today;
    for (i, after) in steps.after.iter().enumerate() {
        let (left, right) = (x(before) + 1.5, x(*after) - 0.5);
        if right - left > 1.0 {
            svg.rect("gain", left, 26.75, right - left, 18.5);
            if right - left > 9.0 {
                svg.text("gaintext", (left + right) / 2.0, 40.5, 12.0, "middle", &(i + 1).to_string());
            }
        }
        before = *after;
    }
    svg.line("edge", x(steps.today), 26.0, x(steps.today), 46.0);
    let split = x(steps.today).clamp(if wide { 90.0 } else { 80.0 }, width - if wide { 150.0 } else { 130.0 });
    svg.text("label", split - 4.0, 15.0, 13.5, "end", &steps.today_label);
    if !steps.after.is_empty() {
        svg.text("gaintext", split + 6.0, 15.0, 13.5, "start", &steps.after_label);
    }
    svg.end()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_is_as_long_as_its_points_on_one_scale() {
        let drawn = bar(&[Segment::Measured(4.0, 0.5), Segment::Unmeasured(2.0), Segment::Apart(1.0)], "b").0;
        assert!(drawn.contains("class=\"lit\" x=\"1\" y=\"1\" width=\"36.5\""), "{drawn}");
        assert!(drawn.contains("url(#b-p)") && drawn.contains("class=\"none\""));
        assert!(!bar(&[Segment::Measured(4.0, 1.0)], "b").0.contains("unlit"));
    }

    #[test]
    fn today_is_lit_to_the_score_and_steps_follow() {
        let scale = Steps {
            today: 50.0,
            after: vec![60.0, 60.05],
            today_label: "I dag 50,0".into(),
            after_label: "Med alla 60,1".into(),
            from: "från".into(),
            title: "t".into(),
            desc: "d".into(),
        };
        let drawn = steps(&scale, true, "s").0;
        assert!(drawn.contains("class=\"lit\" x=\"2\" y=\"26\" width=\"358\""), "{drawn}");
        assert_eq!(drawn.matches("class=\"gain\"").count(), 1, "a step too small to see is not drawn");
    }
}
