//! A profile: a folder of data, read and resolved, so that every rule has its facts.
//!
//! In: the texts of a folder's files. Out: a [`Profile`], or one refusal that names file and place. It opens no file itself.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use chrono::NaiveDate;
use fyr_model::{Finding, Position, Refusal, RefusalKind, RulePack, Severity, Text};
use serde::de::DeserializeOwned;
use toml::value::Datetime;

use super::data::{Class, Head, Kind, Pack, Property, Rule, Topic};
use super::facts::{By, RuleFacts};
use super::judge::NATIVE;
use crate::packs::{self, Embedded, OF_2_2_0, OF_3_0_1};

/// The file that makes a folder a profile.
pub const HEAD: &str = "profile.toml";

/// A profile's version in use: which properties and rules hold, and what people need to know about each.
#[derive(Debug, Clone, Default)]
pub struct Profile {
    pub(super) head: Head,
    pub(super) classes: Vec<Class>,
    pub(super) rules: BTreeMap<String, Rule>,
    pub(super) facts: BTreeMap<String, RuleFacts>,
    packs: Vec<RulePack>,
}

static KNOWN: LazyLock<Vec<Profile>> = LazyLock::new(|| [&OF_3_0_1[..], &OF_2_2_0[..]].map(embedded).into());

/// A folder that is compiled in. One that cannot be read yields the empty profile; a test reads each, so a build that ships never meets that.
fn embedded(files: &[Embedded]) -> Profile {
    let files = files.iter().map(|file| (file.name().to_owned(), file.text.to_owned())).collect();
    Profile::read(&files).unwrap_or_default()
}

