//! The style sheet, the optional script and the fonts, embedded and addressed by their digest.

use std::sync::LazyLock;

use axum::extract::Path;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use fyr_model::Sha256;

#[derive(rust_embed::Embed)]
#[folder = "assets/"]
struct Files;

/// The style sheet as served: without indentation, comments and spare blanks.
static STYLE_TEXT: LazyLock<String> = LazyLock::new(|| {
    let text = Files::get("fyr.css")
        .map(|file| String::from_utf8_lossy(&file.data).into_owned())
        .unwrap_or_default();
    let lines = text
        .lines()
        .map(str::trim)
        .filter(|line| !(line.is_empty() || line.starts_with("/*") && line.ends_with("*/")));
    lines
        .collect::<Vec<_>>()
        .join("\n")
        .replace(" { ", "{")
        .replace("; }", "}")
        .replace("; ", ";")
});

fn digest(bytes: &[u8]) -> String {
    Sha256::of(bytes).to_string().chars().take(8).collect()
}

/// The address of the style sheet.
pub static STYLE: LazyLock<String> = LazyLock::new(|| format!("/assets/fyr-{}.css", digest(STYLE_TEXT.as_bytes())));
fn script() -> Vec<u8> {
    Files::get("fyr.js").map(|file| file.data.into_owned()).unwrap_or_default()
}

/// The address of the script.
pub static SCRIPT: LazyLock<String> = LazyLock::new(|| format!("/assets/fyr-{}.js", digest(&script())));
/// The addresses of the two fonts, for preloading.
pub static FONTS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let mut fonts: Vec<String> = Files::iter()
        .filter(|name| name.ends_with(".woff2"))
        .map(|name| format!("/assets/{name}"))
        .collect();
    fonts.sort();
    fonts
});

