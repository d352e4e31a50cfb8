//! Object stores that the operator configured: a folder that every node sees, or a bucket reached through this crate's own HTTP client.
//!
//! In: an address, and where its keys lie. Out: a store that sees nothing outside its own prefix, or one typed refusal. Keys are asked for
//! here and nowhere else: without them the store's library would ask the machine's metadata address for some. The client connects to the
//! configured host and to no other, follows no redirect and knows no proxy; plain `http` is for loopback alone. This module does not know
//! what the objects are.

use std::fmt;
use std::future::Future;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use fyr_model::{Refusal, RefusalKind, Text};
use http_body_util::BodyExt as _;
use object_store::aws::AmazonS3Builder;
use object_store::client::{
    ClientOptions, HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpResponse, HttpResponseBody, HttpService,
};
use object_store::local::LocalFileSystem;
use object_store::prefix::PrefixStore;
use object_store::{ObjectStore, RetryConfig};
use serde::Deserialize;
use url::{Host, Url};

use crate::refuse;

/// The variables that hold the keys where no file does.
pub const KEY_ID_VARIABLE: &str = "FYR_STAGING_KEY_ID";
/// See [`KEY_ID_VARIABLE`].
pub const SECRET_VARIABLE: &str = "FYR_STAGING_SECRET";

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const READ_TIMEOUT: Duration = Duration::from_secs(60);
const RETRIES_MAX: usize = 4;
const RETRY_TIME_MAX: Duration = Duration::from_secs(120);

/// `[cluster.staging]` of `fyr.toml`, as written.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ObjectsConfig {
    /// A folder, or `s3://bucket/prefix`.
    pub address: Option<String>,
    /// The server of the bucket; Amazon's of the region where none is given.
    pub endpoint: Option<String>,
    /// The region that requests are signed for.
    pub region: Option<String>,
    /// A file of two lines, key id and secret, readable by its owner alone; else they are taken from the environment.
    pub key_file: Option<PathBuf>,
    /// Whether `http` is good enough; only for a server on loopback.
    pub allow_http: bool,
}

/// A place for objects.
#[derive(Debug, Clone)]
pub struct Objects {
    /// The store; its root is the folder or the prefix.
    pub store: Arc<dyn ObjectStore>,
    /// The folder, where it is one.
    pub folder: Option<PathBuf>,
}

struct Keys {
    id: String,
    secret: String,
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keys(..)")
    }
}

impl ObjectsConfig {
    /// Opens the place; relative paths start from `base`, and `variable` looks up what stands in the environment. A folder is made with
    /// mode 0700; a bucket is not asked for anything yet.
    ///
    /// # Errors
    /// `objects-configuration` for what cannot be meant or is not safe.
    pub fn open(&self, base: &Path, variable: &dyn Fn(&str) -> Option<String>) -> Result<Objects, Refusal> {
        let Some(address) = &self.address else {
            return Err(wrong("address", "ingen adress är angiven", "no address is given"));
        };
        match address.split_once("://") {
            Some(("s3", rest)) => self.bucket(rest, base, variable),
            Some(_) => Err(wrong(
                "address",
                "bara mappar och s3://hink/prefix går att använda",
                "only folders and s3://bucket/prefix can be used",
            )),
            None => folder(&base.join(address)),
        }
    }

