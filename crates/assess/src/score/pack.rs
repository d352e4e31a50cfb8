//! PACK and PROV: whether a machine can take the files as they are, and whether it says where they come from. From the audit's checks, the
//! checksums that metadata states, and what a release records of its making.

use fyr_model::Text;
use fyr_model::readiness::{Evidence, ProvenanceFacts};

use super::{Seen, access, is_release};

pub(super) fn measure(id: &str, evidence: &Evidence) -> Seen {
    match id {
        "K1" => checks(evidence, "parquet"),
        "K2" => checks(evidence, "croissant"),
        "K3" if is_release(evidence) => checks(evidence, "hash"),
        "K3" => checksum(evidence),
        "K4" => checks(evidence, "split"),
        "K5" if is_release(evidence) && !has_checks(evidence, "statistics") => statistics(evidence),
        "K5" => checks(evidence, "statistics"),
        "K6" => checks(evidence, "geo"),
        "V1" => fact(
            evidence,
            |facts| facts.source_recorded,
            ("Källa, tid och kontrollsumma", "Source, time and checksum"),
        ),
        "V2" => fact(
            evidence,
            |facts| facts.versioned,
            ("Version med ändringsnot", "Version with change note"),
        ),
        "V3" => fact(evidence, |facts| facts.steps_recorded, ("Stegen som PROV", "The steps as PROV")),
        "V4" => plan(evidence),
        "V5" => fact(evidence, |facts| facts.signed, ("Manifestets signatur", "The manifest's signature")),
        _ => Seen::unmeasured("Ej mätt.", "Not measured."),
    }
}

/// Whether a check is of a family: its id begins with it, as `parquet-footer` does with `parquet`. Geometry is checked inside Parquet.
fn of_family(id: &str, family: &str) -> bool {
    let begins = |prefix: &str| id.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'));
    match family {
        "geo" => ["geo", "geoparquet", "parquet-geo"].into_iter().any(begins),
        "split" => begins("split") || begins("splits"),
        family => begins(family),
    }
}

pub(super) fn has_checks(evidence: &Evidence, family: &str) -> bool {
    count(evidence, family).1 > 0
}

/// Checks of a family that hold, and all of them.
pub(super) fn count(evidence: &Evidence, family: &str) -> (usize, usize) {
    let own: Vec<bool> = evidence
        .packaging
        .iter()
        .flatten()
        .filter(|check| of_family(&check.id, family))
        .map(|check| check.ok)
        .collect();
    (own.iter().filter(|ok| **ok).count(), own.len())
}

fn checks(evidence: &Evidence, family: &str) -> Seen {
    let (ok, all) = count(evidence, family);
    if all == 0 {
        return Seen::unmeasured("Ej mätt: ingen kontroll är gjord.", "Not measured: no check was made.");
    }
    let text = Text::new(format!("{ok} av {all} kontroller håller."), format!("{ok} of {all} checks hold."));
    Seen::share(ok, all, text)
}

/// The publisher's own checksum against the bytes that came.
fn checksum(evidence: &Evidence) -> Seen {
    let stated = access::read_distribution(evidence).and_then(|distribution| Some((distribution, distribution.checksum.as_ref()?)));
    let (Some((distribution, (value, algorithm))), Some(resource)) = (stated, &evidence.resource) else {
        return Seen::unmeasured("Ej mätt: filen är inte hämtad.", "Not measured: the file has not been fetched.");
    };
    if !algorithm.to_lowercase().contains("sha256") {
        return Seen::unmeasured(
            "Ej mätt: kontrollsumman är inte SHA-256.",
            "Not measured: the checksum is not SHA-256.",
        );
    }
    let same = value.trim().eq_ignore_ascii_case(&resource.sha256.to_string());
    let size = distribution.byte_size.as_deref().and_then(|size| size.trim().parse::<u64>().ok()) == Some(resource.bytes);
    let word = |holds: bool| {
        if holds {
            ("stämmer", "agrees")
        } else {
            ("stämmer inte", "does not agree")
        }
    };
    let text = Text::new(
        format!("Kontrollsumman {}; storleken {}.", word(same).0, word(size).0),
        format!("The checksum {}; the size {}.", word(same).1, word(size).1),
    );
    Seen::share(usize::from(same) + usize::from(size), 2, text)
}

fn statistics(evidence: &Evidence) -> Seen {
    match (&evidence.profile, &evidence.packaging) {
        (Some(profile), Some(_)) => {
            let columns = profile.columns.len();
            let text = Text::new(
                format!("Profilen av {columns} kolumner ligger bredvid filerna."),
                format!("The profile of {columns} columns lies beside the files."),
            );
            Seen::share(usize::from(columns > 0), 1, text)
        }
        _ => Seen::unmeasured(
            "Ej mätt: paketet är inte granskat.",
            "Not measured: the package has not been audited.",
        ),
    }
}

fn fact(evidence: &Evidence, holds: impl Fn(&ProvenanceFacts) -> bool, name: (&str, &str)) -> Seen {
    match &evidence.provenance {
        None => Seen::unmeasured(
            "Ej mätt: ingen ursprungsbeskrivning är läst.",
            "Not measured: no provenance record was read.",
        ),
        Some(facts) => Seen::yes_no(
            holds(facts),
            Text::new(format!("{}: finns.", name.0), format!("{}: there.", name.1)),
            Text::new(format!("{}: saknas.", name.0), format!("{}: missing.", name.1)),
        ),
    }
}

fn plan(evidence: &Evidence) -> Seen {
    Seen::yes_no(
        evidence.update_plan,
        Text::new(
            "En plan för uppdatering och bevarande är angiven.",
            "A plan for updates and retention is stated.",
        ),
        Text::new(
            "Ingen plan för uppdatering och bevarande är angiven.",
            "No plan for updates and retention is stated.",
        ),
    )
}
