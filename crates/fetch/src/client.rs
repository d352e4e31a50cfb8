//! The client: one address asked for with validators, retried where that may help, its body in the raw store.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::hash::{BuildHasher as _, RandomState};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use chrono::Utc;
use fyr_model::Refusal;
use fyr_model::resource::{Resource, Validators};
use http::header::{ACCEPT, ACCEPT_ENCODING, CONTENT_TYPE, ETAG, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use tokio::time::{sleep, timeout};
use url::Url;

use crate::address::Passage;
use crate::body::{self, Caps};
use crate::config::FetchConfig;
use crate::hosts::Hosts;
use crate::local;
use crate::mirror::Mirror;
use crate::raw::RawStore;
use crate::refuse::{self, Fault, passing};
use crate::resolver::{self, Lookup, Resolver};
use crate::send::{Answer, Ask, Walked};

/// What is fetched; decides the limits and what is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// A catalogue document.
    Catalogue,
    /// A data file.
    File,
}

/// What came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fetched {
    /// 304: the bytes that the validators stand for are still current.
    NotModified {
        /// The validators to send next time.
        validators: Validators,
        /// Requests that it took.
        requests: u64,
    },
    /// New bytes.
    Resource(Resource),
}

/// The longest wait within one fetch; a host that asks for more is left alone until then.
const WAIT_MAX: Duration = Duration::from_secs(120);
const ACCEPT_CATALOGUE: &str = "application/rdf+xml, text/turtle;q=0.9, application/ld+json;q=0.9, application/n-triples;q=0.8, */*;q=0.1";

/// A guarded HTTP client; clones share connections, places per host and counts.
#[derive(Clone)]
pub struct Client {
    pub(crate) inner: Arc<Inner>,
    /// Requests of this client and its plain clones.
    pub(crate) requests: Arc<AtomicU64>,
}

pub(crate) struct Inner {
    pub config: FetchConfig,
    pub mirror: Mirror,
    pub allowed: BTreeSet<String>,
    pub hosts: Hosts,
    pub raw: RawStore,
    pub requests: AtomicU64,
    plain: Pair,
    pinned: BTreeMap<String, Pair>,
    jitter: RandomState,
}

/// The client for the world, and the one for hosts that the operator allowed.
struct Pair {
    guarded: reqwest::Client,
    open: reqwest::Client,
}

impl Inner {
    /// The HTTP client that may ask `url`.
    pub fn http(&self, url: &Url, passage: Passage) -> &reqwest::Client {
        let pair = url.host_str().and_then(|host| self.pinned.get(host)).unwrap_or(&self.plain);
        match passage {
            Passage::Public => &pair.guarded,
            Passage::Allowed => &pair.open,
        }
    }
}

impl Client {
    /// A client for `config`. The process must have installed a TLS provider before.
    ///
    /// # Errors
    /// `fetch-configuration` for a mirror, host or certificate that cannot be read.
    pub fn new(config: FetchConfig) -> Result<Self, Refusal> {
        Self::with_lookup(config, resolver::system())
    }

    pub(crate) fn with_lookup(config: FetchConfig, lookup: Lookup) -> Result<Self, Refusal> {
        let mirror = Mirror::new(&config.mirror, &config.mirror_base)?;
        let mut allowed: BTreeSet<String> = config.allow_hosts.iter().map(|host| allowed_host(host)).collect::<Result<_, _>>()?;
        allowed.extend(mirror.hosts());
        let pinned = config.certificates.iter().map(|(host, file)| {
            let roots = certificates(&config.mirror_base.join(file), host)?;
            Ok((host.to_ascii_lowercase(), Pair::new(&config, &lookup, Some(roots))?))
        });
        let inner = Inner {
            plain: Pair::new(&config, &lookup, None)?,
            pinned: pinned.collect::<Result<_, Refusal>>()?,
            hosts: Hosts::new(config.limits.connections_per_host),
            raw: RawStore::new(config.raw_dir.clone()),
            requests: AtomicU64::new(0),
            jitter: RandomState::new(),
            mirror,
            allowed,
            config,
        };
        Ok(Self {
            inner: Arc::new(inner),
            requests: Arc::default(),
        })
    }

