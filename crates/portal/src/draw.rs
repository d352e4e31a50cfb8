//! Drawings: SVG made on the server, geometry in attributes, colour by class; no style attribute, no script, no font file.
//!
//! In: numbers and texts in the reader's language. Out: [`Markup`]. A drawing knows nothing of stores, releases or pages.

pub mod badge;
pub mod column;
pub mod icon;
pub mod light;
pub mod scale;
pub mod source;

use crate::words::{Markup, escape};

/// A coordinate: at most three decimals, no trailing zeros.
pub fn at(value: f64) -> String {
    let text = format!("{value:.3}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

/// A drawing being made.
pub struct Svg {
    out: String,
}

impl Svg {
    /// A picture with a name and the one finding that a reader should take away; `id` is unique on the page.
    pub fn picture(width: f64, height: f64, id: &str, title: &str, desc: &str) -> Self {
        let mut out = format!(
            "<svg viewBox=\"0 0 {w} {h}\" width=\"{w}\" height=\"{h}\" role=\"img\" aria-labelledby=\"{id}-t",
            w = at(width),
            h = at(height)
        );
        if !desc.is_empty() {
            out.push_str(&format!(" {id}-d"));
        }
        out.push_str(&format!("\"><title id=\"{id}-t\">{}</title>", escape(title)));
        if !desc.is_empty() {
            out.push_str(&format!("<desc id=\"{id}-d\">{}</desc>", escape(desc)));
        }
        Self { out }
    }
    /// A drawing that repeats what stands beside it.
    pub fn repeat(width: f64, height: f64, class: &str) -> Self {
        Self {
            out: format!(
                "<svg viewBox=\"0 0 {w} {h}\" width=\"{w}\" height=\"{h}\" class=\"{class}\" aria-hidden=\"true\" focusable=\"false\">",
                w = at(width),
                h = at(height)
            ),
        }
    }
    /// Markup of ours.
    pub fn raw(&mut self, markup: &str) -> &mut Self {
        self.out.push_str(markup);
        self
    }
    /// A rectangle.
    pub fn rect(&mut self, class: &str, x: f64, y: f64, width: f64, height: f64) -> &mut Self {
        if width > 0.0 && height > 0.0 {
            let (x, y, w, h) = (at(x), at(y), at(width), at(height));
            self.raw(&format!(
                "<rect class=\"{class}\" x=\"{x}\" y=\"{y}\" width=\"{w}\" height=\"{h}\"/>"
            ));
        }
        self
    }
    /// A straight line.
    pub fn line(&mut self, class: &str, x1: f64, y1: f64, x2: f64, y2: f64) -> &mut Self {
        let (a, b, c, d) = (at(x1), at(y1), at(x2), at(y2));
        self.raw(&format!("<line class=\"{class}\" x1=\"{a}\" y1=\"{b}\" x2=\"{c}\" y2=\"{d}\"/>"))
    }
    /// A circle.
    pub fn circle(&mut self, class: &str, x: f64, y: f64, r: f64) -> &mut Self {
        self.raw(&format!(
            "<circle class=\"{class}\" cx=\"{}\" cy=\"{}\" r=\"{}\"/>",
            at(x),
            at(y),
            at(r)
        ))
    }
    /// A path.
    pub fn path(&mut self, class: &str, d: &str) -> &mut Self {
        self.raw(&format!("<path class=\"{class}\" d=\"{d}\"/>"))
    }
    /// A line of text; `anchor` is start, middle or end.
    pub fn text(&mut self, class: &str, x: f64, y: f64, size: f64, anchor: &str, text: &str) -> &mut Self {
        let (x, y, size, text) = (at(x), at(y), at(size), escape(text));
        self.raw(&format!(
            "<text class=\"{class}\" x=\"{x}\" y=\"{y}\" font-size=\"{size}\" text-anchor=\"{anchor}\">{text}</text>"
        ))
    }
    /// The pattern of dots that means "not measured", held by this drawing.
    pub fn dots(&mut self, id: &str) -> &mut Self {
        self.raw(&format!(
            "<defs><pattern id=\"{id}-p\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\"><circle class=\"dot\" cx=\"2\" cy=\"2\" r=\"0.9\"/><circle class=\"dot\" cx=\"5\" cy=\"5\" r=\"0.9\"/></pattern></defs>"
        ))
    }
    /// The finished drawing.
    pub fn end(&mut self) -> Markup {
        self.out.push_str("</svg>");
        Markup(std::mem::take(&mut self.out))
    }
}
