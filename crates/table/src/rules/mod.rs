//! Quality rules as files: a head that people read, then one SELECT (`tables.md` section 3).
//!
//! In: the text of a rule. Out: a [`Rule`], or which line of its head is wrong. Nothing runs here.
//!
//! A head is made of comment lines `-- key: value`; several keys may share a line when two or more blanks stand between them. Keys: `id`,
//! `severity` (`error`, `warning`, `info`), `owner`, `sv`, `en`, `reads` (`t.column`, `t.*`, `ref.table`), `gives` (`row` or `number`),
//! `nulls` (`pass`, `fail`), `limit` (`0 rows`, `0.1 %`), `source`, and `applies`: the rule then runs once for every column that fits, with
//! `{column}` in its SQL standing for that column; `{columns}` stands for all columns. `applies` is a list of `type=integer,number`,
//! `semantic=municipality_code` and `name=antal,count` (words of the header), of which all must fit. `parameters` is a list of
//! `name=value`, numbers or single-quoted texts: `{name}` in the SQL stands for the value, or for the one that a pipeline sets in its place.
//!
//! A rule in short ([`expand`]) becomes such a rule; [`Rule::text`] writes any rule as a file.

mod head;
mod short;

use std::collections::BTreeMap;

use fyr_model::quality::RuleSettings;
use fyr_model::table::{Column, ColumnType};
use fyr_model::{Refusal, RefusalKind, Text};

pub use head::{Given, parse, parse_with};
pub use short::{expand, expand_with, frequency_days, is_against_versions, kinds, volume_against, volume_band};

/// How a rule counts rows in which a column it reads is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nulls {
    /// Such rows are not checked.
    Pass,
    /// Such rows fail.
    Fail,
}

/// What a rule gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gives {
    /// The number of each failing row, 0-based.
    Row,
    /// One number: how many fail.
    Number,
}

/// How much may fail.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Limit {
    /// So many rows.
    Rows(u64),
    /// Such a share of the checked rows, 0 to 1.
    Share(f64),
}

/// Which columns a parametric rule runs for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Applies {
    /// Any of these types; none = all.
    pub types: Vec<ColumnType>,
    /// Any of these meanings; none = all.
    pub semantics: Vec<String>,
    /// Any of these words in the header; none = all.
    pub names: Vec<String>,
}

impl Applies {
    /// As a head writes it.
    fn text(&self) -> String {
        let types = self
            .types
            .iter()
            .filter_map(|kind| Some(serde_json::to_value(kind).ok()?.as_str()?.to_owned()));
        let parts = [
            ("type", types.collect::<Vec<_>>().join(",")),
            ("semantic", self.semantics.join(",")),
            ("name", self.names.join(",")),
        ];
        let parts: Vec<String> = parts
            .iter()
            .filter(|(_, list)| !list.is_empty())
            .map(|(key, list)| format!("{key}={list}"))
            .collect();
        parts.join(" ")
    }
    /// Whether a column fits.
    pub fn fits(&self, column: &Column) -> bool {
        let semantic = column.semantic.as_ref().map(|semantic| semantic.kind.as_str());
        let header = column.header.to_lowercase();
        let words: Vec<&str> = header.split(|c: char| !c.is_alphanumeric()).collect();
        (self.types.is_empty() || self.types.contains(&column.kind))
            && (self.semantics.is_empty() || semantic.is_some_and(|kind| self.semantics.iter().any(|wanted| wanted == kind)))
            && (self.names.is_empty() || self.names.iter().any(|name| words.contains(&name.as_str())))
    }
}

/// One rule.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// Its name.
    pub id: String,
    /// `error`, `warning` or `info`.
    pub severity: String,
    /// Who answers for it.
    pub owner: Option<String>,
    /// What it says.
    pub message: Text,
    /// Columns of `t` that it reads, without `t.`; `*` for the whole row.
    pub columns: Vec<String>,
    /// Registers and references that it reads, without `ref.`.
    pub registers: Vec<String>,
    /// The parameters that stand in its SQL, by name.
    pub parameters: BTreeMap<String, String>,
    /// What it gives.
    pub gives: Gives,
    /// How missing values count.
    pub nulls: Nulls,
    /// How much may fail.
    pub limit: Limit,
    /// The limit as written.
    pub limit_text: String,
    /// Where the rule comes from.
    pub source: Option<String>,
    /// For which columns it runs; none = once.
    pub applies: Option<Applies>,
    /// The SELECT.
    pub sql: String,
}

