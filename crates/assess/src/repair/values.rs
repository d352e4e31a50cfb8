//! Single values: what a date, a size, a licence, a code, a format or a language is when it is written as the profile wants it.
//!
//! In: a value as harvested. Out: the same value written otherwise, or nothing when it is right already or when its meaning is not certain.

use fyr_model::catalogue::Value;
use fyr_model::change::Term;

use super::table::{List, TABLE, language_code};
use crate::licence::normalise;
use crate::lists::{self, TYPES, Vocabulary};
use crate::score::dates;

const XSD: &str = "http://www.w3.org/2001/XMLSchema#";
const CATALOGUE_LICENCE_CODE: &str = "CC0";

/// A value as the licence and code lists read it.
fn value(term: &Term<&str>) -> Value {
    match term {
        Term::Iri { value } => Value::Iri((*value).to_owned()),
        Term::Literal { value, .. } => Value::Literal((*value).to_owned()),
    }
}

/// A text or IRI without white space, scheme and a slash at its end; none when it is no http(s) address.
fn place(text: &str) -> Option<&str> {
    let text = text.trim();
    let rest = text.strip_prefix("http://").or_else(|| text.strip_prefix("https://"))?;
    Some(rest.trim_end_matches('/'))
}

/// A date in one of the three forms of the profile, with its datatype; `None` when it is right as it stands, or no date for certain.
pub(super) fn date(term: &Term<&str>) -> Option<(Term, &'static str)> {
    let Term::Literal { value, language, datatype } = term else {
        return None;
    };
    let written = value.trim();
    let (text, form) = match form(written) {
        Some(form) => (written.to_owned(), form),
        None => {
            let text = rewritten(written)?;
            let form = form(&text)?;
            (text, form)
        }
    };
    let wanted = format!("{XSD}{form}");
    if text == **value {
        let right = *datatype == Some(wanted.as_str()) && language.is_none();
        return (!right).then(|| (Term::typed(text, wanted), "date-datatype"));
    }
    Some((Term::typed(text, wanted), "date-form"))
}

/// The datatype of a text that is in the lexical form of `xsd:gYear`, `xsd:date` or `xsd:dateTime` and stands in the calendar.
fn form(text: &str) -> Option<&'static str> {
    let (bare, _) = split_zone(text)?;
    match bare.split_once('T') {
        Some((day, time)) if is_day(day) && is_time(time) => Some("dateTime"),
        Some(_) => None,
        None if is_day(bare) => Some("date"),
        None if bare.len() == 4 && all_digits(bare) && ("1000".."3000").contains(&bare) => Some("gYear"),
        None => None,
    }
}

fn all_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

/// The text before a time zone, and the zone.
fn split_zone(text: &str) -> Option<(&str, &str)> {
    if let Some(bare) = text.strip_suffix('Z') {
        return Some((bare, "Z"));
    }
    let Some(at) = text.len().checked_sub(6).filter(|at| text.is_char_boundary(*at)) else {
        return Some((text, ""));
    };
    let (bare, zone) = text.split_at(at);
    let Some((hours, minutes)) = zone
        .get(1..)
        .and_then(|rest| rest.split_once(':'))
        .filter(|_| zone.starts_with(['+', '-']))
    else {
        return Some((text, ""));
    };
    let within = |text: &str, max: u8| all_digits(text) && text.len() == 2 && text.parse::<u8>().is_ok_and(|n| n <= max);
    (within(hours, 14) && within(minutes, 59)).then_some((bare, zone))
}

fn is_day(text: &str) -> bool {
    text.len() == 10 && !text.starts_with("000") && dates::xsd(text).is_some()
}

/// `hh:mm:ss`, with or without a fraction.
fn is_time(text: &str) -> bool {
    let (whole, fraction) = text.split_once('.').map_or((text, "0"), |(whole, fraction)| (whole, fraction));
    let mut parts = whole.split(':');
    let mut next = |max: u8| {
        parts
            .next()
            .is_some_and(|part| part.len() == 2 && all_digits(part) && part.parse::<u8>().is_ok_and(|n| n <= max))
    };
    next(23) && next(59) && next(59) && parts.next().is_none() && all_digits(fraction)
}

