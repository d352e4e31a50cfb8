//! Mirrors (`[fetch.mirror]`): addresses that are answered by a folder or by another address, and never asked for outside.
//!
//! The longest prefix wins. A folder answers with what it has and 404 for the rest; its ETag is the file's digest.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use fyr_model::Refusal;
use http::header::{ACCEPT_RANGES, CONTENT_LENGTH, CONTENT_TYPE, ETAG};
use http::{HeaderMap, HeaderValue};
use url::Url;

use crate::address::host_port;
use crate::local::{digest_of, media_type_of};
use crate::refuse;

/// Who answers for an address.
#[derive(Debug, PartialEq, Eq)]
pub enum Route {
    /// A file of a folder mirror; none when the folder does not have it.
    File(Option<PathBuf>),
    /// Another address.
    Elsewhere(Url),
    /// Nobody but its own host.
    Outside,
}

/// All mirrors, longest prefix first.
#[derive(Debug)]
pub struct Mirror {
    entries: Vec<Entry>,
}

#[derive(Debug)]
struct Entry {
    prefix: String,
    target: Target,
}

#[derive(Debug)]
enum Target {
    Folder(PathBuf),
    Address(Url),
}

impl Mirror {
    /// Reads the table; relative folders start from `base`.
    pub fn new(table: &BTreeMap<String, String>, base: &Path) -> Result<Self, Refusal> {
        let mut entries = table
            .iter()
            .map(|(prefix, target)| Entry::read(prefix, target, base))
            .collect::<Result<Vec<_>, _>>()?;
        entries.sort_by(|a, b| b.prefix.len().cmp(&a.prefix.len()).then_with(|| a.prefix.cmp(&b.prefix)));
        Ok(Self { entries })
    }

    /// `host:port` of every mirror that is an address: these count as allowed.
    pub fn hosts(&self) -> impl Iterator<Item = String> {
        self.entries.iter().filter_map(|entry| match &entry.target {
            Target::Address(url) => host_port(url),
            Target::Folder(_) => None,
        })
    }

    /// Who answers for `url`.
    pub fn route(&self, url: &Url) -> Route {
        let asked = without_fragment(url);
        let covering = self.entries.iter().find(|entry| asked.starts_with(&entry.prefix));
        let Some(entry) = covering else { return Route::Outside };
        let rest = asked.get(entry.prefix.len()..).unwrap_or_default();
        match &entry.target {
            Target::Folder(folder) => Route::File(file_in(folder, rest)),
            Target::Address(base) => {
                let joined = Url::parse(&format!("{base}{rest}")).ok();
                // A rest that would change host is no rest of this mirror.
                let same = joined.filter(|joined| joined.origin() == base.origin());
                same.map_or(Route::File(None), Route::Elsewhere)
            }
        }
    }

    /// The address that a mirror stands for, when `url` lies inside one: a mirror may redirect to itself.
    pub fn original(&self, url: Url) -> Url {
        let given = url.as_str();
        let back = self.entries.iter().find_map(|entry| match &entry.target {
            Target::Address(base) => {
                let rest = given.strip_prefix(base.as_str())?;
                Url::parse(&format!("{}{rest}", entry.prefix)).ok()
            }
            Target::Folder(_) => None,
        });
        back.unwrap_or(url)
    }
}

impl Entry {
    fn read(prefix: &str, target: &str, base: &Path) -> Result<Self, Refusal> {
        let wrong = |sv: &str, en: &str| refuse::configuration(&format!("fetch.mirror.\"{prefix}\""), sv.into(), en.into());
        let parsed = Url::parse(prefix).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
        let parsed = parsed.ok_or_else(|| wrong("prefixet är ingen http-adress", "the prefix is not an http address"))?;
        let target = if target.contains("://") {
            let url = Url::parse(target).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
            Target::Address(url.ok_or_else(|| {
                wrong(
                    "målet är varken mapp eller http-adress",
                    "the target is neither a folder nor an http address",
                )
            })?)
        } else {
            Target::Folder(base.join(target))
        };
        Ok(Self {
            prefix: parsed.into(),
            target,
        })
    }
}

fn without_fragment(url: &Url) -> String {
    let mut url = url.clone();
    url.set_fragment(None);
    url.into()
}

/// The file that `rest` names inside `folder`. A rest with a query names only a file that has the query in its name.
fn file_in(folder: &Path, rest: &str) -> Option<PathBuf> {
    let mut path = folder.to_owned();
    for part in rest.split('/').filter(|part| !part.is_empty()) {
        let name = percent_decoded(part)?;
        if matches!(name.as_str(), "." | "..") || name.contains(['/', '\\', '\0']) {
            return None;
        }
        path.push(name);
    }
    let real = fs::canonicalize(&path).ok()?;
    let inside = real.starts_with(fs::canonicalize(folder).ok()?);
    (inside && real.is_file()).then_some(real)
}

fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        let decoded = if byte == b'%' {
            let digits = [rest.next()?, rest.next()?];
            u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?
        } else {
            byte
        };
        bytes.push(decoded);
    }
    String::from_utf8(bytes).ok()
}

/// The headers that a folder mirror sends with a file.
pub fn headers_of(path: &Path) -> std::io::Result<HeaderMap> {
    let (sha256, bytes) = digest_of(path)?;
    let mut headers = HeaderMap::new();
    if let Ok(etag) = HeaderValue::from_str(&format!("\"{sha256}\"")) {
        headers.insert(ETAG, etag);
    }
    headers.insert(CONTENT_LENGTH, HeaderValue::from(bytes));
    headers.insert(ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    if let Some(media_type) = media_type_of(path) {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    }
    Ok(headers)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mirror(dir: &Path) -> Mirror {
        fs::create_dir_all(dir.join("m/a/b")).unwrap();
        for (name, text) in [
            ("m/a/dcat.rdf", "x"),
            ("m/a/b/å ä.csv", "x"),
            ("m/a/q?page=2", "x"),
            ("secret", "x"),
            ("m/one.ttl", "x"),
        ] {
            fs::write(dir.join(name), text).unwrap();
        }
        let table = [
            ("https://data.exempelby.example/", "m/a/"),
            ("https://data.exempelby.example/region/", "http://127.0.0.1:8080/r/"),
            ("https://data.exempelby.example/one?format=ttl", "m/one.ttl"),
        ];
        let table = table.map(|(prefix, target)| (prefix.to_owned(), target.to_owned())).into();
        Mirror::new(&table, dir).unwrap()
    }

    fn check(address: &str, expected: Option<&str>) {
        let dir = tempfile::tempdir().unwrap();
        let found = match mirror(dir.path()).route(&Url::parse(address).unwrap()) {
            Route::File(None) => Some("absent".to_owned()),
            Route::File(Some(path)) => Some(
                path.strip_prefix(dir.path().canonicalize().unwrap())
                    .unwrap()
                    .to_str()
                    .unwrap()
                    .to_owned(),
            ),
            Route::Elsewhere(url) => Some(url.into()),
            Route::Outside => None,
        };
        assert_eq!(found.as_deref(), expected, "{address}");
    }

    #[test]
    fn the_longest_prefix_wins_and_what_no_prefix_covers_is_outside() {
        check("https://data.exempelby.example/dcat.rdf", Some("m/a/dcat.rdf"));
        check("https://data.exempelby.example/dcat.rdf#x", Some("m/a/dcat.rdf"));
        check("https://data.exempelby.example/b/%C3%A5%20%C3%A4.csv", Some("m/a/b/å ä.csv"));
        check("https://data.exempelby.example/region/x?y=1", Some("http://127.0.0.1:8080/r/x?y=1"));
        check("https://data.exempelby.example/one?format=ttl", Some("m/one.ttl"));
        check("https://data.exempelby.example.evil.example/dcat.rdf", None);
        check("http://data.exempelby.example/dcat.rdf", None);
    }

    #[test]
    fn a_query_is_part_of_the_name_and_an_absent_file_is_absent() {
        check("https://data.exempelby.example/q?page=2", Some("m/a/q?page=2"));
        check("https://data.exempelby.example/q?page=3", Some("absent"));
        check("https://data.exempelby.example/dcat.rdf?page=2", Some("absent"));
        check("https://data.exempelby.example/b", Some("absent"));
        check("https://data.exempelby.example/", Some("absent"));
    }

    #[test]
    fn h23_no_name_leaves_the_folder() {
        for rest in [
            "../../secret",
            "..%2f..%2fsecret",
            "b/%2e%2e/%2e%2e/%2e%2e/secret",
            "%00",
            "..%5c..%5csecret",
            "%2fetc%2fhostname",
        ] {
            check(&format!("https://data.exempelby.example/{rest}"), Some("absent"));
        }
        check("https://data.exempelby.example/b/../dcat.rdf", Some("m/a/dcat.rdf"));
    }

    #[test]
    fn a_mirror_that_redirects_to_itself_is_turned_back() {
        let dir = tempfile::tempdir().unwrap();
        let mirror = mirror(dir.path());
        let back = |url: &str| mirror.original(Url::parse(url).unwrap()).to_string();
        assert_eq!(back("http://127.0.0.1:8080/r/y"), "https://data.exempelby.example/region/y");
        assert_eq!(back("http://127.0.0.1:8080/other"), "http://127.0.0.1:8080/other");
    }

    #[test]
    fn a_prefix_that_is_no_address_is_refused() {
        let table = [("data".to_owned(), "m".to_owned())].into();
        assert_eq!(Mirror::new(&table, Path::new(".")).unwrap_err().id, "fetch-configuration");
    }
}
