//! The table of `catalog/licences.toml`, indexed by code, normal form of the address, and written name.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use fyr_model::{Licence, LicenceFlags};
use serde::Deserialize;

use super::normalise::{fold, normal_form};
use crate::packs::LICENCES;

#[derive(Debug, Default, Deserialize)]
struct File {
    base: String,
    missing: Vec<String>,
    software: Vec<String>,
    not_a_licence: Vec<NotALicence>,
    deprecated: Vec<Deprecated>,
    variant: Vec<Variant>,
    licence: Vec<Row>,
}

#[derive(Debug, Deserialize)]
struct NotALicence {
    seen: String,
    meant: String,
}

#[derive(Debug, Deserialize)]
struct Deprecated {
    code: String,
    becomes: String,
}

#[derive(Debug, Deserialize)]
struct Variant {
    seen: String,
    code: String,
    note: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Row {
    code: String,
    label: String,
    iri: String,
    spdx: Option<String>,
    flags: Vec<String>,
    family: Option<String>,
    hvd: Option<String>,
    #[serde(default)]
    names: Vec<String>,
    #[serde(default)]
    software: bool,
}

/// Whether a licence fits a high-value dataset, by Regulation (EU) 2023/138.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hvd {
    /// No condition, or CC BY 4.0.
    Passes,
    /// As free as CC BY 4.0: passes with a note.
    Equivalent,
    /// Open, but nobody has settled whether it is as free as CC BY 4.0.
    Undecided,
    /// Share-alike, non-commercial or no derivatives.
    Fails,
}

/// A licence with what only the algebra asks.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) licence: Licence,
    pub(super) family: Option<String>,
    pub(super) hvd: Hvd,
    pub(super) software: bool,
}

/// What a normal form or a name stands for.
#[derive(Debug, Clone)]
pub(super) struct Target {
    pub(super) code: String,
    pub(super) note: Option<String>,
}

/// The indexed table.
#[derive(Debug, Default)]
pub(super) struct Table {
    pub(super) base: String,
    pub(super) entries: BTreeMap<String, Entry>,
    pub(super) by_form: BTreeMap<String, Target>,
    pub(super) by_name: BTreeMap<String, Target>,
    pub(super) missing: Vec<String>,
    pub(super) software: BTreeMap<String, String>,
    pub(super) not_a_licence: BTreeMap<String, String>,
}

pub(super) static TABLE: LazyLock<Table> = LazyLock::new(|| Table::index(LICENCES.read()));

fn entry(row: &Row) -> Entry {
    let has = |flag: &str| row.flags.iter().any(|given| given == flag);
    let flags = LicenceFlags {
        open: has("open"),
        by: has("by"),
        sa: has("sa"),
        nc: has("nc"),
        nd: has("nd"),
    };
    Entry {
        licence: Licence {
            code: row.code.clone(),
            label: row.label.clone(),
            iri: row.iri.clone(),
            spdx: row.spdx.clone(),
            flags,
        },
        family: row.family.clone(),
        hvd: match row.hvd.as_deref() {
            _ if flags.sa || flags.nc || flags.nd => Hvd::Fails,
            Some("free" | "yes") => Hvd::Passes,
            Some("equivalent") => Hvd::Equivalent,
            _ => Hvd::Undecided,
        },
        software: row.software,
    }
}

impl Table {
    fn index(file: File) -> Self {
        let mut table = Self {
            missing: file.missing.iter().map(|text| normal_form(text)).collect(),
            software: file.software.iter().map(|name| (fold(name), name.clone())).collect(),
            not_a_licence: file.not_a_licence.into_iter().map(|row| (fold(&row.seen), row.meant)).collect(),
            base: file.base,
            ..Self::default()
        };
        for row in &file.licence {
            table.entries.insert(row.code.clone(), entry(row));
            let plain = Target {
                code: row.code.clone(),
                note: None,
            };
            table.by_form.insert(normal_form(&row.iri), plain.clone());
            table
                .by_form
                .insert(normal_form(&format!("{}{}", table.base, row.code)), plain.clone());
            for name in row.names.iter().chain(&row.spdx) {
                table.by_name.insert(fold(name), plain.clone());
            }
        }
        for row in &file.deprecated {
            let target = Target {
                code: row.becomes.clone(),
                note: Some(format!("retired code {} read as {}", row.code, row.becomes)),
            };
            table.by_form.insert(normal_form(&format!("{}{}", table.base, row.code)), target);
        }
        for row in file.variant {
            let target = Target {
                code: row.code,
                note: row.note,
            };
            if row.seen.starts_with("http") {
                table.by_form.insert(normal_form(&row.seen), target);
            } else {
                table.by_name.insert(fold(&row.seen), target);
            }
        }
        table
    }
}

/// The licence with a code of the EU table, for instance `CC_BY_4_0`.
///
/// ```
/// assert!(fyr_assess::licence::by_code("CC_BY_4_0").is_some_and(|licence| licence.flags.by));
/// ```
pub fn by_code(code: &str) -> Option<Licence> {
    TABLE.entries.get(code).map(|entry| entry.licence.clone())
}

/// Whether an IRI is of the EU's licence table, whose IRIs are accepted at harvest since DCAT-AP-SE 3.0.0.
pub(crate) fn is_eu_licence(iri: &str) -> bool {
    iri.starts_with(TABLE.base.as_str())
}

/// Whether a licence fits a high-value dataset (`licences.md` section 5).
pub fn hvd(licence: &Licence) -> Hvd {
    TABLE.entries.get(&licence.code).map_or(Hvd::Undecided, |entry| entry.hvd)
}
