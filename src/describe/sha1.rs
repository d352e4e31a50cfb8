//! SHA-1 of a file: the one checksum that DCAT-AP-SE offers. It tells a damaged copy from a whole one and proves nothing against an attacker;
//! wherever Fyr itself relies on a digest, that is SHA-256.

use std::io::{self, Read};

use sha1::{Digest as _, Sha1};

/// The digest of all that `source` gives, in hexadecimal.
pub fn sha1(mut source: impl Read) -> io::Result<String> {
    let mut state = Sha1::new();
    let mut buffer = vec![0u8; 1 << 16];
    loop {
        let read = source.read(&mut buffer)?;
        if read == 0 {
            return Ok(state.finalize().iter().map(|byte| format!("{byte:02x}")).collect());
        }
        state.update(buffer.get(..read).unwrap_or_default());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_examples_of_the_standard_have_their_digests() {
        let check = |text: &[u8], digest: &str| assert_eq!(sha1(text).ok().as_deref(), Some(digest));
        check(b"", "da39a3ee5e6b4b0d3255bfef95601890afd80709");
        check(b"abc", "a9993e364706816aba3e25717850c26c9cd0d89d");
        check(&vec![b'a'; 1_000_000], "34aa973cd4c4daa4f61eeb2bdbad27316534016f");
    }
}