/// `/assets/{*name}`.
pub async fn serve(Path(name): Path<String>) -> Response {
    let address = format!("/assets/{name}");
    let file = |name: &str| Files::get(name).map(|file| file.data.into_owned());
    let (found, kind) = match name.as_str() {
        _ if address == *STYLE => (Some(STYLE_TEXT.clone().into_bytes()), "text/css; charset=utf-8"),
        _ if address == *SCRIPT => (Some(script()), "text/javascript; charset=utf-8"),
        font if font.ends_with(".woff2") => (file(font), "font/woff2"),
        text if text.ends_with(".txt") => (file(text), "text/plain; charset=utf-8"),
        _ => (None, ""),
    };
    let Some(found) = found else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let mut answer = found.into_response();
    answer.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    let keep = HeaderValue::from_static("public, max-age=31536000, immutable");
    answer.headers_mut().insert(header::CACHE_CONTROL, keep);
    answer
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn style() -> String {
        String::from_utf8(Files::get("fyr.css").unwrap().data.into_owned()).unwrap()
    }

    /// The colour tokens of the block that starts after `head`.
    fn tokens(css: &str, head: &str) -> BTreeMap<String, String> {
        let block = css.split_once(head).unwrap().1.split_once('}').unwrap().0;
        block
            .split(';')
            .filter_map(|line| line.trim().strip_prefix("--")?.split_once(':'))
            .filter(|(_, value)| value.trim().starts_with('#'))
            .map(|(name, value)| (name.to_owned(), value.trim().to_owned()))
            .collect()
    }

    /// WCAG 2.1, "relative luminance" and "contrast ratio".
    fn contrast(a: &str, b: &str) -> f64 {
        let light = |hex: &str| {
            let channel = |i: usize| {
                let c = f64::from(u8::from_str_radix(&hex[i..i + 2], 16).unwrap()) / 255.0;
                if c <= 0.03928 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
            };
            0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5)
        };
        let (a, b) = (light(a), light(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    #[test]
    fn contrasts_recomputed_from_the_style_sheet_are_those_of_the_colour_table() {
        let css = style();
        let light = tokens(&css, ":root {");
        let dark = tokens(&css, ":root[data-theme=\"dark\"] {");
        assert_eq!(
            dark,
            tokens(&css, ":root:not([data-theme=\"light\"]) {"),
            "both ways to the dark theme are the same"
        );
        let grounds: &[&str] = &["page", "surface", "sunk"];
        // Token, what it lies on, and the table's contrasts in the light and the dark theme.
        let rows: &[(&str, &[&str], f64, f64)] = &[
            ("ink", grounds, 13.9, 14.2),
            ("ink-soft", grounds, 6.2, 8.2),
            ("edge", grounds, 3.6, 4.5),
            ("edge", &["unlit"], 3.4, 3.7),
            ("link", grounds, 6.6, 9.1),
            ("on-action", &["action"], 10.9, 10.2),
            ("lamp-edge", &["unlit"], 13.0, 12.0),
            ("on-lamp", &["lamp"], 11.1, 11.5),
            ("half-on-lamp", &["lamp"], 5.1, 5.3),
            ("ink", &["lamp-wash"], 15.0, 12.9),
            ("turn", grounds, 6.7, 7.9),
            ("turn", &["turn-wash"], 6.9, 7.7),
            ("error", grounds, 6.2, 8.0),
            ("error", &["error-wash"], 6.5, 7.8),
            ("warning", grounds, 5.5, 9.4),
            ("warning", &["warning-wash"], 5.9, 8.5),
            ("info", grounds, 6.6, 9.1),
            ("info", &["info-wash"], 6.8, 7.9),
            ("done", grounds, 5.8, 9.0),
            ("done", &["done-wash"], 6.0, 7.7),
            ("foot-ink", &["foot"], 12.9, 12.4),
        ];
        for (token, on, in_light, in_dark) in rows {
            for (theme, expected) in [(&light, in_light), (&dark, in_dark)] {
                let least = on
                    .iter()
                    .map(|ground| contrast(&theme[*token], &theme[*ground]))
                    .fold(f64::MAX, f64::min);
                assert!(
                    (least - expected).abs() < 0.06,
                    "{token} on {on:?}: {least:.2} instead of {expected}"
                );
            }
        }
        for (theme, floor) in [(&light, 4.2), (&dark, 7.0)] {
            for n in 1..=5 {
                let least = grounds
                    .iter()
                    .map(|ground| contrast(&theme[&format!("chart-{n}")], &theme[*ground]))
                    .fold(f64::MAX, f64::min);
                assert!(least > floor - 0.06, "chart-{n}: {least:.2}");
            }
        }
        // Soft text also stands on the quiet note; a weaker pair must be told from it, or the check checks nothing.
        for theme in [&light, &dark] {
            assert!(contrast(&theme["ink-soft"], &theme["lamp-wash"]) >= 4.5);
            assert!(contrast(&theme["line"], &theme["surface"]) < 3.0);
        }
    }

    #[test]
    fn the_style_sheet_asks_for_nothing_from_elsewhere_and_stays_small() {
        let css = style();
        assert!(!css.contains("http:") && !css.contains("https:") && !css.contains("@import"));
        assert!(STYLE_TEXT.len() <= 24 << 10, "{} bytes", STYLE_TEXT.len());
        for font in FONTS.iter() {
            assert!(css.contains(font.trim_start_matches("/assets/")), "{font}");
        }
    }

    #[test]
    fn a_font_is_named_by_its_digest_and_its_licence_lies_beside_it() {
        let fonts: Vec<_> = Files::iter().filter(|name| name.ends_with(".woff2")).collect();
        assert_eq!(fonts.len(), 2);
        for name in fonts {
            let file = Files::get(&name).unwrap();
            let hash: String = Sha256::of(&file.data).to_string().chars().take(8).collect();
            assert!(name.ends_with(&format!("-{hash}.woff2")), "{name}");
            assert!(Files::get(&format!("{name}.license")).is_some(), "{name}");
        }
    }
}
