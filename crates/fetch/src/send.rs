//! One address to one answer: routed, judged, sent, timed; and the walk over redirects, each hop judged like the first (H01-H04, H07, H09).

use std::collections::BTreeSet;
use std::error::Error;
use std::io;
use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::time::Duration;

use fyr_model::Refusal;
use http::header::{IF_NONE_MATCH, LOCATION, RETRY_AFTER};
use http::{HeaderMap, Method};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::timeout;
use url::Url;

use crate::address::{self, Passage};
use crate::client::Client;
use crate::mirror::{self, Route};
use crate::refuse::{self, Fault, passing};
use crate::resolver::NameError;

/// What is asked of every hop.
#[derive(Debug, Clone)]
pub struct Ask {
    pub method: Method,
    pub headers: HeaderMap,
    /// What a query sends.
    pub body: Option<Vec<u8>>,
}

/// An answer whose body has not been read.
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Body,
    /// The place at the host, kept until the body is read.
    _place: Option<OwnedSemaphorePermit>,
}

/// Where the body comes from.
pub enum Body {
    Http(Box<reqwest::Response>),
    File(PathBuf),
    Empty,
}

/// The answer at the end of all redirects.
pub struct Walked {
    pub answer: Answer,
    pub url: Url,
    pub statuses: Vec<u16>,
}

impl Answer {
    /// A header as text, if it is text.
    pub fn header(&self, name: http::HeaderName) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
    /// `Retry-After` in seconds or as a date.
    pub fn retry_after(&self) -> Option<Duration> {
        let text = self.header(RETRY_AFTER)?.trim();
        if let Ok(seconds) = text.parse() {
            return Some(Duration::from_secs(seconds));
        }
        let at = chrono::DateTime::parse_from_rfc2822(text).ok()?;
        Some((at.to_utc() - chrono::Utc::now()).to_std().unwrap_or_default())
    }
}

/// `harvest.md` section 2 promises 301, 303, 307 and 308; 302 is followed too.
fn is_redirect(status: u16) -> bool {
    matches!(status, 301 | 302 | 303 | 307 | 308)
}

impl Client {
    /// Asks `start` and follows redirects to their end. Refusals speak of `start`, and name the hop in their text.
    pub(crate) async fn walk(&self, start: &Url, ask: &Ask) -> Result<Walked, Fault> {
        self.hops(start, ask).await.map_err(|mut fault| {
            if fault.refusal.id != "fetch-userinfo" {
                fault.refusal.subject = start.to_string();
            }
            fault
        })
    }

    async fn hops(&self, start: &Url, ask: &Ask) -> Result<Walked, Fault> {
        let max = self.inner.config.limits.redirects_max;
        let mut seen = BTreeSet::from([start.clone()]);
        let mut url = start.clone();
        let mut statuses = Vec::new();
        loop {
            let answer = self.send(&url, ask).await?;
            statuses.push(answer.status);
            // Only 307 and 308 promise that a query is still one at the next address.
            if !is_redirect(answer.status) || (ask.body.is_some() && !matches!(answer.status, 307 | 308)) {
                return Ok(Walked { answer, url, statuses });
            }
            if statuses.len() > usize::from(max) {
                return Err(refuse::redirect_count(start.as_str(), max).into());
            }
            let next = self.inner.mirror.original(target(&url, &answer)?);
            if url.scheme() == "https" && next.scheme() == "http" {
                return Err(refuse::downgrade(url.as_str(), next.as_str()).into());
            }
            if !seen.insert(next.clone()) {
                return Err(refuse::redirect_loop(next.as_str()).into());
            }
            url = next;
        }
    }

    /// Asks one address once.
    async fn send(&self, url: &Url, ask: &Ask) -> Result<Answer, Fault> {
        let inner = &self.inner;
        match inner.mirror.route(url) {
            Route::File(path) => {
                self.count();
                Ok(from_folder(path, ask, url).await?)
            }
            Route::Elsewhere(mirror) => self.ask_host(inner.http(&mirror, Passage::Allowed), &mirror, url, ask).await,
            Route::Outside => {
                let passage = address::judge_url(url, &inner.config.ports, &inner.allowed)?;
                self.ask_host(inner.http(url, passage), url, url, ask).await
            }
        }
    }

