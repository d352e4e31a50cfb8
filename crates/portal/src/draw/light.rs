//! The sector light: eight sectors round a lamp; the lit area is the score, exactly.
//!
//! Angles follow the weights that apply, and the lit radius of a fraction f is `sqrt(r0² + f (R² - r0²))`, so that the lit share of a sector's
//! area is f. The gaps are taken from the circle before it is shared, so the sum over the sectors is the score as well.

use std::f64::consts::PI;

use super::{Svg, at};
use crate::words::Markup;

/// One dimension of a light.
#[derive(Debug, Clone, PartialEq)]
pub struct Sector {
    /// Its name in the reader's language.
    pub name: String,
    /// What stands under the name; may be empty.
    pub value: String,
    /// The weight that applies; a sector without weight is left out.
    pub weight: f64,
    /// Points won of that weight, from 0.0 to 1.0.
    pub fraction: f64,
    /// The share of the weight that nobody has measured.
    pub unmeasured: f64,
}

/// A light with its number.
#[derive(Debug, Clone, PartialEq)]
pub struct Light {
    /// Clockwise from twelve.
    pub sectors: Vec<Sector>,
    /// What the lamp says; a dash when withheld.
    pub number: String,
    /// The line under it.
    pub line: String,
    /// Whether a gate bites.
    pub gated: bool,
    /// Whether the score is withheld: rims only.
    pub withheld: bool,
    /// The drawing's name.
    pub title: String,
    /// What a reader should take away.
    pub desc: String,
}

/// How large, and with what.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Size {
    /// 640 wide, labels outside: the start page.
    Stage,
    /// 560 wide, labels outside: the dataset page.
    Labelled,
    /// 330, no labels: narrow windows.
    Bare,
    /// 76: result rows.
    Row,
}

struct Shape {
    width: f64,
    height: f64,
    radius: f64,
    inner: f64,
    gap: f64,
    small: bool,
    label: f64,
}

impl Size {
    fn shape(self) -> Shape {
        let (width, height, radius, label) = match self {
            Self::Stage => (640.0, 540.0, 216.0, 15.5),
            Self::Labelled => (560.0, 432.0, 168.0, 15.5),
            Self::Bare => (340.0, 340.0, 165.0, 0.0),
            Self::Row => (76.0, 76.0, 37.0, 0.0),
        };
        let small = self == Self::Row;
        Shape {
            width,
            height,
            radius,
            inner: radius * if small { 0.30 } else { 0.36 },
            gap: if small { 4.0 } else { 1.3 },
            small,
            label,
        }
    }
}

impl Light {
    /// Draws the light; `id` is unique on the page.
    pub fn draw(&self, size: Size, id: &str) -> Markup {
        let shape = size.shape();
        let mut svg = if shape.small {
            Svg::repeat(shape.width, shape.height, "smallight")
        } else {
            Svg::picture(shape.width, shape.height, id, &self.title, &self.desc)
        };
        let sectors: Vec<&Sector> = self.sectors.iter().filter(|sector| sector.weight > 0.0).collect();
        if sectors.iter().any(|sector| sector.unmeasured > 0.0) && !self.withheld {
            svg.dots(id);
        }
        let whole: f64 = sectors.iter().map(|sector| sector.weight).sum();
        let free = 360.0 - shape.gap * sectors.len() as f64;
        let mut angle = shape.gap / 2.0;
        let (cx, cy) = (shape.width / 2.0, shape.height / 2.0);
        let mut spans = Vec::new();
        for sector in &sectors {
            let span = free * sector.weight / whole;
            spans.push((angle + span / 2.0, span));
            angle += span + shape.gap;
        }
        let mut angle = shape.gap / 2.0;
        for sector in sectors {
            let span = free * sector.weight / whole;
            self.sector(&mut svg, &shape, sector, angle, angle + span, id);
            if shape.label > 0.0 && has_room(&spans, angle + span / 2.0, span) {
                label(&mut svg, &shape, sector, angle + span / 2.0);
            }
            angle += span + shape.gap;
        }
        if self.gated && !self.withheld {
            svg.circle("gatering", cx, cy, shape.radius + if shape.small { -1.0 } else { 3.0 });
        }
        svg.circle("hubline", cx, cy, shape.inner - if shape.small { 2.0 } else { 4.0 });
        if !shape.small {
            let font = shape.radius * if self.number.chars().count() > 4 { 0.21 } else { 0.27 };
            svg.text("big", cx, cy + font * 0.24, font, "middle", &self.number);
            svg.text(
                "words",
                cx,
                cy + font * 0.24 + shape.radius * 0.11,
                if shape.radius > 200.0 { 15.5 } else { 13.0 },
                "middle",
                &self.line,
            );
        }
        svg.end()
    }

