//! ACC: whether the files can be had. From stored link verdicts and the fetched bytes; an address that nobody asked is not measured.

use fyr_model::catalogue::Value;
use fyr_model::link::{LinkState, LinkVerdict};
use fyr_model::readiness::Evidence;
use fyr_model::{Distribution, Text};

use super::rules::RULES;
use super::{Seen, is_release};
use crate::lists::{self, TYPES};

pub(super) fn measure(id: &str, evidence: &Evidence) -> Seen {
    match id {
        "A1" => access_address(evidence),
        "A2" => download_address(evidence),
        "A3" => declared(evidence),
        "A4" => open_access(evidence),
        "A5" => ranges(evidence),
        _ => Seen::unmeasured("Ej mätt.", "Not measured."),
    }
}

/// What is known of one distribution's addresses of one kind.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Answer {
    Missing,
    Alive,
    /// Confirmed gone: the only verdict that costs points here. What refuses us is judged by A4, beside what the access rights say.
    Dead,
    /// Nobody asked, the verdict has not settled, or it refuses us.
    Unknown,
}

/// The best of several addresses; a fetch that succeeded is an answer too.
fn answer(addresses: &[Value], evidence: &Evidence) -> Answer {
    if addresses.is_empty() {
        return Answer::Missing;
    }
    let one = |address: &Value| {
        let address = address.as_str();
        if evidence.resource.as_ref().is_some_and(|resource| resource.url == address) {
            return Answer::Alive;
        }
        match evidence.links.get(address) {
            Some(verdict) if verdict.state == LinkState::Alive => Answer::Alive,
            Some(verdict) if verdict.counts() == Some(false) => Answer::Dead,
            _ => Answer::Unknown,
        }
    };
    let answers: Vec<Answer> = addresses.iter().map(one).collect();
    [Answer::Alive, Answer::Unknown]
        .into_iter()
        .find(|answer| answers.contains(answer))
        .unwrap_or(Answer::Dead)
}

struct Tally {
    alive: usize,
    dead: usize,
    missing: usize,
    unknown: usize,
}

fn tally(evidence: &Evidence, addresses: impl Fn(&Distribution) -> &[Value]) -> Tally {
    let answers: Vec<Answer> = evidence
        .dataset
        .distributions
        .iter()
        .map(|distribution| answer(addresses(distribution), evidence))
        .collect();
    let count = |kind: Answer| answers.iter().filter(|answer| **answer == kind).count();
    Tally {
        alive: count(Answer::Alive),
        dead: count(Answer::Dead),
        missing: count(Answer::Missing),
        unknown: count(Answer::Unknown),
    }
}

fn no_distribution(evidence: &Evidence) -> Option<Seen> {
    let none = evidence.dataset.distributions.is_empty();
    none.then(|| {
        Seen::Fraction(
            0.0,
            Text::new("Datamängden har ingen distribution.", "The dataset has no distribution."),
        )
    })
}

fn not_asked() -> Seen {
    Seen::unmeasured(
        "Ej mätt: ingen adress har ett avgjort svar.",
        "Not measured: no address has a settled answer.",
    )
}

fn access_address(evidence: &Evidence) -> Seen {
    if let Some(none) = no_distribution(evidence) {
        return none;
    }
    let tally = tally(evidence, |distribution| &distribution.access_url);
    let measured = tally.alive + tally.dead + tally.missing;
    if tally.alive + tally.dead == 0 && tally.unknown > 0 {
        return not_asked();
    }
    let Tally { alive, unknown, .. } = tally;
    let text = Text::new(
        format!(
            "{alive} av {measured} åtkomstadresser svarar; {unknown} är inte avgjorda.{}",
            gone(evidence).sv
        ),
        format!(
            "{alive} of {measured} access addresses answer; {unknown} are not settled.{}",
            gone(evidence).en
        ),
    );
    Seen::share(alive, measured, text)
}

/// The first address that is confirmed gone, with its tries.
fn gone(evidence: &Evidence) -> Text {
    let Some(verdict) = asked(evidence).find(|verdict| verdict.counts() == Some(false)) else {
        return Text::new("", "");
    };
    let (tries, url) = (verdict.tries.len(), &verdict.url);
    let last = verdict.tries.last();
    let day = last.map_or_else(|| "–".to_owned(), |tried| tried.at.format("%Y-%m-%d").to_string());
    let seen = last
        .and_then(|tried| tried.status)
        .map_or_else(|| "–".to_owned(), |status| status.to_string());
    Text::new(
        format!(" Borta: {url} ({tries} försök, senast {day}, svar {seen})."),
        format!(" Gone: {url} ({tries} tries, last {day}, answer {seen})."),
    )
}

