//! Links by evidence (`harvest.md` section 5): one try is what was seen, the verdict is what all tries together say.

use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use fyr_model::link::{LinkState, LinkTry, LinkVerdict};
use http::header::{ACCEPT_ENCODING, ACCEPT_RANGES, CONTENT_LENGTH, CONTENT_TYPE, ETAG, LAST_MODIFIED, RANGE, RETRY_AFTER};
use http::{HeaderMap, HeaderValue, Method};
use tokio::time::timeout;
use url::Url;

use crate::body;
use crate::client::Client;
use crate::refuse;
use crate::send::{Answer, Ask, Walked};
use crate::sniff;

/// What stands in [`LinkTry::error`] for an answer that asks us to come back later.
const RETRY_LATER: &str = "retry-after";
/// Tries that must agree before a link is gone, and the time that they must span.
const GONE_TRIES: usize = 3;
const GONE_SPAN: TimeDelta = TimeDelta::hours(48);
/// One try, headers and first bytes together, takes no longer.
const TRY_MAX: Duration = Duration::from_secs(90);

impl Client {
    /// Asks whether `url` answers: `HEAD`, and a ranged `GET` when that is not convincing; one or two tries of the same moment. Never fails: what
    /// went wrong is evidence.
    pub async fn asked(&self, url: &str, at: DateTime<Utc>) -> Vec<LinkTry> {
        let Ok(parsed) = Url::parse(url.trim()) else {
            return vec![LinkTry {
                error: Some(refuse::not_a_url(url).id),
                ..empty(&Method::HEAD, url, at)
            }];
        };
        let head = self.probe(&parsed, Method::HEAD, at).await;
        if convincing(&head) || settled_without_get(&head) {
            return vec![head];
        }
        let get = self.probe(&parsed, Method::GET, at).await;
        vec![head, get]
    }

    /// The try of [`Self::asked`] that decides.
    pub async fn link(&self, url: &str, at: DateTime<Utc>) -> LinkTry {
        let last = self.asked(url, at).await.pop();
        last.unwrap_or_else(|| empty(&Method::HEAD, url, at))
    }

    async fn probe(&self, url: &Url, method: Method, at: DateTime<Utc>) -> LinkTry {
        let started = Instant::now();
        let mut seen = match timeout(TRY_MAX, self.look(url, &method, at)).await {
            Ok(seen) => seen,
            Err(_) => LinkTry {
                error: Some("fetch-timeout".into()),
                ..empty(&method, url.as_str(), at)
            },
        };
        seen.milliseconds = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        seen
    }

    async fn look(&self, url: &Url, method: &Method, at: DateTime<Utc>) -> LinkTry {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        if method == Method::GET {
            headers.insert(RANGE, HeaderValue::from_static("bytes=0-65535"));
        }
        let ask = Ask {
            method: method.clone(),
            headers,
            body: None,
        };
        match self.walk(url, &ask).await {
            Err(fault) => LinkTry {
                error: Some(fault.refusal.id),
                ..empty(method, url.as_str(), at)
            },
            Ok(Walked { answer, url: last, .. }) => {
                let seen = seen(&answer, method, &last, at);
                let idle = self.inner.config.limits.idle_timeout;
                if method == Method::GET {
                    with_body(seen, answer, idle).await
                } else {
                    seen
                }
            }
        }
    }
}

fn empty(method: &Method, url: &str, at: DateTime<Utc>) -> LinkTry {
    LinkTry {
        method: method.to_string(),
        status: None,
        final_url: url.to_owned(),
        media_type: None,
        sniffed: None,
        bytes: 0,
        validator: false,
        ranges: false,
        milliseconds: 0,
        error: None,
        retry_after: None,
        at,
    }
}

/// What the headers show. For `HEAD`, `bytes` is the length that is promised.
fn seen(answer: &Answer, method: &Method, last: &Url, at: DateTime<Utc>) -> LinkTry {
    let media_type = answer.header(CONTENT_TYPE).and_then(|text| text.split(';').next());
    let later = answer.status == 429 || (answer.status == 503 && answer.headers.contains_key(RETRY_AFTER));
    LinkTry {
        status: Some(answer.status),
        media_type: media_type.map(|text| text.trim().to_lowercase()),
        bytes: answer.header(CONTENT_LENGTH).and_then(|text| text.parse().ok()).unwrap_or_default(),
        validator: answer.headers.contains_key(ETAG) || answer.headers.contains_key(LAST_MODIFIED),
        ranges: answer.status == 206 || answer.header(ACCEPT_RANGES) == Some("bytes"),
        error: later.then(|| RETRY_LATER.into()),
        retry_after: answer.retry_after().filter(|_| later).map(|wait| wait.as_secs()),
        ..empty(method, last.as_str(), at)
    }
}

