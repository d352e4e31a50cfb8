//! Sentences that several documents share, each number from the record, the profile or a report.

use fyr_model::Text;
use fyr_model::privacy::{ColumnPlan, Role};
use fyr_model::table::{ColumnProfile, ColumnType};

use crate::Documents;

/// The words for a question that nobody answered (D4).
pub(crate) fn not_stated() -> Text {
    Text::new("inte angivet av utgivaren", "not stated by the publisher")
}

/// An answer of the card, or the words that say there is none.
pub(crate) fn answer(given: &Option<Text>) -> Text {
    given
        .clone()
        .filter(|text| !text.sv.trim().is_empty() && !text.en.trim().is_empty())
        .unwrap_or_else(not_stated)
}

/// Cells without a value, by column.
pub(crate) fn missing(documents: &Documents) -> Text {
    let profile = &documents.profile;
    let cells = profile.rows * profile.columns.len() as u64;
    let holes: Vec<&ColumnProfile> = profile.columns.iter().filter(|column| column.nulls > 0).collect();
    let total: u64 = holes.iter().map(|column| column.nulls).sum();
    if holes.is_empty() {
        return Text::new(
            format!("Inga av {cells} celler saknar värde."),
            format!("None of {cells} cells is missing."),
        );
    }
    let list = holes
        .iter()
        .map(|column| format!("{} ({})", column.name, column.nulls))
        .collect::<Vec<_>>()
        .join(", ");
    Text::new(
        format!("{total} av {cells} celler saknar värde, efter kolumn: {list}."),
        format!("{total} of {cells} cells are missing, by column: {list}."),
    )
}

/// What was done to protect persons. Never the word anonymous (`privacy.md` section 6).
pub(crate) fn protection(documents: &Documents) -> Text {
    let unchanged = Text::new(
        "Inga rader eller värden har ändrats för att skydda personer.",
        "No rows or values were changed to protect persons.",
    );
    let Some(facts) = &documents.protection else { return unchanged };
    let named = |pick: &dyn Fn(&ColumnPlan) -> bool| {
        let names: Vec<&str> = facts
            .columns
            .iter()
            .filter(|plan| pick(plan))
            .map(|plan| plan.column.as_str())
            .collect();
        (!names.is_empty()).then(|| names.join(", "))
    };
    let mut sentences = Vec::new();
    if let Some(k) = documents.privacy.k_required {
        sentences.push(Text::new(
            format!("Skyddsbehandlad (k-anonymitet, k = {k})."),
            format!("Disclosure-protected (k-anonymity, k = {k})."),
        ));
    }
    if let Some(removed) = named(&|plan| plan.action == "remove") {
        sentences.push(Text::new(
            format!("Borttagna kolumner: {removed}."),
            format!("Columns removed: {removed}."),
        ));
    }
    if let Some(coarser) = named(&|plan| plan.action == "generalise" && plan.level > 0) {
        sentences.push(Text::new(
            format!("Kolumner med grövre värden: {coarser}."),
            format!("Columns made coarser: {coarser}."),
        ));
    }
    if facts.suppressed_rows > 0 {
        let (suppressed, rows) = (facts.suppressed_rows, facts.rows_in);
        sentences.push(Text::new(
            format!("{suppressed} av {rows} rader är dolda."),
            format!("{suppressed} of {rows} rows are suppressed."),
        ));
    }
    if sentences.is_empty() { unchanged } else { joined(sentences) }
}

/// In a few words: protected, columns removed, or unchanged.
pub(crate) fn standing(documents: &Documents) -> Text {
    let removed = documents
        .protection
        .iter()
        .flat_map(|facts| &facts.columns)
        .any(|plan| plan.action == "remove");
    match (&documents.record.protection, removed) {
        (Some(_), _) => Text::new("skyddsbehandlad", "disclosure-protected"),
        (None, true) => Text::new("direkt identifierande kolumner borttagna", "directly identifying columns removed"),
        (None, false) => Text::new("oförändrade rader", "unchanged rows"),
    }
}

