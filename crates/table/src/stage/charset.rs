//! Character sets of text files: their names, the characters of their bytes, and the single-byte set that a text is most likely in.
//!
//! In: how often each byte from 80 stands, and beside which letters. Out: a [`Charset`]. A set is told by where its å, ä, ö, Å, Ä, Ö and é
//! would stand, and by the control and box characters that the text would hold if it were read as another. This module reads no file.

use encoding_rs::{MACINTOSH, WINDOWS_1252};

use super::text_block::Characters;

/// Code page 850, bytes 80 to FF. Source: Unicode consortium, VENDORS/MICSFT/PC/CP850.TXT.
pub(crate) const IBM850: &str = "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜø£Ø×ƒáíóúñÑªº¿®¬½¼¡«»░▒▓│┤ÁÂÀ©╣║╗╝¢¥┐└┴┬├─┼ãÃ╚╔╩╦╠═╬¤ðÐÊËÈıÍÎÏ┘┌█▄¦Ì▀ÓßÔÒõÕµþÞÚÛÙýÝ¯´\u{ad}±‗¾¶§÷¸°¨·¹³²■\u{a0}";
/// Code page 437, bytes 80 to FF. Source: Unicode consortium, VENDORS/MICSFT/PC/CP437.TXT.
pub(crate) const IBM437: &str =
    "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u{a0}";

/// An encoding that is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Charset {
    Utf8,
    Utf16Le,
    Utf16Be,
    Windows1252,
    Iso8859_1,
    Ibm850,
    Ibm437,
    Macintosh,
}

/// Every set with the name that a report gives it.
const NAMES: [(Charset, &str); 8] = [
    (Charset::Utf8, "utf-8"),
    (Charset::Utf16Le, "utf-16le"),
    (Charset::Utf16Be, "utf-16be"),
    (Charset::Windows1252, "windows-1252"),
    (Charset::Iso8859_1, "iso-8859-1"),
    (Charset::Ibm850, "ibm850"),
    (Charset::Ibm437, "ibm437"),
    (Charset::Macintosh, "macintosh"),
];

impl Charset {
    pub(crate) fn name(self) -> &'static str {
        NAMES.iter().find(|(charset, _)| *charset == self).map_or("utf-8", |(_, name)| name)
    }
    /// By its name, or by another that is in use for it.
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        let name = name.trim().to_ascii_lowercase();
        let usual = match name.as_str() {
            "utf8" => "utf-8",
            "utf-16" => "utf-16le",
            "cp1252" => "windows-1252",
            "latin1" | "latin-1" => "iso-8859-1",
            "cp850" => "ibm850",
            "cp437" => "ibm437",
            "macroman" | "mac-roman" | "x-mac-roman" | "mac" => "macintosh",
            other => other,
        };
        NAMES.iter().find(|(_, known)| *known == usual).map(|(charset, _)| *charset)
    }
    /// Whether every byte is one character.
    pub(crate) fn is_single_byte(self) -> bool {
        !matches!(self, Self::Utf8 | Self::Utf16Le | Self::Utf16Be)
    }
    /// The characters of the bytes 0 to FF, of a single-byte set.
    pub(crate) fn characters(self) -> Vec<char> {
        let upper: Vec<char> = match self {
            Self::Ibm850 => IBM850.chars().collect(),
            Self::Ibm437 => IBM437.chars().collect(),
            Self::Iso8859_1 => (0x80..=0xffu8).map(char::from).collect(),
            _ => {
                let set = if self == Self::Macintosh { MACINTOSH } else { WINDOWS_1252 };
                let bytes: Vec<u8> = (0x80..=0xff).collect();
                set.decode_without_bom_handling(&bytes).0.chars().collect()
            }
        };
        (0..0x80u8).map(char::from).chain(upper).collect()
    }
    /// The UTF-8 of the bytes from 80 on.
    pub(crate) fn utf8(self) -> Characters {
        let utf8 = |character: &char| {
            let mut bytes = [0u8; 4];
            let length = character.encode_utf8(&mut bytes).len();
            let [a, b, c, _] = bytes;
            ([a, b, c], length)
        };
        self.characters().iter().skip(128).map(utf8).collect()
    }
}