    fn sector(&self, svg: &mut Svg, shape: &Shape, sector: &Sector, from: f64, to: f64, id: &str) {
        let (r0, r1) = (shape.inner, shape.radius);
        let reach = |f: f64| (r0 * r0 + f.clamp(0.0, 1.0) * (r1 * r1 - r0 * r0)).sqrt();
        if self.withheld {
            svg.path("rim", &arc(shape, r1, from, to));
            return;
        }
        svg.path("unlit", &band(shape, r0, r1, from, to));
        if sector.unmeasured > 0.0 {
            let d = band(shape, reach(1.0 - sector.unmeasured), r1, from, to);
            svg.raw(&format!("<path fill=\"url(#{id}-p)\" d=\"{d}\"/>"));
        }
        if sector.fraction > 0.0 {
            svg.path("lit", &band(shape, r0, reach(sector.fraction), from, to));
        }
        if sector.fraction < 1.0 {
            svg.path("rim", &arc(shape, r1, from, to));
        }
        if sector.fraction > 0.0 {
            svg.path("edge", &arc(shape, reach(sector.fraction), from, to));
        }
        if !shape.small {
            let class = if sector.fraction >= 0.5 { "half on" } else { "half" };
            svg.path(class, &arc(shape, reach(0.5), from, to));
        }
    }
}

fn point(shape: &Shape, radius: f64, degrees: f64) -> (f64, f64) {
    let turn = degrees * PI / 180.0;
    (shape.width / 2.0 + radius * turn.sin(), shape.height / 2.0 - radius * turn.cos())
}

fn arc(shape: &Shape, radius: f64, from: f64, to: f64) -> String {
    let ((x0, y0), (x1, y1)) = (point(shape, radius, from), point(shape, radius, to));
    let large = u8::from(to - from > 180.0);
    format!("M{} {}A{r} {r} 0 {large} 1 {} {}", at(x0), at(y0), at(x1), at(y1), r = at(radius))
}

fn band(shape: &Shape, inner: f64, outer: f64, from: f64, to: f64) -> String {
    let ((x2, y2), (x3, y3)) = (point(shape, inner, to), point(shape, inner, from));
    let large = u8::from(to - from > 180.0);
    format!(
        "{}L{} {}A{r} {r} 0 {large} 0 {} {}Z",
        arc(shape, outer, from, to),
        at(x2),
        at(y2),
        at(x3),
        at(y3),
        r = at(inner)
    )
}

/// Degrees between two labels that may stand beside each other.
const ROOM: f64 = 14.0;

/// Whether a sector's label has room: beside a wider neighbour a narrow one is named in the list under the light alone.
fn has_room(spans: &[(f64, f64)], middle: f64, span: f64) -> bool {
    let apart = |other: f64| (other - middle).abs().min(360.0 - (other - middle).abs());
    !spans
        .iter()
        .any(|(other, wide)| *other != middle && apart(*other) < ROOM && (*wide > span || (*wide == span && *other < middle)))
}

