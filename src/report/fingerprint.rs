//! What makes two findings of two runs the same: rule, subject, property and value. Not the line, the wording, or what else was found.

use std::collections::HashMap;

use fyr_model::{Finding, Sha256};

/// The version of the recipe: fingerprints of another recipe must not meet these by chance.
const RECIPE: &str = "fyr-finding-1";
/// Hexadecimal digits: 128 bits.
const DIGITS: usize = 32;

/// A fingerprint for each finding, all different. `names` are those of the document itself, which may lie elsewhere the next time.
pub(super) fn all(findings: &[Finding], names: &[String]) -> Vec<String> {
    let mut seen: HashMap<String, u32> = HashMap::new();
    findings
        .iter()
        .map(|finding| {
            let first = one(finding, names, 0);
            let copies = seen.entry(first.clone()).or_default();
            *copies += 1;
            // What differs in words alone is told apart by number.
            if *copies == 1 { first } else { one(finding, names, *copies) }
        })
        .collect()
}

fn one(finding: &Finding, names: &[String], copy: u32) -> String {
    let focus = if names.contains(&finding.focus) {
        ""
    } else {
        finding.focus.as_str()
    };
    let value = finding.value.as_deref().unwrap_or_default();
    let copy = if copy == 0 { String::new() } else { copy.to_string() };
    let text = [RECIPE, &finding.id, focus, &finding.path, value, &copy].join("\u{1f}");
    Sha256::of(text.as_bytes()).to_string().chars().take(DIGITS).collect()
}
