//! In parts or whole: the same findings, counts, fix list and scores, on the real catalogues, the project's samples and what is made to be difficult.

use std::path::Path;

use fyr_assess::fixlist::fix_list;
use fyr_assess::mqa::score;
use fyr_graph::ReadRequest;
use fyr_model::Counts;
use fyr_model::limits::GraphLimits;
use fyr_model::mqa::Variant;

use super::*;

fn request(path: &Path, part_triples: Option<u64>) -> PartsRequest {
    PartsRequest {
        read: ReadRequest {
            path: path.to_owned(),
            source: "input".into(),
            address: path.display().to_string(),
            media_type: None,
            base: None,
            limits: GraphLimits::default(),
        },
        whole_bytes: if part_triples.is_some() { 0 } else { u64::MAX },
        part_triples: part_triples.unwrap_or(u64::MAX),
    }
}

fn day() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 11, 1).unwrap()
}

fn judged(path: &Path, part_triples: Option<u64>, most: Option<usize>) -> Result<(Judged, BTreeSet<String>), Refusal> {
    let dir = tempfile::tempdir().unwrap();
    let request = JudgeRequest {
        parts: request(path, part_triples),
        profile: "dcat-ap-se@3.0.1".into(),
        day: day(),
        most,
    };
    let mut judged = judge(&request, dir.path())?;
    let left: Vec<String> = std::fs::read_dir(dir.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    assert_eq!(left, ["hanging.nt"], "files of parts are removed");
    judged
        .findings
        .sort_by(|a, b| (a.severity, &a.id, &a.focus, &a.path, &a.value).cmp(&(b.severity, &b.id, &b.focus, &b.path, &b.value)));
    let hanging = std::fs::read_to_string(&judged.hanging).unwrap();
    let places = places(&judged, &hanging);
    Ok((judged, places))
}

fn scores(path: &Path, part_triples: Option<u64>, evidence: bool) -> Result<(String, String), Refusal> {
    let dir = tempfile::tempdir().unwrap();
    let request = ScoreRequest {
        parts: request(path, part_triples),
        variant: Variant::Se,
        addresses: Addresses::AssumeOk,
        evidence,
    };
    let answer: ScoreAnswer = serde_json::from_value(score_work(serde_json::to_value(request).unwrap(), dir.path())?).unwrap();
    let mut items = String::new();
    std::io::Read::read_to_string(&mut answer.items()?, &mut items).unwrap();
    Ok((items, serde_json::to_string(&answer.sums()?).unwrap()))
}

/// The whole view, judged as `fyr check --fix` and `fyr mqa --links check` do.
fn by_the_view(path: &Path) -> (Vec<Finding>, FixList, String) {
    let dir = tempfile::tempdir().unwrap();
    let read = fyr_graph::read(&request(path, None).read, dir.path()).unwrap();
    let profile = Profile::named("dcat-ap-se@3.0.1").unwrap().in_effect(day());
    let mut findings: Vec<Finding> = read.findings.iter().chain(&read.view.findings).cloned().collect();
    findings.retain(|finding| profile.asks(finding));
    findings.extend(profile.check(&read.view));
    let list = fix_list(&read.view, &findings, &Links::None);
    findings.sort_by(|a, b| (a.severity, &a.id, &a.focus, &a.path, &a.value).cmp(&(b.severity, &b.id, &b.focus, &b.path, &b.value)));
    findings.dedup();
    let report = score(&read.view, Variant::Se, &Links::AssumeOk);
    let lines: Vec<String> = report
        .datasets
        .iter()
        .map(|one| serde_json::to_string_pretty(one).unwrap().replace('\n', "\n    "))
        .collect();
    let items = lines.iter().map(|line| format!("\n    {line}")).collect::<Vec<_>>().join(",");
    (findings, list, items)
}

/// The statements by which the nodes hang that findings are about.
fn places(judged: &Judged, hanging: &str) -> BTreeSet<String> {
    let nodes: BTreeSet<String> = judged
        .findings
        .iter()
        .filter(|finding| finding.focus.starts_with(SKOLEM))
        .map(|finding| format!(" <{}> .", finding.focus))
        .collect();
    hanging
        .lines()
        .filter(|line| nodes.iter().any(|node| line.ends_with(node.as_str())))
        .map(str::to_owned)
        .collect()
}

/// Compares all ways of one document; how many parts there were at most.
fn compared(path: &Path, sizes: &[u64]) -> usize {
    let name = path.display();
    let (whole, hanging) = match judged(path, None, None) {
        Ok(whole) => whole,
        Err(refusal) => {
            let again = judged(path, Some(1), None).err().map(|again| again.id);
            assert_eq!(again, Some(refusal.id), "{name}: refused in one way and not in the other");
            return 0;
        }
    };
    let (findings, list, items) = by_the_view(path);
    same(&whole.findings, &findings, &format!("{name}: whole"));
    assert!(whole.fix_list == list, "{name}: the fix list of the whole");
    let (whole_items, sums) = scores(path, None, true).unwrap();
    assert!(whole_items == items, "{name}: scores of the whole");
    let mut most = 0;
    for triples in sizes.iter().copied() {
        let (parts, places) = judged(path, Some(triples), None).unwrap();
        same(&parts.findings, &findings, &format!("{name}: parts of {triples}"));
        assert_eq!(places, hanging, "{name}: where nodes without IRI hang, parts of {triples}");
        for (a, b) in parts.fix_list.causes.iter().zip(&list.causes) {
            assert_eq!(a, b, "{name}: parts of {triples}");
        }
        assert!(parts.fix_list == list, "{name}: the fix list in parts of {triples}");
        let (in_parts, again) = scores(path, Some(triples), true).unwrap();
        assert!(in_parts == items && again == sums, "{name}: scores in parts of {triples}");
        most = most.max(parts.parts);
    }
    bounded(path, &findings, sizes.first().copied());
    most
}

fn same(found: &[Finding], expected: &[Finding], name: &str) {
    let only = |a: &[Finding], b: &[Finding]| -> Vec<String> {
        let missing = a.iter().filter(|one| !b.contains(one)).take(5);
        missing
            .map(|one| format!("{} {} {} {:?}", one.id, one.focus, one.path, one.value))
            .collect()
    };
    assert!(
        found == expected,
        "{name}: {} and {} findings\nonly here {:#?}\nonly there {:#?}",
        found.len(),
        expected.len(),
        only(found, expected),
        only(expected, found)
    );
}

/// A short report holds the first of each rule and counts the rest.
fn bounded(path: &Path, findings: &[Finding], triples: Option<u64>) {
    let (short, _) = judged(path, triples, Some(30)).unwrap();
    let (all, _) = judged(path, None, Some(30)).unwrap();
    same(&short.findings, &all.findings, "short");
    assert_eq!(short.beyond, all.beyond);
    assert!(short.findings.iter().all(|finding| findings.contains(finding)));
    let left: u64 = short.beyond.iter().map(|left| left.count).sum();
    assert_eq!(left + short.findings.len() as u64, Counts::of(findings).total());
}

fn files(dir: &Path, found: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(dir) else { return };
    for path in entries.map(|entry| entry.unwrap().path()) {
        let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default().to_owned();
        let small = std::fs::metadata(&path).is_ok_and(|meta| meta.len() < 3 << 20);
        if path.is_dir() {
            files(&path, found);
        } else if small && ["ttl", "rdf", "nt", "jsonld", "xml"].contains(&ending.as_str()) {
            found.push(path);
        }
    }
}

#[test]
fn real_catalogues_are_judged_alike_in_parts() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    files(&root.join("../shared/fixtures/real/catalogs"), &mut found);
    if found.is_empty() {
        eprintln!("skipped: ../shared/fixtures is not here");
        return;
    }
    found.sort();
    for path in found {
        let parts = compared(&path, &[1, 60]);
        eprintln!("{} in up to {parts} parts", path.display());
    }
}

