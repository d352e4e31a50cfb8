//! The data of the profiles: that it is whole, that a folder is read or refused, and that what is generated from it is current.

use super::*;

#[test]
fn each_rule_has_a_clause_a_topic_somebody_and_a_day() {
    for profile in Profile::known() {
        assert!(profile.rules().count() > 150, "{}", profile.pinned());
        for facts in profile.rules() {
            assert!(facts.clause.starts_with("http"), "{facts:?}");
            assert!(!facts.guidance.is_empty() && !facts.guidance_label.sv.is_empty(), "{facts:?}");
            assert!(facts.effective.to_string().starts_with("2024-"), "{facts:?}");
            assert_eq!(facts.term.is_empty(), facts.path.is_empty(), "{facts:?}");
            assert_eq!(facts.term.is_empty(), facts.field.sv.is_empty(), "{facts:?}");
            for text in [&facts.message.sv, &facts.fix.sv] {
                assert!(!text.is_empty() && fyr_model::glossary::misused(text).is_empty(), "{facts:?}");
            }
        }
    }
    let title = rule("dataset-title-missing").unwrap();
    assert_eq!(title.clause, "https://docs.dataportal.se/dcat/3.0.1/sv/#dcat_Dataset-dcterms_title");
    assert_eq!(
        (title.guidance.as_str(), title.who, title.effort),
        ("texts", Who::Ambassador, Effort::Small)
    );
}

#[test]
fn a_rule_is_found_by_its_shape_also_where_it_has_one_for_each_property() {
    let of = |name: &str| {
        let facts = Profile::current().rule_of_shape(&format!("urn:fyr:dcat-ap-se:3.0.1:{name}"));
        facts.map(|facts| facts.id.clone())
    };
    assert_eq!(of("dataset-title-missing").as_deref(), Some("dataset-title-missing"));
    assert_eq!(of("not-an-iri:dataset-landing-page").as_deref(), Some("not-an-iri"));
    assert_eq!((of("shape:dataset"), of("nothing")), (None, None));
}

#[test]
fn the_former_version_asks_for_less_and_knows_no_series() {
    let former = Profile::named("dcat-ap-se@2.2.0").unwrap();
    let mut view = sound();
    view.agents[0].kind.clear();
    view.catalogues[0].publisher[0].kind.clear();
    first(&mut view).publisher[0].kind.clear();
    first(&mut view).conforms_to.clear();
    first(&mut view).distributions[0].status = iri("http://purl.org/adms/status/Completed");
    let ids = |profile: &Profile| profile.check(&view).into_iter().map(|finding| finding.id).collect::<Vec<_>>();
    assert_eq!(ids(former), ["agent-type-missing"]);
    assert!(conforms(&former.check(&view)) && !conforms(&check(&view)));
    assert_eq!(
        ids(Profile::current()),
        ["agent-type-missing", "dataset-conforms-to-missing", "value-not-in-list"]
    );
    assert!(former.rule("series-in-series").is_none() && former.class("series").is_none());
}

/// The files of the present profile, as one reads them from a folder.
fn folder() -> BTreeMap<String, String> {
    let files = crate::packs::OF_3_0_1.iter();
    files.map(|file| (file.name().to_owned(), file.text.to_owned())).collect()
}

#[test]
fn a_folder_is_a_profile_and_a_new_rule_is_a_file_that_takes_effect_on_its_day() {
    let mut files = folder();
    let head = files["profile.toml"].replace("\"shapes.toml\"]", "\"shapes.toml\", \"national-2027.toml\"]");
    files.insert("profile.toml".into(), head);
    let rules = r#"
id = "national-2027"
version = "1"
effective = 2027-01-01
origin = "an invented decision"
[[class]]
id = "dataset"
property = [{ term = "dcat:landingPage", name = "ownPage", level = "mandatory", value = "iri", by = "shapes" }]
[[rule]]
id = "title-with-year"
severity = "info"
by = "shapes"
path = "http://purl.org/dc/terms/title"
clause = "recommendations"
message = { sv = "Titeln har ett årtal.", en = "The title has a year." }
fix = { sv = "Ange året som tidsperiod.", en = "State the year as time period." }
target = ["dataset"]
shape = 'sh:not [ sh:pattern "[12][0-9]{3}" ]'
"#;
    files.insert("national-2027.toml".into(), rules.into());
    let profile = Profile::read(&files).unwrap();
    let day = |text: &str| text.parse().unwrap();
    for (on, holds) in [("2026-12-31", false), ("2027-01-01", true)] {
        let then = profile.in_effect(day(on));
        assert_eq!(then.rule("title-with-year").is_some(), holds, "{on}");
        assert_eq!(then.rule("dataset-own-page-missing").is_some(), holds, "{on}");
        assert_eq!(then.shapes().contains("rule:title-with-year"), holds, "{on}");
        assert!(then.rule("dataset-title-missing").is_some());
    }
    assert!(profile.packs().iter().any(|pack| pack.id == "national-2027"));
}

