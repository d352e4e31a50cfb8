//! The badge: a small SVG that an agency sets on its own page; no script, no font, colours in attributes since it stands alone.

use fyr_model::Lang;

use super::at;
use crate::words::{Markup, escape};

/// A badge for a score, `None` when there is none to show.
pub fn badge(lang: Lang, name: &str, value: Option<(String, &str)>) -> Markup {
    let (label, missing) = if lang == Lang::Sv {
        ("AI-beredskap", "ej mätt")
    } else {
        ("AI readiness", "not measured")
    };
    let (text, fill) = match &value {
        Some((number, band)) => (format!("{number} {band}"), "#FFCE3A"),
        None => (missing.to_owned(), "#DCE5ED"),
    };
    let left = 34.0 + width(label) + 10.0;
    let right = width(&text) + 20.0;
    let whole = left + right;
    let family = "font-family=\"Verdana,DejaVu Sans,sans-serif\" font-size=\"12\"";
    Markup(format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{w}\" height=\"28\" viewBox=\"0 0 {w} 28\" role=\"img\" aria-label=\"{aria}\">\
<title>{aria}</title>\
<path fill=\"#0D2033\" d=\"M4 0H{l}V28H4a4 4 0 0 1-4-4V4a4 4 0 0 1 4-4z\"/>\
<path fill=\"{fill}\" d=\"M{l} 0H{x}a4 4 0 0 1 4 4V24a4 4 0 0 1-4 4H{l}z\"/>\
<circle cx=\"18\" cy=\"14\" r=\"8\" fill=\"none\" stroke=\"#FFFFFF\" stroke-width=\"1.5\"/><path fill=\"#FFCE3A\" d=\"M18 14l3.3-6.2A7 7 0 0 1 24.2 17.3z\"/><circle cx=\"18\" cy=\"14\" r=\"2.6\" fill=\"#FFFFFF\"/>\
<text x=\"34\" y=\"18.2\" fill=\"#FFFFFF\" {family} textLength=\"{ll}\">{label}</text>\
<text x=\"{tx}\" y=\"18.2\" fill=\"#0D2033\" font-weight=\"700\" {family} textLength=\"{rl}\">{text}</text></svg>",
        w = at(whole),
        l = at(left),
        x = at(whole - 4.0),
        ll = at(width(label)),
        tx = at(left + 10.0),
        rl = at(width(&text)),
        aria = escape(&format!("{name}: {label} {text}")),
        text = escape(&text),
    ))
}

/// The length of a text in the badge's size: `textLength` makes it so whatever font the reader's program has.
fn width(text: &str) -> f64 {
    text.chars()
        .map(|c| match c {
            'i' | 'l' | ',' | '.' | '\'' | '|' => 3.6,
            ' ' | 't' | 'f' | 'j' | 'r' | '-' | 'I' => 4.8,
            'm' | 'w' | 'M' | 'W' => 11.2,
            c if c.is_uppercase() => 8.6,
            _ => 7.3,
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_badge_is_a_drawing_without_script_or_font() {
        let drawn = badge(Lang::Sv, "<trad>", Some(("82,0".into(), "B"))).0;
        assert!(drawn.contains("82,0 B") && drawn.contains("#FFCE3A") && drawn.contains("&lt;trad&gt;"));
        assert!(!drawn.contains("script") && !drawn.contains("style") && !drawn.contains("@font-face"));
        assert!(badge(Lang::En, "x", None).0.contains("not measured"));
    }
}
