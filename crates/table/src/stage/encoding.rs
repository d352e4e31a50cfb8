//! The encoding of a text file, decided on the whole file, and the file as UTF-8.
//!
//! In: bytes. Out: a UTF-8 file and the encoding's name. Byte order mark first, strict UTF-8 second, then a single-byte set by which
//! letters its bytes would be. A file that mixes encodings is read line by line when at most 0.1 % of its lines disagree, each of them
//! counted by place; above that it is refused (H25). Nothing is replaced silently.

use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use encoding_rs::{DecoderResult, Encoding, UTF_16BE, UTF_16LE};
use fyr_model::finding::{Finding, Severity};
use fyr_model::{Position, Refusal, Text};

pub(crate) use super::charset::Charset;
use super::charset::Letters;
use super::gather::{PLACES, Repairs};
use super::text_block::{Characters, ascii_prefix};
use crate::refuse;

/// The decoded file in the private folder.
pub(crate) const DECODED: &str = "decoded.text";

/// A text file whose encoding is decided.
#[derive(Debug)]
pub(crate) struct Decoded {
    pub(crate) path: PathBuf,
    /// Bytes to skip at its start.
    pub(crate) skip: u64,
    pub(crate) charset: Charset,
    /// The file is still in its single-byte set, and these are its characters; else it is UTF-8.
    pub(crate) characters: Option<Characters>,
}

impl Decoded {
    /// A copy in UTF-8, for a reader that knows nothing else.
    pub(crate) fn in_utf8(self, dir: &Path, subject: &str) -> Result<Self, Refusal> {
        if self.characters.is_none() {
            return Ok(self);
        }
        let target = dir.join(DECODED);
        whole(&self.path, &target, self.skip, self.charset, subject)?;
        Ok(Self {
            path: target,
            skip: 0,
            charset: self.charset,
            characters: None,
        })
    }
}

/// What one pass over the bytes shows.
#[derive(Debug)]
struct Survey {
    bom: Option<(Charset, u64)>,
    lines: u64,
    /// Lines with letters beyond ASCII that are all UTF-8.
    utf8_lines: u64,
    /// Lines with bytes that are not UTF-8.
    other_lines: u64,
    /// The first of them: where the bytes stand that tell.
    other_places: Vec<Position>,
    utf8_places: Vec<Position>,
    bytes: u64,
    zeros: u64,
    even_zeros: u64,
    letters: Letters,
}

/// What is said of the encoding beforehand.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Asked<'a> {
    /// By the owner: it holds.
    pub(crate) owner: Option<&'a str>,
    /// By the last reading: it holds where the bytes do not tell.
    pub(crate) before: Option<&'a str>,
}

/// Decides the encoding and gives the file as UTF-8.
pub(crate) fn decode(
    path: &Path,
    dir: &Path,
    subject: &str,
    asked: Option<&str>,
    repairs: &mut Repairs,
    findings: &mut Vec<Finding>,
) -> Result<Decoded, Refusal> {
    let asked = Asked {
        owner: asked,
        before: None,
    };
    decide(path, dir, subject, asked, repairs, findings)?.in_utf8(dir, subject)
}

