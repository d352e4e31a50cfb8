//! The head of a report's SQL file: its title, what it is about, where its rules come from, and each column in both languages.

use fyr_model::{Lang, Text};
use serde::Serialize;

/// A column of a report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Column {
    /// Its name in the answer.
    pub name: String,
    /// What people call it.
    pub label: Text,
    /// Which pages, and the terminal in which languages, show it; files have all.
    #[serde(skip)]
    pub page: Shown,
    /// What people read where there is no value; a dash when nothing is said.
    #[serde(skip)]
    pub empty: Option<Text>,
}

/// Who sees a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// Nobody but readers of the files.
    Files,
    /// Everybody.
    Everywhere,
    /// Those who read this language: a column that another one says in the other.
    In(Lang),
}

impl Column {
    /// Whether it is shown to those who read a language.
    pub fn is_for(&self, lang: Lang) -> bool {
        match self.page {
            Shown::Files => false,
            Shown::Everywhere => true,
            Shown::In(own) => own == lang,
        }
    }
}

/// What a report's file says before its query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// The title.
    pub title: Text,
    /// What it shows and what it does not.
    pub about: Text,
    /// Regulation, profile or guidance behind it.
    pub source: String,
    /// In the order of the answer.
    pub columns: Vec<Column>,
}

impl Head {
    /// Reads the comment lines at the head of a file: `column: NAME | SVENSKA | ENGLISH | WHO SEES IT | TOMT | EMPTY`, where who sees it is
    /// nothing, `page`, `page sv` or `page en`.
    pub fn of(sql: &str) -> Self {
        let lines: Vec<(&str, Vec<&str>)> = sql
            .lines()
            .map_while(|line| line.strip_prefix("-- "))
            .filter_map(|line| line.split_once(": "))
            .map(|(word, rest)| (word, rest.split(" | ").map(|part| part.trim_end_matches(" |").trim()).collect()))
            .collect();
        let part = |parts: &[&str], place: usize| parts.get(place).copied().unwrap_or_default().to_owned();
        let both = |word: &str| {
            let found = lines.iter().find(|(known, _)| *known == word);
            found.map_or_else(|| Text::new("", ""), |(_, parts)| Text::new(part(parts, 0), part(parts, 1)))
        };
        Self {
            title: both("title"),
            about: both("about"),
            source: lines
                .iter()
                .find(|(word, _)| *word == "source")
                .map(|(_, parts)| parts.join(" | "))
                .unwrap_or_default(),
            columns: lines
                .iter()
                .filter(|(word, _)| *word == "column")
                .map(|(_, parts)| Column {
                    name: part(parts, 0),
                    label: Text::new(part(parts, 1), part(parts, 2)),
                    page: match part(parts, 3).as_str() {
                        "page" => Shown::Everywhere,
                        "page sv" => Shown::In(Lang::Sv),
                        "page en" => Shown::In(Lang::En),
                        _ => Shown::Files,
                    },
                    empty: parts.get(4).map(|_| Text::new(part(parts, 4), part(parts, 5))),
                })
                .collect(),
        }
    }
}
