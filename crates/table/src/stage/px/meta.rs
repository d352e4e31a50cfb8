//! What the keywords of a PX file say: the variables and their values, what is measured, in which unit, and when it was updated.
//!
//! In: keywords. Out: the plan of a cube. Only the keywords listed here are kept; `CONTACT` and the notes are read past.

use std::collections::BTreeMap;
use std::io::Read;

use fyr_model::limits::TableLimits;
use fyr_model::{Refusal, Text};

use super::text::{Head, PxText, Token};
use super::{fault, texts};
use crate::refuse;
use crate::stage::cube::{Cube, Dimension, MEASURES_MAX, Measure, product};
use crate::stage::marker;

/// The keywords that are kept.
const WANTED: [&str; 26] = [
    "LANGUAGE",
    "LANGUAGES",
    "MATRIX",
    "TITLE",
    "DESCRIPTION",
    "CONTENTS",
    "UNITS",
    "STUB",
    "HEADING",
    "CONTVARIABLE",
    "VALUES",
    "CODES",
    "TIMEVAL",
    "KEYS",
    "DECIMALS",
    "SOURCE",
    "LAST-UPDATED",
    "REFPERIOD",
    "DATASYMBOL1",
    "DATASYMBOL2",
    "DATASYMBOL3",
    "DATASYMBOL4",
    "DATASYMBOL5",
    "DATASYMBOL6",
    "DATASYMBOLNIL",
    "DATASYMBOLSUM",
];

/// The signs that the data symbols stand for in `DATA`, in the order of the keywords.
const SYMBOLS: [(&str, &str); 8] = [
    ("DATASYMBOL1", "."),
    ("DATASYMBOL2", ".."),
    ("DATASYMBOL3", "..."),
    ("DATASYMBOL4", "...."),
    ("DATASYMBOL5", "....."),
    ("DATASYMBOL6", "......"),
    ("DATASYMBOLNIL", "-"),
    ("DATASYMBOLSUM", "......."),
];

#[derive(Debug, Clone)]
struct Entry {
    line: u64,
    tokens: Vec<Token>,
}

/// Where the cells begin.
#[derive(Debug, Clone, Copy)]
pub(super) struct DataStart {
    pub(super) offset: u64,
    pub(super) line: u64,
}

type Key = (String, Option<String>, Vec<String>);

/// The keywords of a file.
#[derive(Debug, Default)]
pub(super) struct Meta {
    entries: BTreeMap<Key, Entry>,
    pub(super) data: Option<DataStart>,
    lines: u64,
}

/// A table to be read: its cube, its keys and its data symbols.
#[derive(Debug)]
pub(super) struct Table {
    pub(super) cube: Cube,
    /// For each variable of the stub the keys that begin a record; empty when there are none.
    pub(super) keys: Vec<Vec<String>>,
    pub(super) keys_line: u64,
    pub(super) other_languages: Vec<String>,
    pub(super) lost_contents: bool,
    symbols: Vec<(String, marker::Marker)>,
}

impl Table {
    /// The marker of a word that the file itself names as a data symbol.
    pub(super) fn symbol(&self, word: &str) -> Option<marker::Marker> {
        self.symbols.iter().find(|(symbol, _)| symbol == word).map(|(_, marker)| *marker)
    }
}

/// A variable as the keywords describe it.
struct Variable {
    name: String,
    labels: Vec<String>,
    codes: Option<Vec<String>>,
    periods: Option<Vec<String>>,
}

