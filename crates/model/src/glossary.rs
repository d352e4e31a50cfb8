//! The words that texts must use, Swedish beside English, and the words they must not.
//!
//! A test over all templates and texts holds that a concept has one Swedish name (`style.md` section 1: the same word everywhere).

/// One concept: the English word, the Swedish word, and Swedish words that must not stand for it.
pub struct Term {
    /// English.
    pub en: &'static str,
    /// Swedish.
    pub sv: &'static str,
    /// Swedish words that are not used for it, in lower case.
    pub not: &'static [&'static str],
}

const fn term(en: &'static str, sv: &'static str, not: &'static [&'static str]) -> Term {
    Term { en, sv, not }
}

/// The glossary.
pub const GLOSSARY: &[Term] = &[
    term("harvest", "skördning", &["inhämtningskörning", "harvestning"]),
    term("source", "skördningskälla", &["skördekälla"]),
    term("dataset", "datamängd", &["dataset", "datasetet", "dataseten"]),
    term("data service", "datatjänst", &["dataservice"]),
    term("series", "datamängdsserie", &["dataserie"]),
    term("publisher", "utgivare", &["publicist", "publicerare"]),
    term("release", "utgåva", &["release", "releasen"]),
    term("curated", "förädlad", &["kurerad", "kuraterad"]),
    term("fix list", "åtgärdslista", &["fixlista"]),
    term("brake", "spärr mot massborttagning", &["massborttagningsbroms"]),
    term("tombstone", "borttagen post", &["gravsten"]),
    term("decision", "beslut", &[]),
    term("protected interests", "skyddsintressen", &[]),
    term(
        "quasi-identifier",
        "indirekt identifierande uppgift",
        &["kvasi-identifierare", "kvasiidentifierare"],
    ),
    term("special categories", "känsliga personuppgifter", &["specialkategorier"]),
    term("withdraw", "dra tillbaka", &["återkalla"]),
    term("metadata quality", "metadatakvalitet (MQA)", &[]),
];

/// Words of [`GLOSSARY`] that `text` uses wrongly, with the word to use; whole words, without case.
///
/// ```
/// # use fyr_model::glossary::misused;
/// assert_eq!(misused("Ny release av datamängden"), [("release", "utgåva")]);
/// assert!(misused("Ny utgåva av datamängden").is_empty());
/// ```
pub fn misused(text: &str) -> Vec<(&'static str, &'static str)> {
    let lower = text.to_lowercase();
    let words: Vec<&str> = lower.split(|c: char| !c.is_alphanumeric() && c != '-').collect();
    GLOSSARY
        .iter()
        .flat_map(|term| term.not.iter().map(move |word| (*word, term.sv)))
        .filter(|(word, _)| words.contains(word))
        .collect()
}