    /// The same client with a count of its own, for the report of one run.
    #[must_use]
    pub fn counted(&self) -> Self {
        Self {
            inner: Arc::clone(&self.inner),
            requests: Arc::default(),
        }
    }

    /// Requests sent through this client and its clones since it was made or [`Self::counted`], redirects, retries and mirrors included.
    pub fn requests_sent(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }

    /// Requests sent through every client that shares connections with this one.
    pub fn requests_in_all(&self) -> u64 {
        self.inner.requests.load(Ordering::Relaxed)
    }

    /// Fetches `url`; with `validators`, only if it changed.
    ///
    /// # Errors
    /// The `fetch-…` refusals of this crate; whatever it is, nothing half-read is kept.
    pub async fn get(&self, url: &str, what: What, validators: Option<&Validators>) -> Result<Fetched, Refusal> {
        let ask = Ask {
            method: Method::GET,
            headers: headers(what, validators),
            body: None,
        };
        self.ask(url, &ask, what, validators.is_some()).await
    }

    /// Asks `url` for the answer to a query in JSON, as the body of a POST. The answer hangs on nothing but the query, so that it may be
    /// asked again like a file.
    ///
    /// # Errors
    /// As [`Self::get`].
    pub async fn query(&self, url: &str, query: String) -> Result<Resource, Refusal> {
        let mut headers = headers(What::File, None);
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        let ask = Ask {
            method: Method::POST,
            headers,
            body: Some(query.into_bytes()),
        };
        match self.ask(url, &ask, What::File, false).await? {
            Fetched::Resource(resource) => Ok(resource),
            Fetched::NotModified { .. } => Err(refuse::status(url, 304)),
        }
    }

    /// Puts a file that was made from fetched ones into the raw store, under its own digest; what else is said of it is that of `like`.
    ///
    /// # Errors
    /// `fetch-disk` when it cannot be read or written.
    pub async fn keep(&self, file: &Path, like: Resource) -> Result<Resource, Refusal> {
        let (path, client, url) = (file.to_owned(), self.clone(), like.url.clone());
        let copied = tokio::task::spawn_blocking(move || {
            let mut writing = client.inner.raw.begin()?;
            std::io::copy(&mut fs::File::open(path)?, &mut writing)?;
            writing.finish()
        });
        let stored = match copied.await {
            Ok(stored) => stored.map_err(|error| refuse::disk(&url, error.kind()))?,
            Err(_) => return Err(refuse::absent(&url)),
        };
        Ok(Resource {
            path: stored.path,
            sha256: stored.sha256,
            bytes: stored.bytes,
            validators: Validators::default(),
            ..like
        })
    }

    async fn ask(&self, url: &str, ask: &Ask, what: What, conditional: bool) -> Result<Fetched, Refusal> {
        let parsed = Url::parse(url.trim()).map_err(|_| refuse::not_a_url(url))?;
        let limit = self.time_limit(what);
        match timeout(limit, self.attempts(&parsed, ask, what, conditional)).await {
            Ok(fetched) => fetched,
            Err(_) => Err(refuse::timeout(parsed.as_str(), ("hela hämtningen", "the whole fetch"), limit)),
        }
    }

    /// A local path or an http(s) URL; a local file is read where it lies.
    ///
    /// # Errors
    /// As [`Self::get`]; `input-absent` for a path that is no readable file.
    pub async fn input(&self, path_or_url: &str, what: What) -> Result<Resource, Refusal> {
        if path_or_url.contains("://") {
            return match self.get(path_or_url, what, None).await? {
                Fetched::Resource(resource) => Ok(resource),
                Fetched::NotModified { .. } => Err(refuse::status(path_or_url, 304)),
            };
        }
        let caps = self.caps(what);
        let path = path_or_url.to_owned();
        let read = tokio::task::spawn_blocking(move || local::resource(&path, caps.wire_max, caps.wire_key, Utc::now())).await;
        read.unwrap_or_else(|_| Err(refuse::absent(path_or_url)))
    }

