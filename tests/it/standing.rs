//! Standing decisions: thirty nights inside what was decided are released untouched, and each way out of it pauses and asks.
//!
//! The flows are called with the program's own workers and a clock of the test's; signing, and what people and machines are told, goes through
//! the program. All people are invented.

use std::path::Path;

use chrono::{DateTime, Duration, Utc};
use fyr_curate::{Curate, CurateOutcome, Pipeline, Pipelines, PublishRun};
use fyr_model::PipelineName;
use fyr_model::privacy::{Decision, Interest};
use fyr_model::standing::{DepartureKind, Standing};
use serde_json::Value;

use crate::shape;
use crate::support::{FYR, Workspace, text};

const CATALOGUE: &str = r#"@prefix dcat: <http://www.w3.org/ns/dcat#> . @prefix dct: <http://purl.org/dc/terms/> . @prefix foaf: <http://xmlns.com/foaf/0.1/> .
<https://source.example/catalogue> a dcat:Catalog ; dct:title "Katalog"@sv ; dct:description "En katalog"@sv ; dct:publisher <https://source.example/org> ;
  dct:license <http://creativecommons.org/publicdomain/zero/1.0/> ; dcat:dataset <https://source.example/d/besok> .
<https://source.example/org> a foaf:Agent ; foaf:name "Testmyndigheten"@sv .
<https://source.example/d/besok> a dcat:Dataset ; dct:title "Besök"@sv ; dct:description "Besök."@sv ; dct:publisher <https://source.example/org> ;
  dcat:distribution <https://source.example/d/besok/csv> .
<https://source.example/d/besok/csv> a dcat:Distribution ; dcat:accessURL <https://source.example/besok.csv> ; dcat:downloadURL <https://source.example/besok.csv> ;
  dct:format "text/csv" ; dct:license <http://creativecommons.org/publicdomain/zero/1.0/> .
"#;
const HEAD: &str = "source = \"kalla\"\ndataset = \"https://source.example/d/besok\"\npolicy = \"besok-policy.toml\"\n";
const POLICY: &str = "[columns]\nlopnr = \"identifier\"\nort = { role = \"quasi-identifier\", hierarchy = \"ort.csv\" }\n\
    band = \"quasi-identifier\"\norsak = \"sensitive\"\n[model]\nk = 12\nsuppression_max = 0.02\n";
const PLACES: [&str; 3] = ["Norrby", "Soderby", "Osterby"];
const BANDS: [&str; 2] = ["20 till 39", "40 till 59"];

/// Rows in each of six groups, place by place.
type Groups = [u32; 6];

fn table(groups: &Groups, more: Option<&str>) -> String {
    let mut rows = format!("lopnr;ort;band;orsak{}\n", more.map_or(String::new(), |name| format!(";{name}")));
    let mut number = 0;
    for (group, count) in groups.iter().enumerate() {
        for row in 0..*count {
            number += 1;
            let (place, band) = (PLACES[group / 2], BANDS[group % 2]);
            let cause = ["information", "bokning", "klagomal"][(row % 3) as usize];
            let last = more.map_or(String::new(), |_| ";ja".to_owned());
            rows.push_str(&format!("rad {number};{place};{band};{cause}{last}\n"));
        }
    }
    rows
}

fn workspace() -> Workspace {
    let workspace = Workspace::new("[fetch.mirror]\n\"https://source.example/\" = \"www/\"\n");
    workspace.source("kalla", "dcat.ttl");
    workspace.write("www/dcat.ttl", CATALOGUE);
    workspace.write("pipelines/besok.toml", HEAD);
    workspace.write("pipelines/besok-policy.toml", POLICY);
    workspace.write("pipelines/ort.csv", "Norrby;Norr;*\nSoderby;Soder;*\nOsterby;Soder;*\n");
    workspace
}

fn name() -> PipelineName {
    "besok".parse().unwrap()
}

/// The night so many days after the first.
fn night(days: i64) -> DateTime<Utc> {
    "2026-12-01T03:00:00Z".parse::<DateTime<Utc>>().unwrap() + Duration::days(days)
}

/// The flows over the workspace's own folders.
struct Nights<'a> {
    workspace: &'a Workspace,
    curate: Curate,
    groups: Groups,
}

