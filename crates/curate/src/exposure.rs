//! Which columns of a profile may show values, and to whom (H33).

use std::collections::BTreeMap;

use fyr_audit::Asked;
use fyr_model::privacy::{PersonalDataFinding, PrivacyPolicy, Role};
use fyr_model::table::Column;
use fyr_table::{Exposure, Show};

use crate::protect::ProtectedTable;

/// What the file's holder sees: columns that detectors cleared, exactly; the others by type and counts.
pub fn for_holder(columns: &[Column], detections: &[PersonalDataFinding]) -> Exposure {
    let show = |column: &Column| match detections.iter().find(|finding| finding.column == column.name) {
        Some(finding) if finding.verdict == "none" => Show::Values,
        Some(finding) => Show::CountsOnly(finding.verdict.clone()),
        None => Show::CountsOnly("unscanned".into()),
    };
    Exposure {
        columns: columns.iter().map(|column| (column.name.clone(), show(column))).collect(),
        group_min: 1,
        coarse: false,
    }
}

/// What a profile may hold that outlives its table: values of columns that detectors cleared and that the policy calls plain.
pub(crate) fn for_keeping(columns: &[Column], detections: &[PersonalDataFinding], policy: &PrivacyPolicy) -> Exposure {
    let mut exposure = for_holder(columns, detections);
    for (name, show) in &mut exposure.columns {
        let role = policy.columns.get(name).map(|column| column.role());
        if role != Some(Role::Plain) && *show == Show::Values {
            *show = Show::CountsOnly("not-plain".into());
        }
    }
    exposure
}

/// What everybody sees (H33): only plain columns without direct identifiers; groups of at least k and rounded bounds in a protected table.
pub(crate) fn for_publication(protected: &ProtectedTable, detections: &[PersonalDataFinding], asked: &Asked) -> Exposure {
    let show = |column: &Column| {
        let direct = detections
            .iter()
            .any(|finding| finding.column == column.name && finding.verdict == "direct");
        match protected.roles.get(&column.name) {
            Some(Role::Plain) if !direct || asked.cleared.contains_key(&column.name) => Show::Values,
            Some(Role::Sensitive) => Show::CountsOnly("sensitive".into()),
            Some(Role::QuasiIdentifier) => Show::CountsOnly("quasi-identifying".into()),
            _ => Show::CountsOnly("direct".into()),
        }
    };
    let columns: BTreeMap<String, Show> = protected.columns.iter().map(|column| (column.name.clone(), show(column))).collect();
    let coarse = protected.is_protected();
    Exposure {
        columns,
        group_min: if coarse { asked.k.unwrap_or(10) } else { 1 },
        coarse,
    }
}
