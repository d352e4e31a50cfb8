//! Addresses of people and machines on the network: e-mail, IP and MAC.
//!
//! In: a text with `@`, `:` or groups of digits with dots. Out: spans. A version number is no address, nor is a time of day.

use std::net::Ipv6Addr;

use super::{Found, Lens, Span, is_word, span};
use crate::detect::contact::is_e_mail;
use crate::kind::Kind;

const VERSION: &[&str] = &[
    "version", "ver ", "ver.", "v ", "release", "firmware", "utgåva", "avsnitt", "kapitel", "punkt", "section", "bilaga", "build", "rev",
    "nummer",
];

/// E-mail, MAC and IPv6 addresses, found from their `@` and `:`.
pub(super) fn addresses(lens: &Lens<'_>, spans: &mut Vec<Span>) {
    let mut done = 0;
    for at in memchr::memchr2_iter(b'@', b':', lens.bytes) {
        if at < done {
            continue;
        }
        let found = if lens.byte(at) == b'@' {
            e_mail(lens, at)
        } else {
            machine(lens, at)
        };
        if let Some(span) = found {
            done = span.end;
            spans.push(span);
        }
    }
}

fn e_mail(lens: &Lens<'_>, at: usize) -> Option<Span> {
    let local = |c: &char| c.is_alphanumeric() || "!#$%&'*+/=?^_`{|}~.-".contains(*c);
    let host = |c: &char| c.is_alphanumeric() || matches!(c, '.' | '-');
    let before: usize = lens
        .text
        .get(..at)?
        .chars()
        .rev()
        .take(64)
        .take_while(local)
        .map(char::len_utf8)
        .sum();
    let after: usize = lens
        .text
        .get(at + 1..)?
        .chars()
        .take(253)
        .take_while(host)
        .map(char::len_utf8)
        .sum();
    let end = at + 1 + lens.slice(at + 1, at + 1 + after).trim_end_matches(['.', '-']).len();
    let raw = lens.slice(at - before, end);
    let token = raw.trim_start_matches(|c: char| !c.is_alphanumeric() && c != '_');
    let token = token.strip_prefix("mailto:").unwrap_or(token);
    is_e_mail(token).then(|| {
        span(
            end - token.len(),
            end,
            Kind::EMail,
            0.99,
            "a local part and a host with a top domain",
        )
    })
}

/// A MAC or IPv6 address with a `:` at `at`.
fn machine(lens: &Lens<'_>, at: usize) -> Option<Span> {
    let part = |byte: &u8| byte.is_ascii_hexdigit() || *byte == b':';
    let before = lens
        .bytes
        .get(..at)?
        .iter()
        .rev()
        .take(4)
        .take_while(|byte| byte.is_ascii_hexdigit())
        .count();
    let after = lens.bytes.get(at..)?.iter().take(40).take_while(|byte| part(byte)).count();
    let (start, end) = (at - before, at + after);
    if after < 2 || is_word(lens.before(start)) || lens.word_at(end) {
        return None;
    }
    let token = lens.slice(start, end);
    if is_mac(token) {
        return Some(span(start, end, Kind::MacAddress, 0.97, "six pairs of hexadecimal digits"));
    }
    let groups = token.split(':').filter(|group| !group.is_empty()).count();
    (groups >= 3 && token.parse::<Ipv6Addr>().is_ok()).then(|| span(start, end, Kind::IpAddress, 0.95, "an address of IPv6"))
}

/// Six pairs of hexadecimal digits with one kind of separator.
pub(crate) fn is_mac(token: &str) -> bool {
    let Some(separator) = token.as_bytes().get(2).filter(|byte| matches!(byte, b':' | b'-')) else {
        return false;
    };
    token.len() == 17
        && token.bytes().enumerate().all(|(place, byte)| {
            if place % 3 == 2 {
                byte == *separator
            } else {
                byte.is_ascii_hexdigit()
            }
        })
}

/// The whole of `cell` as an address of IPv4 or IPv6.
pub(crate) fn is_ip(cell: &str) -> bool {
    let four = cell.bytes().filter(|byte| *byte == b'.').count() == 3 && cell.parse::<std::net::Ipv4Addr>().is_ok();
    four || (cell.bytes().filter(|byte| *byte == b':').count() >= 2 && cell.parse::<Ipv6Addr>().is_ok())
}

/// Four numbers below 256 with dots; or hexadecimal pairs with hyphens that begin at this run.
pub(super) fn ip(lens: &Lens<'_>, at: usize) -> Found {
    if let Some(mac) = hyphened_mac(lens, at) {
        return Some(mac);
    }
    let [first, .., last] = lens.runs.get(at..at + 4)? else {
        return None;
    };
    let mut end = first.start;
    for (place, run) in lens.runs.get(at..at + 4)?.iter().enumerate() {
        let number: u16 = lens.slice(run.start, run.end).parse().ok().filter(|_| run.len() <= 3)?;
        if number > 255 || (place > 0 && (run.start != end + 1 || lens.byte(end) != b'.')) {
            return None;
        }
        end = run.end;
    }
    if !lens.opens(first.start) || !lens.closes(last.end) || lens.context(first.start).near(VERSION) {
        return None;
    }
    Some((span(first.start, last.end, Kind::IpAddress, 0.93, "four numbers below 256"), at + 4))
}

fn hyphened_mac(lens: &Lens<'_>, at: usize) -> Found {
    let run = lens.run(at)?;
    let before = lens
        .bytes
        .get(..run.start)?
        .iter()
        .rev()
        .take(2)
        .take_while(|byte| byte.is_ascii_hexdigit())
        .count();
    let start = run.start - before;
    if run.len() > 2 || !matches!(lens.byte(start + 2), b'-') || is_word(lens.before(start)) {
        return None;
    }
    let token = lens
        .text
        .get(start..start + 17)
        .filter(|token| is_mac(token) && !lens.word_at(start + 17))?;
    let end = start + token.len();
    let next = lens.runs.iter().position(|run| run.start >= end).unwrap_or(lens.runs.len());
    Some((span(start, end, Kind::MacAddress, 0.97, "six pairs of hexadecimal digits"), next))
}