impl<'a> Nights<'a> {
    fn open(workspace: &'a Workspace) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let data = workspace.path().join("data");
        let published = workspace.path().join("published");
        let spill = workspace.path().join("spill");
        std::fs::create_dir_all(&published).unwrap();
        std::fs::create_dir_all(&spill).unwrap();
        let mirror = format!(
            "[mirror]\n\"https://source.example/\" = \"{}/\"\n",
            workspace.path().join("www").display()
        );
        let mut fetch: fyr_fetch::FetchConfig = toml::from_str(&mirror).unwrap();
        fetch.raw_dir = data.join("raw");
        let curate = Curate {
            client: fyr_fetch::Client::new(fetch).unwrap(),
            store: fyr_graph::Store::open(&data.join("graph")).unwrap(),
            state: fyr_jobs::State::open(&data.join("state.db")).unwrap(),
            runner: fyr_confine::Runner::Child {
                program: FYR.into(),
                args: vec!["worker".into()],
            },
            engine: fyr_table::open(&fyr_table::Mode::Embedded, 256 << 20, &spill).unwrap(),
            data,
            published,
            base: "http://127.0.0.1:8080".into(),
            operator: fyr_model::Agent {
                iri: "http://127.0.0.1:8080/operator".into(),
                ..fyr_model::Agent::default()
            },
            limits: Default::default(),
            worker: Default::default(),
        };
        Self {
            workspace,
            curate,
            groups: [60; 6],
        }
    }

    fn pipeline(&self) -> Pipeline {
        let pipelines = Pipelines {
            folder: self.workspace.path().join("pipelines"),
            rules: Default::default(),
        };
        pipelines.read("besok").unwrap()
    }

    async fn curate(&self, days: i64, accept_reading: bool) -> fyr_curate::CurateRun {
        let mut pipeline = self.pipeline();
        pipeline.accept_reading = accept_reading;
        self.curate.run(&pipeline, false, night(days)).await
    }

    fn write(&self, more: Option<&str>) {
        self.workspace.write("www/besok.csv", table(&self.groups, more));
    }

    /// A candidate must come of the table as it stands.
    async fn candidate(&self, days: i64) {
        let run = self.curate(days, true).await;
        assert_eq!(run.outcome, CurateOutcome::Candidate, "{:?}", run.refused_because);
    }

    fn publish(&self, days: i64) -> PublishRun {
        self.curate.publish(&name(), night(days))
    }

    /// An invented officer for each interest.
    fn sign(&self, days: i64, until: Option<&str>) {
        for interest in Interest::ALL {
            self.curate.sign(&name(), decision(interest, days, until)).unwrap();
        }
    }

    fn latest(&self) -> String {
        let latest = fyr_publish::latest(&self.curate.published, &name()).unwrap().unwrap();
        latest.manifest.record.version.to_string()
    }

    /// The candidate waits, nothing is released, and the reason is of this kind among those named.
    fn pauses(&self, days: i64, kind: DepartureKind) -> Vec<DepartureKind> {
        let before = self.latest();
        let run = self.publish(days);
        let kinds: Vec<DepartureKind> = run.departures.iter().map(|one| one.kind).collect();
        assert_eq!(run.outcome, "paused", "{kind:?}: {:?}", run.refused_because);
        assert!(kinds.contains(&kind), "{kind:?}: {kinds:?}");
        assert!(
            run.departures.iter().all(|one| one.interests == Interest::ALL),
            "{:?}",
            run.departures
        );
        assert_eq!(self.latest(), before);
        kinds
    }
}

fn decision(interest: Interest, days: i64, until: Option<&str>) -> Decision {
    Decision {
        interest,
        candidate: fyr_model::Sha256::from_bytes([0; 32]),
        by: "Test Testsson".into(),
        role: "testare".into(),
        organisation: "299999-0019".into(),
        ground: "prövat".into(),
        diary_number: Some("T-1".into()),
        secrecy_section: Some("21 kap. 7 § OSL".into()),
        at: night(days),
        invented: true,
        standing: until.map(|until| Standing {
            until: until.parse().unwrap(),
            terms: fyr_model::Sha256::from_bytes([0; 32]),
            bound_to: None,
        }),
    }
}

