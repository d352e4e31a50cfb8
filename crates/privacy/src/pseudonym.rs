//! Pseudonyms: keyed, one domain a release and join scope, never a plain hash (`privacy.md` 6.1).
//!
//! In: a secret from a file or the environment, and values. Out: pseudonyms of 128 bits or more, the same for the same value in the same
//! scope and different in every other. The secret can be neither printed nor stored: what travels with a release is the key's id and the
//! scope. This module says how a secret is read; when it is rotated and destroyed is for its holder to record.

use std::fmt;

use fyr_model::{Refusal, RefusalKind, Text};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

use crate::kind::Kind;

/// Bytes that a secret has at least: 128 bits.
const SECRET_MIN: usize = 16;
/// Bytes of a pseudonym: 128 bits, 32 hexadecimal digits.
const BYTES: usize = 16;

/// A secret. It has no text and no copy.
pub struct Secret(Vec<u8>);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

impl Drop for Secret {
    fn drop(&mut self) {
        self.0.fill(0);
    }
}

impl Secret {
    /// Takes the bytes of a file or of an environment variable: hexadecimal digits, or the bytes as they are. White space around is no part.
    ///
    /// # Errors
    /// `pseudonym-key` when fewer than 128 bits are left, or when all bytes are alike.
    pub fn read(bytes: &[u8]) -> Result<Self, Refusal> {
        let trimmed = bytes.trim_ascii();
        let secret = unhex(trimmed).unwrap_or_else(|| trimmed.to_vec());
        let alike = secret.windows(2).all(|pair| pair.first() == pair.last());
        if secret.len() < SECRET_MIN || alike {
            let text = Text::new(
                "nyckeln för pseudonymer har färre än 128 bitar",
                "the key for pseudonyms has fewer than 128 bits",
            );
            let hint = Text::new(
                "skapa en med `openssl rand -hex 32` och lägg den i en fil som bara du kan läsa",
                "make one with `openssl rand -hex 32` and keep it in a file that only you can read",
            );
            return Err(Refusal::new("pseudonym-key", RefusalKind::Configuration, "key", text).hint(hint));
        }
        Ok(Self(secret))
    }

    /// Names the secret without telling it: it changes with every rotation.
    pub fn id(&self) -> String {
        let digest = Sha256::new()
            .chain_update(b"fyr/pseudonym/id/1\0")
            .chain_update(mac(&self.0, &[b"id"]))
            .finalize();
        hex(digest.get(..8).unwrap_or_default())
    }
}

/// Where pseudonyms can be joined: one release, or a scope that several releases share on purpose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// One release: nothing can be joined with any other.
    Release(String),
    /// Releases that name the same scope can be joined with each other, and with nothing else.
    Shared(String),
}

/// Makes the pseudonyms of one domain: a secret, a scope and a kind of value.
#[derive(Debug)]
pub struct Pseudonyms {
    key: Secret,
    kind: Kind,
    key_id: String,
    scope: Scope,
}

impl Pseudonyms {
    /// The domain of `scope` and `kind` under `secret`; its key is derived, so that the secret itself never meets a value.
    pub fn new(secret: &Secret, scope: Scope, kind: Kind) -> Self {
        let (label, name) = match &scope {
            Scope::Release(name) => ("release", name),
            Scope::Shared(name) => ("shared", name),
        };
        // Lengths stand before parts, so that no two domains can be written alike.
        let length = |text: &str| (text.len() as u64).to_be_bytes();
        let key = mac(
            &secret.0,
            &[
                b"fyr/pseudonym/1",
                &length(label),
                label.as_bytes(),
                &length(name),
                name.as_bytes(),
                kind_word(kind).as_bytes(),
            ],
        );
        Self {
            key: Secret(key),
            kind,
            key_id: secret.id(),
            scope,
        }
    }

    /// The pseudonym of `value`, written in one way first: an identity number has twelve digits, an address small letters.
    pub fn of(&self, value: &str, reference: chrono::NaiveDate) -> String {
        hex(mac(&self.key.0, &[normal(self.kind, value, reference).as_bytes()])
            .get(..BYTES)
            .unwrap_or_default())
    }

    /// What stands in the header of the release: key and scope by name. Pseudonymised data stays personal data.
    pub fn label(&self) -> String {
        let scope = match &self.scope {
            Scope::Release(name) => format!("release:{name}"),
            Scope::Shared(name) => format!("shared:{name}"),
        };
        format!("hmac-sha-256 key={} scope={scope}", self.key_id)
    }
}

