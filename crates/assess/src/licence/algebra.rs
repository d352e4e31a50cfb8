//! The licence of what is made from several sources (`licences.md` section 4): the least restrictive one that all of them allow.

use std::collections::BTreeMap;

use fyr_model::{Licence, Text};

use super::table::{TABLE, by_code};

/// The least restrictive licence that a work made from all `sources` may carry.
///
/// # Errors
/// The reason in plain words, naming the source licence that blocks: none given, one that the list does not know, one that forbids changes,
/// or two that cannot be joined.
///
/// ```
/// # use fyr_assess::licence::{by_code, derive};
/// let of = |codes: &[&str]| derive(&codes.iter().filter_map(|code| by_code(code)).collect::<Vec<_>>()).map(|licence| licence.code);
/// assert_eq!(of(&["CC0", "CC_BY_4_0"]), Ok("CC_BY_4_0".into()));
/// assert!(of(&["CC_BYSA_4_0", "ODC_BL"]).is_err());
/// ```
pub fn derive(sources: &[Licence]) -> Result<Licence, Text> {
    if sources.is_empty() {
        return Err(Text::new("Ingen källa anger någon licens.", "No source states a licence."));
    }
    if let Some(unknown) = sources.iter().find(|licence| !TABLE.entries.contains_key(&licence.code)) {
        return Err(Text::new(
            format!("Licensen {} finns inte i listan. Då får inget härlett publiceras.", unknown.label),
            format!(
                "The licence {} is not on the list. Nothing derived may be published.",
                unknown.label
            ),
        ));
    }
    if let Some(closed) = sources.iter().find(|licence| licence.flags.nd) {
        return Err(Text::new(
            format!("{} tillåter inte att ändrade data sprids.", closed.label),
            format!("{} does not allow changed data to be shared.", closed.label),
        ));
    }
    let families = families(sources);
    let shared = share_alike(&families)?;
    let commercial_no = sources.iter().find(|licence| licence.flags.nc && !licence.flags.sa);
    if let (Some((family, by)), Some(nc)) = (&shared, commercial_no)
        && !family.starts_with("cc-by-nc-sa")
    {
        return Err(incompatible(by, nc));
    }
    let code = match &shared {
        Some((family, licence)) => heir(family, licence),
        None if commercial_no.is_some() => "CC_BYNC_4_0",
        None if sources.iter().any(|licence| licence.flags.by) => "CC_BY_4_0",
        None => "CC0",
    };
    by_code(code).ok_or_else(|| {
        Text::new(
            "Licenslistan saknar den härledda licensen.",
            "The licence list lacks the derived licence.",
        )
    })
}

/// Whether a work made from `sources` may carry `chosen`.
///
/// # Errors
/// Why not: nothing may be derived at all, or `chosen` asks for less than the sources do.
pub fn fits(chosen: &Licence, sources: &[Licence]) -> Result<(), Text> {
    let least = derive(sources)?;
    let shared = least.flags.sa || chosen.flags.sa;
    let enough = (!least.flags.by || chosen.flags.by) && (!least.flags.nc || chosen.flags.nc);
    let same = chosen.code == least.code;
    let later_only = sources.iter().all(|source| !source.flags.sa) && !least.flags.sa;
    if same || (enough && (!shared || later_only)) {
        return Ok(());
    }
    Err(Text::new(
        format!("{} kräver mindre än källorna. Minst {} behövs.", chosen.label, least.label),
        format!(
            "{} asks for less than the sources do. At least {} is needed.",
            chosen.label, least.label
        ),
    ))
}

/// The share-alike families among the sources, each with one licence that brought it in.
fn families(sources: &[Licence]) -> BTreeMap<String, &Licence> {
    let family = |licence: &Licence| TABLE.entries.get(&licence.code).and_then(|entry| entry.family.clone());
    sources
        .iter()
        .filter(|licence| licence.flags.sa)
        .map(|licence| (family(licence).unwrap_or_else(|| licence.code.clone()), licence))
        .collect()
}

/// The one family that governs; IODL 1.0 declares itself compatible with CC BY-SA and ODbL.
fn share_alike<'a>(families: &BTreeMap<String, &'a Licence>) -> Result<Option<(String, &'a Licence)>, Text> {
    let yielding = |family: &str| family == "iodl-1" && families.keys().any(|other| matches!(other.as_str(), "cc-by-sa" | "odbl"));
    let mut governing = families.iter().filter(|(family, _)| !yielding(family));
    let first = governing.next();
    if let (Some((_, one)), Some((_, other))) = (first, governing.next()) {
        return Err(incompatible(one, other));
    }
    Ok(first.map(|(family, licence)| (family.clone(), *licence)))
}

/// The licence that a share-alike family hands on: the newest of Creative Commons, else the licence itself.
fn heir<'a>(family: &str, licence: &'a Licence) -> &'a str {
    match family {
        "cc-by-sa" => "CC_BYSA_4_0",
        "cc-by-nc-sa" => "CC_BYNCSA_4_0",
        _ => &licence.code,
    }
}