fn download_address(evidence: &Evidence) -> Seen {
    if let Some(none) = no_distribution(evidence) {
        return none;
    }
    let tally = tally(evidence, |distribution| &distribution.download_url);
    if tally.alive + tally.dead == 0 && tally.unknown > 0 {
        return not_asked();
    }
    let measured = tally.alive + tally.dead + tally.missing;
    let Tally {
        alive,
        dead,
        missing,
        unknown,
    } = tally;
    let text = Text::new(
        format!("{alive} nedladdningsadresser svarar, {dead} är döda, {missing} saknas; {unknown} är inte avgjorda."),
        format!("{alive} download addresses answer, {dead} are dead, {missing} are missing; {unknown} are not settled."),
    );
    Seen::Fraction(
        (alive as f64 + RULES.parameters.download_present * dead as f64) / measured.max(1) as f64,
        text,
    )
}

/// The distribution that was read, else the first.
pub(super) fn read_distribution(evidence: &Evidence) -> Option<&Distribution> {
    let distributions = &evidence.dataset.distributions;
    let read = evidence
        .distribution
        .as_deref()
        .and_then(|iri| distributions.iter().find(|distribution| distribution.iri == iri));
    read.or_else(|| distributions.first())
}

fn declared(evidence: &Evidence) -> Seen {
    let (Some(distribution), Some(reading)) = (read_distribution(evidence), evidence.reading.as_ref()) else {
        return Seen::unmeasured("Ej mätt: ingen fil har lästs.", "Not measured: no file has been read.");
    };
    let found = Found::of(
        &reading.source.format,
        &reading.source.media_type,
        reading.source.packing.as_deref(),
    );
    let formats: Vec<&Value> = distribution.format.iter().chain(&distribution.media_type).collect();
    let format = !formats.is_empty()
        && formats
            .iter()
            .all(|value| found.is(lists::file_type(value), lists::media_type(value).as_deref()));
    let size = distribution.byte_size.as_deref().and_then(|size| size.trim().parse::<u64>().ok()) == Some(reading.source.bytes);
    let mut parts = vec![("format", "format", format), ("storlek", "size", size)];
    if let Some(sent) = evidence.resource.as_ref().and_then(|resource| resource.media_type.as_deref()) {
        parts.push(("Content-Type", "Content-Type", found.is(TYPES.of_media(sent), Some(sent))));
    }
    let list = |pick: fn(&(&'static str, &'static str, bool)) -> &'static str, holds: bool| {
        let names: Vec<&str> = parts.iter().filter(|part| part.2 == holds).map(pick).collect();
        if names.is_empty() { "–".to_owned() } else { names.join(", ") }
    };
    let text = Text::new(
        format!(
            "Stämmer med filen: {}. Saknas eller avviker: {}.",
            list(|part| part.0, true),
            list(|part| part.0, false)
        ),
        format!(
            "Agrees with the file: {}. Missing or different: {}.",
            list(|part| part.1, true),
            list(|part| part.1, false)
        ),
    );
    Seen::share(parts.iter().filter(|part| part.2).count(), parts.len(), text)
}

/// What the bytes turned out to be: the file type, its media type and the packing around it.
struct Found {
    codes: Vec<&'static str>,
    media: Vec<String>,
}

impl Found {
    fn of(format: &str, media_type: &str, packing: Option<&str>) -> Self {
        let codes: &[&str] = match format {
            "csv" => &["CSV", "TSV", "TXT"],
            "xlsx" => &["XLSX"],
            "json" | "ndjson" => &["JSON", "JSON_LD"],
            "geojson" => &["GEOJSON", "JSON"],
            "gpkg" => &["GPKG"],
            "shapefile" => &["SHP"],
            "gml" => &["GML", "XML"],
            _ => &[],
        };
        let packed: &[&str] = match packing {
            Some("gzip") => &["GZIP"],
            Some("zip") => &["ZIP"],
            _ => &[],
        };
        let mut media = vec![media_type.to_owned(), format!("{media_type}+zip")];
        if format == "parquet" {
            media.extend(["application/vnd.apache.parquet".to_owned(), "application/x-parquet".to_owned()]);
        }
        Self {
            codes: codes.iter().chain(packed).copied().collect(),
            media,
        }
    }
    fn is(&self, code: Option<&str>, media: Option<&str>) -> bool {
        code.is_some_and(|code| self.codes.contains(&code)) || media.is_some_and(|media| self.media.iter().any(|known| known == media))
    }
}

