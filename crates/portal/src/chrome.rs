//! What every page has: language, theme, head, navigation, foot.

use axum::http::{HeaderMap, Uri, header};
use fyr_model::Lang;

use crate::assets;
use crate::draw::icon;
use crate::officer::Officer;
use crate::words::{self, Markup};

/// A reader's own choice of theme.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Theme {
    /// As the device says.
    #[default]
    Device,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

impl Theme {
    /// Reads the word of the form and of the cookie.
    pub fn from_word(word: &str) -> Self {
        match word {
            "light" => Self::Light,
            "dark" => Self::Dark,
            _ => Self::Device,
        }
    }
    /// The word of the form and of the cookie.
    pub fn word(self) -> &'static str {
        match self {
            Self::Device => "device",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }
}

/// What a request says about its reader.
#[derive(Debug, Clone)]
pub struct Reader {
    /// The language to answer in.
    pub lang: Lang,
    /// Whether the address itself says so; then links keep saying it.
    pub chosen: bool,
    /// The theme.
    pub theme: Theme,
    /// Path and query without `lang`.
    pub path: String,
    /// The query, decoded, in order, without `lang`.
    pub query: Vec<(String, String)>,
    /// In what role, where the request came through the operator's door.
    pub officer: Option<Officer>,
}

impl Reader {
    /// Reads `?lang`, then `Accept-Language`, then Swedish; and the theme cookie.
    pub fn of(uri: &Uri, headers: &HeaderMap) -> Self {
        let pairs: Vec<(String, String)> = url::form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes())
            .take(64)
            .map(|(key, value)| (key.into_owned(), value.into_owned()))
            .collect();
        let asked = pairs
            .iter()
            .find(|(key, _)| key == "lang")
            .and_then(|(_, value)| Lang::from_tag(value));
        let query: Vec<(String, String)> = pairs.into_iter().filter(|(key, _)| key != "lang").collect();
        let text = |name| {
            headers
                .get(name)
                .and_then(|value: &axum::http::HeaderValue| value.to_str().ok())
                .unwrap_or_default()
        };
        let cookie = text(header::COOKIE)
            .split(';')
            .find_map(|part| part.trim().strip_prefix("theme="))
            .unwrap_or_default();
        Self {
            lang: asked.unwrap_or_else(|| accepted(text(header::ACCEPT_LANGUAGE))),
            chosen: asked.is_some(),
            theme: Theme::from_word(cookie),
            path: with_query(uri.path(), &query),
            query,
            officer: None,
        }
    }
    /// The first value of a query key.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.query.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_str())
    }
    /// All values of a query key.
    pub fn all(&self, key: &str) -> Vec<&str> {
        self.query
            .iter()
            .filter(|(name, value)| name == key && !value.is_empty())
            .map(|(_, value)| value.as_str())
            .collect()
    }
    /// A local address that keeps the chosen language.
    pub fn href(&self, address: &str) -> String {
        if !self.chosen {
            return address.to_owned();
        }
        let (rest, hash) = match address.split_once('#') {
            Some((rest, hash)) => (rest, format!("#{hash}")),
            None => (address, String::new()),
        };
        let sign = if rest.contains('?') { '&' } else { '?' };
        format!("{rest}{sign}lang={}{hash}", self.lang.tag())
    }
    /// Swedish or English.
    pub fn t<'a>(&self, sv: &'a str, en: &'a str) -> &'a str {
        if self.lang == Lang::Sv { sv } else { en }
    }
}

fn with_query(path: &str, query: &[(String, String)]) -> String {
    if query.is_empty() {
        return path.to_owned();
    }
    let mut text = url::form_urlencoded::Serializer::new(String::new());
    text.extend_pairs(query);
    format!("{path}?{}", text.finish())
}

/// The language of ours with the highest weight; Swedish when none is named.
fn accepted(text: &str) -> Lang {
    let mut best: Option<(f64, Lang)> = None;
    for part in text.split(',').take(32) {
        let mut pieces = part.trim().split(';');
        let Some(lang) = pieces.next().and_then(|tag| Lang::from_tag(tag.trim())) else {
            continue;
        };
        let weight = pieces
            .find_map(|piece| piece.trim().strip_prefix("q=")?.parse::<f64>().ok())
            .unwrap_or(1.0);
        if weight > 0.0 && best.is_none_or(|(known, _)| weight > known) {
            best = Some((weight, lang));
        }
    }
    best.map_or(Lang::Sv, |(_, lang)| lang)
}

/// The part of the portal that a page belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// None of the entries.
    None,
    /// Datasets.
    Datasets,
    /// Sources.
    Sources,
    /// The method.
    Method,
    /// SPARQL.
    Sparql,
    /// What waits for people; behind the operator's door only.
    Candidates,
}

/// An entry of the navigation.
pub struct Entry {
    /// Its address.
    pub href: String,
    /// Its name.
    pub name: &'static str,
    /// Whether this page belongs to it.
    pub here: bool,
}