/// What the independent audit measured on the published files.
pub(crate) fn audited(documents: &Documents) -> Text {
    let report = &documents.privacy;
    let passed = report.checks.iter().filter(|check| check.ok).count();
    let mut sentences = vec![Text::new(
        format!(
            "En fristående granskning läste de publicerade filerna: {passed} av {} kontroller godkända.",
            report.checks.len()
        ),
        format!(
            "An independent audit read the published files: {passed} of {} checks passed.",
            report.checks.len()
        ),
    )];
    sentences.push(match (report.k, report.prosecutor_average) {
        (Some(k), average) => {
            let classes = report.classes;
            let risk = average.map(|risk| format!("{:.1} %", risk * 100.0)).unwrap_or_else(|| "-".into());
            Text::new(
                format!(
                    "Minsta grupp över de indirekt identifierande uppgifterna är {k} rader ({classes} grupper); genomsnittlig risk för återidentifiering {}.",
                    risk.replace('.', ",")
                ),
                format!("The smallest group over the quasi-identifiers has {k} rows ({classes} groups); mean re-identification risk {risk}."),
            )
        }
        (None, _) => Text::new(
            "Tabellen har ingen indirekt identifierande eller känslig kolumn, så det finns ingen gruppstorlek att hålla.",
            "The table has no quasi-identifying or sensitive column, so there is no group size to hold.",
        ),
    });
    for (column, clearance) in &report.cleared {
        sentences.push(Text::new(
            format!(
                "Fynd i kolumnen {column} ({}) är bedömt {}: {}.",
                clearance.kind, clearance.date, clearance.reason
            ),
            format!(
                "A finding in column {column} ({}) was judged on {}: {}.",
                clearance.kind, clearance.date, clearance.reason
            ),
        ));
    }
    joined(sentences)
}

/// Whether a column holds protected personal data.
pub(crate) fn is_protected(documents: &Documents, column: &str) -> bool {
    let plans = documents.protection.iter().flat_map(|facts| &facts.columns);
    plans
        .filter(|plan| plan.column == column)
        .any(|plan| matches!(plan.role, Role::QuasiIdentifier | Role::Sensitive))
}

/// The rules' results, counted.
pub(crate) fn rules(documents: &Documents) -> Text {
    let rules = &documents.quality.rules;
    let failed: Vec<&str> = rules.iter().filter(|rule| !rule.passed).map(|rule| rule.id.as_str()).collect();
    let (all, good) = (rules.len(), rules.len() - failed.len());
    if failed.is_empty() {
        return Text::new(
            format!("{good} av {all} kvalitetsregler godkända."),
            format!("{good} of {all} quality rules passed."),
        );
    }
    let list = failed.join(", ");
    Text::new(
        format!("{good} av {all} kvalitetsregler godkända; underkända: {list}."),
        format!("{good} of {all} quality rules passed; failed: {list}."),
    )
}

/// A column type in words.
pub(crate) fn kind(kind: ColumnType) -> Text {
    match kind {
        ColumnType::Integer => Text::new("heltal", "integer"),
        ColumnType::Number => Text::new("tal", "number"),
        ColumnType::Boolean => Text::new("ja/nej", "boolean"),
        ColumnType::Date => Text::new("datum", "date"),
        ColumnType::Timestamp => Text::new("tidpunkt", "timestamp"),
        ColumnType::Time => Text::new("klockslag", "time"),
        ColumnType::Period => Text::new("period", "period"),
        ColumnType::Text => Text::new("text", "text"),
        ColumnType::Code => Text::new("kod", "code"),
        ColumnType::Geometry => Text::new("geometri (WKB, OGC:CRS84)", "geometry (WKB, OGC:CRS84)"),
    }
}

/// Sentences one after another.
pub(crate) fn joined(sentences: Vec<Text>) -> Text {
    let side = |pick: fn(&Text) -> &str| sentences.iter().map(pick).collect::<Vec<_>>().join(" ");
    Text::new(side(|text| &text.sv), side(|text| &text.en))
}