#[test]
fn samples_are_judged_alike_in_parts() {
    let mut found = Vec::new();
    files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("samples"), &mut found);
    found.sort();
    assert!(!found.is_empty());
    for path in found {
        compared(&path, &[1, 400]);
    }
}

const HEAD: &str = "@prefix dcat: <http://www.w3.org/ns/dcat#> .\n@prefix dct: <http://purl.org/dc/terms/> .\n\
    @prefix foaf: <http://xmlns.com/foaf/0.1/> .\n@prefix vcard: <http://www.w3.org/2006/vcard/ns#> .\n@prefix e: <https://e.example/> .\n";

/// Everything that could be torn apart: shared files, publishers described nowhere, nodes without IRI in odd places, things with two roles.
const DIFFICULT: &str = r#"
e:c a dcat:Catalog ; dct:title "Katalog"@sv ; dct:publisher e:p ; dcat:dataset e:a, e:b, e:c1, e:gone, e:d, e:e, _:n ; dcat:service e:s ; dct:hasPart e:sub .
e:sub a dcat:Catalog ; dcat:dataset e:f, e:g .
e:p a foaf:Agent ; foaf:name "P"@sv .
e:q foaf:name "Q" .
e:k a vcard:Organization ; vcard:fn "K"@sv .
e:a a dcat:Dataset ; dct:title "A"@sv ; dct:publisher e:p, e:nowhere ; dcat:contactPoint e:k ; dcat:distribution e:a1, e:both ; dcat:keyword "x" .
e:b a dcat:Dataset ; dct:title "B"@sv ; dct:publisher e:q ; dct:creator [ ] ; dcat:contactPoint e:q ; dcat:distribution e:both, e:undescribed .
e:c1 a dcat:Dataset ; dct:title "C" ; dct:publisher e:nowhere ; dct:temporal [ dcat:startDate "2020" ; dcat:endDate "2019" ] ; dct:spatial e:a .
e:d a dcat:Dataset ; dct:publisher [ a foaf:Agent ; foaf:name "D" ] ; dcat:distribution [ dct:title "fil" ; dct:license [ ] ] ; dcat:distribution e:undescribed .
e:e a dcat:Dataset, foaf:Agent ; dct:creator e:p ; dct:provenance _:shared ; dct:publisher "Namn" .
e:f a dcat:Dataset ; dct:provenance _:shared ; dct:publisher e:e .
e:g a dcat:DatasetSeries ; dct:title "G"@se ; dct:publisher e:p, e:h .
e:h a dcat:Dataset ; dct:title "H"@sv, "H igen"@sv ; dct:publisher e:p .
e:i dct:title "I"@sv ; dcat:distribution e:i1 .
e:i1 a dcat:Distribution ; dcat:accessURL <https://i.example/> ; dct:format [ <http://www.w3.org/2000/01/rdf-schema#label> "CSV" ] .
e:a1 a dcat:Distribution ; dct:license "" .
e:both a dcat:Distribution ; dcat:accessURL "text" ; dcat:byteSize "stor" .
e:s a dcat:DataService ; dct:title "S"@sv ; dcat:servesDataset e:a ; dct:publisher e:untyped ; dcat:contactPoint e:p .
e:untyped foaf:name "U"@sv .
_:shared dct:description "Delad"@sv .
_:n a dcat:Dataset ; dct:title "Utan IRI"@sv ; dct:publisher e:p .
[] a dcat:Dataset ; dct:title "Lös"@sv .
[] a dcat:Dataset ; dct:title "Lös"@sv .
_:r1 dct:relation _:r2 . _:r2 dct:relation _:r1 ; dcat:distribution e:a1 .
_:self dct:relation _:self .
e:c1 <http://www.w3.org/ns/adms#identifier> [ dct:relation [ dct:title "djupt" ] ] .
e:record a dcat:CatalogRecord .
"#;