impl Profile {
    /// The one that is used unless another is asked for.
    pub fn current() -> &'static Self {
        static EMPTY: LazyLock<Profile> = LazyLock::new(Profile::default);
        KNOWN.first().unwrap_or_else(|| LazyLock::force(&EMPTY))
    }

    /// Those that are compiled in, newest first.
    pub fn known() -> &'static [Self] {
        &KNOWN
    }

    /// One that is compiled in, by `NAME` or `NAME@VERSION`; without a version the newest.
    pub fn named(name: &str) -> Option<&'static Self> {
        KNOWN.iter().find(|profile| profile.name() == name || profile.pinned() == name)
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.head.profile
    }

    /// Its version.
    pub fn version(&self) -> &str {
        &self.head.version
    }

    /// Its name with the version, as one writes it to pin the rules.
    pub fn pinned(&self) -> String {
        format!("{}@{}", self.head.profile, self.head.version)
    }

    /// What it is called.
    pub fn label(&self) -> &Text {
        &self.head.label
    }

    /// What is known about a rule.
    pub fn rule(&self, id: &str) -> Option<&RuleFacts> {
        self.facts.get(id)
    }

    /// Every rule, by id.
    pub fn rules(&self) -> impl Iterator<Item = &RuleFacts> {
        self.facts.values()
    }

    /// SHACL files of its folder that are tried beside its rules.
    pub fn shapes_files(&self) -> &[String] {
        &self.head.shapes
    }

    /// The rule behind the IRI of one of our shapes: the shape's name up to a second part that tells class and property apart.
    pub fn rule_of_shape(&self, iri: &str) -> Option<&RuleFacts> {
        let name = iri.strip_prefix(&self.head.shape_base).filter(|name| name.len() < iri.len())?;
        self.rule(name.split_once(':').map_or(name, |(id, _)| id))
    }

    /// Its files with version and digest, and the code lists that every profile shares.
    pub fn packs(&self) -> Vec<RulePack> {
        self.packs.iter().cloned().chain(packs::shared()).collect()
    }

    /// Without the rules that take effect later than `day`.
    #[must_use]
    pub fn in_effect(&self, day: NaiveDate) -> Self {
        let later = |id: &str| self.facts.get(id).is_some_and(|facts| facts.effective > day);
        let mut kept = self.clone();
        kept.rules.retain(|id, _| !later(id));
        for class in &mut kept.classes {
            let ids = |row: &Property| ["missing", "too-many"].map(|suffix| row_id(&class.id, &row.name, suffix));
            let rows = std::mem::take(&mut class.property);
            class.property = rows.into_iter().filter(|row| !ids(row).iter().any(|id| later(id))).collect();
        }
        kept.facts.retain(|_, facts| facts.effective <= day);
        kept
    }

    pub(super) fn class(&self, id: &str) -> Option<&Class> {
        self.classes.iter().find(|class| class.id == id)
    }

    /// Whether the portal would take in a catalogue with these findings.
    pub fn harvested(&self, findings: &[Finding]) -> bool {
        let stops = |id: &str| self.head.also_stops.contains(id) || self.rules.get(id).is_some_and(|rule| rule.stops_harvest);
        !findings.iter().any(|finding| stops(&finding.id))
    }

    /// Whether a finding of the graph's reader is a fault by this profile too: the reader knows the present one.
    pub fn asks(&self, finding: &Finding) -> bool {
        let known = |profile: &Self| profile.rule(&finding.id).is_some_and(|facts| facts.by != By::Shapes);
        known(self) || !known(Self::current())
    }

    /// Reads a folder: the text of each file by its name.
    ///
    /// # Errors
    /// A refusal that names the file, and the place in it where there is one: a file that is missing or is no TOML, a word that is unknown,
    /// a rule twice, a topic, document or class that is not defined.
    pub fn read(files: &BTreeMap<String, String>) -> Result<Self, Refusal> {
        let head: Head = parse(files, HEAD)?;
        let named = [&head.id, &head.profile, &head.version].iter().all(|word| !word.is_empty());
        // Shapes of others have names of their own; only rules need a base for theirs.
        let shapes_alone = head.packs.is_empty() && !head.shapes.is_empty();
        if !named || (head.shape_base.is_empty() && !shapes_alone) {
            return Err(refused(
                HEAD,
                "filen saknar id, profile, version eller shape_base",
                "the file lacks id, profile, version or shape_base",
            ));
        }
        let mut profile = Self { head, ..Self::default() };
        let names: Vec<String> = profile.head.packs.clone();
        for name in &names {
            let pack: Pack = parse(files, name)?;
            profile.take(name, pack)?;
        }
        let texts = std::iter::once(HEAD)
            .chain(names.iter().map(String::as_str))
            .filter_map(|name| files.get(name));
        profile.packs = texts.map(|text| packs::pack(text)).collect();
        Ok(profile)
    }

    fn take(&mut self, file: &str, pack: Pack) -> Result<(), Refusal> {
        if [&pack.id, &pack.version, &pack.origin].iter().any(|word| word.is_empty()) {
            return Err(refused(
                file,
                "filen saknar id, version eller origin",
                "the file lacks id, version or origin",
            ));
        }
        let day = day(pack.effective.or(self.head.effective));
        for class in pack.class {
            self.take_class(file, class, day)?;
        }
        for rule in pack.rule {
            self.take_rule(file, rule, day)?;
        }
        Ok(())
    }

    /// A class, or more properties of one that is known.
    fn take_class(&mut self, file: &str, mut class: Class, day: NaiveDate) -> Result<(), Refusal> {
        let rows = std::mem::take(&mut class.property);
        let at = self
            .classes
            .iter()
            .position(|known| known.id == class.id)
            .unwrap_or(self.classes.len());
        if at == self.classes.len() {
            self.classes.push(class);
        }
        for row in rows {
            let row = self.resolved(file, row)?;
            let Some(class) = self.classes.get(at) else { continue };
            for facts in self.row_facts(file, class, &row, day)? {
                self.keep(file, facts)?;
            }
            if let Some(class) = self.classes.get_mut(at) {
                class.property.push(row);
            }
        }
        Ok(())
    }

    fn take_rule(&mut self, file: &str, rule: Rule, day: NaiveDate) -> Result<(), Refusal> {
        let unknown = |target: &&String| !target.contains(':') && self.class(target).is_none();
        if let Some(id) = rule.target.iter().find(unknown) {
            return Err(undefined(file, &rule.id, "klassen", "the class", id));
        }
        if rule.by == By::Check && !NATIVE.contains(&rule.id.as_str()) {
            return Err(refused(
                file,
                format!("regeln {} prövas inte av fyr check; ange by = \"shapes\"", rule.id),
                format!("the rule {} is not one that fyr check applies; state by = \"shapes\"", rule.id),
            ));
        }
        self.keep(file, self.rule_facts(file, &rule, day)?)?;
        self.rules.insert(rule.id.clone(), rule);
        Ok(())
    }

    fn keep(&mut self, file: &str, facts: RuleFacts) -> Result<(), Refusal> {
        match self.facts.insert(facts.id.clone(), facts) {
            None => Ok(()),
            Some(twice) => Err(refused(
                file,
                format!("regeln {} finns två gånger", twice.id),
                format!("the rule {} occurs twice", twice.id),
            )),
        }
    }

    /// A row with what its term says of it.
    fn resolved(&self, file: &str, mut row: Property) -> Result<Property, Refusal> {
        let Some(term) = self.head.term.get(&row.term) else {
            return Err(undefined(file, &row.term, "egenskapen", "the property", &row.term));
        };
        let named = row.term.split_once(':');
        let Some((base, local)) = named.and_then(|(prefix, local)| Some((self.head.prefix.get(prefix)?, local))) else {
            return Err(undefined(file, &row.term, "prefixet", "the prefix", &row.term));
        };
        row.path = format!("{base}{local}");
        if row.name.is_empty() {
            row.name = local.to_owned();
        }
        if row.label == Text::default() {
            row.label = term.label.clone().unwrap_or_else(|| term.field.clone());
        }
        if row.fix == Text::default() {
            row.fix = term.fix.clone().unwrap_or_else(|| {
                Text::new(
                    format!("Lägg till {} ({}).", row.label.sv, row.term),
                    format!("Add {} ({}).", row.label.en, row.term),
                )
            });
        }
        Ok(row)
    }

    /// The facts of a row: its absence, and too many values.
    fn row_facts(&self, file: &str, class: &Class, row: &Property, day: NaiveDate) -> Result<Vec<RuleFacts>, Refusal> {
        let known = self.head.term.get(&row.term);
        let topic_id = row.topic.as_ref().or(known.map(|term| &term.topic));
        let (topic_id, topic) = self.topic(file, &row.term, topic_id)?;
        let anchor = class
            .anchor
            .as_ref()
            .map(|class| format!("spec#{class}-{}", row.term.replace(':', "_")));
        let clause = row.clause.clone().or(anchor).unwrap_or_else(|| "spec".to_owned());
        let base = RuleFacts {
            id: String::new(),
            severity: Severity::Violation,
            message: Text::default(),
            fix: row.fix.clone(),
            clause: self.clause(file, &row.term, &clause)?,
            guidance: topic_id,
            guidance_label: Text::new(&topic.sv, &topic.en),
            field: row.field.clone().or(known.map(|term| term.field.clone())).unwrap_or_default(),
            term: row.term.clone(),
            path: row.path.clone(),
            who: row.who.or(known.and_then(|term| term.who)).unwrap_or(topic.who),
            effort: row.effort.or(known.and_then(|term| term.effort)).unwrap_or(topic.effort),
            effective: row.effective.map_or(day, |own| self::day(Some(own))),
            by: row.by,
            stops_harvest: false,
        };
        let missing = row.level.severity().map(|severity| RuleFacts {
            id: row_id(&class.id, &row.name, "missing"),
            severity,
            message: missing(class, row),
            ..base.clone()
        });
        let too_many = row.max.map(|max| RuleFacts {
            id: row_id(&class.id, &row.name, "too-many"),
            message: too_many(class, row, max),
            fix: keep_one(row),
            // The view holds one date of each kind.
            by: if row.value == Kind::Date { By::Shapes } else { row.by },
            ..base
        });
        Ok(missing.into_iter().chain(too_many).collect())
    }

    fn rule_facts(&self, file: &str, rule: &Rule, day: NaiveDate) -> Result<RuleFacts, Refusal> {
        let term = self.term(&rule.path).unwrap_or_default();
        let known = self.head.term.get(&term);
        let (topic_id, topic) = self.topic(file, &rule.id, rule.topic.as_ref().or(known.map(|term| &term.topic)))?;
        // Another topic than the property's brings its own people.
        let known = known.filter(|term| term.topic == topic_id);
        Ok(RuleFacts {
            id: rule.id.clone(),
            severity: rule.severity,
            message: rule.message.clone(),
            fix: rule.fix.clone(),
            clause: self.clause(file, &rule.id, &rule.clause)?,
            guidance: topic_id,
            guidance_label: Text::new(&topic.sv, &topic.en),
            field: rule
                .field
                .clone()
                .or_else(|| self.head.term.get(&term).map(|term| term.field.clone()))
                .unwrap_or_default(),
            term,
            path: rule.path.clone(),
            who: rule.who.or(known.and_then(|term| term.who)).unwrap_or(topic.who),
            effort: rule.effort.or(known.and_then(|term| term.effort)).unwrap_or(topic.effort),
            effective: rule.effective.map_or(day, |own| self::day(Some(own))),
            by: rule.by,
            stops_harvest: rule.stops_harvest,
        })
    }

    /// The prefixed name of a property.
    pub(super) fn term(&self, path: &str) -> Option<String> {
        let known = self
            .head
            .prefix
            .iter()
            .filter_map(|(prefix, base)| Some((prefix, path.strip_prefix(base.as_str())?)));
        known
            .filter(|(_, local)| !local.is_empty())
            .min_by_key(|(_, local)| local.len())
            .map(|(prefix, local)| format!("{prefix}:{local}"))
    }

    fn topic(&self, file: &str, what: &str, id: Option<&String>) -> Result<(String, &Topic), Refusal> {
        let id = id.map_or("", String::as_str);
        let topic = self.head.topic.get(id);
        topic
            .map(|topic| (id.to_owned(), topic))
            .ok_or_else(|| undefined(file, what, "ämnet", "the topic", id))
    }

    /// `DOCUMENT` or `DOCUMENT#ANCHOR` as an address.
    fn clause(&self, file: &str, what: &str, clause: &str) -> Result<String, Refusal> {
        let (name, anchor) = clause.split_once('#').unwrap_or((clause, ""));
        let Some(page) = self.head.document.get(name) else {
            return Err(undefined(file, what, "dokumentet", "the document", name));
        };
        Ok(if anchor.is_empty() {
            page.clone()
        } else {
            format!("{page}#{anchor}")
        })
    }
}

