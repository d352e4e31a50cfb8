//! The words just before a number: what they say it is, or is not.
//!
//! In: bytes and a place. Out: the last words before it in lower case, in a buffer of fixed size; nothing is allocated.

/// Bytes looked at.
const WIDE: usize = 64;
/// Bytes that count as just before: two or three words.
const NEAR: usize = 24;

/// The lower case of what stands before a place, in its own sentence.
#[derive(Clone, Copy)]
pub(super) struct Context {
    held: [u8; WIDE],
    length: usize,
}

impl Context {
    pub(super) fn before(bytes: &[u8], at: usize) -> Self {
        let from = at.saturating_sub(WIDE);
        let mut held = [0; WIDE];
        let mut length = 0;
        let mut previous = 0u8;
        for (slot, byte) in held.iter_mut().zip(bytes.get(from..at).unwrap_or_default()) {
            // Å, Ä, Ö, É and their kin: the second byte of the small letter lies 32 further on.
            *slot = if previous == 0xc3 && (0x80..0x9f).contains(byte) {
                byte + 32
            } else {
                byte.to_ascii_lowercase()
            };
            previous = *byte;
            length += 1;
        }
        Self { held, length }
    }

    fn last(&self, count: usize) -> &[u8] {
        self.held.get(self.length.saturating_sub(count)..self.length).unwrap_or_default()
    }

    /// Whether one of the words stands just before.
    pub(super) fn near(&self, words: &[&str]) -> bool {
        holds(self.last(NEAR), words)
    }

    /// Whether one of the words stands in the last `count` bytes.
    pub(super) fn last_of(&self, count: usize, words: &[&str]) -> bool {
        holds(self.last(count), words)
    }

    /// Whether one of the words stands anywhere before, in reach.
    pub(super) fn wide(&self, words: &[&str]) -> bool {
        holds(self.last(WIDE), words)
    }
}

/// Whether a word of `words` begins in `text` at the beginning of a word. A word of the list that opens with `-` may stand inside a
/// compound, one that ends in a blank must be whole.
fn holds(text: &[u8], words: &[&str]) -> bool {
    words.iter().any(|word| {
        let (inside, word) = match word.strip_prefix('-') {
            Some(word) => (true, word),
            None => (false, *word),
        };
        let (whole, word) = match word.strip_suffix(' ') {
            Some(word) => (true, word),
            None => (false, word),
        };
        memchr::memmem::find_iter(text, word.as_bytes()).any(|at| {
            let before = at.checked_sub(1).and_then(|at| text.get(at)).copied().unwrap_or(b' ');
            let after = text.get(at + word.len()).copied().unwrap_or(b' ');
            (inside || !super::is_word(before)) && (!whole || !super::is_word(after))
        })
    })
}