    fn bucket(&self, rest: &str, base: &Path, variable: &dyn Fn(&str) -> Option<String>) -> Result<Objects, Refusal> {
        let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '.';
        if bucket.len() < 3 || !bucket.chars().all(plain) {
            return Err(wrong("address", "det är inget namn på en hink", "that is no name of a bucket"));
        }
        let endpoint = self.server()?;
        let keys = self.keys(base, variable)?;
        let connector = Connector::new(&endpoint)?;
        let retry = RetryConfig {
            max_retries: RETRIES_MAX,
            retry_timeout: RETRY_TIME_MAX,
            ..RetryConfig::default()
        };
        let built = AmazonS3Builder::new()
            .with_bucket_name(bucket)
            .with_region(self.region.as_deref().unwrap_or("us-east-1"))
            .with_endpoint(endpoint.as_str().trim_end_matches('/'))
            .with_virtual_hosted_style_request(false)
            .with_allow_http(endpoint.scheme() == "http")
            .with_access_key_id(keys.id)
            .with_secret_access_key(keys.secret)
            .with_retry(retry)
            .with_http_connector(connector)
            .build()
            .map_err(|_| wrong("address", "hinken går inte att använda", "the bucket cannot be used"))?;
        let prefix = object_store::path::Path::parse(prefix.trim_matches('/'))
            .map_err(|_| wrong("address", "prefixet går inte att använda", "the prefix cannot be used"))?;
        Ok(Objects {
            store: Arc::new(PrefixStore::new(built, prefix)),
            folder: None,
        })
    }

    /// The server: https, or http on loopback where that is allowed.
    fn server(&self) -> Result<Url, Refusal> {
        let Some(endpoint) = &self.endpoint else {
            let region = self.region.as_deref().filter(|region| !region.is_empty());
            let region = region.ok_or_else(|| {
                wrong(
                    "endpoint",
                    "varken endpoint eller region är angiven",
                    "neither endpoint nor region is given",
                )
            })?;
            return Url::parse(&format!("https://s3.{region}.amazonaws.com/"))
                .map_err(|_| wrong("region", "det är ingen region", "that is no region"));
        };
        let url = Url::parse(endpoint).map_err(|_| wrong("endpoint", "det är ingen adress", "that is no address"))?;
        if !url.username().is_empty() || url.password().is_some() || url.path() != "/" || url.query().is_some() {
            return Err(wrong(
                "endpoint",
                "ange bara schema, värd och port",
                "give scheme, host and port, and nothing else",
            ));
        }
        match url.scheme() {
            "https" => Ok(url),
            "http" if self.allow_http && is_loopback(&url) => Ok(url),
            "http" if self.allow_http => Err(wrong(
                "allow_http",
                "http går bara till den egna datorn: filerna är personuppgifter",
                "http goes to this machine only: the files are personal data",
            )),
            _ => Err(wrong(
                "endpoint",
                "servern måste nås med https",
                "the server must be reached by https",
            )),
        }
    }

    fn keys(&self, base: &Path, variable: &dyn Fn(&str) -> Option<String>) -> Result<Keys, Refusal> {
        let some = |text: Option<String>| text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
        let (id, secret) = match &self.key_file {
            Some(file) => {
                let text = private_text(&base.join(file))?;
                let mut lines = text.lines().map(str::to_owned);
                (some(lines.next()), some(lines.next()))
            }
            None => (some(variable(KEY_ID_VARIABLE)), some(variable(SECRET_VARIABLE))),
        };
        match (id, secret) {
            (Some(id), Some(secret)) => Ok(Keys { id, secret }),
            _ => Err(
                wrong("key_file", "nyckel och hemlighet saknas", "key id and secret are missing").hint(Text::new(
                    format!("ange key_file, eller {KEY_ID_VARIABLE} och {SECRET_VARIABLE} i miljön"),
                    format!("give key_file, or {KEY_ID_VARIABLE} and {SECRET_VARIABLE} in the environment"),
                )),
            ),
        }
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => IpAddr::from(address).is_loopback(),
        Some(Host::Ipv6(address)) => IpAddr::from(address).is_loopback(),
        None => false,
    }
}