/// A first version released on decisions that stand until the last of May.
async fn first(workspace: &Workspace) -> Nights<'_> {
    workspace.write("www/besok.csv", table(&[60; 6], None));
    let harvested = workspace.fyr(&["harvest", "kalla"]);
    assert!(harvested.status.success(), "{}", text(&harvested.stderr));
    let nights = Nights::open(workspace);
    nights.candidate(0).await;
    nights.sign(0, Some("2027-05-31"));
    let run = nights.publish(0);
    assert_eq!(
        (run.outcome.as_str(), run.standing.len()),
        ("published", 0),
        "{:?}",
        run.refused_because
    );
    nights
}

/// A version of its own becomes what the next is compared with.
async fn settle(nights: &Nights<'_>, days: i64) {
    nights.write(None);
    nights.candidate(days).await;
    let run = nights.publish(days);
    assert_eq!(run.outcome, "published", "{:?}", run.refused_because);
}

#[tokio::test(flavor = "multi_thread")]
async fn thirty_nightly_versions_inside_the_decisions_are_released_untouched() {
    let workspace = workspace();
    let mut nights = first(&workspace).await;
    for days in 1..=30i64 {
        let group = (days % 6) as usize;
        nights.groups[group] += 15;
        nights.write(None);
        nights.candidate(days).await;
        let run = nights.publish(days);
        assert_eq!(run.outcome, "published", "night {days}: {:?}", run.refused_because);
        assert_eq!(run.standing, Interest::ALL, "night {days}");
        assert_eq!(run.rows, Some(360 + 15 * days.unsigned_abs()), "night {days}");
    }
    let versions = fyr_publish::versions(&nights.curate.published, &name()).unwrap();
    assert_eq!(versions.len(), 31);
    let last = &versions.last().unwrap().manifest;
    for decision in &last.decisions {
        let standing = decision.standing.as_ref().unwrap();
        assert_eq!((standing.until.to_string().as_str(), decision.at), ("2027-05-31", night(0)));
        assert!(standing.bound_to.is_none(), "what a decision is bound to stays in the private area");
    }
    assert_eq!(last.k, Some(12));
}