/// Decides the encoding; a file in a single-byte set is left as it is, for a reader that turns it on the way.
pub(crate) fn decide(
    path: &Path,
    dir: &Path,
    subject: &str,
    asked: Asked<'_>,
    repairs: &mut Repairs,
    findings: &mut Vec<Finding>,
) -> Result<Decoded, Refusal> {
    let survey = survey(path).map_err(|error| refuse::io(subject, error))?;
    let before = asked.before.and_then(Charset::from_name);
    let asked = match asked.owner {
        None => None,
        Some(name) => Some(Charset::from_name(name).ok_or_else(|| {
            refuse::configuration(
                "unknown-encoding",
                subject,
                format!("kodningen {name} läses inte"),
                format!("the encoding {name} is not read"),
            )
        })?),
    };
    let charset = asked.unwrap_or_else(|| survey.charset(before));
    let mixed =
        asked.is_none() && survey.other_lines > 0 && survey.utf8_lines > 0 && !matches!(charset, Charset::Utf16Le | Charset::Utf16Be);
    if charset == Charset::Utf8 && survey.other_lines > 0 && !mixed {
        return Err(survey.refuse(subject));
    }
    if mixed && survey.minority() * 1000 > survey.lines {
        return Err(survey.refuse(subject));
    }
    if survey.zeros > 0 && !matches!(charset, Charset::Utf16Le | Charset::Utf16Be) {
        findings.push(
            Finding::new(
                "text-nul",
                Severity::Warning,
                subject,
                Text::new("texten innehåller nolltecken", "the text contains NUL characters"),
            )
            .evidence(format!("{} bytes", survey.zeros)),
        );
    }
    let skip = survey.bom.filter(|(found, _)| *found == charset).map_or(0, |(_, length)| length);
    if charset == Charset::Utf8 && !mixed {
        return Ok(Decoded {
            path: path.to_path_buf(),
            skip,
            charset,
            characters: None,
        });
    }
    if charset.is_single_byte() && !mixed {
        return Ok(Decoded {
            path: path.to_path_buf(),
            skip,
            charset,
            characters: Some(charset.utf8()),
        });
    }
    let target = dir.join(DECODED);
    if mixed {
        survey.report(repairs, findings, subject, charset);
        let single = if charset == Charset::Utf8 {
            survey.letters.charset()
        } else {
            charset
        };
        by_line(path, &target, skip, single).map_err(|error| refuse::io(subject, error))?;
    } else {
        whole(path, &target, skip, charset, subject)?;
    }
    Ok(Decoded {
        path: target,
        skip: 0,
        charset,
        characters: None,
    })
}

impl Survey {
    fn charset(&self, before: Option<Charset>) -> Charset {
        if let Some((charset, _)) = self.bom {
            return charset;
        }
        if self.zeros * 4 > self.bytes {
            let odd = self.zeros - self.even_zeros;
            if odd > self.even_zeros * 8 {
                return Charset::Utf16Le;
            }
            if self.even_zeros > odd * 8 {
                return Charset::Utf16Be;
            }
        }
        if self.other_lines == 0 && self.utf8_lines == 0 {
            // Nothing but ASCII: what it was before is as true as UTF-8.
            return before.filter(|before| before.is_single_byte()).unwrap_or(Charset::Utf8);
        }
        if self.utf8_lines > self.other_lines || self.other_lines == 0 {
            return Charset::Utf8;
        }
        self.letters.charset_after(before)
    }
    fn minority(&self) -> u64 {
        self.other_lines.min(self.utf8_lines)
    }
    fn refuse(&self, subject: &str) -> Refusal {
        refuse::unreadable(
            "encoding-mixed",
            subject,
            format!(
                "filen blandar teckenkodningar: {} rader är UTF-8 och {} är det inte",
                self.utf8_lines, self.other_lines
            ),
            format!(
                "the file mixes encodings: {} lines are UTF-8 and {} are not",
                self.utf8_lines, self.other_lines
            ),
        )
        .at(self.other_places.first().copied().unwrap_or_default())
        .hint(Text::new(
            "spara om hela filen som UTF-8, eller skriv encoding under [reading] i pipelinefilen",
            "save the whole file as UTF-8, or write encoding under [reading] in the pipeline file",
        ))
    }
    fn report(&self, repairs: &mut Repairs, findings: &mut Vec<Finding>, subject: &str, charset: Charset) {
        let places = if charset == Charset::Utf8 {
            &self.other_places
        } else {
            &self.utf8_places
        };
        let count = self.minority();
        for place in places {
            repairs.add_many("mixed-encoding-line", None, 0, Some(place.line.saturating_sub(1)));
        }
        repairs.add_many("mixed-encoding-line", None, count, None);
        findings.push(
            Finding::new(
                "encoding-mixed",
                Severity::Violation,
                subject,
                Text::new(
                    "enstaka rader har en annan teckenkodning än resten",
                    "single lines have another encoding than the rest",
                ),
            )
            .evidence(format!("{count} of {} lines: {}", self.lines, listed(places)))
            .at(places.first().copied().unwrap_or_default()),
        );
    }
}