/// The id of a row's rule: `dataset-access-rights-missing`.
pub(super) fn row_id(class: &str, name: &str, suffix: &str) -> String {
    format!("{class}-{}-{suffix}", slug(name))
}

/// The kebab-case name in a finding's id: `access-url` of `accessURL`.
pub(super) fn slug(name: &str) -> String {
    let mut slug = String::new();
    let mut lower_before = false;
    for c in name.chars() {
        if c.is_uppercase() && lower_before {
            slug.push('-');
        }
        lower_before = c.is_lowercase();
        slug.extend(c.to_lowercase());
    }
    slug
}

pub(super) fn missing(class: &Class, row: &Property) -> Text {
    Text::new(
        format!("{} saknar {}.", class.label.sv, row.label.sv),
        format!("{} has no {}.", class.label.en, row.label.en),
    )
}

fn too_many(class: &Class, row: &Property, max: usize) -> Text {
    let (sv, en) = match max {
        1 => ("mer än ett värde".to_owned(), "more than one value".to_owned()),
        _ => (format!("fler än {max} värden"), format!("more than {max} values")),
    };
    Text::new(
        format!("{} har {sv} för {}.", class.label.sv, row.label.sv),
        format!("{} has {en} of {}.", class.label.en, row.label.en),
    )
}