impl Meta {
    /// Reads all keywords; remembers where `DATA` begins.
    pub(super) fn read<R: Read>(text: &mut PxText<'_, R>) -> Result<Self, Refusal> {
        let mut meta = Self::default();
        while let Some(head) = text.head()? {
            if head.keyword == "DATA" {
                if meta.data.is_some() {
                    return Err(fault(
                        "DATA",
                        head.line,
                        text.subject,
                        "nyckelordet står två gånger",
                        "the keyword stands twice",
                    ));
                }
                meta.data = Some(DataStart {
                    offset: text.offset,
                    line: text.line,
                });
                text.skim()?;
                continue;
            }
            let wanted = WANTED.contains(&head.keyword.as_str());
            let tokens = text.values(&head, wanted)?;
            if wanted {
                meta.keep(head, tokens, text.subject)?;
            }
        }
        meta.lines = text.line;
        Ok(meta)
    }
    /// A keyword that shapes the table may stand once only; of the others the last one counts.
    fn keep(&mut self, head: Head, tokens: Vec<Token>, subject: &str) -> Result<(), Refusal> {
        let entry = Entry { line: head.line, tokens };
        let shapes = ["STUB", "HEADING", "VALUES", "CODES", "TIMEVAL", "KEYS"].contains(&head.keyword.as_str());
        let (keyword, line) = (head.keyword.clone(), head.line);
        let before = self.entries.insert((head.keyword, head.lang, head.parts), entry);
        if shapes && before.is_some() {
            return Err(fault(
                &keyword,
                line,
                subject,
                "nyckelordet står två gånger",
                "the keyword stands twice",
            ));
        }
        Ok(())
    }

    fn entry(&self, keyword: &str, lang: Option<&str>, part: Option<&str>) -> Option<&Entry> {
        let parts: Vec<String> = part.map(str::to_owned).into_iter().collect();
        self.entries.get(&(keyword.to_owned(), lang.map(str::to_owned), parts))
    }
    /// The texts of a keyword; something that is no list of texts is a fault.
    fn list(&self, keyword: &str, lang: Option<&str>, part: Option<&str>, subject: &str) -> Result<Option<Vec<String>>, Refusal> {
        let Some(entry) = self.entry(keyword, lang, part) else {
            return Ok(None);
        };
        texts(&entry.tokens).map(Some).ok_or_else(|| {
            let (sv, en) = ("värdet är ingen lista av texter", "the value is no list of texts");
            fault(keyword, entry.line, subject, sv, en)
        })
    }
    /// One text of a keyword.
    fn one(&self, keyword: &str, lang: Option<&str>, part: Option<&str>) -> Option<String> {
        let entry = self.entry(keyword, lang, part)?;
        let [Token::Text(text) | Token::Word(text)] = entry.tokens.as_slice() else {
            return None;
        };
        let text = text.trim();
        (!text.is_empty()).then(|| text.to_owned())
    }
    pub(super) fn matrix(&self) -> Option<String> {
        self.one("MATRIX", None, None)
    }
    /// The refusal of a file that lacks a keyword; the line is the file's last.
    pub(super) fn missing(&self, keyword: &str, subject: &str) -> Refusal {
        fault(
            keyword,
            self.lines,
            subject,
            "nyckelordet saknas i filen",
            "the keyword is missing in the file",
        )
    }

    /// The plan of the table in one language.
    pub(super) fn table(&self, asked: Option<&str>, limits: &TableLimits, subject: &str) -> Result<Table, Refusal> {
        let main = self.one("LANGUAGE", None, None).map(|lang| lang.to_ascii_lowercase());
        let all = self.list("LANGUAGES", None, None, subject)?.unwrap_or_default();
        let all: Vec<String> = all.iter().map(|lang| lang.to_ascii_lowercase()).collect();
        let lang = self.language(asked, main.as_deref(), &all, subject)?;
        let read = lang.clone().or_else(|| main.clone());
        let swedish = read.as_deref().is_some_and(|lang| lang.starts_with("sv"));
        let (mut variables, stub) = self.variables(lang.as_deref(), limits, subject)?;
        let contents = self
            .one("CONTVARIABLE", lang.as_deref(), None)
            .or_else(|| self.one("CONTVARIABLE", None, None));
        let at = contents
            .as_ref()
            .and_then(|name| variables.iter().position(|variable| variable.name == *name));
        let lost_contents = contents.is_some() && at.is_none();
        let sizes = variables.iter().map(|variable| variable.labels.len() as u64);
        product(sizes, limits, subject)?;
        let (keys, keys_line) = self.keys(&variables, stub, lang.as_deref(), subject)?;
        let contents = at
            .filter(|at| variables.get(*at).is_some_and(|variable| variable.labels.len() <= MEASURES_MAX))
            .map(|at| (at, variables.remove(at)));
        let measures = match &contents {
            Some((_, contents)) => contents
                .labels
                .iter()
                .map(|label| self.measure(Some(label), lang.as_deref()))
                .collect(),
            None => vec![self.measure(None, lang.as_deref())],
        };
        Ok(Table {
            cube: Cube {
                dimensions: variables.into_iter().map(|variable| variable.dimension(swedish)).collect(),
                measures,
                measure_at: contents.map_or(0, |(at, _)| at),
            },
            keys,
            keys_line,
            other_languages: all.into_iter().filter(|lang| Some(lang) != read.as_ref()).collect(),
            lost_contents,
            symbols: self.symbols(),
        })
    }

