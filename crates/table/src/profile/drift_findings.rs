//! A drift in words: what of it is worth a look, for the owner of the data.
//!
//! In: a [`Drift`] as it may be told. Out: findings, gravest first, with names of columns, counts and measures and never a value. From 0.1 a
//! change is a notice and from 0.25 a warning (`tables.md` section 2): of a distribution by its index, of rows as a share of the former ones, of
//! missing cells as a share of the column.

use fyr_model::profile::{ColumnDrift, Drift, Relation};
use fyr_model::{Finding, Severity, Text};

use super::drift::{NOTICE, WARNING};

/// What of a drift is worth a look.
pub fn drift_findings(drift: &Drift) -> Vec<Finding> {
    let mut found: Vec<Finding> = rows(drift.rows).into_iter().collect();
    found.extend(drift.columns_removed.iter().map(|name| {
        let text = Text::new("kolumnen finns inte längre", "the column is no longer there");
        Finding::new("drift-column-removed", Severity::Warning, name, text)
    }));
    found.extend(drift.columns_renamed.iter().map(renamed));
    found.extend(drift.columns_retyped.iter().map(|name| {
        let text = Text::new("kolumnen har bytt typ", "the column has another type");
        Finding::new("drift-column-retyped", Severity::Warning, name, text)
    }));
    found.extend(drift.columns_added.iter().map(|name| {
        let text = Text::new("kolumnen är ny", "the column is new");
        Finding::new("drift-column-added", Severity::Info, name, text)
    }));
    for column in &drift.columns {
        found.extend(
            [missing(column), distribution(column), range(column), codes(column)]
                .into_iter()
                .flatten(),
        );
    }
    found.sort_by_key(|finding| finding.severity);
    found
}

/// How grave a change is; nothing below a notice.
fn level(change: f64) -> Option<Severity> {
    match change.abs() {
        far if far >= WARNING => Some(Severity::Warning),
        near if near >= NOTICE => Some(Severity::Info),
        _ => None,
    }
}

fn rows([before, after]: [u64; 2]) -> Option<Finding> {
    let change = (after as f64 - before as f64) / before.max(1) as f64;
    let severity = level(change)?;
    let percent = format!("{:+.1}", change * 100.0);
    Some(Finding::new(
        "drift-rows",
        severity,
        "table",
        Text::new(
            format!("antalet rader gick från {before} till {after} ({} %)", comma(&percent)),
            format!("the number of rows went from {before} to {after} ({percent} %)"),
        ),
    ))
}

fn renamed(pair: &Relation) -> Finding {
    let from = pair.from.join(", ");
    let text = Text::new(
        format!("kolumnen ser ut att vara {from} under nytt namn"),
        format!("the column looks like {from} under a new name"),
    );
    Finding::new("drift-column-renamed", Severity::Warning, &pair.to, text)
}

fn missing(column: &ColumnDrift) -> Option<Finding> {
    let [before, after] = column.missing;
    let severity = level(after - before)?;
    let (from, to) = (format!("{:.1}", before * 100.0), format!("{:.1}", after * 100.0));
    let text = Text::new(
        format!("andelen celler utan värde gick från {} till {} %", comma(&from), comma(&to)),
        format!("the share of cells without a value went from {from} to {to} %"),
    );
    Some(Finding::new("drift-missing", severity, &column.name, text))
}

fn distribution(column: &ColumnDrift) -> Option<Finding> {
    let severity = match column.level.as_str() {
        "warning" => Severity::Warning,
        "notice" => Severity::Info,
        _ => return None,
    };
    let (name, index) = match (column.psi, column.jensen_shannon) {
        (Some(psi), _) => ("PSI", psi),
        (None, Some(divergence)) => ("Jensen-Shannon", divergence),
        (None, None) => return None,
    };
    let shown = format!("{index:.2}");
    let text = Text::new(
        format!("värdena är fördelade på ett annat sätt ({name} {})", comma(&shown)),
        format!("the values are distributed in another way ({name} {shown})"),
    );
    Some(Finding::new("drift-distribution", severity, &column.name, text))
}

fn range(column: &ColumnDrift) -> Option<Finding> {
    let left = column.range_left.is_some_and(|left| left);
    left.then(|| {
        let text = Text::new(
            "värden ligger utanför det som förut var minst och störst",
            "values lie outside what was least and greatest before",
        );
        Finding::new("drift-range", Severity::Info, &column.name, text)
    })
}

/// New and vanished codes.
fn codes(column: &ColumnDrift) -> Option<Finding> {
    let (new, gone) = (column.values_new?, column.values_gone?);
    if new + gone == 0 {
        return None;
    }
    let text = Text::new(
        format!("nya värden: {new}; värden som inte längre förekommer: {gone}"),
        format!("new values: {new}; values that no longer occur: {gone}"),
    );
    Some(Finding::new("drift-codes", Severity::Info, &column.name, text))
}

fn comma(number: &str) -> String {
    number.replace('.', ",")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(drift: &Drift) -> Vec<(String, Severity, String)> {
        let found = drift_findings(drift).into_iter();
        found.map(|finding| (finding.id, finding.severity, finding.focus)).collect()
    }

    #[test]
    fn both_sides_of_each_threshold() {
        let rows = |before, after| {
            ids(&Drift {
                rows: [before, after],
                ..Drift::default()
            })
        };
        assert!(rows(1_000, 1_099).is_empty() && rows(0, 0).is_empty());
        assert_eq!(rows(1_000, 900)[0].1, Severity::Info);
        assert_eq!(rows(1_000, 1_249)[0].1, Severity::Info);
        assert_eq!(rows(1_000, 1_250), [("drift-rows".into(), Severity::Warning, "table".into())]);
        let missing = |before, after| {
            ids(&Drift {
                columns: vec![ColumnDrift {
                    name: "antal".into(),
                    level: "none".into(),
                    missing: [before, after],
                    ..ColumnDrift::default()
                }],
                ..Drift::default()
            })
        };
        assert!(missing(0.0, 0.0999).is_empty());
        assert_eq!(missing(0.0, 0.125)[0].1, Severity::Info);
        assert_eq!(missing(0.5, 0.125), [("drift-missing".into(), Severity::Warning, "antal".into())]);
    }

    #[test]
    fn the_gravest_stands_first_and_no_value_is_told() {
        let drift = Drift {
            rows: [10, 10],
            columns_added: vec!["ny".into()],
            columns_removed: vec!["borta".into()],
            columns: vec![ColumnDrift {
                name: "ort".into(),
                level: "warning".into(),
                jensen_shannon: Some(0.316),
                values_new: Some(2),
                values_gone: Some(0),
                new: vec![fyr_model::table::ValueCount {
                    value: "KANARIE".into(),
                    count: 7,
                }],
                ..ColumnDrift::default()
            }],
            ..Drift::default()
        };
        let found = drift_findings(&drift);
        let names: Vec<&str> = found.iter().map(|finding| finding.id.as_str()).collect();
        assert_eq!(
            names,
            ["drift-column-removed", "drift-distribution", "drift-column-added", "drift-codes"]
        );
        assert!(found[1].message.sv.ends_with("(Jensen-Shannon 0,32)"), "{}", found[1].message.sv);
        assert!(!serde_json::to_string(&found).unwrap().contains("KANARIE"));
    }
}