/// A folder that only its owner may read: what is staged is personal data.
fn folder(path: &Path) -> Result<Objects, Refusal> {
    let failed = |error: std::io::Error| refuse::disk("cluster.staging.address", error.kind());
    #[cfg(unix)]
    {
        use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
        std::fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(path)
            .map_err(failed)?;
        let mode = std::fs::metadata(path).map_err(failed)?.permissions().mode();
        if mode & 0o077 != 0 {
            return Err(wrong(
                "address",
                "mappen kan läsas av andra; ge den läget 0700",
                "others may read the folder; give it the mode 0700",
            ));
        }
    }
    #[cfg(not(unix))]
    std::fs::create_dir_all(path).map_err(failed)?;
    let path = path.canonicalize().map_err(failed)?;
    let store = LocalFileSystem::new_with_prefix(&path)
        .map_err(|_| wrong("address", "mappen går inte att använda", "the folder cannot be used"))?
        .with_automatic_cleanup(true);
    Ok(Objects {
        store: Arc::new(store),
        folder: Some(path),
    })
}

/// A file of secrets; refused where others may read it.
fn private_text(path: &Path) -> Result<String, Refusal> {
    let unread = || wrong("key_file", "filen går inte att läsa", "the file cannot be read");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(path).map_err(|_| unread())?.permissions().mode();
        if mode & 0o077 != 0 {
            return Err(wrong(
                "key_file",
                "filen kan läsas av andra; ge den läget 0600",
                "others may read the file; give it the mode 0600",
            ));
        }
    }
    std::fs::read_to_string(path).map_err(|_| unread())
}

fn wrong(key: &str, sv: &str, en: &str) -> Refusal {
    let key = format!("cluster.staging.{key}");
    Refusal::new(
        "objects-configuration",
        RefusalKind::Configuration,
        &key,
        Text::new(format!("`{key}`: {sv}"), format!("`{key}`: {en}")),
    )
}

/// Gives the store's library this client instead of its own.
#[derive(Debug, Clone)]
struct Connector(Service);

#[derive(Debug, Clone)]
struct Service {
    client: reqwest::Client,
    host: String,
    port: Option<u16>,
}

impl Connector {
    fn new(endpoint: &Url) -> Result<Self, Refusal> {
        let client = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .connect_timeout(CONNECT_TIMEOUT)
            .read_timeout(READ_TIMEOUT)
            .tls_version_min(reqwest::tls::Version::TLS_1_2)
            .user_agent(concat!("fyr/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|_| wrong("endpoint", "HTTP-klienten kunde inte byggas", "the HTTP client could not be built"))?;
        Ok(Self(Service {
            client,
            host: endpoint.host_str().unwrap_or_default().to_owned(),
            port: endpoint.port_or_known_default(),
        }))
    }
}

impl HttpConnector for Connector {
    fn connect(&self, _options: &ClientOptions) -> object_store::Result<HttpClient> {
        Ok(HttpClient::new(self.0.clone()))
    }
}

impl Service {
    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let (parts, body) = request.into_parts();
        let url = Url::parse(&parts.uri.to_string()).map_err(|error| HttpError::new(HttpErrorKind::Unknown, error))?;
        if url.host_str() != Some(self.host.as_str()) || url.port_or_known_default() != self.port {
            let elsewhere = std::io::Error::other("an address that was not configured");
            return Err(HttpError::new(HttpErrorKind::Unknown, elsewhere));
        }
        let mut asked = reqwest::Request::new(parts.method, url);
        *asked.headers_mut() = parts.headers;
        *asked.body_mut() = Some(reqwest::Body::wrap(body));
        let answer = self.client.execute(asked).await.map_err(fault)?;
        let (parts, body) = http::Response::<reqwest::Body>::from(answer).into_parts();
        Ok(HttpResponse::from_parts(parts, HttpResponseBody::new(body.map_err(fault))))
    }
}

impl HttpService for Service {
    // The trait is written with `async_trait`; this is what it stands for.
    fn call<'own, 'call>(&'own self, request: HttpRequest) -> Pin<Box<dyn Future<Output = Result<HttpResponse, HttpError>> + Send + 'call>>
    where
        'own: 'call,
        Self: 'call,
    {
        Box::pin(self.send(request))
    }
}

/// The kind decides whether the store's library asks again.
fn fault(error: reqwest::Error) -> HttpError {
    let kind = if error.is_timeout() {
        HttpErrorKind::Timeout
    } else if error.is_connect() {
        HttpErrorKind::Connect
    } else if error.is_decode() {
        HttpErrorKind::Decode
    } else if error.is_body() || error.is_request() {
        HttpErrorKind::Interrupted
    } else {
        HttpErrorKind::Unknown
    };
    HttpError::new(kind, error.without_url())
}

#[cfg(test)]
mod tests {
    use object_store::{ObjectStoreExt as _, PutPayload, path::Path as Key};

