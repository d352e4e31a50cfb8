//! Reports of `fyr check`: findings judged against what is already known, and written in the form that the reader asked for.
//!
//! In: the findings of one input, a baseline and a list of ignores. Out: for each input one [`Checked`], whose findings have fingerprints, places and a
//! state; and its text in one of eight forms. A refused document is a report with one finding. This module reads no catalogue and judges none:
//! severities, verdicts and texts are those that it is given. Reports are bounded and say how much they left out.

mod baseline;
mod bound;
mod checked;
mod duty;
mod fingerprint;
mod gitlab;
mod html;
mod ignore;
mod junit;
mod letter;
mod name;
mod sarif;
mod text;
mod turtle;

use std::path::Path;

use clap::ArgMatches;
use fyr_model::{Lang, Refusal, RefusalKind, Severity, Text};

use crate::cli;
use crate::commands::Door;
use crate::term::Term;
use crate::workspace::internal;

pub use checked::{About, Checked, LeftOut};
pub use duty::Duty;
pub use ignore::CheckConfig;

use baseline::Baseline;
use ignore::Ignores;

/// Findings that a report for machines holds unless `--max-findings` says otherwise; every rule is represented.
const FINDINGS_MAX: usize = 10_000;

/// Results of shapes that are held at all.
const RESULTS_MAX: usize = 200_000;

/// A form of report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// For a terminal.
    Text,
    /// The document `fyr/check/1`.
    Json,
    /// One page.
    Html,
    /// A W3C `sh:ValidationReport`.
    Turtle,
    /// SARIF 2.1.0.
    Sarif,
    /// JUnit XML.
    Junit,
    /// GitLab code quality.
    Gitlab,
    /// A letter to the system's supplier.
    Letter(Lang),
}

impl Format {
    /// The words of `--format`.
    pub const WORDS: [&'static str; 7] = ["text", "json", "html", "ttl", "sarif", "junit", "gitlab"];

    fn named(word: &str) -> Option<Self> {
        Some(match word {
            "text" => Self::Text,
            "json" => Self::Json,
            "html" => Self::Html,
            "ttl" => Self::Turtle,
            "sarif" => Self::Sarif,
            "junit" => Self::Junit,
            "gitlab" => Self::Gitlab,
            _ => return None,
        })
    }
}

/// From which severity a finding fails the check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailOn {
    /// A rule that must hold.
    Violation,
    /// A recommendation too.
    Warning,
    /// Nothing.
    Never,
}

impl FailOn {
    fn named(word: Option<&str>) -> Self {
        match word {
            Some("warning") => Self::Warning,
            Some("never") => Self::Never,
            _ => Self::Violation,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Violation => "violation",
            Self::Warning => "warning",
            Self::Never => "never",
        }
    }

    fn fails(self, severity: Severity) -> bool {
        match self {
            Self::Violation => severity == Severity::Violation,
            Self::Warning => severity != Severity::Info,
            Self::Never => false,
        }
    }
}

/// What the words ask of a report, read before any input is.
pub struct Reporter {
    format: Format,
    /// Reports in files beside the one on standard output.
    also: Vec<(Format, String)>,
    fail_on: FailOn,
    baseline: Option<Baseline>,
    ignores: Ignores,
    findings_max: usize,
    /// How many inputs there are: a baseline of one document fits the one input whatever it is called.
    single: bool,
    done: Vec<Checked>,
}

impl Reporter {
    /// Reads options, baseline and ignores.
    ///
    /// # Errors
    /// A configuration refusal: a file that cannot be read, an ignore without reason or end, a baseline that is incomplete.
    pub fn of(door: &Door, words: &ArgMatches) -> Result<Self, Refusal> {
        let format = match (cli::text(words, "letter").and_then(Lang::from_tag), cli::text(words, "format")) {
            (Some(lang), _) => Format::Letter(lang),
            (None, _) if door.json => Format::Json,
            (None, word) => word.and_then(Format::named).unwrap_or(Format::Text),
        };
        let also = cli::texts(words, "report")
            .iter()
            .map(|word| also(word))
            .collect::<Result<_, _>>()?;
        let findings_max = match cli::text(words, "max-findings") {
            None => FINDINGS_MAX,
            Some("all") => usize::MAX,
            Some(number) => number
                .parse()
                .map_err(|_| wrong("--max-findings", "ett antal eller all", "a number or all"))?,
        };
        let given = cli::text(words, "ignores").map(Path::new);
        Ok(Self {
            format,
            also,
            fail_on: FailOn::named(cli::text(words, "fail-on")),
            baseline: cli::text(words, "baseline")
                .map(|file| Baseline::read(Path::new(file)))
                .transpose()?,
            ignores: Ignores::read(&door.config, given, chrono::Utc::now().date_naive())?,
            findings_max,
            single: cli::texts(words, "input").len() == 1,
            done: Vec::new(),
        })
    }

    /// So many results of shapes are worth holding: no more than the report can show, unless a baseline must meet each.
    pub fn results_max(&self) -> usize {
        if self.baseline.is_some() {
            RESULTS_MAX
        } else {
            self.findings_max.min(RESULTS_MAX)
        }
    }

    /// So many findings are worth holding; none when each is, since it may be in the baseline or among the ignores.
    pub fn held_max(&self) -> Option<usize> {
        (self.baseline.is_none() && self.ignores.is_empty() && self.findings_max < usize::MAX).then_some(self.findings_max)
    }

    /// Judges the findings of one input: fingerprints, states, and what the report leaves out.
    pub fn judge(&self, about: About, findings: Vec<fyr_model::Finding>) -> Checked {
        Checked::of(about, findings, self)
    }

