//! Actions of a policy through a pipeline: keyed pseudonyms, masks, coarser values and test identities in the release, and keys nowhere.
//! People come from the tax agency's test list (189001019802 and 189001029819 open it); names and places are invented.

use std::os::unix::fs::PermissionsExt as _;

use serde_json::Value;

use crate::support::{Workspace, text};

const KEY: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
const CATALOGUE: &str = r#"@prefix dcat: <http://www.w3.org/ns/dcat#> . @prefix dct: <http://purl.org/dc/terms/> . @prefix foaf: <http://xmlns.com/foaf/0.1/> .
<https://source.example/catalogue> a dcat:Catalog ; dct:title "Katalog"@sv ; dct:description "En katalog"@sv ; dct:publisher <https://source.example/org> ;
  dct:license <http://creativecommons.org/publicdomain/zero/1.0/> ; dcat:dataset <https://source.example/d/besok> .
<https://source.example/org> a foaf:Agent ; foaf:name "Testmyndigheten"@sv .
<https://source.example/d/besok> a dcat:Dataset ; dct:title "Besök"@sv ; dct:description "Besök."@sv ; dct:publisher <https://source.example/org> ;
  dcat:distribution <https://source.example/d/besok/csv> .
<https://source.example/d/besok/csv> a dcat:Distribution ; dcat:accessURL <https://source.example/besok.csv> ; dcat:downloadURL <https://source.example/besok.csv> ;
  dct:format "text/csv" ; dct:license <http://creativecommons.org/publicdomain/zero/1.0/> .
"#;
const POLICY: &str = r#"
[policy.columns]
besok = "plain"
personnummer = "identifier"
kopia = "identifier"
fodd = "identifier"
anteckning = "identifier"
telefon = "plain"

[policy.cleared]                # what the auditor finds by header and by number: judged by an invented officer
personnummer = { kind = "personal-identity-number", reason = "keyed pseudonyms", by = "Test Testsson", role = "testare", date = 2026-11-23 }
kopia = { kind = "personal-identity-number", reason = "published test numbers", by = "Test Testsson", role = "testare", date = 2026-11-23 }

[policy.actions]
fodd = { do = "generalise", kind = "date_of_birth" }
anteckning = { do = "mask", numbered = true }
telefon = { do = "remove" }
kopia = { do = "test-identities", numbers = "testnummer.json" }

[policy.pseudonyms]
KEYPLACE
scope = "besok"
columns = { personnummer = "personal_identity_number" }
"#;

fn workspace(key: &str) -> Workspace {
    let workspace = Workspace::new("[fetch.mirror]\n\"https://source.example/\" = \"www/\"\n");
    workspace.source("kalla", "dcat.ttl");
    workspace.write("www/dcat.ttl", CATALOGUE);
    let mut rows = String::from("besok;personnummer;kopia;fodd;anteckning;telefon\n");
    for n in 0..40u32 {
        let person = ["18900101-9802", "18900102-9819"][(n % 2) as usize];
        rows.push_str(&format!(
            "B{n};{person};{person};1980-01-0{};Anna Svensson ringde om ärende {n};070-174 06 05\n",
            n % 9 + 1
        ));
    }
    workspace.write("www/besok.csv", rows);
    workspace.write("pipelines/testnummer.json", "[\"189001019802\", \"189001029819\"]");
    let head = "source = \"kalla\"\ndataset = \"https://source.example/d/besok\"\n";
    workspace.write("pipelines/besok.toml", format!("{head}{}", POLICY.replace("KEYPLACE", key)));
    workspace.write("nyckel", KEY);
    private(&workspace, 0o600);
    assert!(workspace.fyr(&["harvest", "kalla"]).status.success());
    workspace
}

fn private(workspace: &Workspace, mode: u32) {
    std::fs::set_permissions(workspace.path().join("nyckel"), std::fs::Permissions::from_mode(mode)).unwrap();
}

fn curated(workspace: &Workspace, key: Option<&str>) -> Value {
    let mut command = workspace.command(&["curate", "besok", "--json"]);
    if let Some(key) = key {
        command.env("FYR_TEST_PSEUDONYMS", key);
    }
    let output = command.output().unwrap();
    for bytes in [&output.stdout, &output.stderr] {
        assert!(!text(bytes).contains(&KEY[..32]), "the key is told");
    }
    let document: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {}", text(&output.stderr)));
    document["runs"][0].clone()
}

fn released(workspace: &Workspace) -> String {
    workspace.sign("besok");
    let output = workspace.fyr(&["publish", "besok"]);
    assert!(output.status.success(), "{}{}", text(&output.stdout), text(&output.stderr));
    std::fs::read_to_string(workspace.path().join("published/besok/1.0.0/csv/all-00000-of-00001.csv")).unwrap()
}