#[test]
fn what_could_be_torn_apart_is_not() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("difficult.ttl");
    std::fs::write(&path, format!("{HEAD}{DIFFICULT}")).unwrap();
    assert!(compared(&path, &[1, 40, 100_000]) > 3);
    // The same with a name of ours, by which nothing can be named in parts; and with nothing but datasets.
    std::fs::write(&path, format!("{HEAD}{DIFFICULT}\ne:a dct:relation <urn:fyr:bnode:input:1> .")).unwrap();
    assert_eq!(compared(&path, &[1, 40, 100_000]), 0);
    std::fs::write(
        &path,
        format!("{HEAD}e:a a dcat:Dataset . e:b a dcat:Dataset . _:x dct:title \"x\" ."),
    )
    .unwrap();
    assert_eq!(compared(&path, &[1, 40, 100_000]), 2);
}

#[test]
fn h08_h16_caps_hold_in_parts() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("capped.ttl");
    std::fs::write(&path, format!("{HEAD}{DIFFICULT}")).unwrap();
    let refused = |limits: GraphLimits| {
        let mut request = request(&path, Some(1));
        request.read.limits = limits;
        in_parts(&request, dir.path(), &mut |_| Ok(())).err().map(|refusal| refusal.id)
    };
    let limits = GraphLimits::default;
    assert_eq!(refused(limits()), None);
    assert_eq!(
        refused(GraphLimits {
            datasets_max: 9,
            ..limits()
        })
        .as_deref(),
        Some("too-many-datasets")
    );
    assert_eq!(
        refused(GraphLimits {
            triples_max: 20,
            ..limits()
        })
        .as_deref(),
        Some("too-many-triples")
    );
    assert_eq!(
        refused(GraphLimits {
            iri_bytes_max: 10,
            ..limits()
        })
        .as_deref(),
        Some("iri-too-long")
    );
    assert_eq!(
        refused(GraphLimits {
            literal_bytes_max: 2,
            ..limits()
        })
        .as_deref(),
        Some("literal-too-long")
    );
    assert_eq!(refused(GraphLimits { depth_max: 1, ..limits() }).as_deref(), Some("depth"));
    for (text, id) in [
        ("e:a dct:title \"\"\"(((((((((( \"\" \\\"\"\"\" .", None),
        ("e:a dct:title \"x", Some("syntax")),
        ("e:a dct:relation << e:a e:b e:c >> .", Some("triple-term")),
        ("<relative> dct:title \"x\" .", Some("relative-iri")),
    ] {
        std::fs::write(&path, format!("{HEAD}{text}")).unwrap();
        let found = refused(GraphLimits { depth_max: 4, ..limits() });
        assert_eq!(found.as_deref(), id, "{text}");
    }
}