    async fn attempts(&self, url: &Url, ask: &Ask, what: What, conditional: bool) -> Result<Fetched, Refusal> {
        let before = self.requests_sent();
        let mut attempt = 0;
        loop {
            let fault = match self.attempt(url, ask, what, conditional).await {
                Ok(Fetched::NotModified { validators, .. }) => {
                    let requests = self.requests_sent().saturating_sub(before);
                    return Ok(Fetched::NotModified { validators, requests });
                }
                Ok(fetched) => return Ok(fetched),
                Err(fault) => fault,
            };
            let wait = fault.retry_after.unwrap_or_else(|| self.backoff(url, attempt));
            if fault.retry && wait > WAIT_MAX {
                self.rest(url, wait);
            }
            if !fault.retry || attempt >= self.inner.config.limits.retries_max || wait > WAIT_MAX {
                return Err(fault.refusal);
            }
            tracing::debug!(%url, attempt, wait_ms = wait.as_millis(), "asked again after a wait");
            sleep(wait).await;
            attempt += 1;
        }
    }

    async fn attempt(&self, url: &Url, ask: &Ask, what: What, conditional: bool) -> Result<Fetched, Fault> {
        let Walked {
            answer,
            url: last,
            statuses,
        } = self.walk(url, ask).await?;
        let found = validators_of(&answer);
        match answer.status {
            200 => {}
            304 if conditional => {
                let validators = match found {
                    Validators {
                        etag: None,
                        last_modified: None,
                    } => sent_validators(&ask.headers),
                    found => found,
                };
                return Ok(Fetched::NotModified { validators, requests: 0 });
            }
            status => return Err(refused_status(&answer, url, status)),
        }
        let (media_type, charset) = content_type(&answer);
        let stored = body::store(answer, &self.inner.raw, &self.caps(what), url.as_str()).await?;
        Ok(Fetched::Resource(Resource {
            url: url.to_string(),
            final_url: last.to_string(),
            path: stored.path,
            sha256: stored.sha256,
            bytes: stored.bytes,
            media_type,
            charset,
            validators: found,
            statuses,
            fetched_at: Utc::now(),
        }))
    }

    /// Doubles from the first wait; with jitter between half and the whole, so that many clients do not return together.
    fn backoff(&self, url: &Url, attempt: u8) -> Duration {
        let whole = self.inner.config.backoff.saturating_mul(1 << attempt.min(6));
        if !self.inner.config.jitter {
            return whole;
        }
        let dice = self.inner.jitter.hash_one((url, attempt, Utc::now().timestamp_nanos_opt())) % 1000;
        whole / 2 + whole.mul_f64(f64::from(u32::try_from(dice).unwrap_or_default()) / 2000.0)
    }

    fn time_limit(&self, what: What) -> Duration {
        match what {
            What::Catalogue => self.inner.config.limits.catalogue_timeout,
            What::File => self.inner.config.limits.file_timeout,
        }
    }

    fn caps(&self, what: What) -> Caps {
        let config = &self.inner.config;
        let limits = &config.limits;
        let (wire_max, wire_key) = match what {
            What::Catalogue => (limits.catalogue_bytes_max, "catalogue_bytes_max"),
            What::File => (limits.body_bytes_max, "body_bytes_max"),
        };
        Caps {
            wire_max,
            wire_key,
            decoded_max: limits.decoded_bytes_max,
            ratio_max: limits.ratio_max,
            ratio_from: limits.ratio_from_bytes,
            idle: limits.idle_timeout,
            speed_min: limits.speed_min,
            speed_after: config.speed_after,
        }
    }
}

impl Pair {
    fn new(config: &FetchConfig, lookup: &Lookup, roots: Option<Vec<reqwest::Certificate>>) -> Result<Self, Refusal> {
        let build = |judge| {
            let resolver = Resolver {
                lookup: Arc::clone(lookup),
                judge,
            };
            http_client(config, resolver, roots.as_deref())
        };
        Ok(Self {
            guarded: build(true)?,
            open: build(false)?,
        })
    }
}

