//! SPARQL text from the public before anything parses it: a screen on size, nesting and operators, and a rehearsal (H14, ground rule 2).
//!
//! Flat chains nest in the parser's tree as well as brackets do, so the screen counts: brackets, triple patterns per group, and everything
//! else that makes an operator. What passes is rehearsed: parsed and planned over an empty store, in a confined worker with a quarter of the
//! stack that the portal uses. Only then may [`crate::Store::query`] see it.

use std::path::Path;
use std::time::Duration;

use fyr_model::limits::SparqlLimits;
use fyr_model::{Refusal, RefusalKind, Text};
use oxigraph::sparql::CancellationToken;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::read::STACK_BYTES;
use crate::refuse::{internal, position, unreadable};
use crate::store::query::{prepare, service};

const SUBJECT: &str = "sparql";

/// Words that each add an operator, in upper case.
const OPERATORS: &[&str] = &[
    "UNION", "OPTIONAL", "MINUS", "BIND", "FILTER", "VALUES", "GRAPH", "EXISTS", "IN", "AS", "SELECT", "HAVING", "DISTINCT", "FROM",
    "NAMED", "LATERAL", "PREFIX", "BASE",
];
/// Time that planning may take; it cannot be stopped from within.
const PLANNING_MAX: Duration = Duration::from_secs(10);

/// Words whose group is not one more operand of the join around it.
const GROUP_WORDS: &[&str] = &["UNION", "OPTIONAL", "MINUS", "EXISTS", "WHERE", "CONSTRUCT"];
/// Words that begin one more operand of the join around them.
const JOINED_WORDS: &[&str] = &["VALUES", "GRAPH"];
/// Words that only an update has.
const UPDATES: &[&str] = &["INSERT", "DELETE", "LOAD", "CLEAR", "CREATE", "DROP", "COPY", "MOVE", "ADD"];

/// Looks at the text of a query without parsing it.
///
/// # Errors
/// `sparql-too-long`, `sparql-depth`, `sparql-patterns`, `sparql-operators`, `sparql-service`,
/// `sparql-update`, `sparql-function`, each with the place.
///
/// ```
/// use fyr_graph::sparql::screen;
/// use fyr_model::limits::SparqlLimits;
/// let limits = SparqlLimits::default();
/// assert!(screen("SELECT * WHERE { ?s ?p ?o }", &limits).is_ok());
/// assert_eq!(screen(&"MINUS {} ".repeat(4000), &limits).unwrap_err().id, "sparql-too-long");
/// ```
pub fn screen(query: &str, limits: &SparqlLimits) -> Result<(), Refusal> {
    if query.len() > limits.query_bytes_max {
        let max = limits.query_bytes_max;
        return Err(unreadable(
            "sparql-too-long",
            SUBJECT,
            format!("frågan är längre än {max} byte"),
            format!("the query is longer than {max} bytes"),
        ));
    }
    let mut scan = Scan {
        text: query,
        limits,
        groups: vec![Group::default()],
        operators: 0,
        patterns: 0,
        takes_group: false,
        data: None,
    };
    scan.run()
}

/// What is open: a group `{`, or a bracket `(` or `[`.
#[derive(Default)]
struct Group {
    braces: bool,
    patterns: usize,
    /// Terms in a row, of which three make a pattern; more in one bracket is a list.
    terms: usize,
}

struct Scan<'a> {
    text: &'a str,
    limits: &'a SparqlLimits,
    groups: Vec<Group>,
    operators: usize,
    patterns: usize,
    /// Whether the token before was a word that takes the next group as its own.
    takes_group: bool,
    /// The depth at which the rows of a VALUES block began: they are data, and make no operators.
    data: Option<usize>,
}