/// The same day or moment in ISO 8601, where year, month and day stand in that order and nothing else can be meant.
fn rewritten(text: &str) -> Option<String> {
    let mut words = text.split_whitespace();
    let (first, second, third) = (words.next()?, words.next(), words.next());
    if words.next().is_some() {
        return None;
    }
    let day = day(first)?;
    let universal = |word: &str| matches!(word, "GMT" | "UTC" | "Z");
    match (second, third) {
        (None, None) => Some(day),
        // `2021-01-28 GMT 01:51:03` and `2021-01-28 01:51:03 UTC` (`dcat-ap-se.md` section 10).
        (Some(zone), Some(time)) | (Some(time), Some(zone)) if universal(zone) && is_time(time) => Some(format!("{day}T{time}Z")),
        (Some(time), None) => {
            let (bare, zone) = split_zone(time)?;
            is_time(bare).then(|| format!("{day}T{bare}{zone}"))
        }
        _ => None,
    }
}

/// `2024-1-5`, `2024/01/05`, `2024.01.05` and `20240105` as `2024-01-05`.
fn day(text: &str) -> Option<String> {
    let day = if text.len() == 8 && all_digits(text) {
        let (year, rest) = text.split_at_checked(4)?;
        let (month, day) = rest.split_at_checked(2)?;
        format!("{year}-{month}-{day}")
    } else {
        let sign = text.chars().nth(4).filter(|sign| matches!(sign, '-' | '/' | '.'))?;
        let mut parts = text.split(sign);
        let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
        let short = |part: &str| (1..=2).contains(&part.len()) && all_digits(part);
        if parts.next().is_some() || year.len() != 4 || !all_digits(year) || !short(month) || !short(day) {
            return None;
        }
        format!("{year}-{month:0>2}-{day:0>2}")
    };
    dates::xsd(&day).filter(|day| dates::plausible(*day)).map(|_| day)
}

/// A number of bytes as `xsd:nonNegativeInteger`.
pub(super) fn byte_size(term: &Term<&str>) -> Option<(Term, &'static str)> {
    let Term::Literal { value, datatype, .. } = term else {
        return None;
    };
    let written = value.trim();
    let whole = match written.split_once('.') {
        Some((whole, fraction)) if fraction.bytes().all(|b| b == b'0') => whole,
        Some(_) => return None,
        None => written,
    };
    let wanted = format!("{XSD}nonNegativeInteger");
    let right = *datatype == Some(wanted.as_str()) && whole == *value;
    (all_digits(whole) && !right).then(|| (Term::typed(whole, wanted), "byte-size-datatype"))
}

/// A licence by its own IRI; on a catalogue only CC0, which is the one that the profile has there.
pub(super) fn licence(term: &Term<&str>, on_catalogue: bool) -> Option<(Term, &'static str)> {
    let read = normalise(&value(term));
    let licence = read.licence.filter(|_| !read.canonical)?;
    // A version that nobody stated and a national port are other licences; a software licence is no answer for data.
    let guessed = |step: &String| {
        ["version not given", "port ", "a software licence"]
            .iter()
            .any(|start| step.starts_with(start))
    };
    if read.changes.iter().any(guessed) || !licence.iri.starts_with("http") {
        return None;
    }
    let rule = match on_catalogue {
        true if licence.code != CATALOGUE_LICENCE_CODE => return None,
        true => "catalogue-licence-near-miss",
        false => "licence-not-canonical",
    };
    Some((Term::of_iri(licence.iri), rule))
}

/// A value of a list by its IRI: another scheme, a retired host or table name, an old code, a whole value of the rule file, or the bare code.
pub(super) fn listed(list: &List, term: &Term<&str>) -> Option<(Term, &'static str)> {
    let vocabulary = lists::vocabulary(&list.name)?;
    let text = term.text().trim();
    if term.iri().is_some_and(|iri| vocabulary.code(iri).is_some()) {
        return None;
    }
    let old = list.old_base.as_deref().and_then(|base| text.strip_prefix(base));
    let (code, rule) = if let Some(code) = old.and_then(|name| vocabulary.old.get(name)) {
        (code.as_str(), "frequency-deprecated")
    } else if let Some(code) = list.also.get(text) {
        (code.as_str(), "value-not-in-list")
    } else {
        (in_table(vocabulary, text, term.iri().is_none())?, "value-not-in-list")
    };
    let becomes = vocabulary.values.contains_key(code).then(|| format!("{}{code}", vocabulary.base))?;
    Some((Term::of_iri(becomes), rule))
}

