//! What a change note says of a drift, beside the rows that came and went.

use fyr_model::Text;
use fyr_model::profile::DriftReport;
use fyr_table::{Exposure, Show};

/// Columns named in a note.
const NAMED: usize = 5;

/// The note with what has another distribution, and what the owner says of it. Distributions are told only of columns that everybody may see
/// (H33), and not at all of a protected table: they were measured on the rows before protection.
pub(crate) fn drift_note(note: Text, report: Option<&DriftReport>, exposure: &Exposure) -> Text {
    let Some(report) = report else { return note };
    let mut moved: Vec<(&str, f64)> = report
        .drift
        .columns
        .iter()
        .filter(|column| column.level != "none" && !exposure.coarse && exposure.columns.get(&column.name) == Some(&Show::Values))
        .filter_map(|column| Some((column.name.as_str(), column.psi.or(column.jensen_shannon)?)))
        .collect();
    moved.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(b.0)));
    let (mut sv, mut en) = (vec![note.sv], vec![note.en]);
    if !moved.is_empty() {
        let named: Vec<String> = moved
            .iter()
            .take(NAMED)
            .map(|(name, index)| format!("{name} ({index:.2})"))
            .collect();
        let more = moved.len().saturating_sub(NAMED);
        let (and_sv, and_en) = if more > 0 {
            (format!(" och {more} till"), format!(" and {more} more"))
        } else {
            Default::default()
        };
        let swedish: Vec<String> = named.iter().map(|one| decimal_comma(one)).collect();
        sv.push(format!("Ny fördelning i {}{and_sv}.", swedish.join(", ")));
        en.push(format!("Another distribution in {}{and_en}.", named.join(", ")));
    }
    for said in &report.explained {
        sv.push(said.sv.clone());
        en.push(said.en.clone());
    }
    Text::new(sv.join(" "), en.join(" "))
}

/// The index at the end of `name (0.31)` with a comma; the name is left alone.
fn decimal_comma(one: &str) -> String {
    match one.rsplit_once('(') {
        Some((name, index)) => format!("{name}({}", index.replace('.', ",")),
        None => one.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use fyr_model::profile::{ColumnDrift, Drift, Explanation};

    use super::*;

    fn report() -> DriftReport {
        let column = |name: &str, level: &str, psi: f64| ColumnDrift {
            name: name.into(),
            level: level.into(),
            psi: Some(psi),
            ..ColumnDrift::default()
        };
        DriftReport {
            since: Some(fyr_model::Version::FIRST),
            at: DateTime::UNIX_EPOCH,
            drift: Drift {
                rows: [10, 10],
                columns: vec![
                    column("v1.2 (m)", "notice", 0.12),
                    column("antal", "warning", 0.314),
                    column("still", "none", 0.01),
                    column("hemlig", "warning", 2.0),
                ],
                ..Drift::default()
            },
            findings: Vec::new(),
            explained: vec![Explanation {
                since: fyr_model::Version::FIRST,
                finding: "drift-distribution".into(),
                column: None,
                sv: "Ny mätare.".into(),
                en: "New meter.".into(),
            }],
        }
    }

    fn exposure(coarse: bool) -> Exposure {
        let shown = ["v1.2 (m)", "antal", "still"].map(|name| (name.to_owned(), Show::Values));
        Exposure {
            columns: shown.into(),
            group_min: 1,
            coarse,
        }
    }

    #[test]
    fn a_note_tells_what_moved_and_what_the_owner_says() {
        let note = drift_note(Text::new("3 rader tillkom.", "3 rows added."), Some(&report()), &exposure(false));
        assert_eq!(
            note.sv,
            "3 rader tillkom. Ny fördelning i antal (0,31), v1.2 (m) (0,12). Ny mätare."
        );
        assert_eq!(
            note.en,
            "3 rows added. Another distribution in antal (0.31), v1.2 (m) (0.12). New meter."
        );
    }

    #[test]
    fn h33_a_protected_tables_note_tells_no_distribution() {
        let note = drift_note(Text::new("a", "b"), Some(&report()), &exposure(true));
        assert_eq!(note, Text::new("a Ny mätare.", "b New meter."));
        assert_eq!(drift_note(Text::new("a", "b"), None, &exposure(false)), Text::new("a", "b"));
    }
}