    use super::*;

    fn config(text: &str) -> ObjectsConfig {
        toml::from_str(text).unwrap()
    }

    fn open(text: &str, base: &Path) -> Result<Objects, Refusal> {
        let _ = rustls::crypto::ring::default_provider().install_default();
        config(text).open(base, &|name| Some(format!("value of {name}")))
    }

    #[test]
    fn http_is_for_loopback_and_only_where_it_is_allowed() {
        let dir = tempfile::tempdir().unwrap();
        let base = "address = 's3://staging/x'\n";
        for (rest, id) in [
            ("endpoint = 'http://127.0.0.1:9000'\nallow_http = true", None),
            ("endpoint = 'http://[::1]:9000'\nallow_http = true", None),
            ("endpoint = 'https://s3.example.se'", None),
            ("region = 'eu-north-1'", None),
            ("endpoint = 'http://127.0.0.1:9000'", Some("cluster.staging.endpoint")),
            (
                "endpoint = 'http://s3.example.se'\nallow_http = true",
                Some("cluster.staging.allow_http"),
            ),
            ("endpoint = 'https://user:word@s3.example.se'", Some("cluster.staging.endpoint")),
            ("", Some("cluster.staging.endpoint")),
        ] {
            let refused = open(&format!("{base}{rest}"), dir.path()).err().map(|refusal| refusal.subject);
            assert_eq!(refused.as_deref(), id, "{rest}");
        }
        for address in ["s3://ab/x", "s3://Staging/x", "gs://staging/x", "https://s3.example.se/staging"] {
            let refused = open(&format!("address = '{address}'\nregion = 'eu-north-1'"), dir.path());
            assert_eq!(refused.unwrap_err().subject, "cluster.staging.address", "{address}");
        }
    }

    #[test]
    fn keys_come_from_a_private_file_or_the_environment_and_are_never_shown() {
        let dir = tempfile::tempdir().unwrap();
        let text = "address = 's3://staging/x'\nregion = 'eu-north-1'\n";
        let absent = config(text).open(dir.path(), &|_| None).unwrap_err();
        assert_eq!((absent.subject.as_str(), absent.exit_code()), ("cluster.staging.key_file", 2));
        let file = dir.path().join("staging.key");
        std::fs::write(&file, "an id\na secret word\n").unwrap();
        let with_file = format!("{text}key_file = 'staging.key'");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
            assert_eq!(open(&with_file, dir.path()).unwrap_err().subject, "cluster.staging.key_file");
            std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
        }
        let opened = open(&with_file, dir.path()).unwrap();
        assert!(!format!("{opened:?}").contains("secret word"));
    }

    #[tokio::test]
    async fn h23_a_folder_holds_what_is_put_there_and_nothing_outside_is_reached() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("outside"), "x").unwrap();
        let objects = open("address = 'inner/staging'", dir.path()).unwrap();
        objects
            .store
            .put(&Key::from("a/b.parquet"), PutPayload::from_static(b"bytes"))
            .await
            .unwrap();
        assert!(dir.path().join("inner/staging/a/b.parquet").is_file());
        assert!(objects.store.get(&Key::from("../../outside")).await.is_err());
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let folder = objects.folder.unwrap();
            assert_eq!(std::fs::metadata(&folder).unwrap().permissions().mode() & 0o777, 0o700);
            std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o755)).unwrap();
            assert_eq!(
                open("address = 'inner/staging'", dir.path()).unwrap_err().subject,
                "cluster.staging.address"
            );
        }
    }
}
