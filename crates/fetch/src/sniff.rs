//! What the first bytes of a body are: a media type, or the kind of page that stands in for the data (`harvest.md` section 5).

/// How many bytes of a body are looked at.
pub const BYTES: usize = 65_536;

/// A page that asks for a password.
pub const LOGIN: &str = "login-page";
/// A page of a firewall or a robot check.
pub const BLOCK: &str = "block-page";
/// A page that says, with whatever status, that there is nothing here.
pub const NOT_FOUND: &str = "not-found-page";
/// Any other web page.
pub const HTML: &str = "text/html";

/// Words of firewall and robot-check pages, in lower case.
const BLOCK_WORDS: [&str; 8] = [
    "access denied",
    "request rejected",
    "request blocked",
    "attention required",
    "verify you are human",
    "are you a robot",
    "captcha",
    "åtkomst nekad",
];
/// Words of "not found" pages, looked for in the title and the first heading only.
const NOT_FOUND_WORDS: [&str; 8] = [
    "404",
    "not found",
    "page not found",
    "kunde inte hittas",
    "hittades inte",
    "hittas inte",
    "finns inte",
    "sidan saknas",
];

/// The kind of a body by its first bytes; `text/plain` for text of no known kind, `application/octet-stream` for the rest.
pub fn kind(bytes: &[u8]) -> &'static str {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    for (magic, name) in [
        (b"%PDF".as_slice(), "application/pdf"),
        (b"PK\x03\x04", "application/zip"),
        (b"\x1f\x8b", "application/gzip"),
        (b"PAR1", "application/vnd.apache.parquet"),
        (b"\x89PNG", "image/png"),
        (b"\xd0\xcf\x11\xe0", "application/x-ole-storage"),
        (b"SQLite format 3\0", "application/vnd.sqlite3"),
    ] {
        if bytes.starts_with(magic) {
            return name;
        }
    }
    if bytes.iter().take(1024).any(|byte| *byte == 0) {
        return "application/octet-stream";
    }
    let text = String::from_utf8_lossy(bytes.get(..BYTES).unwrap_or(bytes)).to_lowercase();
    text_kind(text.trim_start())
}

fn text_kind(text: &str) -> &'static str {
    if is_html(text) {
        return page_kind(text);
    }
    if text.starts_with("<rdf:rdf") || (text.starts_with('<') && text.contains("<rdf:rdf")) {
        return "application/rdf+xml";
    }
    if text.starts_with("<?xml") || text.starts_with("<!doctype") {
        return "application/xml";
    }
    if text.starts_with(['{', '[']) {
        return "application/json";
    }
    if ["@prefix", "@base", "prefix ", "base <"].iter().any(|word| text.starts_with(word)) {
        return "text/turtle";
    }
    "text/plain"
}

/// Whether text in lower case is a web page; an XML declaration before it changes nothing.
fn is_html(text: &str) -> bool {
    let text = match text.strip_prefix("<?xml") {
        Some(rest) => rest.split_once("?>").map_or(text, |(_, rest)| rest.trim_start()),
        None => text,
    };
    text.starts_with("<!doctype html") || text.starts_with("<html") || text.starts_with("<head") || text.starts_with("<body")
}

fn page_kind(text: &str) -> &'static str {
    let compact: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let password = ["type=\"password\"", "type='password'", "type=password"];
    if compact.contains("<input") && password.iter().any(|word| compact.contains(word)) {
        return LOGIN;
    }
    let heads = [("<title", "</title>"), ("<h1", "</h1>")];
    let head = heads
        .iter()
        .filter_map(|(open, close)| compact.split_once(open)?.1.split_once(close))
        .map(|(head, _)| head);
    if head.clone().any(|head| NOT_FOUND_WORDS.iter().any(|word| head.contains(word))) {
        return NOT_FOUND;
    }
    // A block page is short; a long page may well mention a captcha.
    if compact.len() < 20_000 && BLOCK_WORDS.iter().any(|word| compact.contains(word)) {
        return BLOCK;
    }
    HTML
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(bytes: &[u8], expected: &str) {
        assert_eq!(kind(bytes), expected, "{}", String::from_utf8_lossy(bytes));
    }

    #[test]
    fn data_is_told_by_its_first_bytes() {
        check(b"%PDF-1.7", "application/pdf");
        check(b"PK\x03\x04rest", "application/zip");
        check(b"PAR1", "application/vnd.apache.parquet");
        check(b"\xef\xbb\xbf{\"a\":1}", "application/json");
        check(b"<?xml version='1.0'?><rdf:RDF>", "application/rdf+xml");
        check(b"<?xml version='1.0'?><feed>", "application/xml");
        check(b"@prefix dcat: <http://www.w3.org/ns/dcat#> .", "text/turtle");
        check(b"kommun;antal\n0180;1\n", "text/plain");
        check(b"\0\x01", "application/octet-stream");
        check(b"kommun;404 not found;<input type=password>\n", "text/plain");
    }

    #[test]
    fn h11_a_page_in_place_of_data_is_named_for_what_it_is() {
        check(b"<!DOCTYPE html><title>Oppna data</title>", HTML);
        check(b"<?xml version='1.0'?><!DOCTYPE html><html>", HTML);
        check(b"<html><form><input name=p type=\"password\"></form>", LOGIN);
        check(b"<html><title>404 - Not Found</title>", NOT_FOUND);
        check("<html><h1 class=x>Sidan kunde inte hittas</h1>".as_bytes(), NOT_FOUND);
        check(b"<html><body>Access Denied. Reference 18", BLOCK);
        check(b"<html><title>Statistik</title><p>Antal 404 av 1000</p>", HTML);
    }
}
