//! Small pictures of a column: how much is missing, how values are spread, which are most common.

use super::Svg;
use crate::words::{Markup, cut};

/// The share of missing cells; the number stands beside it.
pub fn missing(share: f64) -> Markup {
    let mut svg = Svg::repeat(72.0, 12.0, "miss");
    svg.rect("bar2", 1.0, 1.5, 70.0 * share.clamp(0.0, 1.0), 9.0)
        .rect("frame", 0.5, 1.5, 71.0, 9.0);
    svg.end()
}

/// A histogram on a base line of zero.
pub fn histogram(counts: &[u64], id: &str, title: &str, desc: &str) -> Markup {
    let mut svg = Svg::picture(150.0, 38.0, id, title, desc);
    let most = counts.iter().copied().max().unwrap_or(0).max(1) as f64;
    let step = 150.0 / counts.len().max(1) as f64;
    let gap = if step > 4.0 { 1.2 } else { 0.4 };
    for (i, n) in counts.iter().enumerate() {
        let height = (*n as f64 / most * 35.0).max(if *n > 0 { 1.0 } else { 0.0 });
        svg.rect("bar", i as f64 * step, 37.0 - height, step - gap, height);
    }
    svg.line("axis", 0.0, 37.5, 150.0, 37.5);
    svg.end()
}

/// The three most common values with their names.
pub fn common(values: &[(String, f64)], id: &str, title: &str, desc: &str) -> Markup {
    let mut svg = Svg::picture(150.0, 54.0, id, title, desc);
    let most = values.iter().map(|(_, share)| *share).fold(f64::EPSILON, f64::max);
    for (i, (name, share)) in values.iter().take(3).enumerate() {
        let y = i as f64 * 18.0;
        let width = (share / most * 62.0).max(1.5);
        svg.rect("bar", 0.0, y + 3.0, width, 11.0);
        svg.text(
            "under",
            width + 6.0,
            y + 13.0,
            12.0,
            "start",
            &cut(name, ((150.0 - width - 6.0) / 6.6) as usize),
        );
    }
    svg.end()
}

/// A line through the scores of the versions, the newest as a lit point.
pub fn spark(values: &[f64], id: &str, title: &str) -> Markup {
    let mut svg = Svg::picture(120.0, 30.0, id, title, "");
    let low = values.iter().copied().fold(f64::INFINITY, f64::min);
    let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let (low, high) = if high - low < 4.0 { (low - 2.0, high + 2.0) } else { (low, high) };
    let spot = |i: usize, value: f64| {
        let x = 6.0 + 106.0 * i as f64 / (values.len().max(2) - 1) as f64;
        (x, 24.0 - 18.0 * (value - low) / (high - low))
    };
    let points: Vec<String> = values
        .iter()
        .enumerate()
        .map(|(i, value)| spot(i, *value))
        .map(|(x, y)| format!("{} {}", super::at(x), super::at(y)))
        .collect();
    svg.path("spark", &format!("M{}", points.join("L")));
    if let Some(last) = values.last() {
        let (x, y) = spot(values.len() - 1, *last);
        svg.circle("lampdot", x, y, 4.5);
    }
    svg.end()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_stand_on_zero_and_the_largest_fills_the_height() {
        let drawn = histogram(&[0, 5, 10], "h", "t", "d").0;
        assert_eq!(drawn.matches("class=\"bar\"").count(), 2, "nothing is drawn for none");
        assert!(drawn.contains("height=\"35\"") && drawn.contains("height=\"17.5\""), "{drawn}");
    }

    #[test]
    fn a_value_from_a_file_is_escaped() {
        let drawn = common(&[("<b>".into(), 0.5)], "c", "t", "d").0;
        assert!(drawn.contains("&lt;b&gt;") && !drawn.contains("<b>"));
    }
}