/// Identity numbers of all forms share their domain, so that a person is one whatever the number's form.
fn kind_word(kind: Kind) -> &'static str {
    match kind {
        Kind::CoordinationNumber | Kind::InterimNumber => Kind::PersonalIdentityNumber.as_str(),
        other => other.as_str(),
    }
}

/// One way of writing a value, so that the same one has the same pseudonym.
fn normal(kind: Kind, value: &str, reference: chrono::NaiveDate) -> String {
    let value = value.trim();
    match kind {
        Kind::PersonalIdentityNumber | Kind::CoordinationNumber | Kind::InterimNumber => crate::detect::identity::Candidate::parse(value)
            .and_then(|candidate| candidate.twelve(reference))
            .unwrap_or_else(|| value.to_lowercase()),
        Kind::PersonName | Kind::GivenName | Kind::FamilyName | Kind::StreetAddress | Kind::PropertyDesignation => {
            value.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
        }
        Kind::EMail => value.to_lowercase(),
        Kind::Phone => {
            let digits: String = value.chars().filter(char::is_ascii_digit).collect();
            let national = digits
                .strip_prefix("0046")
                .or_else(|| digits.strip_prefix("46").filter(|_| value.starts_with('+')));
            national.map_or(digits.clone(), |rest| format!("0{}", rest.trim_start_matches('0')))
        }
        _ => value.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect(),
    }
}

fn mac(key: &[u8], parts: &[&[u8]]) -> Vec<u8> {
    // A key of any length is a key of HMAC.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else {
        return Vec::new();
    };
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().to_vec()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &[u8]) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(text)
        .ok()
        .filter(|text| text.len() >= 32 && text.len().is_multiple_of(2))?;
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(text.get(at..at + 2)?, 16).ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &[u8] = b"000102030405060708090a0b0c0d0e0f";

    fn pseudonyms(key: &[u8], scope: Scope, kind: Kind) -> Pseudonyms {
        Pseudonyms::new(&Secret::read(key).unwrap(), scope, kind)
    }
    fn day() -> chrono::NaiveDate {
        "2026-11-22".parse().unwrap()
    }

    /// RFC 4231, test case 2.
    #[test]
    fn the_mac_is_that_of_the_standard() {
        let tag = hex(&mac(b"Jefe", &[b"what do ya want ", b"for nothing?"]));
        assert_eq!(tag, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    }

    /// 189001019802 opens the tax agency's list of test numbers.
    #[test]
    fn the_same_person_is_the_same_in_every_form_and_another_in_every_other_scope() {
        let release = || Scope::Release("a/1.0.0".into());
        let one = pseudonyms(KEY, release(), Kind::PersonalIdentityNumber);
        let seen = one.of("189001019802", day());
        assert_eq!(seen.len(), 32);
        for form in ["18900101-9802", "900101+9802"] {
            assert_eq!(one.of(form, day()), seen, "{form}");
        }
        let other_key = b"100102030405060708090a0b0c0d0e0f";
        for other in [
            pseudonyms(KEY, Scope::Release("a/1.0.1".into()), Kind::PersonalIdentityNumber),
            pseudonyms(KEY, Scope::Shared("a/1.0.0".into()), Kind::PersonalIdentityNumber),
            pseudonyms(KEY, release(), Kind::CaseNumber),
            pseudonyms(other_key, release(), Kind::PersonalIdentityNumber),
        ] {
            assert_ne!(other.of("189001019802", day()), seen, "{}", other.label());
        }
        assert_eq!(pseudonyms(KEY, release(), Kind::CoordinationNumber).of("189001019802", day()), seen);
    }

    #[test]
    fn a_secret_is_long_enough_and_never_shown() {
        assert!(Secret::read(b"kort").is_err());
        assert!(Secret::read(b"aaaaaaaaaaaaaaaaaaaaaaaa").is_err());
        assert!(Secret::read(b"  precis sexton by \n").is_ok());
        let secret = Secret::read(KEY).unwrap();
        assert_eq!(format!("{secret:?}"), "Secret(..)");
        let label = pseudonyms(KEY, Scope::Shared("vard".into()), Kind::EMail).label();
        assert!(label.contains(&secret.id()) && label.contains("shared:vard") && !label.contains("00010203"));
    }

    #[test]
    fn telephone_numbers_and_addresses_are_written_one_way() {
        assert_eq!(
            normal(Kind::Phone, "+46 (0)70-174 06 05", day()),
            normal(Kind::Phone, "070-1740605", day())
        );
        assert_eq!(normal(Kind::EMail, " Info@Exempelby.example", day()), "info@exempelby.example");
    }
}
