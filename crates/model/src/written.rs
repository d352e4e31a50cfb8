//! What is wrong in a file that a person wrote in TOML: where, in plain words, and which word was probably meant.
//!
//! In: the parser's error and the text. Out: a refusal with line and column, in Swedish and English. Only the writer's own words are repeated.

use serde::de::DeserializeOwned;

use crate::finding::{Position, Refusal, RefusalKind};
use crate::text::Text;

/// Reads a file of TOML, or says what stands in the way.
///
/// # Errors
/// One refusal with the given id: configuration, with line, column and the nearest known word.
pub fn read<T: DeserializeOwned>(id: &str, subject: &str, text: &str) -> Result<T, Refusal> {
    toml::from_str(text).map_err(|error| refused(id, subject, text, &error))
}

/// The known word that a misspelt one is nearest to, if it is near at all; capitals, `_`, `-` and blanks do not count.
///
/// ```
/// use fyr_model::written::nearest;
/// assert_eq!(nearest("supression_max", ["loss", "suppression_max"]), Some("suppression_max"));
/// assert_eq!(nearest("quasi_identifer", ["identifier", "quasi-identifier"]), Some("quasi-identifier"));
/// assert_eq!(nearest("diagnosis", ["age", "kommun"]), None);
/// ```
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let plain = |word: &str| -> Vec<char> {
        let letters = word.chars().filter(|c| !['_', '-', ' '].contains(c));
        letters.flat_map(char::to_lowercase).collect()
    };
    let wanted = plain(word);
    let far = |known: &&str| distance(&wanted, &plain(known));
    let best = known.into_iter().min_by_key(|known| (far(known), known.len()))?;
    (far(&best) <= (wanted.len() / 3).clamp(1, 3)).then_some(best)
}

/// Letters to change, add or take away, neighbours that changed places counted once.
fn distance(a: &[char], b: &[char]) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, to) in b.iter().enumerate() {
            let at = |row: &[usize], place: usize| row.get(place).copied().unwrap_or(usize::MAX / 2);
            let mut least = (at(&last, j) + usize::from(from != to))
                .min(at(&last, j + 1) + 1)
                .min(at(&row, j) + 1);
            let swapped = i > 0 && j > 0 && a.get(i - 1) == Some(to) && b.get(j - 1) == Some(from);
            if swapped {
                least = least.min(at(&before, j - 1) + 1);
            }
            row.push(least);
        }
        before = std::mem::replace(&mut last, row);
    }
    last.last().copied().unwrap_or(0)
}

fn refused(id: &str, subject: &str, text: &str, error: &toml::de::Error) -> Refusal {
    let (what, hint) = said(error.message());
    let mut refusal = Refusal::new(id, RefusalKind::Configuration, subject, what);
    if let Some(span) = error.span() {
        refusal = refusal.at(position(text, span.start));
    }
    match hint {
        Some(hint) => refusal.hint(hint),
        None => refusal,
    }
}

fn position(text: &str, offset: usize) -> Position {
    let before = text.get(..offset).unwrap_or(text);
    let line = before.rsplit('\n').next().unwrap_or_default();
    Position {
        line: before.matches('\n').count() as u64 + 1,
        column: line.chars().count() as u64 + 1,
        offset: offset as u64,
    }
}

/// The parser's sentence in both languages, and what may have been meant.
fn said(message: &str) -> (Text, Option<Text>) {
    let message = message.trim().replace('\n', " ");
    let mut quoted = message.split('`').skip(1).step_by(2);
    let first = quoted.next().unwrap_or_default();
    // Behind a table that was read in two steps the parser adds where it was: `in `by``.
    let known: Vec<&str> = match message.split_once("expected") {
        Some((_, rest)) => rest.split(" in `").next().unwrap_or(rest).split('`').skip(1).step_by(2).collect(),
        None => Vec::new(),
    };
    let list = known.join(", ");
    if message.starts_with("unknown field") || message.starts_with("unknown variant") {
        let is_key = message.starts_with("unknown field");
        let (sv, en) = if is_key { ("nyckeln", "key") } else { ("ordet", "word") };
        let text = Text::new(
            format!("{sv} `{first}` är okänd{}", if is_key { "" } else { "t" }),
            format!("the {en} `{first}` is not known"),
        );
        let hint = match nearest(first, known.iter().copied()) {
            Some(near) => Text::new(
                format!("menades `{near}`? kända är {list}"),
                format!("was `{near}` meant? known are {list}"),
            ),
            None => Text::new(format!("kända är {list}"), format!("known are {list}")),
        };
        return (text, Some(hint));
    }
    if message.starts_with("missing field") {
        return (
            Text::new(format!("nyckeln `{first}` saknas"), format!("the key `{first}` is missing")),
            None,
        );
    }
    let wrong = message
        .strip_prefix("invalid type: ")
        .or_else(|| message.strip_prefix("invalid value: "));
    if let Some((seen, wanted)) = wrong.and_then(|rest| rest.split_once(", expected ")) {
        let (seen, wanted) = (kind(seen), kind(wanted));
        return (
            Text::new(
                format!("där står {}, men det ska vara {}", seen.sv, wanted.sv),
                format!("there is {}, but it must be {}", seen.en, wanted.en),
            ),
            None,
        );
    }
    (
        Text::new(format!("går inte att läsa: {message}"), format!("cannot be read: {message}")),
        None,
    )
}