impl Rule {
    /// Takes what a pipeline changes of the rule; its parameters were set when it was read.
    ///
    /// # Errors
    /// `rule-settings` for an unknown word, `rule-parameter` for a parameter that the rule lacks.
    pub fn set(&mut self, settings: &RuleSettings) -> Result<(), Refusal> {
        let rule = self.id.clone();
        let refused = |id: &str, text: Text| Refusal::new(id, RefusalKind::Configuration, &rule, text);
        if let Some(name) = settings.parameters.keys().find(|name| !self.parameters.contains_key(*name)) {
            let text = Text::new(
                format!("regeln har ingen parameter {name}"),
                format!("the rule has no parameter {name}"),
            );
            return Err(refused("rule-parameter", text));
        }
        if let Some(severity) = &settings.severity {
            if !matches!(severity.as_str(), "error" | "warning" | "info") {
                let text = Text::new("severity är error, warning eller info", "severity is error, warning or info");
                return Err(refused("rule-settings", text));
            }
            self.severity.clone_from(severity);
        }
        if let Some(written) = &settings.limit {
            let Some(limit) = head::limit(written) else {
                let text = Text::new("limit skrivs som 0 rows eller 0.1 %", "limit is written as 0 rows or 0.1 %");
                return Err(refused("rule-settings", text));
            };
            (self.limit, self.limit_text) = (limit, written.clone());
        }
        Ok(())
    }

    /// The rule as a file, readable by the owner of the data and by [`parse`].
    pub fn text(&self) -> String {
        let owner = self.owner.as_ref().map(|owner| format!("      owner: {owner}")).unwrap_or_default();
        let mut text = format!("-- id: {}      severity: {}{owner}\n", self.id, self.severity);
        let line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        text.push_str(&format!("-- sv: {}\n-- en: {}\n", line(&self.message.sv), line(&self.message.en)));
        let read: Vec<String> = self
            .columns
            .iter()
            .map(|name| {
                if name == "*" || name == "{column}" {
                    format!("t.{name}")
                } else {
                    format!("t.{}", identifier(name))
                }
            })
            .chain(self.registers.iter().map(|name| format!("ref.{name}")))
            .collect();
        if !read.is_empty() {
            text.push_str(&format!("-- reads: {}\n", read.join(", ")));
        }
        let gives = if self.gives == Gives::Row { "row (0-based)" } else { "number" };
        let nulls = if self.nulls == Nulls::Pass { "pass" } else { "fail" };
        text.push_str(&format!("-- gives: {gives}      nulls: {nulls}      limit: {}\n", self.limit_text));
        if let Some(applies) = &self.applies {
            text.push_str(&format!("-- applies: {}\n", applies.text()));
        }
        if let Some(source) = &self.source {
            text.push_str(&format!("-- source: {}\n", line(source)));
        }
        text.push_str(&self.sql);
        text.push('\n');
        text
    }
}

/// The name of the row number in `t`.
pub(crate) const ROW: &str = "row";

/// What a data column is called in `t`: its name, but one called `row` is `row_data`.
pub(crate) fn exposed(name: &str) -> &str {
    if name == ROW { "row_data" } else { name }
}

/// A data column as SQL.
pub(crate) fn column(name: &str) -> String {
    identifier(exposed(name))
}

/// The registers that a rule can read as `ref.NAME`.
pub fn registers() -> Vec<&'static str> {
    crate::stage::register::REGISTERS.iter().map(|register| register.name).collect()
}

/// Whether rules can read `ref.NAME`: a register, or a reference of the pipeline.
pub(crate) fn is_known(name: &str, references: &[String]) -> bool {
    registers().contains(&name) || references.iter().any(|known| known == name)
}

/// All that rules can read, for a sentence.
pub(crate) fn known_names(references: &[String]) -> String {
    let mut names = registers();
    names.extend(references.iter().map(String::as_str));
    names.join(", ")
}

