//! SHA-1 of a file (FIPS 180-4 section 6.1): the one checksum that DCAT-AP-SE offers. It tells a damaged copy from a whole one and proves
//! nothing against an attacker; wherever Fyr itself relies on a digest, that is SHA-256.

use std::io::{self, Read};

/// The digest of all that `source` gives, in hexadecimal.
pub fn sha1(mut source: impl Read) -> io::Result<String> {
    let mut state: [u32; 5] = [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476, 0xc3d2_e1f0];
    let (mut length, mut block) = (0u64, Vec::with_capacity(128));
    let mut buffer = vec![0u8; 1 << 16];
    loop {
        let read = source.read(&mut buffer)?;
        if read == 0 {
            break;
        }
        length += read as u64;
        block.extend_from_slice(buffer.get(..read).unwrap_or_default());
        let whole = block.len() - block.len() % 64;
        block.chunks_exact(64).for_each(|chunk| step(&mut state, chunk));
        block.drain(..whole);
    }
    block.push(0x80);
    while block.len() % 64 != 56 {
        block.push(0);
    }
    block.extend_from_slice(&(length * 8).to_be_bytes());
    block.chunks_exact(64).for_each(|chunk| step(&mut state, chunk));
    Ok(state.iter().map(|word| format!("{word:08x}")).collect())
}

fn step(state: &mut [u32; 5], chunk: &[u8]) {
    let mut words: Vec<u32> = chunk
        .chunks_exact(4)
        .map(|four| four.iter().fold(0, |word, byte| (word << 8) | u32::from(*byte)))
        .collect();
    for at in 16..80 {
        let word = |back: usize| words.get(at - back).copied().unwrap_or(0);
        words.push((word(3) ^ word(8) ^ word(14) ^ word(16)).rotate_left(1));
    }
    let [mut a, mut b, mut c, mut d, mut e] = *state;
    for (at, word) in words.into_iter().enumerate() {
        let (mixed, constant) = match at {
            0..20 => ((b & c) | (!b & d), 0x5a82_7999),
            20..40 => (b ^ c ^ d, 0x6ed9_eba1),
            40..60 => ((b & c) | (b & d) | (c & d), 0x8f1b_bcdc),
            _ => (b ^ c ^ d, 0xca62_c1d6_u32),
        };
        let next = a
            .rotate_left(5)
            .wrapping_add(mixed)
            .wrapping_add(e)
            .wrapping_add(constant)
            .wrapping_add(word);
        (e, d, c, b, a) = (d, c, b.rotate_left(30), a, next);
    }
    for (held, new) in state.iter_mut().zip([a, b, c, d, e]) {
        *held = held.wrapping_add(new);
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
        check(
            b"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "84983e441c3bd26ebaae4aa1f95129e5e54670f1",
        );
        check(&vec![b'a'; 1_000_000], "34aa973cd4c4daa4f61eeb2bdbad27316534016f");
    }
}