fn incompatible(one: &Licence, other: &Licence) -> Text {
    Text::new(
        format!(
            "{} och {} går inte att förena i en datamängd. Håll dem som skilda tabeller.",
            one.label, other.label
        ),
        format!(
            "{} and {} cannot be joined in one dataset. Keep them as separate tables.",
            one.label, other.label
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(codes: &[&str]) -> Result<String, Text> {
        let sources: Vec<Licence> = codes.iter().map(|code| by_code(code).unwrap()).collect();
        derive(&sources).map(|licence| licence.code)
    }

    #[test]
    fn the_result_is_the_least_restrictive_licence_that_all_sources_allow() {
        for (sources, result) in [
            (&["CC0"][..], "CC0"),
            (&["CC0", "ODC_PDDL", "DLDE_ZERO_2_0", "CC_PDM_1_0"], "CC0"),
            (&["CC0", "CC_BY_3_0"], "CC_BY_4_0"),
            (&["NLOD_2_0", "OGL_3_0", "IODL_2_0"], "CC_BY_4_0"),
            (&["CC_BYSA_3_0", "CC_BY_4_0"], "CC_BYSA_4_0"),
            (&["ODC_BL", "CC0", "CC_BY_4_0"], "ODC_BL"),
            (&["CC_BYNC_4_0", "CC_BY_4_0"], "CC_BYNC_4_0"),
            (&["CC_BYNCSA_4_0", "CC_BYNC_4_0", "CC0"], "CC_BYNCSA_4_0"),
            (&["IODL_1_0", "CC_BYSA_4_0"], "CC_BYSA_4_0"),
            (&["IODL_1_0", "ODC_BL"], "ODC_BL"),
            (&["IODL_1_0"], "IODL_1_0"),
        ] {
            assert_eq!(of(sources), Ok(result.to_owned()), "{sources:?}");
        }
    }

    #[test]
    fn a_blocking_source_is_named() {
        for (sources, named) in [
            (&["CC0", "CC_BYND_4_0"][..], "CC BY-ND 4.0"),
            (&["CC_BYSA_4_0", "ODC_BL"], "ODbL 1.0"),
            (&["CC_BYSA_4_0", "CC_BYNCSA_4_0"], "CC BY-NC-SA 4.0"),
            (&["ODC_BL", "CC_BYNCSA_4_0"], "ODbL 1.0"),
            (&["CC_BYNC_4_0", "CC_BYSA_4_0"], "CC BY-NC 4.0"),
            (&["CC_BYNC_4_0", "ODC_BL"], "CC BY-NC 4.0"),
            (&["IODL_1_0", "ODC_BL", "CC_BYSA_4_0"], "ODbL 1.0"),
        ] {
            let reason = of(sources).unwrap_err();
            assert!(reason.sv.contains(named) && reason.en.contains(named), "{sources:?}: {reason:?}");
        }
        assert!(of(&[]).is_err());
        let strange = Licence {
            code: "X".into(),
            label: "Egen".into(),
            ..by_code("CC0").unwrap()
        };
        assert!(derive(&[strange]).unwrap_err().sv.contains("Egen"));
    }

    #[test]
    fn a_chosen_licence_may_ask_for_more_but_never_for_less() {
        let fit = |chosen: &str, sources: &[&str]| {
            let sources: Vec<Licence> = sources.iter().map(|code| by_code(code).unwrap()).collect();
            fits(&by_code(chosen).unwrap(), &sources).is_ok()
        };
        assert!(fit("CC0", &["CC0"]) && fit("CC_BY_4_0", &["CC0"]) && fit("CC_BYSA_4_0", &["CC_BY_4_0"]));
        assert!(!fit("CC0", &["CC_BY_4_0"]) && !fit("CC_BY_4_0", &["CC_BYSA_4_0"]) && !fit("CC_BY_4_0", &["CC_BYNC_4_0"]));
        assert!(fit("CC_BYSA_4_0", &["CC_BYSA_3_0"]) && !fit("CC_BYSA_3_0", &["CC_BYSA_4_0"]) && !fit("ODC_BL", &["CC_BYSA_4_0"]));
    }

    fn any_licence() -> impl proptest::strategy::Strategy<Value = Licence> {
        let all: Vec<Licence> = TABLE.entries.values().map(|entry| entry.licence.clone()).collect();
        proptest::sample::select(all)
    }

    proptest::proptest! {
        #[test]
        fn a_result_carries_every_duty_of_its_sources_in_any_order(mut sources in proptest::collection::vec(any_licence(), 1..5)) {
            let result = derive(&sources);
            sources.reverse();
            // The order of the sources changes neither the licence nor whether there is one; an error may name the other of two.
            proptest::prop_assert_eq!(result.clone().ok(), derive(&sources).ok());
            if let Ok(licence) = result {
                proptest::prop_assert!(!licence.flags.nd && sources.iter().all(|source| !source.flags.nd));
                for source in &sources {
                    let kept = (!source.flags.by || licence.flags.by) && (!source.flags.sa || licence.flags.sa) && (!source.flags.nc || licence.flags.nc);
                    proptest::prop_assert!(kept, "{} from {}", licence.code, source.code);
                }
                proptest::prop_assert!(fits(&licence, &sources).is_ok());
            }
        }
    }
}
