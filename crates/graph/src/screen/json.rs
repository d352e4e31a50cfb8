//! The JSON screen: nesting, and the keys at the top, by which JSON-LD is told from other JSON.

use fyr_model::Refusal;

use super::too_deep;

/// Keys of the top object (or of the objects in a top array), at most 64.
#[derive(Debug, Default)]
pub(crate) struct Top {
    keys: Vec<Vec<u8>>,
}

impl Top {
    /// Whether a key stands at the top.
    pub(crate) fn has(&self, key: &str) -> bool {
        self.keys.iter().any(|seen| seen == key.as_bytes())
    }
}

/// Screens a JSON text; `depth_max` counts objects and arrays within each other.
pub(crate) fn screen(bytes: &[u8], subject: &str, depth_max: usize) -> Result<Top, Refusal> {
    let mut top = Top::default();
    let mut depth = 0usize;
    let mut in_array_root = false;
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'{' | b'[' => {
                if depth == 0 {
                    in_array_root = *byte == b'[';
                }
                depth += 1;
                if depth > depth_max {
                    return Err(too_deep(subject, bytes, at, depth_max));
                }
            }
            b'}' | b']' => depth = depth.saturating_sub(1),
            b'"' => {
                let end = string_end(bytes, at);
                let level = if in_array_root { 2 } else { 1 };
                if depth == level && top.keys.len() < 64 && is_key(bytes, end) {
                    top.keys.push(bytes.get(at + 1..end).unwrap_or_default().to_vec());
                }
                at = end;
            }
            _ => {}
        }
        at += 1;
    }
    Ok(top)
}

/// The place of the closing quote of the string that opens at `at`, or the end.
fn string_end(bytes: &[u8], at: usize) -> usize {
    let mut here = at + 1;
    while let Some(byte) = bytes.get(here) {
        match byte {
            b'"' => return here,
            b'\\' => here += 2,
            _ => here += 1,
        }
    }
    bytes.len()
}

fn is_key(bytes: &[u8], end: usize) -> bool {
    let after = bytes.get(end + 1..).unwrap_or_default();
    after.iter().find(|b| !b.is_ascii_whitespace()) == Some(&b':')
}
