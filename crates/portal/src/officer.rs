//! The operator's door (H53, H54): who comes in, by what key, and what that role sees.
//!
//! In: a request with a name and a key in its header (RFC 7617, which a browser asks for and sends itself). Out: an [`Officer`] beside the
//! request, or 401. No cookie, no session; keys are known by their digests only.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use fyr_model::waiting::Waiting;
use fyr_model::{Sha256, SourceId};
use serde::Deserialize;

/// Characters of a key at least: 128 bits in hexadecimal digits.
const KEY_CHARACTERS_MIN: usize = 32;
/// Characters of a name and a key at most.
const CREDENTIAL_CHARACTERS_MAX: usize = 1024;

/// What the holder of a key does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum KeyRole {
    /// Portal staff: sees what waits of every source.
    Staff,
    /// A data ambassador: sees what waits of the sources of their own.
    Ambassador,
}

/// A key that opens the operator's door.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Key {
    /// The role of its holder.
    pub role: KeyRole,
    /// SHA-256 of the key, at least 32 characters drawn at random: such a key cannot be guessed from its digest.
    pub sha256: Sha256,
    /// An ambassador's own sources.
    #[serde(default)]
    pub sources: Vec<SourceId>,
}

/// Keys by the names of their holders.
pub type Keys = BTreeMap<String, Key>;

/// Who reads.
#[derive(Debug, Clone)]
pub struct Officer {
    role: KeyRole,
    sources: Vec<SourceId>,
}

impl Officer {
    /// Whether what waits there is this one's to see.
    pub fn sees(&self, one: &Waiting) -> bool {
        match self.role {
            KeyRole::Staff => true,
            KeyRole::Ambassador => one.source.as_ref().is_some_and(|source| self.sources.contains(source)),
        }
    }
}

/// Lets a request through with its officer, or asks for a name and a key.
pub async fn admitted(State(keys): State<Arc<Keys>>, mut request: Request, next: Next) -> Response {
    let Some(officer) = officer(&keys, request.headers()) else {
        let mut answer = StatusCode::UNAUTHORIZED.into_response();
        let ask = HeaderValue::from_static("Basic realm=\"Fyr\", charset=\"UTF-8\"");
        answer.headers_mut().insert(header::WWW_AUTHENTICATE, ask);
        answer
            .headers_mut()
            .insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        return answer;
    };
    request.extensions_mut().insert(officer);
    let mut answer = next.run(request).await;
    let headers = answer.headers_mut();
    // What is behind this door is kept by nobody on the way, and read by no other origin.
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    headers.remove(header::ACCESS_CONTROL_ALLOW_ORIGIN);
    answer
}

fn officer(keys: &Keys, headers: &HeaderMap) -> Option<Officer> {
    let given = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, rest) = given.split_once(' ')?;
    let text = if scheme.eq_ignore_ascii_case("basic") && rest.len() <= CREDENTIAL_CHARACTERS_MAX {
        String::from_utf8(decoded(rest.trim())?).ok()?
    } else {
        return None;
    };
    let (name, key) = text.split_once(':')?;
    if key.chars().count() < KEY_CHARACTERS_MIN {
        return None;
    }
    let digest = Sha256::of(key.as_bytes());
    let known = keys.get(name)?;
    equal(digest.as_bytes(), known.sha256.as_bytes()).then(|| Officer {
        role: known.role,
        sources: known.sources.clone(),
    })
}

/// Compares in a time that tells nothing of where two digests differ.
fn equal(one: &[u8], other: &[u8]) -> bool {
    one.len() == other.len() && one.iter().zip(other).fold(0, |all, (a, b)| all | (a ^ b)) == 0
}

/// Base64 of RFC 4648 section 4.
fn decoded(text: &str) -> Option<Vec<u8>> {
    let value = |byte: u8| match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    };
    let mut bytes = Vec::with_capacity(text.len() * 3 / 4);
    let (mut bits, mut held) = (0u32, 0);
    for byte in text.trim_end_matches('=').bytes() {
        bits = ((bits << 6) & 0xffff) | u32::from(value(byte)?);
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.push(((bits >> held) & 0xff) as u8);
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "0123456789abcdef0123456789abcdef";

    fn check(header: Option<&str>, expected: bool) {
        let key = Key {
            role: KeyRole::Staff,
            sha256: Sha256::of(KEY.as_bytes()),
            sources: Vec::new(),
        };
        let short = Key {
            sha256: Sha256::of(b"short"),
            ..key.clone()
        };
        let keys = Keys::from([("kim".to_owned(), key), ("kort".to_owned(), short)]);
        let mut headers = HeaderMap::new();
        if let Some(text) = header {
            headers.insert(header::AUTHORIZATION, text.parse().unwrap());
        }
        assert_eq!(officer(&keys, &headers).is_some(), expected, "{header:?}");
    }

    #[test]
    fn h54_only_a_known_name_with_its_whole_key_comes_in() {
        // kim:0123456789abcdef0123456789abcdef
        check(Some("Basic a2ltOjAxMjM0NTY3ODlhYmNkZWYwMTIzNDU2Nzg5YWJjZGVm"), true);
        check(Some("basic a2ltOjAxMjM0NTY3ODlhYmNkZWYwMTIzNDU2Nzg5YWJjZGVm"), true);
        check(None, false);
        check(Some("Basic"), false);
        check(Some("Bearer a2ltOjAxMjM0NTY3ODlhYmNkZWYwMTIzNDU2Nzg5YWJjZGVm"), false);
        // kim with another key, another name with the key, a key that is too short for anybody.
        check(Some("Basic a2ltOjAxMjM0NTY3ODlhYmNkZWYwMTIzNDU2Nzg5YWJjZGVn"), false);
        check(Some("Basic bm9hOjAxMjM0NTY3ODlhYmNkZWYwMTIzNDU2Nzg5YWJjZGVm"), false);
        check(Some("Basic a29ydDpzaG9ydA=="), false);
        check(Some("Basic !!!"), false);
    }

    #[test]
    fn base64_reads_as_it_should() {
        for (text, bytes) in [
            ("", &b""[..]),
            ("Zg==", b"f"),
            ("Zm8=", b"fo"),
            ("Zm9v", b"foo"),
            ("Zm9vYmFy", b"foobar"),
        ] {
            assert_eq!(decoded(text).as_deref(), Some(bytes), "{text}");
        }
        assert_eq!(decoded("Zm9v\u{e5}"), None);
    }
}