fn label(svg: &mut Svg, shape: &Shape, sector: &Sector, middle: f64) {
    let turn = middle * PI / 180.0;
    let (x, y) = point(shape, shape.radius + 15.0, middle);
    let anchor = match turn.sin() {
        s if s > 0.2 => "start",
        s if s < -0.2 => "end",
        _ => "middle",
    };
    let two = !sector.value.is_empty();
    let lift = if turn.cos() > 0.35 {
        if two { -17.0 } else { -4.0 }
    } else if turn.cos() < -0.35 {
        14.0
    } else {
        3.0
    };
    svg.text("label", x, y + lift, shape.label, anchor, &sector.name);
    if two {
        svg.text("under", x, y + lift + 18.0, shape.label - 1.5, anchor, &sector.value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn light(parts: &[(f64, f64, f64)]) -> Light {
        Light {
            sectors: parts
                .iter()
                .map(|(weight, fraction, unmeasured)| Sector {
                    name: "Licens".into(),
                    value: String::new(),
                    weight: *weight,
                    fraction: *fraction,
                    unmeasured: *unmeasured,
                })
                .collect(),
            number: "0".into(),
            line: "av 100".into(),
            gated: false,
            withheld: false,
            title: "t".into(),
            desc: "d".into(),
        }
    }

    /// The `d` of every path of a class, from the drawn text.
    fn paths(svg: &str, class: &str) -> Vec<String> {
        svg.split("<path class=\"")
            .skip(1)
            .filter(|part| part.starts_with(&format!("{class}\"")))
            .map(|part| part.split(" d=\"").nth(1).unwrap().split('"').next().unwrap().to_owned())
            .collect()
    }

    /// The area inside a ring sector written as `M A L A Z`, by Green's theorem over the two arcs as drawn.
    fn area(d: &str, cx: f64, cy: f64) -> f64 {
        let numbers: Vec<f64> = d
            .split(|c: char| !(c.is_ascii_digit() || c == '.' || c == '-'))
            .filter(|part| !part.is_empty())
            .map(|part| part.parse().unwrap())
            .collect();
        let [x0, y0, r, _, _, large, _, x1, y1, x2, y2, inner, ..] = numbers[..] else {
            panic!("{d}")
        };
        let angle = |x: f64, y: f64| (x - cx).atan2(cy - y);
        let mut span = angle(x1, y1) - angle(x0, y0);
        if span < 0.0 {
            span += 2.0 * PI;
        }
        assert_eq!(large > 0.5, span > PI, "{d}");
        assert!(((x2 - cx).hypot(y2 - cy) - inner).abs() < 0.01, "{d}");
        span / 2.0 * (r * r - inner * inner)
    }

    #[test]
    fn the_lit_area_is_the_score_at_every_size() {
        let cases: [&[(f64, f64, f64)]; 3] = [
            &[
                (12.0, 0.75, 0.0),
                (12.0, 0.75, 2.0 / 12.0),
                (14.0, 13.0 / 14.0, 0.0),
                (14.0, 7.3 / 14.0, 0.0),
                (18.0, 15.4 / 18.0, 0.0),
                (10.0, 1.0, 0.0),
                (10.0, 1.0, 0.0),
                (6.0, 5.0 / 6.0, 0.0),
            ],
            &[(12.0, 0.1, 0.9), (80.0, 0.01, 0.0), (3.0, 0.0, 1.0)],
            &[(5.0, 0.33, 0.0)],
        ];
        for case in cases {
            let score = case.iter().map(|(w, f, _)| w * f).sum::<f64>() / case.iter().map(|(w, _, _)| w).sum::<f64>();
            for size in [Size::Stage, Size::Labelled, Size::Bare, Size::Row] {
                let shape = size.shape();
                let drawn = light(case).draw(size, "x").0;
                let sum = |class: &str| -> f64 {
                    paths(&drawn, class)
                        .iter()
                        .map(|d| area(d, shape.width / 2.0, shape.height / 2.0))
                        .sum()
                };
                let share = sum("lit") / sum("unlit");
                assert!((share - score).abs() < 0.0005, "{size:?}: {share} instead of {score}");
            }
        }
    }

    #[test]
    fn what_does_not_apply_has_no_sector_and_a_withheld_score_no_light() {
        let mut one = light(&[(12.0, 0.5, 0.0), (0.0, 0.0, 0.0)]);
        assert_eq!(paths(&one.draw(Size::Bare, "x").0, "unlit").len(), 1);
        one.withheld = true;
        let drawn = one.draw(Size::Bare, "x").0;
        assert!(paths(&drawn, "lit").is_empty() && paths(&drawn, "unlit").is_empty());
        assert_eq!(paths(&drawn, "rim").len(), 1);
    }

    #[test]
    fn a_gate_closes_a_ring_and_a_free_score_has_none() {
        let mut one = light(&[(12.0, 0.5, 0.0)]);
        assert!(!one.draw(Size::Bare, "x").0.contains("gatering"));
        one.gated = true;
        assert!(one.draw(Size::Bare, "x").0.contains("gatering"));
    }
}