/// The frame of one page.
pub struct Page {
    /// Who reads.
    pub reader: Reader,
    /// The title, without the name of the portal.
    pub title: String,
    /// Where it belongs.
    pub part: Part,
    /// Whether to say that everything is invented.
    pub demo: bool,
    /// Other forms of the same thing: media type and address.
    pub alternates: Vec<(&'static str, String)>,
}

impl Page {
    /// A page.
    pub fn new(reader: &Reader, part: Part, title: impl Into<String>, demo: bool) -> Self {
        Self {
            reader: reader.clone(),
            title: title.into(),
            part,
            demo,
            alternates: Vec::new(),
        }
    }
    /// Swedish or English.
    pub fn t<'a>(&self, sv: &'a str, en: &'a str) -> &'a str {
        self.reader.t(sv, en)
    }
    /// A local address that keeps the chosen language.
    pub fn href(&self, address: &str) -> String {
        self.reader.href(address)
    }
    /// The tag of the page's language.
    pub fn lang(&self) -> &'static str {
        self.reader.lang.tag()
    }
    /// The theme attribute of the root, when the reader has chosen.
    pub fn theme(&self) -> Markup {
        match self.reader.theme {
            Theme::Device => Markup::default(),
            theme => Markup(format!(" data-theme=\"{}\"", theme.word())),
        }
    }
    /// The style sheet.
    pub fn style(&self) -> &'static str {
        &assets::STYLE
    }
    /// The script.
    pub fn script(&self) -> &'static str {
        &assets::SCRIPT
    }
    /// The fonts.
    pub fn fonts(&self) -> &'static [String] {
        &assets::FONTS
    }
    /// The logo.
    pub fn logo(&self) -> Markup {
        icon::logo()
    }
    /// The entries of the navigation.
    pub fn entries(&self) -> Vec<Entry> {
        let entry = |part, address: &str, sv, en| Entry {
            href: self.href(address),
            name: self.t(sv, en),
            here: self.part == part,
        };
        let waits = self.reader.officer.as_ref();
        let mut all = vec![
            entry(Part::Datasets, "/datasets", "Datamängder", "Datasets"),
            entry(Part::Sources, "/sources", "Källor", "Sources"),
            entry(Part::Method, self.t("/metod", "/method"), "Metod", "Method"),
            entry(Part::Sparql, "/sparql", "SPARQL", "SPARQL"),
        ];
        all.extend(waits.map(|_| entry(Part::Candidates, "/candidates", "Kandidater", "Candidates")));
        all
    }
    /// This page in the other language.
    pub fn other(&self) -> String {
        let lang = self.reader.lang.other().tag();
        let path = match (self.reader.path.as_str(), lang) {
            ("/metod", "en") => "/method",
            ("/method", "sv") => "/metod",
            (path, _) => path,
        };
        let sign = if path.contains('?') { '&' } else { '?' };
        format!("{path}{sign}lang={lang}")
    }
    /// The tag of the other language.
    pub fn other_lang(&self) -> &'static str {
        self.reader.lang.other().tag()
    }
    /// Where the theme form comes back to.
    pub fn here(&self) -> String {
        self.href(&self.reader.path)
    }
    /// The choices of theme: word, name, whether chosen.
    pub fn themes(&self) -> Vec<(&'static str, &'static str, bool)> {
        let choice = |theme: Theme, sv, en| (theme.word(), self.t(sv, en), self.reader.theme == theme);
        vec![
            choice(Theme::Device, "Som enheten", "As the device"),
            choice(Theme::Light, "Ljust", "Light"),
            choice(Theme::Dark, "Mörkt", "Dark"),
        ]
    }
    /// A count in the page's language.
    pub fn n(&self, n: &u64) -> String {
        words::count(self.reader.lang, *n)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reader(uri: &str, accept: &str) -> Reader {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT_LANGUAGE, accept.parse().unwrap());
        headers.insert(header::COOKIE, "a=b; theme=dark".parse().unwrap());
        Reader::of(&uri.parse().unwrap(), &headers)
    }

    #[test]
    fn the_address_wins_over_the_browser_and_swedish_is_the_default() {
        assert_eq!(reader("/?lang=en", "sv").lang, Lang::En);
        assert_eq!(reader("/", "de, en-GB;q=0.8, sv;q=0.5").lang, Lang::En);
        assert_eq!(reader("/", "de").lang, Lang::Sv);
        assert_eq!(reader("/", "en;q=0, sv;q=0.1").lang, Lang::Sv);
        assert_eq!(reader("/?lang=fr", "").lang, Lang::Sv);
        assert_eq!(reader("/", "").theme, Theme::Dark);
    }

    #[test]
    fn links_keep_a_language_that_the_address_chose() {
        let chosen = reader("/datasets?q=tr%C3%A4d&lang=en", "sv");
        assert_eq!(chosen.href("/metod#D1"), "/metod?lang=en#D1");
        assert_eq!(chosen.path, "/datasets?q=tr%C3%A4d");
        assert_eq!(chosen.get("q"), Some("träd"));
        assert_eq!(reader("/", "en").href("/a?b=c"), "/a?b=c");
    }
}