/// The verdicts on this dataset's addresses that somebody asked.
fn asked(evidence: &Evidence) -> impl Iterator<Item = &LinkVerdict> {
    let addresses = evidence
        .dataset
        .distributions
        .iter()
        .flat_map(|distribution| distribution.download_url.iter().chain(&distribution.access_url));
    addresses.filter_map(|address| evidence.links.get(address.as_str()))
}

fn open_access(evidence: &Evidence) -> Seen {
    let closed = |value: &Value| {
        ["RESTRICTED", "NON_PUBLIC", "CONFIDENTIAL", "SENSITIVE"]
            .iter()
            .any(|code| value.as_str().ends_with(&format!("/{code}")))
    };
    if evidence.dataset.access_rights.iter().any(closed) {
        let text = Text::new(
            "Åtkomsträttigheterna säger att data inte är öppna.",
            "The access rights say that the data is not open.",
        );
        return Seen::Fraction(0.0, text);
    }
    let refused = asked(evidence)
        .filter(|verdict| verdict.state == LinkState::Refused && verdict.settled)
        .count();
    if refused > 0 {
        let text = Text::new(
            format!("{refused} adresser kräver behörighet."),
            format!("{refused} addresses ask for authorisation."),
        );
        return Seen::Fraction(0.0, text);
    }
    let alive = asked(evidence).filter(|verdict| verdict.state == LinkState::Alive).count();
    if evidence.resource.is_some() || alive > 0 {
        let text = Text::new(
            "Filen kom utan nyckel, inloggning eller avgift.",
            "The file came without key, sign-in or fee.",
        );
        return Seen::Fraction(1.0, text);
    }
    not_asked()
}

fn ranges(evidence: &Evidence) -> Seen {
    let tries: Vec<_> = asked(evidence)
        .filter(|verdict| verdict.state == LinkState::Alive)
        .flat_map(|verdict| &verdict.tries)
        .collect();
    if tries.is_empty() {
        return Seen::unmeasured(
            "Ej mätt: ingen adress har prövats för delhämtning.",
            "Not measured: no address was tried for range requests.",
        );
    }
    let kept = evidence
        .resource
        .as_ref()
        .is_some_and(|resource| resource.validators.etag.is_some() || resource.validators.last_modified.is_some());
    let validator = kept || tries.iter().any(|attempt| attempt.validator);
    let ranges = tries.iter().any(|attempt| attempt.ranges);
    let word = |there: bool| if there { ("ja", "yes") } else { ("nej", "no") };
    let text = Text::new(
        format!("Delhämtning: {}. ETag eller Last-Modified: {}.", word(ranges).0, word(validator).0),
        format!("Range requests: {}. ETag or Last-Modified: {}.", word(ranges).1, word(validator).1),
    );
    Seen::share(usize::from(ranges) + usize::from(validator), 2, text)
}

/// Whether there is a file to be had (G3): one was fetched, a download address is not settled dead, or an access address gives data and no page.
pub(super) fn something_to_download(evidence: &Evidence) -> bool {
    if evidence.resource.is_some() || evidence.reading.is_some() || (is_release(evidence) && evidence.packaging.is_some()) {
        return true;
    }
    let is_data = |address: &Value| {
        evidence.links.get(address.as_str()).is_some_and(|verdict| {
            let last = verdict.tries.last();
            let page = |media: &str| media.contains("html");
            verdict.state == LinkState::Alive
                && last
                    .and_then(|attempt| attempt.sniffed.as_deref().or(attempt.media_type.as_deref()))
                    .is_some_and(|media| !page(media))
        })
    };
    evidence.dataset.distributions.iter().any(|distribution| {
        matches!(answer(&distribution.download_url, evidence), Answer::Alive | Answer::Unknown)
            || distribution.access_url.iter().any(is_data)
    })
}
