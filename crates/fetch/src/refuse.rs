//! What this crate refuses, in words. Addresses are named, bodies never.

use std::time::Duration;

use fyr_model::{Refusal, RefusalKind, Text};
use url::Url;

use RefusalKind::{Configuration, Internal, Unreachable, Unreadable};

/// A refusal, and whether asking again may help.
#[derive(Debug)]
pub struct Fault {
    pub refusal: Refusal,
    pub retry: bool,
    pub retry_after: Option<Duration>,
}

impl From<Refusal> for Fault {
    fn from(refusal: Refusal) -> Self {
        Self {
            refusal,
            retry: false,
            retry_after: None,
        }
    }
}

/// A fault that may pass.
pub fn passing(refusal: Refusal) -> Fault {
    Fault {
        retry: true,
        ..refusal.into()
    }
}

fn new(id: &str, kind: RefusalKind, url: &str, sv: String, en: String) -> Refusal {
    Refusal::new(id, kind, url, Text::new(sv, en))
}

pub fn not_a_url(text: &str) -> Refusal {
    new(
        "fetch-address",
        Configuration,
        text,
        format!("`{text}` är ingen absolut adress"),
        format!("`{text}` is not an absolute address"),
    )
}

pub fn address(url: &str, reason: &str) -> Refusal {
    new(
        "fetch-address",
        Unreachable,
        url,
        format!("`{url}` leder till en adress som inte är publik ({reason})"),
        format!("`{url}` leads to an address that is not public ({reason})"),
    )
    .hint(Text::new(
        "om adressen är er egen: lägg till värd och port i `fetch.allow_hosts`",
        "if the address is your own: add host and port to `fetch.allow_hosts`",
    ))
}

pub fn scheme(url: &str, scheme: &str) -> Refusal {
    new(
        "fetch-scheme",
        Unreachable,
        url,
        format!("`{url}` har schemat {scheme}; bara http och https hämtas"),
        format!("`{url}` has the scheme {scheme}; only http and https are fetched"),
    )
}

pub fn port(url: &str, port: u16) -> Refusal {
    new(
        "fetch-port",
        Unreachable,
        url,
        format!("`{url}` pekar på port {port}, som inte är tillåten"),
        format!("`{url}` points to port {port}, which is not allowed"),
    )
    .hint(Text::new("lägg till porten i `fetch.ports`", "add the port to `fetch.ports`"))
}

/// The user information itself is left out: it may hold a password.
pub fn userinfo(url: &Url) -> Refusal {
    let mut bare = url.clone();
    let _ = bare.set_username("");
    let _ = bare.set_password(None);
    new(
        "fetch-userinfo",
        Unreachable,
        bare.as_str(),
        format!("adressen till `{bare}` innehåller användaruppgifter"),
        format!("the address of `{bare}` holds user information"),
    )
}

pub fn redirect_loop(url: &str) -> Refusal {
    new(
        "fetch-redirect",
        Unreachable,
        url,
        format!("omdirigeringarna går i ring vid `{url}`"),
        format!("the redirects go round in a circle at `{url}`"),
    )
}

pub fn redirect_count(url: &str, max: u8) -> Refusal {
    new(
        "fetch-redirect",
        Unreachable,
        url,
        format!("`{url}` omdirigerar fler än {max} gånger"),
        format!("`{url}` redirects more than {max} times"),
    )
}

pub fn redirect_target(url: &str) -> Refusal {
    new(
        "fetch-redirect",
        Unreachable,
        url,
        format!("`{url}` omdirigerar utan en läsbar adress"),
        format!("`{url}` redirects without a readable address"),
    )
}

pub fn downgrade(from: &str, to: &str) -> Refusal {
    new(
        "fetch-downgrade",
        Unreachable,
        from,
        format!("`{from}` omdirigerar från https till http: `{to}`"),
        format!("`{from}` redirects from https to http: `{to}`"),
    )
    .hint(Text::new(
        "be utgivaren omdirigera till https, eller registrera den slutliga adressen",
        "ask the publisher to redirect to https, or register the final address",
    ))
}

pub fn too_large(url: &str, limit_bytes: u64, key: &str) -> Refusal {
    new(
        "fetch-too-large",
        Unreadable,
        url,
        format!("`{url}` skickade mer än {limit_bytes} byte"),
        format!("`{url}` sent more than {limit_bytes} bytes"),
    )
    .hint(Text::new(
        format!("höj `fetch.{key}`, eller välj en mindre fil"),
        format!("raise `fetch.{key}`, or choose a smaller file"),
    ))
}