/// A text as an SQL identifier: always quoted, so that no letter is folded (`ÅR` would become `År`).
pub fn identifier(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// The rules that run on every table, in order of their ids.
///
/// # Panics
/// Never: a test reads every file.
pub fn standard() -> Vec<Rule> {
    STANDARD.iter().filter_map(|(_, text)| parse(text).ok()).collect()
}

/// The files of the standard pack: name and text.
pub const STANDARD: &[(&str, &str)] = standard_files::FILES;

/// `FILES`, made when the crate is built from the files of `sql/quality/`: adding a rule is adding a file.
mod standard_files {
    include!(concat!(env!("OUT_DIR"), "/quality.rs"));
}

#[cfg(test)]
mod tests {
    use fyr_model::quality::Scalar;

    use super::*;

    const HEAD: &str = "-- id: prov      severity: error      owner: redaktionen\n-- sv: Provet: håller.\n-- en: The test holds.\n-- reads: t.kod, ref.municipality     gives: row (0-based)     nulls: fail     limit: 0.1 %\n-- source: SCB\nSELECT t.\"row\" FROM t;\n";

    #[test]
    fn a_head_is_read_key_by_key() {
        let rule = parse(HEAD).unwrap();
        assert_eq!(
            (rule.id.as_str(), rule.severity.as_str(), rule.owner.as_deref()),
            ("prov", "error", Some("redaktionen"))
        );
        assert_eq!(rule.message, Text::new("Provet: håller.", "The test holds."));
        assert_eq!(
            (rule.columns, rule.registers),
            (vec!["kod".to_owned()], vec!["municipality".to_owned()])
        );
        assert_eq!((rule.gives, rule.nulls, rule.limit), (Gives::Row, Nulls::Fail, Limit::Share(0.001)));
        assert_eq!(rule.sql, "SELECT t.\"row\" FROM t");
    }

    #[test]
    fn what_is_wrong_in_a_head_is_named() {
        for (from, to) in [
            ("-- en: The test holds.\n", ""),
            ("severity: error", "severity: fatal"),
            ("owner:", "ower:"),
            ("limit: 0.1 %", "limit: some"),
            ("id: prov", "id: Prov Ett"),
            ("reads: t.kod", "reads: kod"),
            ("SELECT", "DELETE"),
        ] {
            let refusal = parse(&HEAD.replace(from, to)).unwrap_err();
            assert_eq!(
                (refusal.id.as_str(), refusal.kind),
                ("rule-head", RefusalKind::Configuration),
                "{to}"
            );
        }
    }

    #[test]
    fn a_pipeline_sets_parameters_and_cannot_change_the_sql_by_them() {
        let text = HEAD
            .replace("The test holds", "At most {max} of {word}")
            .replace("-- source: SCB\n", "-- parameters: max = 10, word = 'a b'\n")
            .replace("FROM t;", "FROM t WHERE \"antal\" > {max} OR \"ort\" = {word};");
        let with = |parameters: &[(&str, Scalar)]| {
            let parameters: BTreeMap<String, Scalar> = parameters.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
            let given = Given {
                parameters: Some(&parameters),
                ..Given::default()
            };
            parse_with(&text, &given)
        };
        assert!(with(&[]).unwrap().sql.ends_with("\"antal\" > 10 OR \"ort\" = 'a b'"));
        let rule = with(&[("max", Scalar::Integer(-3)), ("word", Scalar::Text("å".into()))]).unwrap();
        assert!(rule.sql.ends_with("\"antal\" > -3 OR \"ort\" = 'å'"), "{}", rule.sql);
        assert_eq!(rule.message.en, "At most -3 of å.");
        assert_eq!(
            rule.parameters,
            [("max".to_owned(), "-3".to_owned()), ("word".to_owned(), "'å'".to_owned())].into()
        );
        for wrong in [
            ("max", Scalar::Text("10 OR 1 = 1".into())),
            ("max", Scalar::Number(f64::NAN)),
            ("word", Scalar::Text("' OR '' = '".into())),
            ("word", Scalar::Integer(3)),
            ("most", Scalar::Integer(3)),
        ] {
            let refusal = with(std::slice::from_ref(&wrong)).unwrap_err();
            assert_eq!(
                (refusal.id.as_str(), refusal.subject.as_str()),
                ("rule-parameter", "prov"),
                "{wrong:?}"
            );
        }
    }

    #[test]
    fn a_reference_is_known_only_where_the_pipeline_names_it() {
        let text = HEAD.replace("ref.municipality", "ref.trad");
        assert_eq!(parse(&text).unwrap_err().id, "rule-head");
        let names = ["trad".to_owned()];
        let given = Given {
            references: &names,
            ..Given::default()
        };
        assert_eq!(parse_with(&text, &given).unwrap().registers, ["trad"]);
    }

    #[test]
    fn every_rule_of_the_standard_pack_is_read_and_named_as_its_file() {
        for (name, text) in STANDARD {
            assert_eq!(format!("{}.sql", parse(text).unwrap().id), *name);
        }
        assert_eq!(standard().len(), STANDARD.len());
    }
}