async fn with_body(mut seen: LinkTry, answer: Answer, idle: Duration) -> LinkTry {
    match body::first_bytes(answer, sniff::BYTES, idle).await {
        Ok(bytes) => {
            seen.bytes = bytes.len() as u64;
            seen.sniffed = (!bytes.is_empty()).then(|| sniff::kind(&bytes).to_owned());
        }
        Err(error) => {
            let timed_out = error.kind() == std::io::ErrorKind::TimedOut;
            seen.bytes = 0;
            seen.error = Some(if timed_out { "fetch-timeout" } else { "fetch-short" }.into());
        }
    }
    seen
}

/// A `HEAD` that needs no second look: 2xx, a type that is no web page, and a length that is not nought.
fn convincing(head: &LinkTry) -> bool {
    let fine = head.status.is_some_and(|status| (200..300).contains(&status));
    let data = head
        .media_type
        .as_deref()
        .is_some_and(|text| !matches!(text, "text/html" | "application/xhtml+xml"));
    fine && data && head.bytes > 0
}

/// What a `GET` would not change, or must not follow: the guard's own refusal, a bad certificate, no such name, a request to come back later.
fn settled_without_get(head: &LinkTry) -> bool {
    let guard = head
        .error
        .as_deref()
        .is_some_and(|id| id == RETRY_LATER || id == "fetch-dns" || is_guard(id));
    guard || head.status == Some(429)
}

fn is_guard(id: &str) -> bool {
    matches!(
        id,
        "fetch-address" | "fetch-scheme" | "fetch-port" | "fetch-userinfo" | "fetch-downgrade" | "fetch-certificate"
    )
}

/// The verdict of all tries. Gone needs three tries over two days; what has not settled keeps the last settled verdict.
///
/// ```
/// # use fyr_model::link::LinkState;
/// let verdict = fyr_fetch::verdict("https://data.exempelby.example/trad.csv", Vec::new());
/// assert_eq!((verdict.state, verdict.settled), (LinkState::Unreachable, false));
/// ```
pub fn verdict(url: &str, mut tries: Vec<LinkTry>) -> LinkVerdict {
    tries.sort_by_key(|one| one.at);
    let mut settled = None;
    let mut last = LinkState::Unreachable;
    let mut missing: Vec<DateTime<Utc>> = Vec::new();
    // A HEAD that was looked into by a GET says nothing by itself.
    let looked_into = |one: &LinkTry| one.method == "HEAD" && tries.iter().any(|other| other.method == "GET" && other.at == one.at);
    for one in tries.iter().filter(|one| !looked_into(one)) {
        last = match class(url, one) {
            Class::State(state) => {
                missing.clear();
                if matches!(state, LinkState::Alive | LinkState::Refused) {
                    settled = Some(state);
                }
                state
            }
            Class::Missing => {
                missing.push(one.at);
                let span = missing.first().map_or(TimeDelta::zero(), |first| one.at - *first);
                if missing.len() >= GONE_TRIES && span >= GONE_SPAN {
                    settled = Some(LinkState::Gone);
                }
                LinkState::Unreachable
            }
        };
    }
    LinkVerdict {
        url: url.to_owned(),
        state: settled.unwrap_or(last),
        settled: settled.is_some(),
        tries,
    }
}

/// What the last of the tries of one moment asks for.
pub(crate) enum Next {
    /// Nothing: another try soon would say the same.
    Enough,
    /// Another try, after a pause.
    Again,
    /// Another try when the host's rest is over.
    After(Duration),
}

/// Whether to try again soon. What looks gone needs days, not seconds.
pub(crate) fn next(url: &str, one: &LinkTry) -> Next {
    match class(url, one) {
        Class::State(LinkState::Throttled) => one.retry_after.map_or(Next::Enough, |wait| Next::After(Duration::from_secs(wait))),
        Class::State(LinkState::Unreachable) => Next::Again,
        _ => Next::Enough,
    }
}

/// What one try says by itself.
enum Class {
    State(LinkState),
    /// Looks gone, to be confirmed.
    Missing,
}

fn class(url: &str, one: &LinkTry) -> Class {
    if one.error.as_deref().is_some_and(is_guard) {
        return Class::State(LinkState::Refused);
    }
    if one.error.as_deref() == Some("fetch-dns") {
        return Class::Missing;
    }
    match one.status {
        Some(401 | 403 | 407 | 451) => Class::State(LinkState::Refused),
        Some(404 | 410) => Class::Missing,
        Some(429) => Class::State(LinkState::Throttled),
        Some(503) if one.error.as_deref() == Some(RETRY_LATER) => Class::State(LinkState::Throttled),
        Some(200..300) if one.error.is_none() => body_class(url, one),
        _ => Class::State(LinkState::Unreachable),
    }
}