/// The parser's names of kinds of values, with the value where it tells one.
fn kind(name: &str) -> Text {
    let (word, value) = name.split_once(' ').map_or((name, ""), |(word, value)| (word, value));
    let plain = |sv: &str, en: &str| {
        let value = if value.is_empty() || !(value.starts_with('`') || value.starts_with('"')) {
            String::new()
        } else {
            format!(" {value}")
        };
        Text::new(format!("{sv}{value}"), format!("{en}{value}"))
    };
    match word {
        "integer" => plain("heltalet", "the whole number"),
        "floating" => Text::new(
            name.replacen("floating point", "talet", 1),
            name.replacen("floating point", "the number", 1),
        ),
        "string" => plain("texten", "the text"),
        "boolean" => plain("värdet", "the value"),
        "map" => plain("en tabell", "a table"),
        "sequence" => plain("en lista", "a list"),
        "u8" | "u32" | "u64" | "usize" => plain("ett heltal från 0", "a whole number from 0"),
        "f64" => plain("ett tal", "a number"),
        "a" if value == "string" => Text::new("en text", "a text"),
        "a" if value == "boolean" => Text::new("true eller false", "true or false"),
        "a" if value == "sequence" => Text::new("en lista", "a list"),
        "a" if value == "map" => Text::new("en tabell", "a table"),
        "struct" => Text::new("en tabell", "a table"),
        _ => Text::new(name, name),
    }
}

#[cfg(test)]
mod tests {
    use crate::privacy::PrivacyPolicy;

    fn fault(text: &str) -> (String, String, Option<String>, u64) {
        let refusal = super::read::<PrivacyPolicy>("policy-invalid", "policy.toml", text).unwrap_err();
        let line = refusal.position.map_or(0, |position| position.line);
        (refusal.message.sv, refusal.message.en, refusal.hint.map(|hint| hint.en), line)
    }

    #[test]
    fn a_misspelt_word_is_named_with_its_line_and_the_word_that_was_probably_meant() {
        let cases = [
            (
                "[columns]\nage = { role = 'quasi-identifier', hierachy = 'age' }\n",
                "hierachy",
                "hierarchy",
                2,
            ),
            ("[columns]\nage = 'quasi-identifer'\n", "quasi-identifer", "quasi-identifier", 2),
            ("[columns]\nage = { role = 'sensitve' }\n", "sensitve", "sensitive", 2),
            (
                "[columns]\na = 'plain'\n[model]\nk = 5\nsupression_max = 0.1\n",
                "supression_max",
                "suppression_max",
                5,
            ),
            ("[columns]\na = 'plain'\n[modell]\nk = 5\n", "modell", "model", 3),
            ("[model]\nk = 5\nl = { kind = 'entropi', value = 3 }\n", "entropi", "entropy", 3),
            ("[model]\nk = 5\nt = { kind = 'equal', valu = 3 }\n", "valu", "value", 3),
            (
                "[[table]]\nby = ['a']\n[[table]]\nby = ['a']\ntreshold = 3\n",
                "treshold",
                "threshold",
                5,
            ),
            ("[[table]]\nby = ['a']\nmethod = 'cellkey'\n", "cellkey", "cell-key", 3),
            ("[dp]\nepsilom = 1\n", "epsilom", "epsilon", 2),
        ];
        for (text, wrong, meant, line) in cases {
            let (_, en, hint, at) = fault(text);
            assert!(en.contains(&format!("`{wrong}`")), "{en}");
            assert!(
                hint.clone().unwrap_or_default().contains(&format!("was `{meant}` meant")),
                "{text}: {hint:?}"
            );
            assert_eq!(at, line, "{text}: {en}");
        }
    }

    #[test]
    fn a_policy_inside_a_pipeline_is_read_as_closely() {
        let text = "source = 'kalla'\ndataset = 'https://data.exempelby.example/d'\n[policy.columns]\nage = { role = 'plain', hierachy = 'age' }\n";
        let refusal = super::read::<crate::pipeline::PipelineFile>("pipeline-invalid", "pipelines/p.toml", text).unwrap_err();
        assert!(refusal.hint.unwrap().en.contains("was `hierarchy` meant"), "{}", refusal.message.en);
        assert_eq!(refusal.position.unwrap().line, 4);
        let named = text.replace(
            "[policy.columns]\nage = { role = 'plain', hierachy = 'age' }\n",
            "policy = 'policy.toml'\n",
        );
        assert!(super::read::<crate::pipeline::PipelineFile>("pipeline-invalid", "pipelines/p.toml", &named).is_ok());
    }

    #[test]
    fn a_value_of_the_wrong_kind_is_told_in_words() {
        for (text, sv, en) in [
            ("[model]\nk = 2.5\n", "talet `2.5`", "the number `2.5`"),
            (
                "[model]\nk = -1\n",
                "heltalet `-1`, men det ska vara ett heltal från 0",
                "a whole number from 0",
            ),
            ("[model]\nk = '3'\n", "texten \"3\"", "the text \"3\""),
            ("[model]\nsuppression_max = '4%'\n", "men det ska vara ett tal", "must be a number"),
            (
                "[model]\nl = 3\n",
                "{ kind = \"distinct\", value = 3 }",
                "{ kind = \"distinct\", value = 3 }",
            ),
            (
                "[model]\nt = 0.2\n",
                "{ kind = \"equal\", value = 0.2 }",
                "{ kind = \"equal\", value = 0.2 }",
            ),
            ("[columns]\na = 3\n", "role", "role"),
            (
                "[columns]\na = { hierarchy = 'age' }\n",
                "nyckeln `role` saknas",
                "the key `role` is missing",
            ),
        ] {
            let fault = fault(text);
            assert!(fault.0.contains(sv), "{}", fault.0);
            assert!(fault.1.contains(en), "{}", fault.1);
        }
    }
}