impl Scan<'_> {
    fn run(&mut self) -> Result<(), Refusal> {
        let bytes = self.text.as_bytes();
        let mut at = 0;
        let mut values = false;
        while let Some(byte) = bytes.get(at) {
            let start = at;
            at = match byte {
                b'#' => bytes
                    .iter()
                    .skip(at)
                    .position(|b| *b == b'\n')
                    .map_or(bytes.len(), |length| at + length),
                b'"' | b'\'' => {
                    self.term(start)?;
                    string_end(bytes, at, *byte)
                }
                b'<' => match iri_end(bytes, at) {
                    Some(end) => {
                        self.term(start)?;
                        end
                    }
                    None => {
                        self.operator(start)?;
                        at + 1
                    }
                },
                b'{' | b'(' | b'[' => {
                    self.open(start, *byte, values)?;
                    if *byte == b'{' {
                        values = false;
                    }
                    at + 1
                }
                b'}' | b')' | b']' => {
                    self.close();
                    at + 1
                }
                b'.' | b';' | b',' => {
                    self.separator(start)?;
                    at + 1
                }
                b'?' | b'$' if bytes.get(at + 1).is_some_and(|b| is_word(*b)) => {
                    self.term(start)?;
                    word_end(bytes, at + 1)
                }
                b'/' => {
                    // In a path it makes another triple pattern.
                    self.operator(start)?;
                    self.pattern(start)?;
                    at + 1
                }
                b'|' | b'&' | b'+' | b'-' | b'*' | b'^' | b'!' | b'=' | b'>' | b'?' => {
                    self.operator(start)?;
                    at + 1
                }
                b if is_word(*b) || *b == b':' || *b == b'@' => {
                    let end = word_end(bytes, at + 1);
                    let word = self.text.get(start..end).unwrap_or_default();
                    values |= word.eq_ignore_ascii_case("VALUES");
                    self.word(start, word)?;
                    end
                }
                _ => at + 1,
            };
        }
        Ok(())
    }

    fn word(&mut self, at: usize, word: &str) -> Result<(), Refusal> {
        let upper = word.to_ascii_uppercase();
        if upper == "SERVICE" {
            return Err(service().at(position(self.text.as_bytes(), at)));
        }
        // An update's first word; inside a group the same letters may be a prefixed name's.
        if self.groups.len() == 1 && UPDATES.contains(&upper.as_str()) {
            return Err(Refusal::new(
                "sparql-update",
                RefusalKind::Forbidden,
                SUBJECT,
                Text::new("grafen kan bara läsas", "the graph can only be read"),
            )
            .at(position(self.text.as_bytes(), at)));
        }
        // Texts that grow by the product of two lengths cannot be bounded before they are made.
        if upper == "REPLACE" {
            return Err(Refusal::new(
                "sparql-function",
                RefusalKind::Forbidden,
                SUBJECT,
                Text::new("funktionen REPLACE finns inte här", "the function REPLACE is not available here"),
            )
            .at(position(self.text.as_bytes(), at)));
        }
        self.takes_group = GROUP_WORDS.contains(&upper.as_str());
        if JOINED_WORDS.contains(&upper.as_str()) {
            self.pattern(at)?;
        }
        if OPERATORS.contains(&upper.as_str()) {
            self.operator(at)
        } else {
            self.term(at)
        }
    }

    fn open(&mut self, at: usize, byte: u8, values: bool) -> Result<(), Refusal> {
        let depth = self.groups.len();
        if depth > self.limits.depth_max {
            let max = self.limits.depth_max;
            return Err(self.refuse(
                "sparql-depth",
                at,
                format!("parenteser i fler än {max} nivåer"),
                format!("brackets in more than {max} levels"),
            ));
        }
        let braces = byte == b'{';
        if braces && values && self.data.is_none() {
            self.data = Some(depth);
        } else if braces {
            self.operator(at)?;
            if !self.takes_group {
                // A group on its own is joined like a pattern.
                self.pattern(at)?;
            }
        } else {
            self.term(at)?;
        }
        self.takes_group = false;
        self.groups.push(Group {
            braces,
            ..Group::default()
        });
        Ok(())
    }

    fn close(&mut self) {
        if self.groups.len() > 1 {
            self.groups.pop();
        }
        if self.data == Some(self.groups.len()) {
            self.data = None;
        }
    }

    /// A variable, IRI, literal, name or number. The third in a row of a group completes a triple pattern; past the second, each element of a
    /// list or of a bracket's properties counts as one too, since it becomes one.
    fn term(&mut self, at: usize) -> Result<(), Refusal> {
        if self.data.is_some() {
            return Ok(());
        }
        let Some(group) = self.groups.last_mut() else { return Ok(()) };
        group.terms += 1;
        let counts = if group.braces { group.terms == 3 } else { group.terms > 2 };
        if counts { self.pattern(at) } else { Ok(()) }
    }

    /// `.` ends a pattern; `;` and `,` begin another that takes over the subject. In a bracket `,` parts arguments.
    fn separator(&mut self, at: usize) -> Result<(), Refusal> {
        if self.data.is_some() {
            return Ok(());
        }
        let byte = self.text.as_bytes().get(at).copied();
        let Some(group) = self.groups.last_mut() else { return Ok(()) };
        let braces = group.braces;
        group.terms = match byte {
            Some(b';') if braces => 1,
            Some(b',') if braces => 2,
            _ => 0,
        };
        if braces { Ok(()) } else { self.operator(at) }
    }

    fn pattern(&mut self, at: usize) -> Result<(), Refusal> {
        self.patterns += 1;
        // A bracket's patterns belong to the group around it.
        let around = self.groups.iter_mut().rev().find(|group| group.braces);
        let in_group = around.map_or(0, |group| {
            group.patterns += 1;
            group.patterns
        });
        let (in_group_max, all_max) = (self.limits.patterns_max, self.limits.operators_max);
        if in_group > in_group_max || self.patterns > all_max {
            return Err(self.refuse(
                "sparql-patterns",
                at,
                format!("fler än {in_group_max} trippelmönster i en grupp, eller {all_max} i alla"),
                format!("more than {in_group_max} triple patterns in a group, or {all_max} in all"),
            ));
        }
        Ok(())
    }

    fn operator(&mut self, at: usize) -> Result<(), Refusal> {
        if self.data.is_some() {
            return Ok(());
        }
        if let Some(group) = self.groups.last_mut() {
            // After `/` or `|` the property goes on; a word begins something new.
            let symbol = self.text.as_bytes().get(at).is_some_and(|b| !is_word(*b));
            group.terms = if group.braces && symbol { group.terms.min(1) } else { 0 };
        }
        self.operators += 1;
        if self.operators > self.limits.operators_max {
            let max = self.limits.operators_max;
            return Err(self.refuse(
                "sparql-operators",
                at,
                format!("fler än {max} operatorer"),
                format!("more than {max} operators"),
            ));
        }
        Ok(())
    }

    fn refuse(&self, id: &str, at: usize, sv: String, en: String) -> Refusal {
        unreadable(id, SUBJECT, sv, en).at(position(self.text.as_bytes(), at))
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

/// The end of a name, prefixed name, number or language tag.
fn word_end(bytes: &[u8], from: usize) -> usize {
    let rest = bytes.get(from..).unwrap_or_default();
    let inner = |at: usize| rest.get(at + 1).is_some_and(|b| is_word(*b) || *b == b':');
    let end = rest.iter().enumerate().position(|(at, b)| match b {
        b'.' | b'-' => !inner(at),
        b => !(is_word(*b) || matches!(b, b':' | b'%' | b'\\')),
    });
    end.map_or(bytes.len(), |length| from + length)
}

fn string_end(bytes: &[u8], at: usize, quote: u8) -> usize {
    let long = bytes.get(at..at + 3) == Some(&[quote; 3]);
    let mut here = at + if long { 3 } else { 1 };
    while let Some(byte) = bytes.get(here) {
        match byte {
            b'\\' => here += 2,
            b if *b == quote && !long => return here + 1,
            b if *b == quote && bytes.get(here..here + 3) == Some(&[quote; 3]) => return here + 3,
            b'\n' if !long => return here + 1,
            _ => here += 1,
        }
    }
    bytes.len()
}

/// The end of an IRI that opens at `at`; none when the `<` is a comparison.
fn iri_end(bytes: &[u8], at: usize) -> Option<usize> {
    let rest = bytes.get(at + 1..)?;
    let end = rest.iter().position(|b| *b == b'>' || *b <= b' ' || b"<\"{}|^`\\".contains(b))?;
    (rest.get(end) == Some(&b'>')).then_some(at + 1 + end + 1)
}

/// Parses and plans a query over an empty store, on a quarter of the stack that [`crate::Store::query`] has.
///
/// Meant for a confined worker: a query that overflows the stack takes the process with it.
///
/// # Errors
/// `sparql-syntax` with what the parser says, `sparql-timeout` when planning alone takes more than ten seconds.
pub fn rehearse(query: &str) -> Result<(), Refusal> {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new()
            .name("rehearse".into())
            .stack_size(STACK_BYTES / 4)
            .spawn_scoped(scope, || plan(query))
            .map_err(|error| internal("no-thread", SUBJECT, "ingen tråd att pröva i", "no thread to rehearse in", error))?;
        thread.join().unwrap_or_else(|_| {
            Err(unreadable(
                "sparql-died",
                SUBJECT,
                "frågan fick prövningen att stanna",
                "the query made the rehearsal stop",
            ))
        })
    })
}