    /// Sends to `at`; `url` is what it is called in texts.
    async fn ask_host(&self, http: &reqwest::Client, at: &Url, url: &Url, ask: &Ask) -> Result<Answer, Fault> {
        let inner = &self.inner;
        let key = address::host_port(at).unwrap_or_default();
        let place = inner.hosts.enter(&key).await;
        let place = place.map_err(|resting| refuse::resting(url.as_str(), resting.failures, resting.left))?;
        self.count();
        let limit = inner.config.limits.connect_timeout + inner.config.limits.header_timeout;
        let mut request = http.request(ask.method.clone(), at.clone()).headers(ask.headers.clone());
        if let Some(body) = &ask.body {
            request = request.body(body.clone());
        }
        let sent = match timeout(limit, request.send()).await {
            Ok(Ok(response)) => response,
            Ok(Err(error)) => {
                inner.hosts.sick(&key);
                return Err(self.why(url, &error));
            }
            Err(_) => {
                inner.hosts.sick(&key);
                return Err(refuse::timeout(url.as_str(), ("svaret", "the answer"), limit).into());
            }
        };
        let answer = Answer {
            status: sent.status().as_u16(),
            headers: sent.headers().clone(),
            body: Body::Http(Box::new(sent)),
            _place: place,
        };
        match answer.status {
            500.. => inner.hosts.sick(&key),
            _ => inner.hosts.well(&key),
        }
        Ok(answer)
    }

    /// Keeps a host at rest for as long as it asked.
    pub(crate) fn rest(&self, url: &Url, asked: Duration) {
        let at = match self.inner.mirror.route(url) {
            Route::Elsewhere(mirror) => mirror,
            _ => url.clone(),
        };
        if let Some(key) = address::host_port(&at) {
            self.inner.hosts.rest(&key, asked);
        }
    }

    fn count(&self) {
        self.requests.fetch_add(1, Ordering::Relaxed);
        self.inner.requests.fetch_add(1, Ordering::Relaxed);
    }

    /// The cause that lies deepest decides.
    fn why(&self, url: &Url, error: &reqwest::Error) -> Fault {
        let address = url.as_str();
        match find::<NameError>(error) {
            Some(NameError::NotPublic(reason)) => return refuse::address(address, reason).into(),
            Some(NameError::Unknown) => return refuse::dns(address).into(),
            None => {}
        }
        if find::<rustls::Error>(error).is_some() {
            return refuse::certificate(address).into();
        }
        if error.is_timeout() {
            let limit = self.inner.config.limits.connect_timeout;
            return refuse::timeout(address, ("anslutningen", "the connection"), limit).into();
        }
        passing(refuse::unreachable(address))
    }
}

/// Where a redirect leads.
fn target(from: &Url, answer: &Answer) -> Result<Url, Refusal> {
    let wrong = || refuse::redirect_target(from.as_str());
    let location = answer.headers.get(LOCATION).ok_or_else(wrong)?;
    let text = std::str::from_utf8(location.as_bytes()).map_err(|_| wrong())?;
    let mut next = from.join(text.trim()).map_err(|_| wrong())?;
    next.set_fragment(None);
    Ok(next)
}

/// What a folder mirror answers.
async fn from_folder(path: Option<PathBuf>, ask: &Ask, url: &Url) -> Result<Answer, Refusal> {
    let nothing = |status, headers| Answer {
        status,
        headers,
        body: Body::Empty,
        _place: None,
    };
    let Some(path) = path else {
        return Ok(nothing(404, HeaderMap::new()));
    };
    // A file cannot answer a query.
    if ask.body.is_some() {
        return Ok(nothing(405, HeaderMap::new()));
    }
    let hashed = path.clone();
    let headers = tokio::task::spawn_blocking(move || mirror::headers_of(&hashed)).await;
    let headers = headers.ok().and_then(Result::ok).ok_or_else(|| refuse::absent(url.as_str()))?;
    let etag = headers.get(http::header::ETAG);
    if etag.is_some() && ask.headers.get(IF_NONE_MATCH) == etag {
        return Ok(nothing(304, headers));
    }
    if ask.method == Method::HEAD {
        return Ok(nothing(200, headers));
    }
    Ok(Answer {
        status: 200,
        headers,
        body: Body::File(path),
        _place: None,
    })
}

/// The first cause of type `T`. An I/O error hides the error that it was made of from `source`, so that one is looked at too.
fn find<'a, T: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a T> {
    let mut next = Some(error);
    while let Some(cause) = next {
        if let Some(found) = cause.downcast_ref::<T>() {
            return Some(found);
        }
        let inner = cause.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        if let Some(found) = inner.and_then(|inner| find::<T>(inner)) {
            return Some(found);
        }
        next = cause.source();
    }
    None
}