/// å, ä, ö and é in the sets of DOS, which agree on them; Å, Ä and Ö stand in words of capitals.
const DOS: ([u8; 4], [u8; 3]) = ([0x86, 0x84, 0x94, 0x82], [0x8f, 0x8e, 0x99]);
/// å, ä, ö and Å, Ä, Ö in MacRoman. Its é is the Ä of DOS, and counts after a small letter.
const MAC: ([u8; 3], [u8; 3]) = ([0x8c, 0x8a, 0x9a], [0x81, 0x80, 0x85]);
const MAC_E: u8 = 0x8e;
/// And in windows-1252 and ISO-8859-1.
const LATIN: [u8; 7] = [0xe5, 0xe4, 0xf6, 0xc5, 0xc4, 0xd6, 0xe9];
/// Control characters if the text is windows-1252: that set leaves these bytes free.
const FREE: [u8; 5] = [0x81, 0x8d, 0x8f, 0x90, 0x9d];
/// Greek letters and signs of mathematics in code page 437 where code page 850 has accented letters and marks that no text holds.
const SIGNS: [u8; 18] = [
    0xe0, 0xe2, 0xe3, 0xe4, 0xe5, 0xe7, 0xe8, 0xe9, 0xea, 0xeb, 0xec, 0xed, 0xee, 0xef, 0xf0, 0xf2, 0xf4, 0xf7,
];
/// Letters in code page 850 where code page 437 has boxes, signs and currencies.
const LETTERS: [u8; 36] = [
    0x9b, 0x9d, 0xb5, 0xb6, 0xb7, 0xc6, 0xc7, 0xd0, 0xd1, 0xd2, 0xd3, 0xd4, 0xd5, 0xd6, 0xd7, 0xd8, 0xde, 0xe0, 0xe2, 0xe3, 0xe4, 0xe5,
    0xe7, 0xe8, 0xe9, 0xea, 0xeb, 0xec, 0xed, 0xee, 0xef, 0xf4, 0xf5, 0xf7, 0xf9, 0xfa,
];

/// How often each byte from 80 stands, and beside which letters of ASCII.
#[derive(Debug, Clone)]
pub(crate) struct Letters {
    any: [u64; 128],
    /// With a letter on at least one side.
    beside: [u64; 128],
    /// With a letter on both sides, the one before it small.
    after_small: [u64; 128],
    /// With a letter on both sides, the one before it a capital.
    after_capital: [u64; 128],
    /// Bytes at the edge of a word that can only be letters of MacRoman.
    mac_edges: u64,
}

impl Letters {
    pub(crate) fn new() -> Self {
        Self {
            any: [0; 128],
            beside: [0; 128],
            after_small: [0; 128],
            after_capital: [0; 128],
            mac_edges: 0,
        }
    }
    /// Counts a byte from 80 by the bytes around it.
    pub(crate) fn see(&mut self, before: u8, byte: u8, after: u8) {
        let place = usize::from(byte & 0x7f);
        let right = after.is_ascii_alphabetic();
        for (counts, holds) in [
            (&mut self.any, true),
            (&mut self.beside, right || before.is_ascii_alphabetic()),
            (&mut self.after_small, right && before.is_ascii_lowercase()),
            (&mut self.after_capital, right && before.is_ascii_uppercase()),
        ] {
            if let Some(count) = counts.get_mut(place) {
                *count += u64::from(holds);
            }
        }
        self.mac_edges += u64::from(is_mac_edge(before, byte, after));
    }
    /// The single-byte set: by the Swedish letters inside words; where no word tells, by what would be a control character otherwise.
    ///
    /// Letters of DOS and of the Macintosh count only between letters of ASCII, since windows-1252 has quotes, dashes and dots there.
    pub(crate) fn charset(&self) -> Charset {
        let dos = self.words(&DOS.0, &DOS.1);
        let mac = self.words(&MAC.0, &MAC.1) + sum(&self.after_small, &[MAC_E]);
        let latin = sum(&self.any, &LATIN);
        if mac > dos && mac > latin {
            return Charset::Macintosh;
        }
        if dos > latin {
            return self.dos();
        }
        if latin == 0 {
            let edges = sum(&self.beside, &DOS.0) + sum(&self.beside, &DOS.1);
            if self.mac_edges > 0 && self.mac_edges >= edges {
                return Charset::Macintosh;
            }
            if edges > 0 && sum(&self.any, &FREE) > 0 {
                return self.dos();
            }
        }
        let controls = self.any.iter().take(32).any(|count| *count > 0);
        if controls { Charset::Windows1252 } else { Charset::Iso8859_1 }
    }
    /// Letters inside words: small ones anywhere, capitals after a capital.
    fn words(&self, small: &[u8], capital: &[u8]) -> u64 {
        sum(&self.after_small, small) + sum(&self.after_capital, small) + sum(&self.after_capital, capital)
    }
    /// The same, where the set of the last reading holds while the bytes do not tell against it.
    pub(crate) fn charset_after(&self, before: Option<Charset>) -> Charset {
        let found = self.charset();
        match (found, before) {
            (Charset::Iso8859_1, Some(Charset::Windows1252)) => Charset::Windows1252,
            (Charset::Ibm850, Some(Charset::Ibm437)) if self.words(&LETTERS, &[]) == 0 => Charset::Ibm437,
            (_, Some(before)) if before.is_single_byte() && !self.tells() => before,
            _ => found,
        }
    }
    /// Whether any Swedish letter of any set stands where it would.
    fn tells(&self) -> bool {
        let words = self.words(&DOS.0, &DOS.1) + self.words(&MAC.0, &MAC.1) + sum(&self.after_small, &[MAC_E]);
        words + sum(&self.any, &LATIN) + self.mac_edges > 0
    }
    /// Which set of DOS: accented letters in words speak for 850, the same bytes alone for the signs that 437 has there.
    fn dos(&self) -> Charset {
        let words = self.words(&LETTERS, &[]);
        let alone = sum(&self.any, &SIGNS) - sum(&self.beside, &SIGNS);
        if alone > words { Charset::Ibm437 } else { Charset::Ibm850 }
    }
}