#[test]
fn a_release_holds_pseudonyms_masks_years_and_test_numbers_and_nobody() {
    let workspace = workspace("key = { file = \"../nyckel\" }");
    let run = curated(&workspace, None);
    assert_eq!(run["outcome"], "candidate", "{run}");
    let columns = run["privacy"]["protection"]["columns"].as_array().unwrap();
    let action = |name: &str| {
        columns.iter().find(|one| one["column"] == name).unwrap()["action"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    assert_eq!(action("telefon"), "remove");
    assert_eq!(action("fodd"), "generalise (date_of_birth)");
    assert_eq!(action("anteckning"), "mask");
    assert!(action("personnummer").starts_with("pseudonymise (hmac-sha-256 key=") && action("personnummer").contains("scope=shared:besok"));

    let csv = released(&workspace);
    let rows: Vec<Vec<&str>> = csv.lines().skip(1).map(|line| line.split([',', ';']).collect()).collect();
    assert_eq!(rows.len(), 40);
    let header: Vec<&str> = csv.lines().next().unwrap().split([',', ';']).collect();
    let at = |name: &str| {
        header
            .iter()
            .position(|one| *one == name)
            .unwrap_or_else(|| panic!("{header:?} lacks {name}"))
    };
    assert!(!header.contains(&"telefon"));
    let mut pseudonyms: Vec<&str> = rows.iter().map(|row| row[at("personnummer")]).collect();
    pseudonyms.sort_unstable();
    pseudonyms.dedup();
    assert!(
        pseudonyms.len() == 2 && pseudonyms.iter().all(|one| one.len() == 32),
        "{pseudonyms:?}"
    );
    assert!(rows.iter().all(|row| row[at("fodd")] == "1980"));
    assert!(rows.iter().all(|row| row[at("anteckning")].starts_with("[PERSON_1] ringde")));
    assert!(
        rows.iter()
            .all(|row| ["18900101-9802", "18900102-9819"].contains(&row[at("kopia")])),
        "a published test number, in the form of the cell"
    );

    // In the same scope under the same key a person is the same; under another key nobody is.
    let again = self::workspace("key = { env = \"FYR_TEST_PSEUDONYMS\" }");
    assert_eq!(curated(&again, Some(KEY))["outcome"], "candidate");
    let same = released(&again);
    assert!(pseudonyms.iter().all(|one| same.contains(one)));
    let other = self::workspace("key = { env = \"FYR_TEST_PSEUDONYMS\" }");
    assert_eq!(curated(&other, Some("ffeeddccbbaa99887766554433221100"))["outcome"], "candidate");
    assert!(pseudonyms.iter().all(|one| !released_once(&other).contains(one)));
}

fn released_once(workspace: &Workspace) -> String {
    let path = workspace.path().join("published/besok/1.0.0/csv/all-00000-of-00001.csv");
    std::fs::read_to_string(path).unwrap_or_else(|_| released(workspace))
}

#[test]
fn a_key_that_is_absent_weak_readable_by_others_or_beside_the_data_stops_the_run() {
    let because = |run: &Value| run["refused_because"]["id"].as_str().unwrap_or_default().to_owned();
    let workspace = workspace("key = { file = \"../nyckel\" }");
    private(&workspace, 0o644);
    assert_eq!(because(&curated(&workspace, None)), "pseudonym-key");
    private(&workspace, 0o600);
    workspace.write("nyckel", "kort");
    private(&workspace, 0o600);
    assert_eq!(because(&curated(&workspace, None)), "pseudonym-key");
    workspace.write("data/nyckel", KEY);
    let pipeline = std::fs::read_to_string(workspace.path().join("pipelines/besok.toml")).unwrap();
    workspace.write("pipelines/besok.toml", pipeline.replace("../nyckel", "../data/nyckel"));
    assert_eq!(because(&curated(&workspace, None)), "pseudonym-key");
    workspace.write(
        "pipelines/besok.toml",
        pipeline.replace("file = \"../nyckel\"", "env = \"FYR_TEST_ABSENT\""),
    );
    assert_eq!(because(&curated(&workspace, None)), "pseudonym-key");
    workspace.write("nyckel", KEY);
    private(&workspace, 0o600);
    workspace.write("pipelines/besok.toml", pipeline.replace("\"date_of_birth\"", "\"birthday\""));
    assert_eq!(because(&curated(&workspace, None)), "action-kind");
    workspace.write("pipelines/besok.toml", pipeline.replace("fodd = { do", "finns_inte = { do"));
    assert_eq!(because(&curated(&workspace, None)), "action-column");
}