/// No proxy from the environment, no redirect and no retry behind our back (H03, H04, H10); TLS 1.2 or later (H09).
fn http_client(config: &FetchConfig, resolver: Resolver, roots: Option<&[reqwest::Certificate]>) -> Result<reqwest::Client, Refusal> {
    let resolver = Arc::new(resolver);
    let base = || {
        reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .dns_resolver(Arc::clone(&resolver))
            .connect_timeout(config.limits.connect_timeout)
            .pool_max_idle_per_host(config.limits.connections_per_host)
            .tls_version_min(reqwest::tls::Version::TLS_1_2)
            .user_agent(config.user_agent.as_str())
    };
    let built = match roots {
        Some(roots) => base().tls_certs_only(roots.iter().cloned()).build(),
        None => base().build().or_else(|_| {
            tracing::warn!("this machine has no trusted certificates; every https address will be refused");
            base().tls_certs_only([]).build()
        }),
    };
    built.map_err(|_| {
        refuse::configuration(
            "fetch.user_agent",
            "HTTP-klienten kunde inte byggas".into(),
            "the HTTP client could not be built".into(),
        )
    })
}

fn certificates(file: &Path, host: &str) -> Result<Vec<reqwest::Certificate>, Refusal> {
    let read = fs::read(file).ok().and_then(|pem| reqwest::Certificate::from_pem_bundle(&pem).ok());
    read.filter(|found| !found.is_empty()).ok_or_else(|| {
        refuse::configuration(
            &format!("fetch.certificates.\"{host}\""),
            "filen innehåller inget certifikat i PEM-form".into(),
            "the file holds no certificate in PEM form".into(),
        )
    })
}

/// `host:port` of the allow list, written as the address judge compares it.
fn allowed_host(given: &str) -> Result<String, Refusal> {
    let parsed = given.rsplit_once(':').and_then(|(host, port)| {
        let port: u16 = port.parse().ok()?;
        let url = Url::parse(&format!("http://{host}:{port}/")).ok()?;
        let bare = url.username().is_empty() && url.path() == "/" && url.query().is_none();
        bare.then(|| url.host_str().map(|host| format!("{host}:{port}"))).flatten()
    });
    parsed.ok_or_else(|| {
        refuse::configuration(
            "fetch.allow_hosts",
            format!("`{given}` är inte värd:port"),
            format!("`{given}` is not host:port"),
        )
    })
}

fn headers(what: What, validators: Option<&Validators>) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let accept = match what {
        What::Catalogue => ACCEPT_CATALOGUE,
        What::File => "*/*",
    };
    headers.insert(ACCEPT, HeaderValue::from_static(accept));
    headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("gzip"));
    let mut condition = |name: HeaderName, value: Option<&String>| {
        if let Some(value) = value.and_then(|text| HeaderValue::from_str(text).ok()) {
            headers.insert(name, value);
        }
    };
    condition(IF_NONE_MATCH, validators.and_then(|known| known.etag.as_ref()));
    condition(IF_MODIFIED_SINCE, validators.and_then(|known| known.last_modified.as_ref()));
    headers
}

fn validators_of(answer: &Answer) -> Validators {
    Validators {
        etag: answer.header(ETAG).map(Into::into),
        last_modified: answer.header(LAST_MODIFIED).map(Into::into),
    }
}

/// A 304 need not repeat the validators.
fn sent_validators(headers: &HeaderMap) -> Validators {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok()).map(Into::into);
    Validators {
        etag: text(IF_NONE_MATCH),
        last_modified: text(IF_MODIFIED_SINCE),
    }
}

/// Media type and charset of `Content-Type`, both in lower case.
fn content_type(answer: &Answer) -> (Option<String>, Option<String>) {
    let Some(text) = answer.header(CONTENT_TYPE) else {
        return (None, None);
    };
    let mut parts = text.split(';').map(str::trim);
    let media_type = parts.next().filter(|part| part.contains('/')).map(str::to_lowercase);
    let charset = parts.find_map(|part| {
        let (name, value) = part.split_once('=')?;
        let named = name.trim().eq_ignore_ascii_case("charset");
        named.then(|| value.trim().trim_matches('"').to_lowercase())
    });
    (media_type, charset)
}