    /// Takes a judged input; what can be told at once is.
    ///
    /// # Errors
    /// When the document cannot be written.
    pub fn add(&mut self, door: &Door, checked: Checked) -> Result<(), Refusal> {
        match self.format {
            Format::Text => text::print(&door.term, &checked),
            Format::Json => println!("{}", checked.document()?),
            _ => {}
        }
        self.done.push(checked);
        Ok(())
    }

    /// Writes what is about all inputs together.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub fn finish(self, door: &Door) -> Result<(), Refusal> {
        if !matches!(self.format, Format::Text | Format::Json) {
            println!("{}", self.written(&door.term, self.format)?.trim_end());
        }
        for (format, file) in &self.also {
            let text = self.written(&door.term, *format)?;
            std::fs::write(file, text).map_err(|error| unwritten(file, &error))?;
        }
        Ok(())
    }

    fn written(&self, term: &Term, format: Format) -> Result<String, Refusal> {
        let all = self.done.as_slice();
        Ok(match format {
            Format::Text => text::lines(&plain(term), all),
            Format::Json => all.iter().map(Checked::document).collect::<Result<Vec<_>, _>>()?.join("\n"),
            Format::Html => html::page(term, all),
            Format::Turtle => turtle::document(all)?,
            Format::Sarif => json(&sarif::log(term, all))?,
            Format::Junit => junit::document(term, all),
            Format::Gitlab => json(&gitlab::report(term, all))?,
            Format::Letter(lang) => letter::text(&Term { lang, ..plain(term) }, all),
        })
    }
}

/// A file has no colours.
fn plain(term: &Term) -> Term {
    Term {
        colour: false,
        symbols: true,
        ..*term
    }
}

fn json(value: &serde_json::Value) -> Result<String, Refusal> {
    serde_json::to_string_pretty(value).map_err(|error| internal("json", &error))
}

/// `FORMAT=FILE`.
fn also(word: &str) -> Result<(Format, String), Refusal> {
    let (format, file) = word.split_once('=').unwrap_or((word, ""));
    match Format::named(format) {
        Some(format) if !file.is_empty() => Ok((format, file.to_owned())),
        _ => Err(wrong(
            "--report",
            "FORMAT=FIL, där FORMAT är ett av text, json, html, ttl, sarif, junit, gitlab",
            "FORMAT=FILE, where FORMAT is one of text, json, html, ttl, sarif, junit, gitlab",
        )),
    }
}

fn wrong(option: &str, sv: &str, en: &str) -> Refusal {
    Refusal::new(
        "words",
        RefusalKind::Configuration,
        option,
        Text::new(format!("förväntar sig {sv}"), format!("expects {en}")),
    )
}

fn unwritten(file: &str, error: &std::io::Error) -> Refusal {
    let text = Text::new(format!("kunde inte skrivas: {error}"), format!("could not be written: {error}"));
    Refusal::new("out", RefusalKind::Configuration, file, text)
}

/// The verdicts that were given, in words: id, whether it holds, the sentence.
pub(crate) fn verdicts(term: &Term, checked: &Checked) -> Vec<(&'static str, bool, String)> {
    let harvested = checked.harvested.map(|holds| match holds {
        true => term.say("skördas av dataportal.se", "would be harvested by dataportal.se"),
        false => term.say("skördas inte av dataportal.se", "would not be harvested by dataportal.se"),
    });
    let conforms = match checked.conforms {
        true => term.say("följer profilen", "conforms to the profile"),
        false => term.say("följer inte profilen", "does not conform to the profile"),
    };
    let first = checked
        .harvested
        .zip(harvested)
        .map(|(holds, words)| ("harvested", holds, words.to_owned()));
    first
        .into_iter()
        .chain([("conforms", checked.conforms, conforms.to_owned())])
        .collect()
}

/// Every rule's findings together, gravest first, then the most common.
pub(crate) fn groups(checked: &Checked) -> Vec<Group<'_>> {
    let mut groups: Vec<Group<'_>> = Vec::new();
    for one in &checked.findings {
        match groups.iter_mut().find(|group| same_rule(&group.first().finding, &one.finding)) {
            Some(group) => group.shown.push(one),
            None => groups.push(Group {
                shown: vec![one],
                left_out: 0,
            }),
        }
    }
    for group in &mut groups {
        let finding = &group.first().finding;
        let left = checked
            .left_out
            .iter()
            .find(|left| (&left.id, left.severity, &left.source_shape) == (&finding.id, finding.severity, &finding.source_shape));
        group.left_out = left.map_or(0, |left| left.count);
    }
    groups.sort_by(|a, b| {
        let key = |group: &Group<'_>| (group.first().finding.severity, std::cmp::Reverse(group.total()));
        key(a).cmp(&key(b))
    });
    groups
}

/// Whether two findings are of one rule; each shape of somebody else's is a rule.
fn same_rule(a: &fyr_model::Finding, b: &fyr_model::Finding) -> bool {
    (&a.id, a.severity, &a.source_shape) == (&b.id, b.severity, &b.source_shape)
}

/// The findings of one rule.
pub(crate) struct Group<'c> {
    /// Those that the report holds; never empty.
    pub shown: Vec<&'c checked::Reported>,
    /// How many more there are.
    pub left_out: u64,
}

impl<'c> Group<'c> {
    /// The first finding, which speaks for all.
    pub fn first(&self) -> &'c checked::Reported {
        // `groups` makes each with one.
        self.shown[0]
    }

    /// A finding's own words, where they are not those of the first.
    pub fn other_words(&self, one: &'c checked::Reported, lang: Lang) -> Option<&'c str> {
        let words = one.finding.message.get(lang);
        Some(words).filter(|words| *words != self.first().finding.message.get(lang))
    }

    /// How many findings there are.
    pub fn total(&self) -> u64 {
        self.shown.len() as u64 + self.left_out
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