#[tokio::test(flavor = "multi_thread")]
async fn each_way_out_of_the_decisions_pauses_and_asks() {
    let workspace = workspace();
    let mut nights = first(&workspace).await;
    let policy = |text: &str| workspace.write("pipelines/besok-policy.toml", text);

    // The day after the last one; the same candidate was inside on the last.
    nights.groups[0] += 15;
    nights.write(None);
    nights.candidate(182).await;
    assert_eq!(nights.pauses(182, DepartureKind::Date), [DepartureKind::Date]);
    assert_eq!(nights.publish(181).outcome, "published");

    // A smaller group may show; a larger one is no departure.
    nights.groups[1] += 15;
    policy(&POLICY.replace("k = 12", "k = 11"));
    nights.write(None);
    nights.candidate(2).await;
    assert_eq!(nights.pauses(2, DepartureKind::K), [DepartureKind::K]);
    policy(&POLICY.replace("k = 12", "k = 13"));
    settle(&nights, 2).await;

    // A role, the policy, a hierarchy, the pipeline.
    nights.groups[2] += 15;
    nights.write(None);
    policy(&POLICY.replace("orsak = \"sensitive\"", "orsak = \"plain\""));
    nights.candidate(3).await;
    assert_eq!(nights.pauses(3, DepartureKind::Role), [DepartureKind::Role]);
    policy(&POLICY.replace("0.02", "0.03"));
    nights.candidate(3).await;
    assert_eq!(nights.pauses(3, DepartureKind::Policy), [DepartureKind::Policy]);
    policy(POLICY);
    workspace.write("pipelines/ort.csv", "Norrby;Norr;*\nSoderby;Soder;*\nOsterby;Oster;*\n");
    nights.candidate(3).await;
    assert_eq!(nights.pauses(3, DepartureKind::Policy), [DepartureKind::Policy]);
    workspace.write("pipelines/ort.csv", "Norrby;Norr;*\nSoderby;Soder;*\nOsterby;Soder;*\n");
    workspace.write("pipelines/besok.toml", format!("{HEAD}sort = [\"ort\"]\n"));
    nights.candidate(3).await;
    assert_eq!(nights.pauses(3, DepartureKind::Pipeline), [DepartureKind::Pipeline]);
    workspace.write("pipelines/besok.toml", HEAD);
    settle(&nights, 3).await;

    // Many more rows than before: the table drifts.
    let before = nights.groups;
    nights.groups = before.map(|rows| rows * 2);
    nights.write(None);
    nights.candidate(4).await;
    assert_eq!(nights.pauses(4, DepartureKind::Drift), [DepartureKind::Drift]);
    nights.groups = before;

    // A column that was not there: the finding of the reading and the drift stand beside it.
    nights.groups[3] += 15;
    nights.write(Some("ny"));
    policy(&POLICY.replace("orsak =", "ny = \"plain\"\norsak ="));
    nights.candidate(5).await;
    nights.pauses(5, DepartureKind::Column);
    policy(POLICY);
    nights.write(None);
    nights.candidate(5).await;
    assert_eq!(
        nights.pauses(5, DepartureKind::Finding),
        [DepartureKind::Finding],
        "the reading changed back"
    );
    settle(&nights, 5).await;

    // Two people more in one group: the guard holds it, and what a person resolves is still another finding than was decided on.
    nights.groups[4] += 2;
    nights.write(None);
    let run = nights.curate(6, true).await;
    assert_eq!(run.refused_because.map(|refusal| refusal.id).as_deref(), Some("accumulation-held"));
    let found = std::fs::read(workspace.path().join("data/accumulation/findings/besok.json")).unwrap();
    let found: Vec<Value> = serde_json::from_slice(&found).unwrap();
    let mut resolved = POLICY.to_owned();
    for one in &found {
        let id = one["id"].as_str().unwrap();
        resolved += &format!("[resolved.{id}]\nreason = \"prövat\"\nby = \"Test Testsson\"\nrole = \"testare\"\ndate = 2026-12-07\n");
    }
    policy(&resolved);
    nights.candidate(6).await;
    assert_eq!(nights.pauses(6, DepartureKind::Guard), [DepartureKind::Guard]);

    // A person looks at the candidate and decides on it, for this one version.
    nights.sign(6, None);
    let run = nights.publish(6);
    assert_eq!(
        (run.outcome.as_str(), run.standing.len()),
        ("published", 0),
        "{:?}",
        run.refused_because
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_standing_decision_has_an_end_and_replaces_the_former_one() {
    let workspace = workspace();
    let mut nights = first(&workspace).await;
    nights.groups[0] += 15;
    nights.write(None);
    nights.candidate(1).await;
    for (until, ok) in [
        ("2027-12-02", true),
        ("2027-12-03", false),
        ("2026-12-02", true),
        ("2026-12-01", false),
    ] {
        let made = nights.curate.sign(&name(), decision(Interest::PersonalData, 1, Some(until)));
        match made {
            Ok(decision) => assert!(ok && decision.standing.unwrap().bound_to.is_some(), "{until}"),
            Err(refusal) => assert_eq!((ok, refusal.id.as_str()), (false, "decision-until"), "{until}"),
        }
    }
    // The candidate itself has a decision on one interest; the others stand on theirs.
    let run = nights.publish(1);
    assert_eq!(run.standing, [Interest::InformationSecurity, Interest::NationalSecurity]);
    // The last decision made on personal data ends on the second: from the third that interest waits, and that one only.
    nights.groups[1] += 15;
    nights.write(None);
    nights.candidate(2).await;
    let run = nights.publish(2);
    assert_eq!(run.outcome, "paused");
    assert_eq!(run.departures.len(), 1, "{:?}", run.departures);
    assert_eq!(run.departures[0].interests, [Interest::PersonalData]);
    assert!(!nights.curate.stands(&name(), night(2)).unwrap());
    assert_eq!(nights.curate.undecided(&name(), night(2)).unwrap(), [Interest::PersonalData]);
}

#[test]
fn the_program_signs_releases_pauses_and_says_why() {
    let workspace = workspace();
    workspace.write("www/besok.csv", table(&[60; 6], None));
    assert!(workspace.fyr(&["harvest", "kalla"]).status.success());
    assert!(workspace.fyr(&["curate", "besok"]).status.success());
    let until = (Utc::now().date_naive() + Duration::days(90)).to_string();
    for interest in ["information-security", "personal-data", "national-security"] {
        let (code, document) = sign(&workspace, interest, &["--standing", "--until", &until]);
        assert_eq!(code, 0, "{document}");
        shape::held(&document);
        assert_eq!(document["decision"]["standing"]["until"], until.as_str());
        assert_eq!(document["decision"]["standing"]["bound_to"]["limits"]["k"], 12);
    }
    assert!(workspace.fyr(&["publish", "besok"]).status.success());
    let manifest = std::fs::read_to_string(only(&workspace.path().join("published/besok")).join("manifest.json")).unwrap();
    assert!(manifest.contains(&until) && !manifest.contains("bound_to"), "{manifest}");

    workspace.write("www/besok.csv", table(&[60, 75, 60, 60, 60, 60], None));
    assert!(workspace.fyr(&["curate", "besok"]).status.success());
    let (code, document) = workspace.json(&["publish", "besok"]);
    shape::held(&document);
    assert_eq!(code, 0, "{document}");
    assert_eq!(document["runs"][0]["standing"].as_array().unwrap().len(), 3);

    workspace.write("www/besok.csv", table(&[60, 75, 75, 60, 60, 60], None));
    workspace.write("pipelines/besok-policy.toml", POLICY.replace("k = 12", "k = 10"));
    assert!(workspace.fyr(&["curate", "besok"]).status.success());
    let (code, document) = workspace.json(&["publish", "besok"]);
    shape::held(&document);
    assert_eq!((code, &document["runs"][0]["outcome"]), (1, &"paused".into()), "{document}");
    assert_eq!(document["runs"][0]["departures"][0]["kind"], "k");
    let output = workspace.fyr(&["publish", "besok"]);
    let shown = text(&output.stdout) + &text(&output.stderr);
    assert!(shown.contains("k was 12 and is 10") && shown.contains("fyr sign besok"), "{shown}");

    let (code, document) = sign(&workspace, "personal-data", &["--standing"]);
    assert_eq!(code, 2, "an end date is never defaulted: {document}");
    let (code, _) = sign(&workspace, "personal-data", &["--standing", "--until", "2099-01-01"]);
    assert_eq!(code, 2);
}

#[test]
fn the_auditor_of_a_pipeline_holds_the_hierarchical_distance_by_the_hierarchy() {
    let workspace = workspace();
    workspace.write("www/besok.csv", table(&[60; 6], None));
    workspace.write(
        "pipelines/orsak.csv",
        "information;kontakt;*\nbokning;kontakt;*\nklagomal;kritik;*\n",
    );
    let policy = |t: &str| {
        let sensitive = POLICY.replace(
            "orsak = \"sensitive\"",
            "orsak = { role = \"sensitive\", hierarchy = \"orsak.csv\" }",
        );
        format!("{sensitive}t = {{ kind = \"hierarchical\", value = {t} }}\n")
    };
    workspace.write("pipelines/besok-policy.toml", policy("0.2"));
    assert!(workspace.fyr(&["harvest", "kalla"]).status.success());
    let (code, document) = workspace.json(&["curate", "besok"]);
    assert_eq!(code, 0, "{document}");
    let checks = document["runs"][0]["privacy"]["audit"]["checks"].as_array().unwrap();
    assert!(
        checks.iter().any(|check| check["id"] == "privacy-bounds" && check["ok"] == true),
        "{checks:?}"
    );
    let path = workspace.path().join("data/candidates/besok/candidate.json");
    let candidate: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    let above = &candidate["asked"]["bounds"]["orsak"]["above"];
    assert_eq!(above["bokning"], serde_json::json!(["kontakt", "*"]), "{candidate}");
}

fn sign(workspace: &Workspace, interest: &str, more: &[&str]) -> (i32, Value) {
    let words = [
        "sign",
        "besok",
        "--interest",
        interest,
        "--by",
        "Test Testsson",
        "--role",
        "testare",
        "--organisation",
        "299999-0019",
        "--ground",
        "prövat",
        "--diary-number",
        "T-1",
        "--secrecy-section",
        "21 kap. 7 § OSL",
        "--json",
    ];
    let output = workspace.command(&words).args(more).output().unwrap();
    let document = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| Value::String(text(&output.stderr)));
    (output.status.code().unwrap_or(-1), document)
}

/// The one version in a folder of releases.
fn only(folder: &Path) -> std::path::PathBuf {
    let mut found: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.join("manifest.json").is_file())
        .collect();
    assert_eq!(found.len(), 1, "{found:?}");
    found.remove(0)
}