/// The code behind another spelling of an IRI of the list, or behind a literal that is the code itself.
fn in_table<'t>(vocabulary: &Vocabulary, text: &'t str, literal: bool) -> Option<&'t str> {
    let known = |code: &&str| vocabulary.values.contains_key(*code);
    let own = vocabulary.base.split_once("://").map_or("", |(_, own)| own);
    match place(text) {
        Some(place) => after_base(place, own).filter(known),
        None => Some(text).filter(|code| literal && code.len() > 2).filter(known),
    }
}

/// What follows the list's place, or the retired place of the same EU table.
fn after_base<'t>(place: &'t str, own: &str) -> Option<&'t str> {
    let table = own.strip_prefix(TABLE.eu_table.as_str());
    let retired = table.and_then(|table| {
        let mut bases = TABLE.eu_table_retired.iter();
        bases.find_map(|base| place.strip_prefix(base.as_str())?.strip_prefix(table))
    });
    place.strip_prefix(own).or(retired)
}

/// The EU file-type IRI of a format that is a code of the table, or another spelling of such an IRI.
pub(super) fn format(term: &Term<&str>) -> Option<(Term, &'static str)> {
    let text = term.text().trim();
    if term.iri().is_some_and(|iri| TYPES.code(iri).is_some()) || lists::media_type(&value(term)).is_some() {
        return None;
    }
    let own = TYPES.base.split_once("://").map_or("", |(_, own)| own);
    let code = match place(text) {
        Some(place) => after_base(place, own)?.to_owned(),
        None if term.iri().is_some() => return None,
        None => text.trim_start_matches('.').to_uppercase().replace(['-', ' '], "_"),
    };
    let becomes = format!("{}{code}", TYPES.base);
    let certain = TYPES.code(&becomes).is_some() && !(place(text).is_none() && TABLE.ambiguous_formats.contains(&code));
    certain.then(|| (Term::of_iri(becomes), "format-not-media-type"))
}

/// The EU language code that a value names for certain.
pub(super) fn language_of(term: &Term<&str>) -> Option<&'static str> {
    let list = lists::vocabulary("languages")?;
    let text = term.text().trim();
    let own = list.base.split_once("://").map_or("", |(_, own)| own);
    let iso = match place(text) {
        Some(place) => after_base(place, own).or_else(|| TABLE.language_bases.iter().find_map(|base| place.strip_prefix(base.as_str())))?,
        None if term.iri().is_some() => return None,
        // `se` is meant as Swedish about as often as it is Northern Sami.
        None if text.eq_ignore_ascii_case("se") => return None,
        None => text,
    };
    language_code(iso)
}

/// A language by its IRI in the EU table.
pub(super) fn language(term: &Term<&str>) -> Option<(Term, &'static str)> {
    let list = lists::vocabulary("languages")?;
    let becomes = format!("{}{}", list.base, language_of(term)?);
    (term.iri() != Some(becomes.as_str())).then(|| (Term::of_iri(becomes), "language-not-in-list"))
}

/// A text that is exactly one http(s) address, as an address.
pub(super) fn address(term: &Term<&str>) -> Option<(Term, &'static str)> {
    let Term::Literal { value, .. } = term else {
        return None;
    };
    let text = value.trim();
    let place = place(text)?;
    let host: &str = place.split(['/', '?', '#']).next().unwrap_or_default();
    let hostile = |c: char| c.is_whitespace() || c.is_control() || matches!(c, '<' | '>' | '"' | '{' | '}' | '|' | '\\' | '^' | '`');
    let whole = host.contains('.') && !text.contains(hostile) && !host.contains(['@', ',', ';']);
    whole.then(|| (Term::of_iri(text), "literal-for-iri"))
}
