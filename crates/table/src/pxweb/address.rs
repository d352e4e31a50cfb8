//! Which addresses belong to a table behind a PxWeb API, by their form alone. Whether there is a table, the answer shows.

use serde::{Deserialize, Serialize};
use url::Url;

/// The API's version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Version {
    /// `/api/v1/sv/ssd/…`.
    One,
    /// `/api/v2/tables/…`.
    Two,
}

/// The addresses of one table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Api {
    /// The API's version.
    pub version: Version,
    /// Where the limits are stated; the first that answers holds.
    pub config: Vec<String>,
    /// Where the variables are stated.
    pub metadata: String,
    /// Where queries are sent.
    pub data: String,
}

impl Api {
    /// The table that an address means; none where the address is a file, a level above a table, or already a query.
    pub fn of(address: &str) -> Option<Self> {
        let url = Url::parse(address.trim()).ok()?;
        let path: Vec<&str> = url.path_segments()?.filter(|segment| !segment.is_empty()).collect();
        (0..path.len()).find_map(|at| Self::one(&url, &path, at).or_else(|| Self::two(&url, &path, at)))
    }

    /// `…/api/v1/LANGUAGE/DATABASE/…/TABLE`, and the older `…/v1/doris/LANGUAGE/DATABASE/…/TABLE`.
    fn one(url: &Url, path: &[&str], at: usize) -> Option<Self> {
        if !path.get(at)?.eq_ignore_ascii_case("v1") || url.query().is_some() {
            return None;
        }
        let doris = path.get(at + 1)?.eq_ignore_ascii_case("doris");
        let api = at > 0 && path.get(at - 1)?.eq_ignore_ascii_case("api");
        let language = at + 1 + usize::from(doris);
        let is_language = path.get(language)?.len() == 2 && path.get(language)?.bytes().all(|b| b.is_ascii_alphabetic());
        if !(doris || api) || !is_language || path.len() < language + 3 {
            return None;
        }
        let base = |length: usize| format!("{}/{}", root(url), path.get(..length).unwrap_or_default().join("/"));
        let table = base(path.len());
        Some(Self {
            version: Version::One,
            config: vec![
                format!("{}/?config", base(language + 2)),
                format!("{}?config", base(language + 2)),
                format!("{}?config", base(language + 1)),
                format!("{table}?config"),
            ],
            metadata: table.clone(),
            data: table,
        })
    }

    /// `…/api/v2/tables/ID`, with `metadata` or `data` after it; an address with a choice of values is a file of its own.
    fn two(url: &Url, path: &[&str], at: usize) -> Option<Self> {
        let version = path.get(at)?.to_ascii_lowercase();
        let api = at > 0 && path.get(at - 1)?.eq_ignore_ascii_case("api");
        if !api || !(version == "v2" || version.starts_with("v2-")) || !path.get(at + 1)?.eq_ignore_ascii_case("tables") {
            return None;
        }
        let table = path.get(..at + 3)?.join("/");
        let last = path.get(at + 3).map(|segment| segment.to_ascii_lowercase());
        if path.len() > at + 4 || !matches!(last.as_deref(), None | Some("metadata" | "data")) {
            return None;
        }
        let mut language = None;
        for (key, value) in url.query_pairs() {
            match key.to_ascii_lowercase().as_str() {
                "lang" if value.len() <= 5 && value.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') => {
                    language = Some(value.into_owned())
                }
                _ if last.as_deref() == Some("data") => return None,
                _ => {}
            }
        }
        let root = root(url);
        let lang = |mark: &str| {
            language
                .as_ref()
                .map(|language| format!("{mark}lang={language}"))
                .unwrap_or_default()
        };
        Some(Self {
            version: Version::Two,
            config: vec![format!("{root}/{}/config", path.get(..=at)?.join("/"))],
            metadata: format!("{root}/{table}/metadata{}", lang("?")),
            data: format!("{root}/{table}/data?outputFormat=json-stat2{}", lang("&")),
        })
    }
}

/// Scheme, host and port.
fn root(url: &Url) -> String {
    url.origin().ascii_serialization()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_known_by_its_address() {
        let one = Api::of("https://statistik.example/pxweb/api/v1/sv/ssd/BE/BE0101/Folkmängd").unwrap();
        assert_eq!(
            (one.version, one.config[0].as_str(), one.config[2].as_str(), one.data.as_str()),
            (
                Version::One,
                "https://statistik.example/pxweb/api/v1/sv/ssd/?config",
                "https://statistik.example/pxweb/api/v1/sv?config",
                "https://statistik.example/pxweb/api/v1/sv/ssd/BE/BE0101/Folkm%C3%A4ngd"
            )
        );
        assert_eq!(one.metadata, one.data);
        let doris = Api::of("https://api.example/OV0104/v1/doris/sv/ssd/START/BE/Tabell").unwrap();
        assert_eq!(doris.config[0], "https://api.example/OV0104/v1/doris/sv/ssd/?config");
        let two = Api::of("http://127.0.0.1:8080/api/v2/tables/TAB1/metadata?lang=sv").unwrap();
        assert_eq!(
            (two.version, two.config[0].as_str(), two.metadata.as_str(), two.data.as_str()),
            (
                Version::Two,
                "http://127.0.0.1:8080/api/v2/config",
                "http://127.0.0.1:8080/api/v2/tables/TAB1/metadata?lang=sv",
                "http://127.0.0.1:8080/api/v2/tables/TAB1/data?outputFormat=json-stat2&lang=sv"
            )
        );
        assert_eq!(
            Api::of("https://s.example/api/v2/tables/TAB1").unwrap().metadata,
            "https://s.example/api/v2/tables/TAB1/metadata"
        );
        assert!(Api::of("https://s.example/api/v2-beta/tables/TAB1/data").is_some());
    }

    #[test]
    fn files_levels_and_queries_are_none() {
        for address in [
            "https://data.example/trad.csv",
            "https://data.example/api/v1/datasets",
            "https://data.example/api/v1/sv/ssd",
            "https://data.example/api/v1/sv/ssd/?config",
            "https://data.example/v1/sv/ssd/BE/Tabell",
            "https://data.example/api/v2/tables",
            "https://data.example/api/v2/tables/TAB1/data?valueCodes%5BTid%5D=2024",
            "https://data.example/api/v2/tables/TAB1/data?outputFormat=csv",
            "https://data.example/api/v2/tables/TAB1/codelists/x",
            "no address",
        ] {
            assert_eq!(Api::of(address), None, "{address}");
        }
    }
}