#[test]
fn a_folder_with_a_fault_is_refused_by_file_and_place() {
    let refused = |name: &str, change: fn(String) -> String| {
        let mut files = folder();
        let text = change(files.remove(name).unwrap());
        files.insert(name.into(), text);
        Profile::read(&files).unwrap_err()
    };
    let typing = refused("rules.toml", |text| {
        text.replacen("severity = \"warning\"", "severety = \"warning\"", 1)
    });
    assert_eq!(
        (typing.id.as_str(), typing.subject.as_str(), typing.exit_code()),
        ("profile-folder", "rules.toml", 2)
    );
    assert!(typing.position.is_some_and(|at| at.line > 10), "{typing:?}");
    let unknown = refused("hvd.toml", |text| text.replacen("topic = \"hvd\"", "topic = \"hwd\"", 1));
    assert!(unknown.message.en.contains("`hwd`"), "{unknown:?}");
    let twice = refused("shapes.toml", |text| text.replace("\"location-empty\"", "\"blank-dataset\""));
    assert!(twice.message.en.contains("blank-dataset occurs twice"), "{twice:?}");
    let silent = refused("shapes.toml", |text| text.replacen("by = \"shapes\"", "by = \"check\"", 1));
    assert!(silent.message.en.contains("not one that fyr check applies"), "{silent:?}");
    let mut files = folder();
    files.remove("nodes.toml");
    assert_eq!(Profile::read(&files).unwrap_err().subject, "nodes.toml");
}

/// Whether a generated file is current; `FYR_REWRITE=1` writes it anew.
fn current(path: &str, text: &str) {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path);
    if std::env::var_os("FYR_REWRITE").is_some() {
        std::fs::write(&path, text).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    let name = path.display();
    assert!(
        kept == text,
        "{name} is not what the profile's data gives: FYR_REWRITE=1 cargo test -p fyr-assess profile"
    );
}

#[test]
fn the_shapes_and_the_reference_pages_are_what_the_data_gives() {
    for profile in Profile::known() {
        current(&format!("dcat-ap-se/{}/shapes.ttl", profile.version()), &profile.shapes());
    }
    current("docs/rules.md", &Profile::current().page(fyr_model::Lang::En));
    current("docs/regler.md", &Profile::current().page(fyr_model::Lang::Sv));
}

#[test]
fn every_rule_is_a_shape_or_says_why_it_is_none() {
    for profile in Profile::known() {
        let shapes = profile.shapes();
        for facts in profile.rules() {
            let alone = profile.rules.get(&facts.id).is_some_and(|rule| rule.only.is_some());
            let named = shapes.contains(&format!("\nrule:{} a ", facts.id));
            assert!(named != alone, "{}: {}", profile.pinned(), facts.id);
        }
        assert_eq!(shapes, profile.shapes());
    }
}

/// For engines outside: `FYR_EXAMPLES=<folder>` writes shapes and examples, a folder a version.
#[test]
fn the_examples_can_be_written_for_others_to_try() {
    let Some(folder) = std::env::var_os("FYR_EXAMPLES") else {
        return;
    };
    for profile in Profile::known() {
        let folder = std::path::Path::new(&folder).join(profile.version());
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("shapes.ttl"), profile.shapes()).unwrap();
        for one in examples(profile) {
            std::fs::write(folder.join(format!("{}.fail.ttl", one.rule)), one.fail).unwrap();
            std::fs::write(folder.join(format!("{}.pass.ttl", one.rule)), one.pass).unwrap();
        }
    }
}

#[test]
fn a_small_profile_of_another_country_asks_what_it_says_and_nothing_swedish() {
    let head = r#"
id = "dcat-ap-xx-profile"
profile = "dcat-ap-xx"
version = "1.0"
effective = 2025-01-01
label = { sv = "DCAT-AP-XX", en = "DCAT-AP-XX" }
packs = ["rows.toml"]
shape_base = "urn:example:xx:"
[document]
spec = "https://spec.exempelland.example/"
[prefix]
dcat = "http://www.w3.org/ns/dcat#"
dcterms = "http://purl.org/dc/terms/"
[topic]
texts = { sv = "Texter", en = "Texts", who = "ambassador", effort = "small" }
[term]
"dcterms:title" = { field = { sv = "Titel", en = "Title" }, topic = "texts" }
"#;
    let rows = r#"
id = "dcat-ap-xx"
version = "1.0"
origin = "an invented country"
[[class]]
id = "dataset"
iri = "http://www.w3.org/ns/dcat#Dataset"
label = { sv = "Datamängden", en = "The dataset" }
property = [{ term = "dcterms:title", level = "recommended", value = "text" }]
"#;
    let files = BTreeMap::from([("profile.toml".into(), head.into()), ("rows.toml".into(), rows.into())]);
    let profile = Profile::read(&files).unwrap();
    let mut view = sound();
    first(&mut view).title = LangStrings::default();
    first(&mut view).theme.clear();
    view.catalogues[0].licence.clear();
    view.catalogues[0].blank = true;
    let findings = profile.check(&view);
    assert_eq!(findings.len(), 1, "{findings:?}");
    assert_eq!(
        (findings[0].id.as_str(), findings[0].severity),
        ("dataset-title-missing", Severity::Warning)
    );
    assert_eq!(findings[0].source_shape, "urn:example:xx:dataset-title-missing");
    let facts = profile.rule("dataset-title-missing").unwrap();
    assert_eq!(
        (facts.clause.as_str(), facts.effective.to_string().as_str()),
        ("https://spec.exempelland.example/", "2025-01-01")
    );
    assert!(profile.harvested(&findings) && profile.shapes().contains("rule:dataset-title-missing"));
}
