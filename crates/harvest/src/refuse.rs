//! What a harvest refuses, in words.

use std::fmt::Display;

use chrono::{DateTime, Utc};
use fyr_model::{BadId, Refusal, RefusalKind, SourceId, Text};

use RefusalKind::{Busy, Configuration, Forbidden, Internal, Unreadable};

pub fn source_name(file: &str, error: &BadId) -> Refusal {
    let text = Text::new(format!("`{file}`: källans namn går inte att använda"), format!("`{file}`: {error}"));
    Refusal::new("source-name", Configuration, file, text).hint(Text::new(
        "döp om filen: a-z, 0-9 och bindestreck",
        "rename the file: a-z, 0-9 and hyphens",
    ))
}

pub fn source_file(file: &str, why: &dyn Display) -> Refusal {
    let text = Text::new(
        format!("skördningskällan `{file}` går inte att läsa: {why}"),
        format!("the source file `{file}` cannot be read: {why}"),
    );
    Refusal::new("source-file", Configuration, file, text)
}

pub fn kind(id: &SourceId, kind: &str) -> Refusal {
    let kind: String = kind.chars().take(40).collect();
    let text = Text::new(
        format!("skördningskällan har slaget `{kind}`, som inte kan läsas ännu"),
        format!("the source is of kind `{kind}`, which cannot be read yet"),
    );
    Refusal::new("source-kind", Configuration, id.as_str(), text).hint(Text::new("använd `auto` eller `rdf`", "use `auto` or `rdf`"))
}

pub fn running(id: &SourceId) -> Refusal {
    let text = Text::new("en skördning av källan pågår redan", "a harvest of the source is already going on");
    Refusal::new("harvest-running", Busy, id.as_str(), text)
}

pub fn lease_lost(id: &SourceId) -> Refusal {
    let text = Text::new(
        "skördningen miste sin rätt till källan till en senare; inget skrevs",
        "the harvest lost its right to the source to a later one; nothing was written",
    );
    Refusal::new("harvest-lease-lost", Busy, id.as_str(), text)
}

pub fn quarantined(id: &SourceId, until: DateTime<Utc>, strikes: u32) -> Refusal {
    let until = until.format("%Y-%m-%dT%H:%MZ");
    let text = Text::new(
        format!("källan vilar till {until}, eftersom den avbröt läsaren {strikes} gånger i rad"),
        format!("the source rests until {until}, since it broke its reader {strikes} times in a row"),
    );
    Refusal::new("source-quarantined", Unreadable, id.as_str(), text).hint(Text::new(
        "skörda för hand för att försöka igen nu",
        "harvest by hand to try again now",
    ))
}

pub fn no_datasets(url: &str, before: usize) -> Refusal {
    let text = Text::new(
        format!("katalogen har inga datamängder; förut fanns {before}"),
        format!("the catalogue has no datasets; there were {before} before"),
    );
    Refusal::new("no-datasets", Unreadable, url, text).hint(Text::new(
        "inget har tagits bort; kontrollera katalogen hos utgivaren",
        "nothing was removed; check the catalogue at the publisher",
    ))
}

pub fn too_many_parts(url: &str, count: usize, max: usize) -> Refusal {
    let text = Text::new(
        format!("katalogen hänvisar till {count} delkataloger; högst {max} läses"),
        format!("the catalogue refers to {count} sub-catalogues; at most {max} are read"),
    );
    Refusal::new("parts-too-many", Unreadable, url, text)
}

pub fn part_is_main(url: &str) -> Refusal {
    let text = Text::new(
        format!("katalogen hänvisar till sig själv som delkatalog: `{url}`"),
        format!("the catalogue refers to itself as a sub-catalogue: `{url}`"),
    );
    Refusal::new("parts-cycle", Unreadable, url, text)
}

pub fn snapshot_missing(id: &SourceId) -> Refusal {
    let text = Text::new(
        "den förra ögonblicksbilden saknas på disk, så det som spärren håller kan inte bevaras",
        "the former snapshot is missing on disk, so what the brake holds cannot be kept",
    );
    Refusal::new("snapshot-missing", Forbidden, id.as_str(), text).hint(Text::new(
        "återställ mappen snapshots från en säkerhetskopia",
        "restore the folder snapshots from a backup",
    ))
}

pub fn disk(what: &str, error: &std::io::Error) -> Refusal {
    let kind = error.kind();
    let text = Text::new(
        format!("{what} kunde inte läsas eller skrivas: {kind}"),
        format!("{what} could not be read or written: {kind}"),
    );
    Refusal::new("harvest-disk", Internal, what, text)
}

pub fn broken_off(id: &SourceId) -> Refusal {
    let text = Text::new("ett steg i skördningen avbröts", "a step of the harvest broke off");
    Refusal::new("harvest-broken-off", Internal, id.as_str(), text)
}