/// Å and å of MacRoman where windows-1252 has nothing and Œ; ö after and ä before a consonant, where its š and Š stand beside vowels.
fn is_mac_edge(before: u8, byte: u8, after: u8) -> bool {
    let consonant = |letter: u8| letter.is_ascii_alphabetic() && !b"aeiouyAEIOUY".contains(&letter);
    match byte {
        // A byte from 80 before it would be the lead of UTF-8.
        0x81 => before.is_ascii_alphabetic() || (before.is_ascii() && after.is_ascii_alphabetic()),
        0x8c => before.is_ascii_lowercase(),
        0x9a => consonant(before) && !after.is_ascii_alphabetic(),
        0x8a => consonant(after) && before.is_ascii() && !before.is_ascii_alphabetic(),
        _ => false,
    }
}

fn sum(counts: &[u64; 128], bytes: &[u8]) -> u64 {
    bytes.iter().filter_map(|byte| counts.get(usize::from(byte & 0x7f))).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A text in the bytes of a set.
    fn encoded(text: &str, charset: Charset) -> Vec<u8> {
        let characters = charset.characters();
        let byte = |c: char| {
            characters
                .iter()
                .position(|known| *known == c)
                .and_then(|place| u8::try_from(place).ok())
        };
        text.chars().map(|c| byte(c).unwrap()).collect()
    }

    fn found(bytes: &[u8]) -> Charset {
        let mut letters = Letters::new();
        for (place, byte) in bytes.iter().enumerate().filter(|(_, byte)| **byte >= 0x80) {
            let before = place.checked_sub(1).and_then(|place| bytes.get(place)).copied().unwrap_or(0);
            letters.see(before, *byte, bytes.get(place + 1).copied().unwrap_or(0));
        }
        letters.charset()
    }

    #[test]
    fn a_set_is_told_by_its_swedish_letters() {
        for text in [
            "ort;antal\nÅmål;1\nÖrebro;2\nMalmö;3\nGävle;4\n",
            "namn\nKårböle\nidéer\n",
            "HÄLSO- OCH SJUKVÅRD\n",
            "på\nSjöbo\n",
        ] {
            for charset in [Charset::Iso8859_1, Charset::Ibm850, Charset::Macintosh] {
                assert_eq!(found(&encoded(text, charset)), charset, "{text}");
            }
        }
    }

    #[test]
    fn letters_at_the_edges_of_words_speak_where_nothing_else_does() {
        for text in ["ort;antal\nÅre;1\n", "Malmö\n", "på;Umeå\n"] {
            assert_eq!(found(&encoded(text, Charset::Macintosh)), Charset::Macintosh, "{text}");
        }
        assert_eq!(found(&encoded("ort\nÅre\nMalmö\n", Charset::Ibm850)), Charset::Ibm850);
    }

    #[test]
    fn quotes_dashes_and_dots_of_windows_are_no_letters() {
        for text in [
            "“Bo” – 5 €…\n",
            "n…m ‘x’ †;Ålö\n",
            "sa…men\n",
            "Namn™ „x”\n",
            "Miloš;Šime\n",
            "ort;5 €\n",
        ] {
            assert_eq!(found(&encoded(text, Charset::Windows1252)), Charset::Windows1252, "{text}");
        }
    }

    #[test]
    fn the_sets_of_dos_differ_in_accents_and_signs() {
        assert_eq!(found(&encoded("Malmö hål;≥ 5;α\n", Charset::Ibm437)), Charset::Ibm437);
        assert_eq!(found(&encoded("Sjöbo hål;Sørby;Tõnu;5 ³\n", Charset::Ibm850)), Charset::Ibm850);
        assert_eq!(
            found(&encoded("Malmö hål\n", Charset::Ibm437)),
            Charset::Ibm850,
            "they agree on all that stands there"
        );
    }

    #[test]
    fn every_set_is_found_by_its_name_and_gives_each_byte_a_character() {
        for (charset, name) in NAMES {
            assert_eq!((Charset::from_name(&name.to_uppercase()), charset.name()), (Some(charset), name));
            if charset.is_single_byte() {
                let characters = charset.characters();
                assert_eq!((characters.len(), charset.utf8().len()), (256, 128), "{name}");
                assert!(characters.iter().take(128).all(char::is_ascii));
            }
        }
        assert_eq!(Charset::from_name("MacRoman"), Some(Charset::Macintosh));
        assert_eq!(Charset::from_name("klingon"), None);
    }
}
