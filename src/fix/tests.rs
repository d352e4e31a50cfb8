//! What `--fix` promises, over the real catalogues and over generated ones: fixing twice changes nothing more, a check of the result says
//! nothing new, every syntax reads back as the same graph, and the list read backwards gives the original.
#![allow(clippy::unwrap_used)]

use std::path::Path;

use fyr_graph::ReadRequest;
use proptest::prelude::*;

use super::*;

fn read(bytes: &[u8], dir: &Path) -> Result<ReadResponse, Refusal> {
    let path = dir.join("document");
    std::fs::write(&path, bytes).unwrap();
    let request = ReadRequest {
        path,
        source: SOURCE.into(),
        address: "https://data.exempelby.example/dcat".into(),
        media_type: None,
        base: Some("https://data.exempelby.example/".into()),
        limits: Default::default(),
    };
    fyr_graph::read(&request, dir)
}

/// Keys of findings, with blank nodes by the names that they had before.
fn keys(findings: &[Finding], names: &BTreeMap<String, String>) -> BTreeSet<(String, String, String)> {
    let back: BTreeMap<&str, &str> = names.iter().map(|(before, after)| (after.as_str(), before.as_str())).collect();
    let former =
        |(id, focus, path): (String, String, String)| (id, back.get(focus.as_str()).map_or(focus.clone(), |name| (*name).to_owned()), path);
    findings.iter().map(key).map(former).collect()
}

/// Holds every promise on one document, and says how many changes were made and left.
fn promises(bytes: &[u8], name: &str) -> Option<(usize, usize, usize)> {
    let dir = tempfile::tempdir().unwrap();
    let original = match read(bytes, dir.path()) {
        Ok(read) => read,
        Err(refusal) => {
            println!("{name}: refused, {}", refusal.id);
            return None;
        }
    };
    let corrected = corrected(&original).unwrap();
    assert!(corrected.after.len() <= corrected.before.len(), "{name}: more findings than before");
    let known = keys(&corrected.before, &BTreeMap::new());
    for syntax in Syntax::ALL {
        let Ok(written) = corrected.document.write(syntax) else {
            println!("{name}: {syntax:?} cannot say it");
            continue;
        };
        let again = read(&written, dir.path()).unwrap();
        assert_eq!(again.sha256, corrected.sha256, "{name}: {syntax:?} reads as another graph");
        let now = keys(&findings(&again.view), &corrected.list.blank_nodes);
        let new: Vec<_> = now.difference(&known).collect();
        assert!(new.is_empty(), "{name}: {syntax:?} shows something new: {new:?}");
        let second = super::corrected(&again).unwrap();
        assert!(
            second.list.changes.is_empty(),
            "{name}: a second fix changes {:?}",
            second.list.changes
        );
        let back = applied(&again, corrected.list.reversed()).unwrap();
        assert_eq!(back.sha256, original.sha256, "{name}: {syntax:?} taken back is another graph");
    }
    Some((
        corrected.list.changes.len(),
        corrected.left,
        corrected.before.len() - corrected.after.len(),
    ))
}

#[test]
fn the_promises_hold_on_the_real_catalogues() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/fixtures/real/catalogs");
    let Ok(entries) = std::fs::read_dir(&folder) else {
        println!("SKIPPED: ../shared/fixtures/real/catalogs is absent; this test needs the shared fixtures");
        return;
    };
    let (mut held, mut changes) = (0, 0);
    for entry in entries {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if let Some((changed, left, fewer)) = promises(&std::fs::read(&path).unwrap(), &name) {
            println!("{name}: {changed} changes, {left} left, {fewer} findings fewer");
            // Only a licence on a dataset is written right without a finding about how it was written: no real catalogue has that alone.
            assert!(fewer > 0 || changed == 0, "{name}: {changed} changes and no finding fewer");
            (held, changes) = (held + 1, changes + changed);
        }
    }
    assert!(held >= 10 && changes >= 20, "{held} catalogues, {changes} changes");
}

