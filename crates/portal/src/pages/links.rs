//! What addresses answered, as the page of a dataset shows it: the verdict in words, and the evidence of the last try (`harvest.md` section 5).

use std::collections::BTreeMap;

use fyr_model::catalogue::Value;
use fyr_model::link::LinkVerdict;
use fyr_model::{Dataset, Distribution, Lang, Refusal};

use crate::Portal;
use crate::chrome::Reader;
use crate::words::{self, Markup};

/// The verdicts that are stored on a dataset's addresses.
pub fn known(portal: &Portal, dataset: &Dataset) -> Result<BTreeMap<String, LinkVerdict>, Refusal> {
    let mut known = BTreeMap::new();
    for address in dataset.distributions.iter().flat_map(addresses) {
        if let Some((verdict, _)) = portal.state.get_as::<LinkVerdict>("link", address)? {
            known.insert(address.to_owned(), verdict);
        }
    }
    Ok(known)
}

fn addresses(one: &Distribution) -> impl Iterator<Item = &str> {
    one.download_url.iter().chain(&one.access_url).filter_map(Value::iri)
}

/// What is known of the address that a file is fetched from.
pub fn answers(reader: &Reader, known: &BTreeMap<String, LinkVerdict>, one: &Distribution) -> Option<Markup> {
    let verdict = addresses(one).find_map(|address| known.get(address))?;
    let last = verdict.tries.last()?;
    let (sv, en) = verdict.state.names();
    let name = if reader.lang == Lang::Sv { sv } else { en };
    let count = verdict.tries.len();
    let tries = match count {
        1 => reader.t("ett försök", "one try").to_owned(),
        _ => format!("{count} {}", reader.t("försök", "tries")),
    };
    let seen = last
        .status
        .map_or_else(|| reader.t("inget svar", "no answer").to_owned(), |status| status.to_string());
    let settled = if verdict.settled {
        ""
    } else {
        reader.t(", inte avgjort", ", not settled")
    };
    let day = words::day(reader.lang, last.at).0;
    let asked = reader.t("senast", "last");
    // Words and numbers of ours alone: nothing of the address or its answer stands here.
    Some(Markup(format!(
        "{}{settled} ({tries}, {asked} {day}: {} {seen})",
        capital(name),
        method(&last.method)
    )))
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters
        .next()
        .map(|first| first.to_uppercase().chain(letters).collect())
        .unwrap_or_default()
}

fn method(given: &str) -> &'static str {
    if given == "GET" { "GET" } else { "HEAD" }
}
