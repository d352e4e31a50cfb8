//! The words just before a number: what they say it is, or is not.
//!
//! In: bytes and a place. Out: the last words before it in lower case, in a buffer of fixed size; nothing is allocated. Which bytes stand in
//! it is known as a set, so that most words of a list are ruled out without being looked for.

/// Bytes looked at.
const WIDE: usize = 64;
/// Bytes that count as just before: two or three words.
const NEAR: usize = 24;

/// The lower case of what stands before a place, in its own sentence.
#[derive(Clone, Copy)]
pub(super) struct Context {
    held: [u8; WIDE],
    length: usize,
    bytes: Bytes,
}

/// A set of bytes.
#[derive(Clone, Copy, Default)]
struct Bytes([u64; 4]);

impl Bytes {
    fn set(&mut self, byte: u8) {
        if let Some(word) = self.0.get_mut(usize::from(byte >> 6)) {
            *word |= 1 << (byte & 63);
        }
    }
    fn has(&self, byte: u8) -> bool {
        self.0.get(usize::from(byte >> 6)).is_some_and(|word| word >> (byte & 63) & 1 == 1)
    }
}

impl Context {
    pub(super) fn before(text: &[u8], at: usize) -> Self {
        let from = at.saturating_sub(WIDE);
        let mut held = [0; WIDE];
        let mut length = 0;
        let mut previous = 0u8;
        let mut bytes = Bytes::default();
        for (slot, byte) in held.iter_mut().zip(text.get(from..at).unwrap_or_default()) {
            // Å, Ä, Ö, É and their kin: the second byte of the small letter lies 32 further on.
            *slot = if previous == 0xc3 && (0x80..0x9f).contains(byte) {
                byte + 32
            } else {
                byte.to_ascii_lowercase()
            };
            bytes.set(*slot);
            previous = *byte;
            length += 1;
        }
        Self { held, length, bytes }
    }

    fn last(&self, count: usize) -> &[u8] {
        self.held.get(self.length.saturating_sub(count)..self.length).unwrap_or_default()
    }

    /// Whether one of the words stands just before.
    pub(super) fn near(&self, words: &[&str]) -> bool {
        self.holds(NEAR, words)
    }

    /// Whether one of the words stands in the last `count` bytes.
    pub(super) fn last_of(&self, count: usize, words: &[&str]) -> bool {
        self.holds(count, words)
    }

    /// Whether one of the words stands anywhere before, in reach.
    pub(super) fn wide(&self, words: &[&str]) -> bool {
        self.holds(WIDE, words)
    }

    /// Whether a word of `words` begins in the last `count` bytes at the beginning of a word. A word of the list that opens with `-` may
    /// stand inside a compound, one that ends in a blank must be whole.
    fn holds(&self, count: usize, words: &[&str]) -> bool {
        let text = self.last(count);
        words.iter().any(|word| {
            let (inside, word) = match word.strip_prefix('-') {
                Some(word) => (true, word),
                None => (false, *word),
            };
            let (whole, word) = match word.strip_suffix(' ') {
                Some(word) => (true, word),
                None => (false, word),
            };
            word.bytes().all(|byte| self.bytes.has(byte)) && stands(text, word.as_bytes(), inside, whole)
        })
    }
}

fn stands(text: &[u8], word: &[u8], inside: bool, whole: bool) -> bool {
    let Some((first, rest)) = word.split_first() else { return false };
    memchr::memchr_iter(*first, text).any(|at| {
        let Some(after) = text.get(at + 1..).and_then(|behind| behind.strip_prefix(rest)) else {
            return false;
        };
        let before = at.checked_sub(1).and_then(|at| text.get(at)).copied().unwrap_or(b' ');
        let after = after.first().copied().unwrap_or(b' ');
        (inside || !super::is_word(before)) && (!whole || !super::is_word(after))
    })
}