/// A 2xx by what its body shows. A web page where the address promises a data file stands in for a missing file.
fn body_class(url: &str, one: &LinkTry) -> Class {
    match one.sniffed.as_deref() {
        Some(sniff::LOGIN | sniff::BLOCK) => Class::State(LinkState::Refused),
        Some(sniff::NOT_FOUND) => Class::Missing,
        Some(sniff::HTML) if promises_data(url) => Class::Missing,
        _ if one.bytes == 0 => Class::State(LinkState::Unreachable),
        _ => Class::State(LinkState::Alive),
    }
}

fn promises_data(url: &str) -> bool {
    let path = url.split(['?', '#']).next().unwrap_or_default().to_ascii_lowercase();
    let endings = [
        ".csv", ".json", ".geojson", ".xlsx", ".xls", ".zip", ".gz", ".parquet", ".rdf", ".ttl", ".xml", ".px", ".gpkg",
    ];
    endings.iter().any(|ending| path.ends_with(ending))
}

#[cfg(test)]
mod tests {
    use super::*;

    const URL: &str = "https://data.exempelby.example/trad.csv";

    fn a_try(hours: i64, status: u16, sniffed: Option<&str>) -> LinkTry {
        LinkTry {
            status: Some(status),
            sniffed: sniffed.map(Into::into),
            bytes: 10,
            ..empty(&Method::GET, URL, DateTime::UNIX_EPOCH + TimeDelta::hours(hours))
        }
    }

    fn failed(hours: i64, error: &str) -> LinkTry {
        LinkTry {
            error: Some(error.into()),
            ..empty(&Method::HEAD, URL, DateTime::UNIX_EPOCH + TimeDelta::hours(hours))
        }
    }

    fn check(tries: &[LinkTry], state: LinkState, settled: bool) {
        let found = verdict(URL, tries.to_vec());
        assert_eq!((found.state, found.settled), (state, settled), "{tries:?}");
    }

    #[test]
    fn gone_takes_three_tries_over_two_days() {
        let missing = |hours| a_try(hours, 404, None);
        check(&[missing(0)], LinkState::Unreachable, false);
        check(&[missing(0), missing(24), missing(47)], LinkState::Unreachable, false);
        check(&[missing(0), missing(48)], LinkState::Unreachable, false);
        check(&[missing(0), missing(24), missing(48)], LinkState::Gone, true);
        check(
            &[failed(0, "fetch-dns"), missing(24), a_try(48, 200, Some(sniff::NOT_FOUND))],
            LinkState::Gone,
            true,
        );
        check(
            &[missing(0), a_try(24, 200, Some("text/plain")), missing(48), missing(49)],
            LinkState::Alive,
            true,
        );
    }

    #[test]
    fn a_head_that_was_looked_into_by_a_get_neither_confirms_nor_denies() {
        let both = |hours| {
            let head = LinkTry {
                method: "HEAD".into(),
                ..a_try(hours, 405, None)
            };
            [head, a_try(hours, 404, None)]
        };
        check(&[both(0), both(24)].concat(), LinkState::Unreachable, false);
        check(&[both(0), both(24), both(48)].concat(), LinkState::Gone, true);
        let found = verdict(URL, [both(0), both(24), both(48)].concat());
        assert_eq!((found.counts(), found.head_status()), (Some(false), Some(405)));
    }

    #[test]
    fn a_repaired_link_is_alive_at_the_next_try() {
        let missing = |hours| a_try(hours, 410, None);
        check(
            &[missing(0), missing(24), missing(48), a_try(49, 200, Some("text/plain"))],
            LinkState::Alive,
            true,
        );
    }

    #[test]
    fn h11_a_page_in_place_of_the_file_is_not_alive() {
        check(&[a_try(0, 200, Some("text/plain"))], LinkState::Alive, true);
        check(&[a_try(0, 200, Some(sniff::LOGIN))], LinkState::Refused, true);
        check(&[a_try(0, 200, Some(sniff::BLOCK))], LinkState::Refused, true);
        check(&[a_try(0, 200, Some(sniff::HTML))], LinkState::Unreachable, false);
        let page = verdict("https://data.exempelby.example/om", vec![a_try(0, 200, Some(sniff::HTML))]);
        assert_eq!((page.state, page.settled), (LinkState::Alive, true));
    }

    #[test]
    fn what_has_not_settled_keeps_the_last_settled_verdict() {
        check(&[a_try(0, 403, None)], LinkState::Refused, true);
        check(&[failed(0, "fetch-address")], LinkState::Refused, true);
        check(&[failed(0, "fetch-certificate")], LinkState::Refused, true);
        check(&[a_try(0, 429, None)], LinkState::Throttled, false);
        check(&[a_try(0, 500, None)], LinkState::Unreachable, false);
        check(&[failed(0, "fetch-timeout")], LinkState::Unreachable, false);
        check(
            &[a_try(0, 200, Some("text/plain")), a_try(1, 429, None), failed(2, "fetch-timeout")],
            LinkState::Alive,
            true,
        );
    }
}