fn plan(query: &str) -> Result<(), Refusal> {
    let token = CancellationToken::new();
    let prepared = prepare(query, &token)?;
    // Whatever evaluation there is over nothing ends at once; only the plan is wanted.
    token.cancel();
    let started = std::time::Instant::now();
    let store =
        oxigraph::store::Store::new().map_err(|error| internal("store-failed", SUBJECT, "ingen tom graf", "no empty graph", error))?;
    drop(prepared.on_store(&store).execute());
    if started.elapsed() > PLANNING_MAX {
        return Err(unreadable(
            "sparql-timeout",
            SUBJECT,
            "frågan tar för lång tid att planera",
            "the query takes too long to plan",
        ));
    }
    Ok(())
}

/// What the confined worker is asked to rehearse.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RehearseRequest {
    /// The query, screened.
    pub query: String,
}

/// [`rehearse`] as a piece of work for a confined worker: a [`RehearseRequest`] in, null out.
///
/// # Errors
/// Those of [`rehearse`], and an input that is no request.
pub fn rehearse_work(input: Value, _dir: &Path) -> Result<Value, Refusal> {
    let request: RehearseRequest =
        serde_json::from_value(input).map_err(|error| internal("bad-request", SUBJECT, "oläslig begäran", "unreadable request", error))?;
    rehearse(&request.query).map(|()| Value::Null)
}
