//! Numbers in few bytes: differences of sorted values, seven bits at a time (LEB128), written as base64 so that they stand in JSON.
//!
//! A state of twenty columns with a hundred thousand values each is then a few megabytes, written and read in milliseconds.

const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// What was written is not what this module writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Damaged;

impl std::fmt::Display for Damaged {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("damaged numbers")
    }
}

/// Numbers on their way into a text.
#[derive(Debug, Default)]
pub(crate) struct Packer(Vec<u8>);

impl Packer {
    pub(crate) fn put(&mut self, mut value: u128) {
        while value >= 0x80 {
            self.0.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.0.push(value as u8);
    }
    /// A number that may be below nought: small ones of either sign stay short.
    pub(crate) fn signed(&mut self, value: i128) {
        self.put(((value << 1) ^ (value >> 127)).cast_unsigned());
    }
    pub(crate) fn text(&self) -> String {
        base64(&self.0)
    }
}

/// Numbers on their way out of a text.
#[derive(Debug)]
pub(crate) struct Unpacker {
    bytes: std::vec::IntoIter<u8>,
}

impl Unpacker {
    pub(crate) fn new(text: &str) -> Result<Self, Damaged> {
        Ok(Self {
            bytes: unbase64(text)?.into_iter(),
        })
    }
    pub(crate) fn is_empty(&self) -> bool {
        self.bytes.len() == 0
    }
    pub(crate) fn take(&mut self) -> Result<u128, Damaged> {
        let (mut value, mut shift) = (0u128, 0u32);
        loop {
            let byte = self.bytes.next().ok_or(Damaged)?;
            if shift > 126 {
                return Err(Damaged);
            }
            value |= u128::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(value);
            }
            shift += 7;
        }
    }
    pub(crate) fn signed(&mut self) -> Result<i128, Damaged> {
        let value = self.take()?;
        Ok((value >> 1).cast_signed() ^ -((value & 1).cast_signed()))
    }
}

/// Bytes as letters that JSON does not escape.
pub(crate) fn base64(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len() * 4 / 3 + 4);
    for part in bytes.chunks(3) {
        let word = part
            .iter()
            .enumerate()
            .fold(0u32, |word, (place, byte)| word | u32::from(*byte) << (16 - 8 * place));
        for place in 0..=part.len() {
            let letter = LETTERS.get((word >> (18 - 6 * place)) as usize & 63);
            out.push(letter.map_or('A', |letter| char::from(*letter)));
        }
    }
    out
}

/// The bytes of [`base64`].
pub(crate) fn unbase64(text: &str) -> Result<Vec<u8>, Damaged> {
    let mut out = Vec::with_capacity(text.len() * 3 / 4);
    for part in text.as_bytes().chunks(4) {
        let mut word = 0u32;
        for (place, letter) in part.iter().enumerate() {
            let value = match letter {
                b'A'..=b'Z' => letter - b'A',
                b'a'..=b'z' => letter - b'a' + 26,
                b'0'..=b'9' => letter - b'0' + 52,
                b'-' => 62,
                b'_' => 63,
                _ => return Err(Damaged),
            };
            word |= u32::from(value) << (18 - 6 * place);
        }
        if part.len() == 1 {
            return Err(Damaged);
        }
        out.extend(word.to_be_bytes().iter().skip(1).take(part.len() - 1));
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_come_back_as_they_went() {
        let mut packer = Packer::default();
        let numbers = [
            0,
            1,
            -1,
            63,
            64,
            -64,
            -65,
            i128::from(i64::MIN),
            i128::from(i64::MAX),
            i128::MIN,
            i128::MAX,
        ];
        numbers.iter().for_each(|number| packer.signed(*number));
        packer.put(u128::MAX);
        let text = packer.text();
        let mut unpacker = Unpacker::new(&text).unwrap();
        for number in numbers {
            assert_eq!(unpacker.signed(), Ok(number));
        }
        assert_eq!(
            (unpacker.take(), unpacker.is_empty(), unpacker.take()),
            (Ok(u128::MAX), true, Err(Damaged))
        );
        for length in 0..9usize {
            let bytes: Vec<u8> = (0..length).map(|n| (n * 37) as u8 ^ 0xf5).collect();
            assert_eq!(unbase64(&base64(&bytes)), Ok(bytes));
        }
        assert_eq!(unbase64("A"), Err(Damaged));
        assert_eq!(unbase64("A+=="), Err(Damaged));
    }
}
