//! The tests of applicability that the rule file names. Each looks for something that is there, never for a missing value: an indicator whose
//! evidence is absent applies and is not measured.

use fyr_model::Text;
use fyr_model::readiness::Evidence;
use fyr_model::table::ColumnType;

use super::rules::RULES;
use super::{document, pack, quality};

/// The reason why an indicator does not apply; none when it does.
pub(super) fn test(name: &str, evidence: &Evidence) -> Option<Text> {
    let applies = match name {
        "always" => true,
        "lineage" => !evidence.dataset.source.is_empty(),
        "code-columns" => evidence.profile.is_none() || document::code_columns(evidence).next().is_some(),
        "rhythm" => !quality::promises_no_rhythm(&evidence.dataset),
        "geometry" => has_geometry(evidence).unwrap_or(true),
        "k-columns" => evidence
            .privacy
            .as_ref()
            .is_none_or(|report| report.k_required.is_some() || !report.quasi_identifiers.is_empty()),
        "own-parquet" => is_parquet(evidence),
        "own-geometry" => is_parquet(evidence) && has_geometry(evidence) == Some(true),
        "own-croissant" => pack::has_checks(evidence, "croissant") || states_croissant(evidence),
        "own-checksum" => evidence
            .dataset
            .distributions
            .iter()
            .any(|distribution| distribution.checksum.is_some()),
        "own-splits" => pack::has_checks(evidence, "split"),
        "own-statistics" => pack::has_checks(evidence, "statistics"),
        "own-provenance" => evidence.provenance.is_some(),
        "own-plan" => evidence.update_plan || evidence.provenance.is_some(),
        "own-protection" => evidence.privacy.is_some() || evidence.protection.is_some(),
        "own-decisions" => !evidence.decisions.is_empty(),
        _ => false,
    };
    if applies {
        None
    } else {
        Some(RULES.tests.get(name).cloned().unwrap_or_default())
    }
}

fn is_parquet(evidence: &Evidence) -> bool {
    evidence.reading.as_ref().is_some_and(|reading| reading.source.format == "parquet")
}

fn has_geometry(evidence: &Evidence) -> Option<bool> {
    let profile = evidence.profile.as_ref()?;
    Some(profile.columns.iter().any(|column| column.kind == ColumnType::Geometry))
}

fn states_croissant(evidence: &Evidence) -> bool {
    let standards = evidence
        .dataset
        .distributions
        .iter()
        .flat_map(|distribution| &distribution.conforms_to);
    standards
        .map(|value| value.as_str())
        .any(|iri| iri.contains("://mlcommons.org/croissant/"))
}