const HEAD: &str = "@prefix dcat: <http://www.w3.org/ns/dcat#> . @prefix dct: <http://purl.org/dc/terms/> . @prefix foaf: <http://xmlns.com/foaf/0.1/> .\n\
    @prefix vcard: <http://www.w3.org/2006/vcard/ns#> . @prefix xsd: <http://www.w3.org/2001/XMLSchema#> . @prefix schema: <http://schema.org/> .\n\
    @prefix adms: <http://www.w3.org/ns/adms#> . @prefix owl: <http://www.w3.org/2002/07/owl#> . @prefix eu: <http://publications.europa.eu/resource/authority/> .\n\
    @base <https://data.exempelby.example/> .\n";

/// Lines about the catalogue, a dataset `{d}` and its distribution: right, wrong and strange, so that they meet in all combinations.
const LINES: &[&str] = &[
    "<c> dct:language <http://publications.europa.eu/resource/authority/language/SWE> .",
    "<c> dct:language \"sv\" .",
    "<c> dct:language <http://publications.europa.eu/resource/authority/language/SME> .",
    "<c> dct:license <https://creativecommons.org/publicdomain/zero/1.0/> .",
    "<c> dct:license <http://creativecommons.org/publicdomain/zero/1.0/> .",
    "<c> dct:title \"Katalog\" . <c> dct:description \"En katalog\" .",
    "<c> dct:title \"Katalog\"@se .",
    "<c> dct:issued \"2024/01/05\" .",
    "<c> dct:publisher <https://dataportal.se/organisation/SE2120009994> .",
    "<https://dataportal.se/organisation/SE2120009994> a foaf:Agent ; foaf:name \"Exempelby\" .",
    "<http://dataportal.se/organisation/SE2120009994> a foaf:Agent ; foaf:name \"Exempelby\"@sv .",
    "<{d}> dct:title \"Träd\" .",
    "<{d}> dct:title \"Träd\"@sv , \"Trees\"@en .",
    "<{d}> dct:title \"Träd\"@se .",
    "<{d}> dct:description \"\" , \"Alla träd\" .",
    "<{d}> dcat:keyword \"träd\" , \"träd\"@sv , \"tree\"@en-uk .",
    "<{d}> dct:publisher \"https://dataportal.se/organisation/SE2120009994\" .",
    "<{d}> dct:publisher <https://dataportal.se/organisation/SE2120009994> .",
    "<{d}> adms:contactPoint [ a vcard:Organization ; vcard:fn \"Registrator\" ] .",
    "<{d}> adms:contactPoint <kontakt> .",
    "<{d}> dcat:contactPoint <kontakt> . <kontakt> a vcard:Organization ; vcard:fn \"Registrator\" .",
    "<{d}> dct:temporal [ schema:startDate \"2020\" ; schema:endDate \"2021-12-31\" ] .",
    "<{d}> dct:temporal [ dcat:startDate \"2020\" ] , [ dcat:startDate \"2020\"^^xsd:gYear ] .",
    "<{d}> dct:temporal [ schema:startDate \"förra året\" ] .",
    "<{d}> dct:temporal _:p . <annan> dct:temporal _:p . _:p schema:startDate \"2019-01-01\"^^xsd:dateTime .",
    "<{d}> owl:versionInfo \"1\" .",
    "<{d}> dcat:version \"1\" .",
    "<{d}> dct:issued \"2024\" ; dct:modified \"2021-01-28 GMT 01:51:03\" .",
    "<{d}> dct:issued \"\" .",
    "<{d}> dct:accrualPeriodicity <http://purl.org/cld/freq/annual> .",
    "<{d}> dct:accrualPeriodicity \"ANNUAL\" , eu:frequency\\/ANNUAL .",
    "<{d}> dct:spatial <https://www.geonames.org/2661886/sweden.html> .",
    "<{d}> dct:spatial <http://sws.geonames.org/2661886> . <http://sws.geonames.org/2661886> <http://www.w3.org/2000/01/rdf-schema#label> \"Sverige\"@se .",
    "<{d}> dct:license <https://creativecommons.org/licenses/by/4.0/deed.sv> .",
    "<{d}> dcat:theme <http://publications.europa.eu/mdr/authority/data-theme/ENVI> , \"ENVI\" .",
    "<{d}> <https://exempel.example/egen> \"något eget\" , [ <https://exempel.example/i> [ <https://exempel.example/i> \"djupt\" ] ] .",
    "<{d}/csv> dct:license \"\" , <https://creativecommons.org/licenses/by/4.0/> .",
    "<{d}/csv> dct:license \"cc-by\" .",
    "<{d}/csv> dct:format \"CSV\" .",
    "<{d}/csv> dct:format \"tab\" , <https://publications.europa.eu/resource/authority/file-type/CSV> .",
    "<{d}/csv> dcat:byteSize \"12.0\"^^xsd:decimal .",
    "<{d}/csv> dcat:accessURL \"https://data.exempelby.example/trad.csv\" .",
    "<{d}/csv> dct:rights [ a dct:RightsStatement ; dct:title \"Villkor\" ] .",
];