pub(super) fn keep_one(row: &Property) -> Text {
    let (sv, en) = (&row.label.sv, &row.label.en);
    Text::new(format!("Behåll ett värde för {sv}."), format!("Keep one value of {en}."))
}

/// A date of the files; the first day of all where none stands.
fn day(written: Option<Datetime>) -> NaiveDate {
    let date = written.and_then(|written| written.date);
    date.and_then(|date| NaiveDate::from_ymd_opt(i32::from(date.year), u32::from(date.month), u32::from(date.day)))
        .unwrap_or_default()
}

fn parse<T: DeserializeOwned>(files: &BTreeMap<String, String>, name: &str) -> Result<T, Refusal> {
    let Some(text) = files.get(name) else {
        return Err(refused(
            name,
            "filen finns inte i profilens mapp",
            "the file is not in the profile's folder",
        ));
    };
    toml::from_str(text).map_err(|error| {
        let reason = error.message().to_owned();
        let refusal = refused(
            name,
            format!("filen går inte att läsa: {reason}"),
            format!("the file cannot be read: {reason}"),
        );
        match error.span().and_then(|span| text.get(..span.start)) {
            Some(before) => refusal.at(Position {
                line: before.matches('\n').count() as u64 + 1,
                column: before.chars().rev().take_while(|c| *c != '\n').count() as u64 + 1,
                offset: before.len() as u64,
            }),
            None => refusal,
        }
    })
}

fn undefined(file: &str, what: &str, sv: &str, en: &str, id: &str) -> Refusal {
    refused(
        file,
        format!("{what}: {sv} `{id}` är inte definierad i profilen"),
        format!("{what}: {en} `{id}` is not defined in the profile"),
    )
}

fn refused(file: &str, sv: impl Into<String>, en: impl Into<String>) -> Refusal {
    Refusal::new("profile-folder", RefusalKind::Configuration, file, Text::new(sv, en))
}
