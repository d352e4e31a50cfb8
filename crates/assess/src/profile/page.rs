//! The reference page: every rule of a profile with severity, clause, field, who can mend it and how much work that is.
//!
//! In: a profile and a language. Out: Markdown, the same for the same profile.

use std::collections::BTreeMap;
use std::fmt::Write;

use fyr_model::{Counts, Lang, Severity, Text};

use super::facts::{By, RuleFacts};
use super::folder::Profile;
use super::shapes::plain;

impl Profile {
    /// Every rule as a page of Markdown.
    pub fn page(&self, lang: Lang) -> String {
        let mut out = String::new();
        let label = self.label().get(lang);
        let _ = match lang {
            Lang::Sv => writeln!(out, "# Reglerna i {label}\n"),
            Lang::En => writeln!(out, "# The rules of {label}\n"),
        };
        let counts = self.counts();
        let (violation, warning, info) = (counts.violation, counts.warning, counts.info);
        let _ = match lang {
            Lang::Sv => writeln!(
                out,
                "Genererad ur profilens mapp; ändra där, inte här. {} regler: {violation} fel, {warning} varningar, {info} upplysningar.\n\
                 Id är det som står i fynden. *Prövas av*: `fyr check`, läsaren av grafen, eller bara SHACL-formerna.\n\
                 Regeln gäller från den dag som anges. Fältet är etiketten i EntryScape och andra verktyg som bygger på profilens mallar.",
                counts.total()
            ),
            Lang::En => writeln!(
                out,
                "Generated from the profile's folder; change that, not this. {} rules: {violation} violations, {warning} warnings, {info} notes.\n\
                 The id is the one in the findings. *Checked by*: `fyr check`, the reader of the graph, or the SHACL shapes only.\n\
                 A rule holds from the day that is stated. The field is the label in EntryScape and other tools built on the profile's templates.",
                counts.total()
            ),
        };
        for (topic, rules) in self.by_topic() {
            let _ = writeln!(
                out,
                "\n## {} (`{topic}`)\n",
                rules.first().map_or("", |facts| facts.guidance_label.get(lang))
            );
            out.push_str(match lang {
                Lang::Sv => "| Regel | Grad | Vad | Fält | Vem | Arbete | Prövas av | Gäller från | Källa |\n",
                Lang::En => "| Rule | Severity | What | Field | Who | Effort | Checked by | In effect | Clause |\n",
            });
            out.push_str("|---|---|---|---|---|---|---|---|---|\n");
            for facts in rules {
                let _ = writeln!(out, "{}", row(facts, lang));
            }
        }
        out
    }

    /// The rules by severity.
    pub fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for facts in self.rules() {
            match facts.severity {
                Severity::Violation => counts.violation += 1,
                Severity::Warning => counts.warning += 1,
                Severity::Info => counts.info += 1,
            }
        }
        counts
    }

    fn by_topic(&self) -> BTreeMap<&str, Vec<&RuleFacts>> {
        let mut topics: BTreeMap<&str, Vec<&RuleFacts>> = BTreeMap::new();
        for facts in self.rules() {
            topics.entry(&facts.guidance).or_default().push(facts);
        }
        for rules in topics.values_mut() {
            rules.sort_by_key(|facts| (facts.severity, facts.id.as_str()));
        }
        topics
    }
}

fn row(facts: &RuleFacts, lang: Lang) -> String {
    let severity = match facts.severity {
        Severity::Violation => Text::new("fel", "violation"),
        Severity::Warning => Text::new("varning", "warning"),
        Severity::Info => Text::new("upplysning", "note"),
    };
    let by = match facts.by {
        By::Check => Text::new("fyr check", "fyr check"),
        By::Reader => Text::new("läsaren", "the reader"),
        By::Shapes => Text::new("SHACL", "SHACL"),
    };
    let field = match facts.term.as_str() {
        "" => String::new(),
        term => format!("{} `{term}`", facts.field.get(lang)),
    };
    format!(
        "| `{}` | {} | {} | {field} | {} | {} | {} | {} | [{}]({}) |",
        facts.id,
        severity.get(lang),
        plain(&facts.message).get(lang).replace('|', "\\|"),
        facts.who.label().get(lang),
        facts.effort.label().get(lang),
        by.get(lang),
        facts.effective,
        short(&facts.clause),
        facts.clause
    )
}

/// The part of an address that tells clauses apart: its anchor, else its last two steps.
fn short(clause: &str) -> String {
    if let Some((_, anchor)) = clause.split_once('#') {
        return anchor.to_owned();
    }
    let mut steps: Vec<&str> = clause.trim_end_matches('/').rsplit('/').take(2).collect();
    steps.reverse();
    steps.join("/")
}
