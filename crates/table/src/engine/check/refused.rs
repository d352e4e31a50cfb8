//! Why a rule cannot run, in words of our own: the rule, the column and the place in its SQL.
//!
//! In: what the planner or the engine says. Out: a refusal that quotes none of it, for its text may hold literals of the rule or cells of the
//! table. Names of columns come from the rule's SQL, where its author wrote them.

use datafusion::common::{DataFusionError, SchemaError};
use fyr_model::table::Column;
use fyr_model::{Position, Refusal, RefusalKind, Text};

use super::Case;
use crate::rules::{Rule, identifier};

/// Letters of a name that is shown.
const NAME: usize = 80;

fn refusal(id: &str, case: &Case<'_>, text: Text) -> Refusal {
    Refusal::new(id, RefusalKind::Configuration, &case.id, text)
}

/// The planner's no.
pub(super) fn unplanned(case: &Case<'_>, error: &DataFusionError) -> Refusal {
    let refused = |sv: String, en: String, place: Option<Position>| {
        let refusal = refusal("rule-sql", case, Text::new(sv, en));
        match place {
            Some(place) => refusal.at(place),
            None => refusal,
        }
    };
    let said = place(error);
    match error.find_root() {
        DataFusionError::SQL(..) => refused(
            "regelns SELECT är felskriven".into(),
            "the rule's SELECT is malformed".into(),
            said.or_else(|| written(&error.to_string())),
        ),
        DataFusionError::SchemaError(cause, _) => match cause.as_ref() {
            SchemaError::FieldNotFound { field, .. } => {
                let name = shown(field.name());
                refused(
                    format!("regelns SELECT läser kolumnen {name}, som inte finns där den står"),
                    format!("the rule's SELECT reads the column {name}, which does not exist where it stands"),
                    said.or_else(|| of(&case.sql, field.name())),
                )
                .hint(Text::new(
                    "skriv namn inom dubbla citattecken och nämn varje kolumn under reads",
                    "write names in double quotes, and name every column under reads",
                ))
            }
            SchemaError::AmbiguousReference { field } => {
                let name = shown(field.name());
                refused(
                    format!("kolumnen {name} finns i flera av tabellerna i regelns SELECT"),
                    format!("the column {name} is in several of the tables of the rule's SELECT"),
                    said.or_else(|| of(&case.sql, field.name())),
                )
                .hint(Text::new("skriv t. framför kolumnen", "write t. before the column"))
            }
            _ => refused(
                "två kolumner i regelns SELECT heter lika".into(),
                "two columns of the rule's SELECT have the same name".into(),
                said,
            ),
        },
        _ => refused(
            "en tabell, funktion eller typ i regelns SELECT finns inte eller passar inte där den står".into(),
            "a table, function or type of the rule's SELECT does not exist or does not fit where it stands".into(),
            said,
        )
        .hint(Text::new(
            "tabellerna är t och de ref.NAMN som står under reads",
            "the tables are t and the ref.NAME that stand under reads",
        )),
    }
}

/// The place that the planner points at.
fn place(error: &DataFusionError) -> Option<Position> {
    let start = error.diagnostic()?.span?.start;
    (start.line > 0).then_some(Position {
        line: start.line,
        column: start.column,
        offset: 0,
    })
}

/// The place in a parser's sentence, of which nothing else is kept.
fn written(sentence: &str) -> Option<Position> {
    let number = |after: &str| -> Option<u64> {
        let (_, rest) = sentence.rsplit_once(after)?;
        let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
        digits.parse().ok()
    };
    Some(Position {
        line: number("Line: ")?,
        column: number("Column: ")?,
        offset: 0,
    })
}

/// Where a name stands first in the SQL.
fn of(sql: &str, name: &str) -> Option<Position> {
    let offset = sql.find(&identifier(name)).or_else(|| sql.find(name))?;
    let before = sql.get(..offset)?;
    let line = before.rsplit('\n').next().unwrap_or_default();
    Some(Position {
        line: before.matches('\n').count() as u64 + 1,
        column: line.chars().count() as u64 + 1,
        offset: offset as u64,
    })
}

fn shown(name: &str) -> String {
    name.chars().take(NAME).collect()
}

/// What the engine says when a plan stops may quote a cell; the rule's name is enough to find it.
pub(super) fn stopped(case: &Case<'_>) -> Refusal {
    let text = Text::new(
        "regeln stannade när den kördes, kanske vid en omvandling av ett värde",
        "the rule stopped while running, perhaps at a cast of a value",
    );
    refusal("rule-stopped", case, text).hint(Text::new("använd TRY_CAST i stället för CAST", "use TRY_CAST instead of CAST"))
}

pub(super) fn gives_nothing(case: &Case<'_>) -> Refusal {
    let text = Text::new(
        "regeln ger inte radnummer eller ett antal, så som dess huvud säger",
        "the rule does not give row numbers or a count, as its head says",
    );
    refusal("rule-gives", case, text).hint(Text::new(
        "en regel ger t.\"row\" eller ett tal av count, aldrig ett värde ur tabellen",
        "a rule gives t.\"row\" or a number made of count, never a value of the table",
    ))
}

/// A column that the SQL reads and the head does not name.
pub(super) fn reads_more(case: &Case<'_>, name: &str) -> Refusal {
    let text = Text::new(
        format!("regeln läser kolumnen {name}, som inte står under reads"),
        format!("the rule reads the column {name}, which does not stand under reads"),
    );
    refusal("rule-reads", case, text)
}

/// A text column against a number without quotes.
pub(super) fn compares_bare(case: &Case<'_>, name: &str) -> Refusal {
    let text = Text::new(
        format!("regeln jämför textkolumnen {name} med ett tal utan citattecken"),
        format!("the rule compares the text column {name} with a bare number"),
    );
    refusal("rule-bare-number", case, text).hint(Text::new(
        "skriv koden inom citattecken: '0180'",
        "write the code in quotes: '0180'",
    ))
}

/// A column of the head that the table lacks.
pub(super) fn missing(rule: &Rule, name: &str, columns: &[Column]) -> Refusal {
    let known: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
    let text = Text::new(
        format!("regeln läser kolumnen {name}, som tabellen saknar"),
        format!("the rule reads the column {name}, which the table lacks"),
    );
    Refusal::new("rule-column-missing", RefusalKind::Configuration, &rule.id, text).hint(Text::new(
        format!("kolumnerna är {}", known.join(", ")),
        format!("the columns are {}", known.join(", ")),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_found_and_nothing_else_of_the_sentence() {
        let found = written("SQL error: ParserError(\"Expected: ), found: 'Anna' at Line: 2, Column: 17\")");
        assert_eq!(found.map(|place| (place.line, place.column)), Some((2, 17)));
        assert_eq!(written("no place"), None);
        let found = of("SELECT \"row\"\nFROM t WHERE \"år\" = 1", "år").unwrap();
        assert_eq!((found.line, found.column), (2, 14));
    }
}