/// A catalogue of two datasets with the chosen lines.
fn generated(first: &[usize], second: &[usize]) -> String {
    let line = |at: &usize, name: &str| LINES.get(at % LINES.len()).copied().unwrap_or_default().replace("{d}", name);
    let mut out = HEAD.to_owned();
    out.push_str("<c> a dcat:Catalog ; dcat:dataset <d1> , <d2> .\n");
    for (name, lines) in [("d1", first), ("d2", second)] {
        out.push_str(&format!(
            "<{name}> a dcat:Dataset ; dcat:distribution <{name}/csv> . <{name}/csv> a dcat:Distribution .\n"
        ));
        for at in lines {
            // A label of a blank node is one node in the whole document.
            out.push_str(&line(at, name).replace("_:p", &format!("_:p{name}")));
            out.push('\n');
        }
    }
    out
}

#[test]
fn the_promises_hold_with_every_line_at_once_and_alone() {
    let all: Vec<usize> = (0..LINES.len()).collect();
    let (changes, ..) = promises(generated(&all, &all).as_bytes(), "all").unwrap();
    assert!(changes > 20, "{changes}");
    for at in all {
        promises(generated(&[at], &[]).as_bytes(), LINES[at]).unwrap();
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn the_promises_hold_on_generated_catalogues(first in prop::collection::vec(0..LINES.len(), 0..14), second in prop::collection::vec(0..LINES.len(), 0..8)) {
        promises(generated(&first, &second).as_bytes(), "generated").unwrap();
    }
}

#[test]
fn a_change_that_would_show_something_new_is_left_alone() {
    // An untagged title hides that there is none in English; with its tag that would be said for the first time.
    let text = format!(
        "{HEAD}<c> a dcat:Catalog ; dct:language <http://publications.europa.eu/resource/authority/language/SWE> ; dcat:dataset <d> .\n\
         <d> a dcat:Dataset ; dct:title \"Träd\" ; dcat:keyword \"träd\" ."
    );
    let dir = tempfile::tempdir().unwrap();
    let corrected = corrected(&read(text.as_bytes(), dir.path()).unwrap()).unwrap();
    let made: Vec<&str> = corrected
        .list
        .changes
        .iter()
        .map(|one| one.property.rsplit('#').next().unwrap())
        .collect();
    assert_eq!(made, ["keyword"], "{:?}", corrected.list.changes);
    assert_eq!(corrected.left, 1);
}

#[test]
fn a_list_for_another_catalogue_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let wrong = format!("{HEAD}<c> a dcat:Catalog ; dct:issued \"2024\" .");
    let list = corrected(&read(wrong.as_bytes(), dir.path()).unwrap()).unwrap().list;
    let other = read(format!("{HEAD}<c> a dcat:Catalog .").as_bytes(), dir.path()).unwrap();
    let refused = applied(&other, list).err().unwrap();
    assert_eq!((refused.id.as_str(), refused.exit_code()), ("change-does-not-fit", 2));
}

#[test]
fn the_patch_says_what_was_what_is_and_why_in_both_languages() {
    let dir = tempfile::tempdir().unwrap();
    let text = format!("{HEAD}<c> a dcat:Catalog ; dct:issued \"2024/1/5\" .");
    let patch = patch::text("ut.ttl", &corrected(&read(text.as_bytes(), dir.path()).unwrap()).unwrap().list);
    for line in [
        "## date-form (1)",
        "# sv: Samma dag eller tidpunkt, skriven som år-månad-dag.",
        "# en: The same day or moment, written as year-month-day.",
        "<https://data.exempelby.example/c>",
        "  - dcterms:issued \"2024/1/5\"",
        "  + dcterms:issued \"2024-01-05\"^^xsd:date",
    ] {
        assert!(patch.lines().any(|one| one == line), "{line}\n{patch}");
    }
}