/// 408, 425, 429 and 5xx may pass; what the host asks for wins over our own wait.
fn refused_status(answer: &Answer, url: &Url, status: u16) -> Fault {
    let refusal = refuse::status(url.as_str(), status);
    match status {
        408 | 425 | 429 | 500.. => Fault {
            retry_after: answer.retry_after(),
            ..passing(refusal)
        },
        _ => refusal.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::IpAddr;
    use std::sync::Mutex;

    use futures::future::FutureExt as _;

    /// A name service that gives each answer once and counts.
    fn changing(answers: &[&str]) -> (Lookup, Arc<AtomicU64>) {
        let answers: Vec<IpAddr> = answers.iter().rev().map(|text| text.parse().unwrap()).collect();
        let (answers, count) = (Arc::new(Mutex::new(answers)), Arc::new(AtomicU64::new(0)));
        let counted = Arc::clone(&count);
        let lookup: Lookup = Arc::new(move |_| {
            counted.fetch_add(1, Ordering::SeqCst);
            let next = answers.lock().unwrap().pop();
            async move { Ok(next.into_iter().collect()) }.boxed()
        });
        (lookup, count)
    }

    fn client(dir: &Path, allow: &[String], lookup: Lookup) -> Client {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut config = FetchConfig {
            allow_hosts: allow.to_vec(),
            raw_dir: dir.join("raw"),
            ..FetchConfig::default()
        };
        config.limits.retries_max = 0;
        Client::with_lookup(config, lookup).unwrap()
    }

    #[tokio::test]
    async fn h02_a_name_is_looked_up_once_and_the_judged_answer_is_the_one_connected_to() {
        let dir = tempfile::tempdir().unwrap();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let app = axum::Router::new().fallback(async || "x");
        tokio::spawn(async move { axum::serve(listener, app).await });

        // An allowed name: the first answer is connected to; a second look-up would have led elsewhere.
        let host = format!("data.exempelby.example:{port}");
        let (lookup, count) = changing(&["127.0.0.1", "192.0.2.1"]);
        let reader = client(dir.path(), std::slice::from_ref(&host), lookup);
        assert!(reader.get(&format!("http://{host}/"), What::File, None).await.is_ok());
        assert_eq!(count.load(Ordering::SeqCst), 1);

        // A name from outside whose answer is loopback is refused at that answer, without another question.
        let (lookup, count) = changing(&["127.0.0.1", "8.8.8.8"]);
        let reader = client(dir.path(), &[], lookup);
        let refusal = reader.get("http://data.exempelby.example/", What::File, None).await.unwrap_err();
        assert_eq!((refusal.id.as_str(), count.load(Ordering::SeqCst)), ("fetch-address", 1));
    }

    #[tokio::test]
    async fn a_name_without_an_address_is_said_to_have_none() {
        let dir = tempfile::tempdir().unwrap();
        let reader = client(dir.path(), &[], changing(&[]).0);
        assert_eq!(
            reader.get("http://data.exempelby.example/", What::File, None).await.unwrap_err().id,
            "fetch-dns"
        );
    }

    #[test]
    fn an_allowed_host_needs_its_port() {
        assert_eq!(allowed_host("127.0.0.1:80").unwrap(), "127.0.0.1:80");
        assert_eq!(allowed_host("[::1]:8080").unwrap(), "[::1]:8080");
        assert_eq!(allowed_host("Data.Exempelby.example:443").unwrap(), "data.exempelby.example:443");
        for given in ["127.0.0.1", "", ":80", "a:b", "a/b:80", "u@a:80", "a?b:80"] {
            assert_eq!(allowed_host(given).unwrap_err().id, "fetch-configuration", "{given}");
        }
    }

    #[test]
    fn waits_double_and_jitter_stays_between_half_and_whole() {
        let dir = tempfile::tempdir().unwrap();
        let url = Url::parse("http://data.exempelby.example/").unwrap();
        let mut reader = client(dir.path(), &[], changing(&[]).0);
        (0..50).for_each(|_| {
            let wait = reader.backoff(&url, 1);
            assert!(wait >= Duration::from_secs(1) && wait <= Duration::from_secs(2), "{wait:?}");
        });
        Arc::get_mut(&mut reader.inner).unwrap().config.jitter = false;
        assert_eq!([0, 1, 2].map(|attempt| reader.backoff(&url, attempt).as_secs()), [1, 2, 4]);
    }
}
