//! Language tags where the catalogue's own words make them certain (`dcat-ap-se.md` section 5).

use fyr_model::change::{Statement, Term};

use super::facts::{Facts, One, primary};
use super::table::TABLE;
use super::{Edit, edit};

const SWEDISH: &str = "SWE";
const NORTHERN_SAMI: &str = "SME";

/// The right tag of a text: for `se` and `en-UK`, and for a text without one.
pub(super) fn tag(facts: &Facts<'_>, one: &One<'_>) -> Option<Edit> {
    let Term::Literal { value, language, datatype } = &one.object else {
        return None;
    };
    let (tag, rule) = match language {
        Some(given) => (mistaken(facts, given, value)?, "language-tag"),
        None if datatype.is_none() => (untagged(facts, one, value)?, "untagged-literal"),
        None => return None,
    };
    let to = Statement {
        object: Term::tagged(*value, tag),
        ..one.owned()
    };
    Some(edit(one, Some(to), rule))
}

/// `se` is Northern Sami: it was meant as Swedish where the catalogue states Swedish and not Northern Sami for its metadata, and the text has
/// no letter that Swedish lacks. `en-UK` is no tag at all.
fn mistaken(facts: &Facts<'_>, given: &str, text: &str) -> Option<&'static str> {
    let given = given.to_ascii_lowercase();
    if given == "en-uk" {
        return Some("en-gb");
    }
    let swedish = facts.languages.contains(SWEDISH) && !facts.languages.contains(NORTHERN_SAMI);
    let sami = text.contains(|letter: char| TABLE.northern_sami.contains(letter));
    (given == "se" && swedish && !sami).then_some("sv")
}

/// The catalogue's only language, unless the text would then stand beside another in the same language where one is enough.
fn untagged(facts: &Facts<'_>, one: &One<'_>, text: &str) -> Option<&'static str> {
    let tag = facts.only_tag.filter(|_| TABLE.texts.contains(one.property))?;
    if !text.contains(char::is_alphabetic) {
        return None;
    }
    let same = |other: &&One<'_>| match &other.object {
        Term::Literal { value, language, .. } if !value.trim().is_empty() => {
            language.is_none_or(|language| primary(language) == tag || primary(language) == "se")
        }
        _ => false,
    };
    let beside = facts.of_property(one.subject, one.property).iter().filter(same).count();
    (!TABLE.once.contains(one.property) || beside == 1).then_some(tag)
}