    /// The language to read: none stands for the file's first one.
    fn language(&self, asked: Option<&str>, main: Option<&str>, all: &[String], subject: &str) -> Result<Option<String>, Refusal> {
        let Some(asked) = asked.map(str::to_ascii_lowercase).filter(|asked| Some(asked.as_str()) != main) else {
            return Ok(None);
        };
        // A name of another kind than a language may be meant for the archive around the file.
        if all.contains(&asked) {
            return Ok(Some(asked));
        }
        if asked.len() > 3 {
            return Ok(None);
        }
        Err(refuse::configuration(
            "px-no-language",
            subject,
            format!("filen har inget språk {asked}"),
            format!("the file has no language {asked}"),
        ))
    }

    /// The variables of the stub and then those of the heading, and how many the stub has.
    fn variables(&self, lang: Option<&str>, limits: &TableLimits, subject: &str) -> Result<(Vec<Variable>, usize), Refusal> {
        let names = |lang: Option<&str>| -> Result<(Vec<String>, usize), Refusal> {
            let stub = self.list("STUB", lang, None, subject)?.unwrap_or_default();
            let heading = self.list("HEADING", lang, None, subject)?.unwrap_or_default();
            let count = stub.len();
            Ok((stub.into_iter().chain(heading).collect(), count))
        };
        let (plain, stub) = names(None)?;
        let named = names(lang)?.0;
        if plain.is_empty() {
            return Err(self.missing("STUB", subject));
        }
        if plain.len() > limits.columns_max {
            return Err(crate::stage::gather::too_many_columns(subject, limits.columns_max, None));
        }
        let mut variables = Vec::new();
        for (index, first) in plain.iter().enumerate() {
            let name = named.get(index).filter(|_| named.len() == plain.len()).unwrap_or(first);
            variables.push(self.variable(index, first, name, lang, subject)?);
        }
        Ok((variables, stub))
    }
    fn variable(&self, index: usize, first: &str, name: &str, lang: Option<&str>, subject: &str) -> Result<Variable, Refusal> {
        let find = |keyword: &str| -> Result<Option<(Vec<String>, u64)>, Refusal> {
            for (lang, name) in [(lang, name), (lang, first), (None, first)] {
                if let Some(values) = self.list(keyword, lang, Some(name), subject)? {
                    return Ok(Some((values, self.entry(keyword, lang, Some(name)).map_or(0, |entry| entry.line))));
                }
            }
            Ok(None)
        };
        let (values, codes) = (find("VALUES")?, find("CODES")?);
        let (labels, _) = values.or_else(|| codes.clone()).ok_or_else(|| {
            let number = index + 1;
            fault(
                "VALUES",
                self.lines,
                subject,
                &format!("nyckelordet saknas för variabel nummer {number}"),
                &format!("the keyword is missing for variable number {number}"),
            )
        })?;
        if let Some((codes, line)) = codes.as_ref().filter(|(codes, _)| codes.len() != labels.len()) {
            return Err(counts("CODES", *line, subject, codes.len(), labels.len()));
        }
        let timed = [(lang, name), (lang, first), (None, first)]
            .into_iter()
            .find_map(|(lang, name)| self.entry("TIMEVAL", lang, Some(name)));
        let periods = match timed {
            None => None,
            Some(entry) => periods(entry, labels.len(), subject)?,
        };
        Ok(Variable {
            name: name.to_owned(),
            labels,
            codes: codes.map(|(codes, _)| codes),
            periods,
        })
    }

