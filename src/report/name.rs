//! What an input is called in reports: an address without its password, or a path from here with `/` between its parts.

use std::path::{Component, Path};

use url::Url;

/// The name for people and for the tools of a repository.
pub(super) fn shown(input: &str) -> String {
    if input.contains("://") {
        return without_password(input);
    }
    let path = Path::new(input);
    let here = std::env::current_dir().unwrap_or_default();
    let path = path.strip_prefix(&here).unwrap_or(path);
    let mut parts: Vec<String> = Vec::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::RootDir => parts.push(String::new()),
            other => parts.push(other.as_os_str().to_string_lossy().into_owned()),
        }
    }
    parts.join("/")
}

fn without_password(address: &str) -> String {
    match Url::parse(address) {
        Ok(mut url) => {
            // Only an address that cannot carry them refuses.
            let _ = url.set_username("");
            let _ = url.set_password(None);
            url.to_string()
        }
        Err(_) => address.to_owned(),
    }
}

/// The name as a relative or absolute URI reference (RFC 3986).
pub(super) fn uri(name: &str) -> String {
    if name.contains("://") {
        return name.to_owned();
    }
    if name.starts_with('/') {
        return Url::from_file_path(name).map_or_else(|()| escaped(name), String::from);
    }
    escaped(name)
}

fn escaped(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => out.push(char::from(byte)),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_seen_from_here_and_an_address_keeps_no_secret() {
        let here = std::env::current_dir().unwrap_or_default().join("data/katalog.rdf");
        assert_eq!(shown(&here.to_string_lossy()), "data/katalog.rdf");
        assert_eq!(shown("./data/katalog.rdf"), "data/katalog.rdf");
        assert_eq!(
            shown("https://kim:hemligt@data.exempelby.example/dcat"),
            "https://data.exempelby.example/dcat"
        );
        assert_eq!(uri("data/min katalog å.rdf"), "data/min%20katalog%20%C3%A5.rdf");
        assert_eq!(uri("/srv/katalog.rdf"), "file:///srv/katalog.rdf");
    }
}