pub fn ratio(url: &str, max: u64, offset: u64) -> Refusal {
    new(
        "fetch-ratio",
        Unreadable,
        url,
        format!("`{url}` packar upp mer än {max} gånger sin storlek (vid byte {offset})"),
        format!("`{url}` unpacks to more than {max} times its size (at byte {offset})"),
    )
}

pub fn short(url: &str, got: u64, promised: Option<u64>) -> Refusal {
    let of = |word: &str| promised.map(|bytes| format!(" {word} {bytes}")).unwrap_or_default();
    new(
        "fetch-short",
        Unreachable,
        url,
        format!("`{url}` slutade i förtid, efter {got}{} byte", of("av")),
        format!("`{url}` ended early, after {got}{} bytes", of("of")),
    )
}

pub fn encoding(url: &str, named: &str) -> Refusal {
    let named: String = named.chars().filter(|c| !c.is_control()).take(40).collect();
    new(
        "fetch-encoding",
        Unreadable,
        url,
        format!("`{url}` är kodad som `{named}`; ett lager gzip eller inget läses"),
        format!("`{url}` is encoded as `{named}`; one layer of gzip or none is read"),
    )
}

pub fn damaged(url: &str, offset: u64) -> Refusal {
    new(
        "fetch-encoding",
        Unreadable,
        url,
        format!("`{url}` är skadad gzip (vid byte {offset})"),
        format!("`{url}` is damaged gzip (at byte {offset})"),
    )
}

pub fn timeout(url: &str, phase: (&str, &str), limit: Duration) -> Refusal {
    let seconds = limit.as_secs_f64();
    new(
        "fetch-timeout",
        Unreachable,
        url,
        format!("`{url}`: {} tog mer än {seconds} s", phase.0),
        format!("`{url}`: {} took more than {seconds} s", phase.1),
    )
}

pub fn slow(url: &str, bytes_per_second: u64, min: u64) -> Refusal {
    new(
        "fetch-slow",
        Unreachable,
        url,
        format!("`{url}` skickade {bytes_per_second} byte/s, minst {min} krävs"),
        format!("`{url}` sent {bytes_per_second} bytes/s, at least {min} is required"),
    )
}

pub fn status(url: &str, status: u16) -> Refusal {
    new(
        "fetch-status",
        Unreachable,
        url,
        format!("`{url}` svarade med status {status}"),
        format!("`{url}` answered with status {status}"),
    )
}

pub fn unreachable(url: &str) -> Refusal {
    new(
        "fetch-unreachable",
        Unreachable,
        url,
        format!("`{url}` kunde inte nås"),
        format!("`{url}` could not be reached"),
    )
}

pub fn resting(url: &str, failures: u32, left: Duration) -> Refusal {
    let seconds = left.as_secs() + 1;
    new(
        "fetch-unreachable",
        Unreachable,
        url,
        format!("värden för `{url}` vilar efter {failures} fel i rad, {seconds} s till"),
        format!("the host of `{url}` rests after {failures} failures in a row, {seconds} s more"),
    )
}

pub fn dns(url: &str) -> Refusal {
    new(
        "fetch-dns",
        Unreachable,
        url,
        format!("värdnamnet i `{url}` har ingen adress"),
        format!("the host name in `{url}` has no address"),
    )
}

pub fn certificate(url: &str) -> Refusal {
    new(
        "fetch-certificate",
        Unreachable,
        url,
        format!("`{url}` har inget certifikat som går att lita på, eller för gammal TLS"),
        format!("`{url}` has no certificate that can be trusted, or too old a TLS"),
    )
    .hint(Text::new(
        "be utgivaren förnya certifikatet; ett eget certifikat kan fästas i `[fetch.certificates]`",
        "ask the publisher to renew the certificate; a private one can be pinned in `[fetch.certificates]`",
    ))
}

pub fn absent(path: &str) -> Refusal {
    new(
        "input-absent",
        Unreachable,
        path,
        format!("filen `{path}` går inte att läsa"),
        format!("the file `{path}` cannot be read"),
    )
}

pub fn disk(subject: &str, kind: std::io::ErrorKind) -> Refusal {
    new(
        "fetch-disk",
        Internal,
        subject,
        format!("rådata kunde inte skrivas: {kind}"),
        format!("raw data could not be written: {kind}"),
    )
}

pub fn configuration(key: &str, sv: String, en: String) -> Refusal {
    new(
        "fetch-configuration",
        Configuration,
        key,
        format!("`{key}`: {sv}"),
        format!("`{key}`: {en}"),
    )
}