fn listed(places: &[Position]) -> String {
    let one = |place: &Position| format!("line {} at byte {}", place.line, place.offset);
    places.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// One pass over the bytes: a strict UTF-8 check per line (Unicode 15, table 3-7), and what stands where.
fn survey(path: &Path) -> std::io::Result<Survey> {
    let mut file = File::open(path)?;
    let mut survey = Survey {
        bom: None,
        lines: 0,
        utf8_lines: 0,
        other_lines: 0,
        other_places: Vec::new(),
        utf8_places: Vec::new(),
        bytes: 0,
        zeros: 0,
        even_zeros: 0,
        letters: Letters::new(),
    };
    let mut head = [0u8; 3];
    let read = file.read(&mut head)?;
    survey.bom = match head.get(..read) {
        Some([0xef, 0xbb, 0xbf, ..]) => Some((Charset::Utf8, 3)),
        Some([0xff, 0xfe, ..]) => Some((Charset::Utf16Le, 2)),
        Some([0xfe, 0xff, ..]) => Some((Charset::Utf16Be, 2)),
        _ => None,
    };
    file.seek(SeekFrom::Start(0))?;
    let mut line = Line::default();
    let (mut offset, mut before, mut waiting) = (0u64, 0u8, None::<(u8, u8)>);
    let mut buffer = vec![0u8; 1 << 16];
    loop {
        let read = file.read(&mut buffer)?;
        let Some(piece) = buffer.get(..read).filter(|piece| !piece.is_empty()) else {
            break;
        };
        let zeros = memchr::memchr_iter(0, piece);
        for at in zeros {
            survey.zeros += 1;
            survey.even_zeros += u64::from((offset + at as u64).is_multiple_of(2));
        }
        let mut rest = piece;
        while let Some(first) = rest.first().copied() {
            if let Some((left, byte)) = waiting.take() {
                survey.letters.see(left, byte, first);
            }
            let plain = ascii_prefix(rest);
            if plain > 0 {
                let (ascii, others) = rest.split_at(plain);
                survey.ascii(&mut line, ascii, offset);
                (before, offset, rest) = (ascii.last().copied().unwrap_or(0), offset + plain as u64, others);
                continue;
            }
            waiting = Some((before, first));
            line.take(first, offset);
            (before, offset, rest) = (first, offset + 1, rest.get(1..).unwrap_or_default());
        }
    }
    if let Some((left, byte)) = waiting {
        survey.letters.see(left, byte, 0);
    }
    if line.any {
        survey.end(&mut line);
    }
    survey.bytes = offset;
    Ok(survey)
}

impl Survey {
    /// A run of ASCII: only its newlines matter, and the line that it opens or ends.
    fn ascii(&mut self, line: &mut Line, run: &[u8], offset: u64) {
        if let Some(first) = run.first() {
            line.take(*first, offset);
        }
        let mut newlines = memchr::memchr_iter(b'\n', run);
        let Some(mut last) = newlines.next() else { return };
        self.end(line);
        for at in newlines {
            self.lines += 1;
            last = at;
        }
        line.any = last + 1 < run.len();
    }

    fn end(&mut self, line: &mut Line) {
        if line.expect > 0 {
            line.wrong = true;
        }
        let place = |offset| Position {
            line: self.lines + 1,
            column: 0,
            offset,
        };
        if line.wrong {
            self.other_lines += 1;
            if self.other_places.len() < PLACES {
                self.other_places.push(place(line.wrong_at));
            }
        } else if line.beyond {
            self.utf8_lines += 1;
            if self.utf8_places.len() < PLACES {
                self.utf8_places.push(place(line.beyond_at));
            }
        }
        self.lines += 1;
        *line = Line::default();
    }
}

/// The UTF-8 state of one line.
#[derive(Debug, Default)]
struct Line {
    any: bool,
    beyond: bool,
    beyond_at: u64,
    wrong: bool,
    wrong_at: u64,
    expect: u8,
    least: u8,
    most: u8,
}

impl Line {
    fn take(&mut self, byte: u8, offset: u64) {
        self.any = true;
        if self.expect > 0 {
            if (self.least..=self.most).contains(&byte) {
                (self.expect, self.least, self.most) = (self.expect - 1, 0x80, 0xbf);
                return;
            }
            self.fail(offset);
        }
        if byte < 0x80 {
            return;
        }
        if !self.beyond {
            (self.beyond, self.beyond_at) = (true, offset);
        }
        (self.expect, self.least, self.most) = match byte {
            0xc2..=0xdf => (1, 0x80, 0xbf),
            0xe0 => (2, 0xa0, 0xbf),
            0xed => (2, 0x80, 0x9f),
            0xe1..=0xef => (2, 0x80, 0xbf),
            0xf0 => (3, 0x90, 0xbf),
            0xf1..=0xf3 => (3, 0x80, 0xbf),
            0xf4 => (3, 0x80, 0x8f),
            _ => {
                self.fail(offset);
                (0, 0, 0)
            }
        };
    }
    fn fail(&mut self, offset: u64) {
        if !self.wrong {
            (self.wrong, self.wrong_at) = (true, offset);
        }
        self.expect = 0;
    }
}

/// Writes the whole file as UTF-8.
fn whole(path: &Path, target: &Path, skip: u64, charset: Charset, subject: &str) -> Result<(), Refusal> {
    let failed = |error: std::io::Error| refuse::io(subject, error);
    let mut input = File::open(path).map_err(failed)?;
    input.seek(SeekFrom::Start(skip)).map_err(failed)?;
    let mut out = BufWriter::new(File::create(target).map_err(failed)?);
    match charset {
        Charset::Utf16Le => wide(&mut input, &mut out, UTF_16LE, subject)?,
        Charset::Utf16Be => wide(&mut input, &mut out, UTF_16BE, subject)?,
        _ => {
            let characters = charset.characters();
            let mut buffer = vec![0u8; 1 << 16];
            let mut text = String::with_capacity(1 << 17);
            loop {
                let read = input.read(&mut buffer).map_err(failed)?;
                let Some(piece) = buffer.get(..read).filter(|piece| !piece.is_empty()) else {
                    break;
                };
                text.clear();
                text.extend(piece.iter().filter_map(|byte| characters.get(usize::from(*byte))));
                out.write_all(text.as_bytes()).map_err(failed)?;
            }
        }
    }
    out.flush().map_err(failed)
}

/// UTF-16 to UTF-8; a lone surrogate stops.
fn wide(input: &mut File, out: &mut impl Write, encoding: &'static Encoding, subject: &str) -> Result<(), Refusal> {
    let failed = |error: std::io::Error| refuse::io(subject, error);
    let mut decoder = encoding.new_decoder_without_bom_handling();
    let mut buffer = vec![0u8; 1 << 16];
    let mut text = String::with_capacity(1 << 18);
    let mut offset = 0u64;
    loop {
        let read = input.read(&mut buffer).map_err(failed)?;
        let piece = buffer.get(..read).unwrap_or_default();
        text.clear();
        let (result, used) = decoder.decode_to_string_without_replacement(piece, &mut text, read == 0);
        out.write_all(text.as_bytes()).map_err(failed)?;
        if let DecoderResult::Malformed(..) = result {
            return Err(refuse::unreadable(
                "encoding-malformed",
                subject,
                "texten har halva tecken (ensamma surrogat)",
                "the text has half characters (lone surrogates)",
            )
            .at(Position {
                offset: offset + used as u64,
                ..Position::default()
            }));
        }
        offset += read as u64;
        if read == 0 {
            return Ok(());
        }
    }
}

/// Writes a mixed file line by line: each as UTF-8 when it is, else by the single-byte set.
fn by_line(path: &Path, target: &Path, skip: u64, single: Charset) -> std::io::Result<()> {
    let single = single.characters();
    let mut input = BufReader::new(File::open(path)?);
    input.seek(SeekFrom::Start(skip))?;
    let mut out = BufWriter::new(File::create(target)?);
    let mut line = Vec::new();
    loop {
        line.clear();
        // A line without end is cut here; H24 refuses it later, whole or in pieces.
        if input.by_ref().take(64 << 20).read_until(b'\n', &mut line)? == 0 {
            return out.flush();
        }
        match std::str::from_utf8(&line) {
            Ok(text) => out.write_all(text.as_bytes())?,
            Err(_) => {
                let text: String = line.iter().filter_map(|byte| single.get(usize::from(*byte))).collect();
                out.write_all(text.as_bytes())?;
            }
        }
    }
}