    /// The keys of the stub's variables; all of them or none.
    fn keys(&self, variables: &[Variable], stub: usize, lang: Option<&str>, subject: &str) -> Result<(Vec<Vec<String>>, u64), Refusal> {
        let first = self
            .entries
            .iter()
            .find(|((keyword, ..), _)| keyword == "KEYS")
            .map(|(_, entry)| entry.line);
        let Some(line) = first else {
            return Ok((Vec::new(), 0));
        };
        let plain = self.list("STUB", None, None, subject)?.unwrap_or_default();
        let mut keys = Vec::new();
        for (variable, first) in variables.iter().zip(&plain).take(stub) {
            let word = self
                .one("KEYS", None, Some(first))
                .or_else(|| self.one("KEYS", lang, Some(&variable.name)))
                .unwrap_or_default();
            // The keys stand in the file's first language, whatever language is read.
            let labels = self
                .list("VALUES", None, Some(first), subject)?
                .unwrap_or_else(|| variable.labels.clone());
            keys.push(match (word.to_ascii_uppercase().as_str(), &variable.codes) {
                ("CODES", Some(codes)) => codes.clone(),
                ("CODES" | "VALUES", _) => labels,
                _ => {
                    let (sv, en) = ("varje variabel i STUB behöver KEYS", "every variable of STUB needs KEYS");
                    return Err(fault("KEYS", line, subject, sv, en));
                }
            });
        }
        if keys.is_empty() {
            return Err(self.missing("STUB", subject));
        }
        Ok((keys, line))
    }

    fn symbols(&self) -> Vec<(String, marker::Marker)> {
        SYMBOLS
            .iter()
            .filter_map(|(keyword, sign)| Some((self.one(keyword, None, None)?, marker::marker(sign)?)))
            .collect()
    }

    /// What is measured: the value of CONTVARIABLE of that name, or the one content of the file.
    fn measure(&self, label: Option<&str>, lang: Option<&str>) -> Measure {
        let one = |keyword: &str| {
            [(lang, label), (lang, None), (None, label), (None, None)]
                .into_iter()
                .find_map(|(lang, part)| self.one(keyword, lang, part))
        };
        let decimals = self.entry("DECIMALS", None, None).and_then(|entry| match entry.tokens.as_slice() {
            [Token::Word(word) | Token::Text(word)] => word.parse().ok(),
            _ => None,
        });
        Measure {
            header: label
                .map(str::to_owned)
                .or_else(|| one("CONTENTS"))
                .unwrap_or_else(|| "value".into()),
            unit: one("UNITS"),
            description: self.description(label),
            decimals,
        }
    }
    /// The title, the source, the reference period and the last update, in both languages as far as the file has them.
    fn description(&self, label: Option<&str>) -> Option<Text> {
        let main = self.one("LANGUAGE", None, None).unwrap_or_default().to_ascii_lowercase();
        let line = |tag: &str, words: [&str; 3]| {
            let lang = (!main.starts_with(tag)).then_some(tag);
            let one = |keyword: &str, part: Option<&str>| self.one(keyword, lang, part).or_else(|| self.one(keyword, None, part));
            let title = one("TITLE", None).or_else(|| one("DESCRIPTION", None))?;
            let mut text = title;
            for (keyword, word) in ["SOURCE", "REFPERIOD", "LAST-UPDATED"].into_iter().zip(words) {
                if let Some(value) = one(keyword, label).or_else(|| one(keyword, None)) {
                    let value = if keyword == "LAST-UPDATED" { moment(&value) } else { value };
                    text.push_str(&format!(". {word}: {value}"));
                }
            }
            Some(text)
        };
        let sv = line("sv", ["Källa", "Referenstid", "Uppdaterad"])?;
        let en = line("en", ["Source", "Reference period", "Updated"])?;
        Some(Text::new(sv, en))
    }
}

impl Variable {
    fn dimension(self, swedish: bool) -> Dimension {
        match self.periods {
            Some(periods) => Dimension::time(&self.name, periods, Some(self.labels), swedish),
            None => Dimension::category(&self.name, self.codes, Some(self.labels), swedish),
        }
    }
}

/// `20060209 15:20` as `2006-02-09 15:20`; something else stays as it is.
fn moment(text: &str) -> String {
    match (text.get(..4), text.get(4..6), text.get(6..8), text.get(8..)) {
        (Some(year), Some(month), Some(day), Some(rest)) if text.get(..8).is_some_and(|day| day.bytes().all(|b| b.is_ascii_digit())) => {
            format!("{year}-{month}-{day}{rest}")
        }
        _ => text.to_owned(),
    }
}

