//! Marks: state lamps of evidence, severity marks, the logo and the few signs that the fonts lack.

use fyr_model::Severity;
use fyr_model::readiness::Status;

use super::Svg;
use crate::words::Markup;

/// The lamp of an indicator's state, 20 pixels; its word stands beside it for readers.
pub fn lamp(status: Status) -> Markup {
    let mut svg = Svg::repeat(20.0, 20.0, "lamp");
    match status {
        Status::Pass => svg.circle("lampdot", 10.0, 10.0, 8.0).path("onlamp", "M6.2 10.3l2.6 2.6 5-5.4"),
        Status::Partial => svg
            .path("lit", "M10 2a8 8 0 0 1 0 16z")
            .circle("inkline", 10.0, 10.0, 8.0)
            .path("inkline", "M10 2v16"),
        Status::Fail => svg.circle("inkline", 10.0, 10.0, 8.0),
        Status::NotMeasured => svg.raw("<circle class=\"none\" fill=\"none\" cx=\"10\" cy=\"10\" r=\"8\"/>"),
        Status::NotApplicable => svg.raw("<path class=\"axis\" fill=\"none\" d=\"M5 10h10\"/>"),
    };
    svg.end()
}

/// The mark of a finding's severity, 14 pixels, in the colour of the text around it.
pub fn severity(severity: Severity) -> Markup {
    let mut svg = Svg::repeat(14.0, 14.0, "sev");
    match severity {
        Severity::Violation => svg.path("now", "M7 0.5L13.5 7 7 13.5 0.5 7z"),
        Severity::Warning => svg.path("nowline", "M7 1.8L12.8 12.4H1.2z"),
        Severity::Info => svg.path("nowline", "M7 1a6 6 0 1 0 0.01 0zM7 6.2v4.2M7 3.4v1.4"),
    };
    svg.end()
}

/// A tick in the colour of the text around it.
pub fn tick() -> Markup {
    Svg::repeat(14.0, 14.0, "sev").path("nowline", "M1.5 7.6l3.6 3.6L12.5 3").end()
}

/// An arrow to the right.
pub fn arrow() -> Markup {
    Svg::repeat(16.0, 14.0, "arrow").path("nowline", "M1 7h13M9 2l5 5-5 5").end()
}

/// A magnifying glass.
pub fn glass() -> Markup {
    Svg::repeat(22.0, 22.0, "glass")
        .path("inkline", "M9.5 3a6.5 6.5 0 1 0 0.01 0zM14.5 14.5L20 20")
        .end()
}

/// The logo: a ring, a lamp and one lit sector from 28 to 118 degrees.
pub fn logo() -> Markup {
    let mut svg = Svg::repeat(32.0, 32.0, "mark");
    svg.path("lit", "M16 16L21.63 5.41A12 12 0 0 1 26.6 21.63z")
        .path("inkline", "M16 2a14 14 0 1 0 0.01 0z")
        .path("inkline", "M16 16L21.63 5.41A12 12 0 0 1 26.6 21.63z")
        .circle("inkfill", 16.0, 16.0, 4.5);
    svg.end()
}
