//! Names in common use and the names of municipalities: dated lists that are built in, and what the words around a name say.
//!
//! In: one word as it stands. Out: whether the lists have it as a given name, a family name or a municipality. The lists hold no name with
//! fewer than 500 bearers; a name that is not on them is known by its company alone (`text::names`).

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use crate::detect::Seed;

/// The list of names; its head says whose it is and under which licence.
const NAMES: &str = include_str!("../../../registers/names.csv");
const MUNICIPALITIES: &str = include_str!("../../../registers/municipalities.csv");

/// A given name.
pub(crate) const GIVEN: u8 = 1;
/// A family name.
pub(crate) const FAMILY: u8 = 2;

/// The longest listed name in bytes.
const LONGEST: usize = 24;

static USES: LazyLock<HashMap<&'static str, u8, Seed>> = LazyLock::new(|| {
    let mut uses: HashMap<&'static str, u8, Seed> = HashMap::default();
    for line in rows(NAMES) {
        let Some((name, letters)) = line.split_once(',') else { continue };
        let bits = letters
            .bytes()
            .fold(0, |bits, letter| bits | if letter == b'g' { GIVEN } else { FAMILY });
        // A double name is known by its parts.
        for part in name.split([' ', '-']) {
            *uses.entry(part).or_default() |= bits;
        }
    }
    uses
});

static PLACES: LazyLock<HashSet<&'static str, Seed>> =
    LazyLock::new(|| rows(MUNICIPALITIES).filter_map(|line| line.split(',').nth(1)).collect());

fn rows(text: &'static str) -> impl Iterator<Item = &'static str> {
    text.lines().filter(|line| !line.starts_with('#') && !line.is_empty()).skip(1)
}

/// What a word as it stands (`Anna`, `Svensson`) is used as: [`GIVEN`], [`FAMILY`], both or neither.
#[inline]
pub(crate) fn uses(word: &str) -> u8 {
    if word.len() < 2 || word.len() > LONGEST {
        return 0;
    }
    USES.get(word).copied().unwrap_or(0)
}

/// The same for a word that may stand in the genitive, with the length of the name itself in bytes.
pub(crate) fn uses_inflected(word: &str) -> (u8, usize) {
    let own = uses(word);
    if own != 0 {
        return (own, word.len());
    }
    let stem = word.strip_suffix('s').map(|stem| stem.strip_suffix(['\'', ':']).unwrap_or(stem));
    let stem = stem.or_else(|| word.strip_suffix(['\'', '\u{2019}']));
    match stem.map(|stem| (uses(stem), stem.len())) {
        Some((bits, length)) if bits != 0 => (bits, length),
        _ => (0, word.len()),
    }
}

/// Whether the list of municipalities has the word, in the genitive or not.
pub(crate) fn is_municipality(words: &str) -> bool {
    PLACES.contains(words) || words.strip_suffix('s').is_some_and(|stem| PLACES.contains(stem))
}

/// Family names that are not on the list often end as listed ones do: every ending here closes at least six of those, or is the second part
/// of the two-part names that are given out (Patent- och registreringsverket, efternamn).
#[rustfmt::skip]
const FAMILY_ENDINGS: &[&str] = &[
    "son", "berg", "ström", "ist", "man", "gren", "lund", "der", "sen", "lin", "ell", "ling", "dahl", "holm", "stedt", "din", "and", "all", "mark", "dén", "nen", "blom", "vic", "lén", "blad", "bäck", "ner", "roth", "rin", "ani",
    "ler", "borg", "én", "feldt", "fält", "stråle", "sköld", "hielm", "hjelm", "crona", "lind", "ius", "ić", "ski", "sky", "zadeh", "löf", "löv", "hag", "hammar", "vik", "wik", "fors", "brandt", "falk", "dal", "torp", "näs", "ryd", "rud", "hed", "sjö", "skog", "kvist",
];

/// Whether an unlisted word has the ending of a family name.
pub(crate) fn has_family_ending(word: &str) -> bool {
    word.len() >= 6
        && FAMILY_ENDINGS
            .iter()
            .any(|ending| word.len() > ending.len() + 2 && word.ends_with(ending))
}

/// Listed names that are more often a word, a month, a place or a company: alone they prove nothing.
#[rustfmt::skip]
const AMBIGUOUS: &[&str] = &[
    "Ask", "August", "Augusta", "Alm", "Alma", "Asia", "Bo", "Bror", "Björk", "Björn", "Berg", "Borg", "Bäck", "Blom", "Blad", "Boman", "Bro", "Charlotte",
    "Dag", "Dahl", "Day", "Du", "Ek", "Eken", "Faith", "Falk", "Florence", "Frank", "Frid", "Frisk", "Gran", "Grace", "Gren", "Grön", "Hall", "Hav", "Hed", "Heden", "Helg",
    "Holm", "Hope", "Hill", "India", "Iris", "Jack", "Jade", "Joy", "Juli", "Juni", "Kull", "King", "Lang", "Le", "Li", "Lilja", "Lilly", "Lin", "Lind", "Lo", "Long",
    "Love", "Liv", "Lund", "Malm", "Man", "Mark", "Mars", "Maj", "Max", "Melody", "Merit", "Milan", "Min", "Miracle", "Modig", "My", "Nord", "Norden", "Norman",
    "Olympia", "Page", "Paris", "Per", "Plan", "Rask", "Ros", "Rosa", "Rose", "Sand", "Sanden", "Sky", "Sköld", "Skog", "Sol", "Stark", "Stål", "Sten", "Stig", "Storm",
    "Strand", "Ström", "Stone", "Summer", "Sun", "Svan", "Svärd", "Tage", "Tor", "Town", "Van", "Victoria", "Vik", "Viola", "Vide", "Von", "Wall", "Wang", "West", "Will", "Winter",
    "Young", "Al", "An", "Be", "De", "Do", "En", "Ha", "He", "Ho", "In", "Is", "So", "To", "Ta", "Mo", "Ge", "Amen", "Art",
    "Salem", "Sofia", "Rex", "Nova", "Idun", "Balder", "Alvesta",
];

static DOUBTFUL: LazyLock<HashSet<&'static str, Seed>> = LazyLock::new(|| AMBIGUOUS.iter().copied().collect());

/// Whether a listed name is as often something else.
pub(crate) fn is_ambiguous(word: &str) -> bool {
    DOUBTFUL.contains(word) || is_municipality(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_known_as_they_stand_and_in_the_genitive() {
        assert_eq!(uses("Anna"), GIVEN);
        assert_eq!(uses("Svensson"), FAMILY);
        assert_eq!(uses("Ali"), GIVEN | FAMILY);
        assert_eq!(uses("Station"), 0);
        assert_eq!(uses_inflected("Annas"), (GIVEN, 4));
        assert_eq!(uses_inflected("Lars"), (GIVEN, 4));
        assert_eq!(uses_inflected("Svenssons"), (FAMILY, 8));
        assert!(is_municipality("Skövde") && is_municipality("Stockholms") && !is_municipality("Anna"));
    }

    #[test]
    fn the_list_says_where_it_comes_from_and_under_which_licence() {
        let head = NAMES.lines().next().unwrap_or_default();
        assert!(head.starts_with("# Source: SCB") && head.contains("CC BY 4.0") && head.contains("2020-12-31"));
    }
}
