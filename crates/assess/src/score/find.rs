//! FIND: whether the dataset can be found and told apart. From metadata, and from harvests for the identifier.

use fyr_model::catalogue::Value;
use fyr_model::readiness::Evidence;
use fyr_model::{Contact, Lang, LangStrings, Text};

use super::rules::RULES;
use super::{Seen, dates, is_release};
use crate::lists;
use crate::profile::is_e_mail;

pub(super) fn measure(id: &str, evidence: &Evidence) -> Seen {
    match id {
        "F1" => identifier(evidence),
        "F2" => swedish(evidence),
        "F3" => keywords(evidence),
        "F4" => coverage(evidence),
        "F5" => Seen::unmeasured(
            "Ej mätt: ingångssidan har inte hämtats.",
            "Not measured: the landing page has not been fetched.",
        ),
        "F6" => contact(evidence),
        _ => Seen::unmeasured("Ej mätt.", "Not measured."),
    }
}

fn identifier(evidence: &Evidence) -> Seen {
    let dataset = &evidence.dataset;
    if dataset.blank {
        return Seen::Fraction(
            0.0,
            Text::new(
                "Datamängden är en tom nod utan egen IRI.",
                "The dataset is a blank node without an IRI.",
            ),
        );
    }
    let secure = dataset.id.as_str().starts_with("https://");
    let scheme = if secure { "https" } else { "http" };
    let first = if secure { 0.5 } else { 0.0 };
    if is_release(evidence) {
        let versioned = evidence.provenance.as_ref().is_some_and(|facts| facts.versioned);
        let (sv, en) = if versioned {
            ("versionerad", "versioned")
        } else {
            ("utan version", "without a version")
        };
        let text = Text::new(
            format!("Adressen är {sv} och använder {scheme}."),
            format!("The address is {en} and uses {scheme}."),
        );
        return Seen::Fraction(first + if versioned { 0.5 } else { 0.0 }, text);
    }
    let (needed, seen) = (RULES.parameters.harvests, evidence.harvests_seen.min(RULES.parameters.harvests));
    let text = Text::new(
        format!("IRI:n använder {scheme} och har setts i {seen} av de {needed} skördningar som krävs."),
        format!("The IRI uses {scheme} and was seen in {seen} of the {needed} harvests that are asked for."),
    );
    Seen::Fraction(first + 0.5 * f64::from(seen) / f64::from(needed.max(1)), text)
}

fn swedish(evidence: &Evidence) -> Seen {
    let of = |texts: &LangStrings| {
        texts
            .iter()
            .find(|text| text.lang.as_deref().and_then(Lang::from_tag) == Some(Lang::Sv))
            .map(|text| text.value.trim().to_owned())
    };
    let (title, description) = (of(&evidence.dataset.title), of(&evidence.dataset.description));
    let length = description.as_deref().map_or(0, |text| text.chars().count());
    let least = RULES.parameters.description_characters;
    let titled = title.as_deref().is_some_and(|title| !title.is_empty());
    let differ = titled && length > 0 && title != description;
    let (title_sv, title_en) = if titled {
        ("finns på svenska", "is given in Swedish")
    } else {
        ("saknas på svenska", "is missing in Swedish")
    };
    let text = Text::new(
        format!("Titeln {title_sv}; den svenska beskrivningen har {length} tecken av minst {least}."),
        format!("The title {title_en}; the Swedish description has {length} characters of at least {least}."),
    );
    Seen::share(
        [titled, length >= least, differ].into_iter().filter(|holds| *holds).count(),
        3,
        text,
    )
}

fn keywords(evidence: &Evidence) -> Seen {
    let dataset = &evidence.dataset;
    let words = dataset.keyword.0.len();
    let themes = dataset.theme.iter().filter(|theme| lists::on_list("themes", theme)).count();
    let text = Text::new(
        format!("{words} nyckelord och {themes} av EU:s kategorier."),
        format!("{words} keywords and {themes} of the EU themes."),
    );
    Seen::share(usize::from(words > 0) + usize::from(themes > 0), 2, text)
}

fn coverage(evidence: &Evidence) -> Seen {
    let dataset = &evidence.dataset;
    let place = dataset.spatial.iter().any(|place| place.iri.is_some() || place.geometry.is_some());
    let readable = |date: &Option<String>| date.as_deref().and_then(dates::xsd).is_some();
    let period = dataset
        .temporal
        .iter()
        .any(|period| readable(&period.start) || readable(&period.end));
    let word = |there: bool| if there { ("finns", "is given") } else { ("saknas", "is missing") };
    let ((place_sv, place_en), (period_sv, period_en)) = (word(place), word(period));
    let text = Text::new(
        format!("Plats med IRI eller geometri {place_sv}; läsbar period {period_sv}."),
        format!("A place with IRI or geometry {place_en}; a readable period {period_en}."),
    );
    Seen::share(usize::from(place) + usize::from(period), 2, text)
}

fn contact(evidence: &Evidence) -> Seen {
    let dataset = &evidence.dataset;
    let named = dataset.publisher.iter().any(|agent| !agent.name.is_empty());
    let usable = |contact: &Contact| contact.email.iter().any(|address| is_e_mail(address)) || contact.url.iter().any(web);
    let reached = dataset.contact.iter().any(usable);
    let word = |there: bool, yes: &str, no: &str| if there { yes.to_owned() } else { no.to_owned() };
    let text = Text::new(
        format!(
            "Utgivaren {}; {}.",
            word(named, "har ett namn", "saknar namn"),
            word(reached, "en kontakt har användbar adress", "ingen kontakt har användbar adress")
        ),
        format!(
            "The publisher {}; {}.",
            word(named, "has a name", "has no name"),
            word(reached, "a contact has a usable address", "no contact has a usable address")
        ),
    );
    Seen::share(usize::from(named) + usize::from(reached), 2, text)
}

fn web(url: &Value) -> bool {
    url.as_str().starts_with("https://") || url.as_str().starts_with("http://")
}