fn counts(keyword: &str, line: u64, subject: &str, found: usize, wanted: usize) -> Refusal {
    fault(
        keyword,
        line,
        subject,
        &format!("{found} värden, men variabeln har {wanted}"),
        &format!("{found} values, but the variable has {wanted}"),
    )
}

/// The periods of a `TIMEVAL`: a scale, and a list of times or a first and a last one. A scale that is not known gives nothing.
fn periods(entry: &Entry, wanted: usize, subject: &str) -> Result<Option<Vec<String>>, Refusal> {
    let wrong = || fault("TIMEVAL", entry.line, subject, "värdet är ingen TLIST", "the value is no TLIST");
    let mut tokens = entry.tokens.iter();
    let (Some(Token::Word(tlist)), Some(Token::Sign('(')), Some(Token::Word(scale))) = (tokens.next(), tokens.next(), tokens.next()) else {
        return Err(wrong());
    };
    if !tlist.eq_ignore_ascii_case("TLIST") {
        return Err(wrong());
    }
    let scale = scale.to_ascii_uppercase();
    let rest: Vec<&Token> = tokens.collect();
    let times: Vec<String> = match rest.as_slice() {
        // TLIST(A1,"1994"-"1996"): only the ends are named; the hyphen is a word of its own.
        [
            Token::Sign(','),
            Token::Text(first),
            Token::Word(hyphen),
            Token::Text(last),
            Token::Sign(')'),
        ] if hyphen == "-" => span(&scale, first, last, wanted).ok_or_else(|| counts("TIMEVAL", entry.line, subject, 0, wanted))?,
        [Token::Sign(')'), list @ ..] => list
            .iter()
            .filter_map(|token| match token {
                Token::Text(text) => Some(text.clone()),
                _ => None,
            })
            .collect(),
        _ => return Err(wrong()),
    };
    if times.len() != wanted {
        return Err(counts("TIMEVAL", entry.line, subject, times.len(), wanted));
    }
    Ok(times.iter().map(|time| period(&scale, time)).collect())
}

/// A time of a scale as the periods of this program are written: `2004`, `2004H1`, `2004K1`, `2004M10`, `2004v01`, `2004-01-31`.
fn period(scale: &str, time: &str) -> Option<String> {
    let year = time.get(..4).filter(|year| year.bytes().all(|b| b.is_ascii_digit()))?;
    let rest = time.get(4..)?;
    let rest = if rest.bytes().all(|b| b.is_ascii_digit()) {
        rest
    } else {
        return None;
    };
    match (scale, rest.len()) {
        ("A1", 0) => Some(year.to_owned()),
        ("H1", 1) => Some(format!("{year}H{rest}")),
        ("T1", 1) => Some(format!("{year}T{rest}")),
        ("Q1", 1) => Some(format!("{year}K{rest}")),
        ("M1", 2) => Some(format!("{year}M{rest}")),
        ("W1", 2) => Some(format!("{year}v{rest}")),
        ("D1", 4) => Some(format!("{year}-{}-{}", rest.get(..2)?, rest.get(2..)?)),
        _ => None,
    }
}

/// All times from the first to the last one, when they are as many as wanted.
fn span(scale: &str, first: &str, last: &str, wanted: usize) -> Option<Vec<String>> {
    let (steps, digits) = match scale {
        "A1" => (1, 0),
        "H1" => (2, 1),
        "T1" => (3, 1),
        "Q1" => (4, 1),
        "M1" => (12, 2),
        _ => return None,
    };
    let number = |time: &str| -> Option<u64> {
        let year: u64 = time.get(..4)?.parse().ok()?;
        let part: u64 = if digits == 0 { 1 } else { time.get(4..)?.parse().ok()? };
        (1..=steps).contains(&part).then(|| year * steps + part - 1)
    };
    let (first, last) = (number(first)?, number(last)?);
    let count = usize::try_from(last.checked_sub(first)?).ok()?.checked_add(1)?;
    (count == wanted).then(|| {
        (first..=last)
            .map(|at| {
                let (year, part) = (at / steps, at % steps + 1);
                if digits == 0 {
                    format!("{year:04}")
                } else {
                    format!("{year:04}{part:0digits$}")
                }
            })
            .collect()
    })
}
