//! Published cases of `privacy.md` 7.1 through the whole program, with policies as a reader of the documents would write them.
//!
//! The library tries all of them; here one of each kind shows that reading, typing, policy, search, writing and audit agree on them too.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::shape;
use crate::support::{FYR, text};

/// The columns in the order of the nodes; occupation is sensitive where it is not among them.
const COLUMNS: [&str; 8] = [
    "sex",
    "age",
    "race",
    "marital-status",
    "education",
    "native-country",
    "workclass",
    "salary-class",
];

fn fixtures() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/fixtures/anonymization/arx");
    let there = folder.join("adult.csv").exists();
    if !there {
        eprintln!("SKIPPED: ../shared/fixtures/anonymization is absent");
    }
    there.then_some(folder)
}

/// What the program answers to a policy with these lines for occupation and the model; hierarchies by their paths.
fn answered(folder: &Path, occupation: &str, model: &str) -> (Option<i32>, Value) {
    let dir = tempfile::tempdir().unwrap();
    let shown = folder.display();
    let mut policy = String::from("[columns]\n");
    for name in COLUMNS {
        policy += &format!("{name} = {{ role = \"quasi-identifier\", hierarchy = \"{shown}/adult_hierarchy_{name}.csv\" }}\n");
    }
    policy += &format!("occupation = {occupation}\n[model]\n{model}\n").replace("FOLDER", &shown.to_string());
    std::fs::write(dir.path().join("policy.toml"), policy).unwrap();
    let output = Command::new(FYR)
        .args(["anonymize", "--json", "--lang", "en", "-o", "ut.parquet", "--policy", "policy.toml"])
        .arg(folder.join("adult.csv"))
        .current_dir(dir.path())
        .output()
        .unwrap();
    let document = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| Value::from(text(&output.stderr)));
    (output.status.code(), document)
}

#[test]
fn adult_comes_out_of_the_program_as_published() {
    let Some(folder) = fixtures() else { return };
    let file = "{ role = \"sensitive\", hierarchy = \"FOLDER/adult_hierarchy_occupation.csv\" }";
    let cases: [(&str, &str, [u64; 8], f64, u64); 3] = [
        // D3.
        (
            "\"sensitive\"",
            "k = 5\nloss = \"NUEn\"\nsuppression_max = 0.05",
            [0, 0, 1, 1, 2, 2, 2, 0],
            180_132.408_482_446_98,
            889,
        ),
        // D9.
        (
            file,
            "k = 5\nt = { kind = \"hierarchical\", value = 0.2 }\nloss = \"entropy-monotone\"\nsuppression_max = 0.04",
            [1, 4, 0, 0, 3, 2, 2, 1],
            377_622.784_587_293_05,
            1088,
        ),
        // D13.
        (
            "\"sensitive\"",
            "presence = { min = 0.05, max = 0.15, subset = \"FOLDER/adult_subset.csv\" }\nloss = \"entropy-monotone\"\nsuppression_max = 0",
            [1, 4, 1, 1, 1, 2, 2, 1],
            37_223.249_124_828_2,
            0,
        ),
    ];
    for (occupation, model, node, loss, suppressed) in cases {
        let (code, document) = answered(&folder, occupation, model);
        assert_eq!(code, Some(0), "{model}: {document}");
        shape::held(&document);
        let levels = COLUMNS.map(|name| document["transformation"][name].as_u64().unwrap());
        let seen = document["loss"]["value"].as_f64().unwrap();
        assert_eq!((levels, document["suppressed_rows"].as_u64()), (node, Some(suppressed)), "{model}");
        assert!((seen - loss).abs() <= loss * 1e-9, "{model}: {seen}");
        assert_eq!(document["search"]["optimal"], true);
    }
    let (code, said) = answered(&folder, "\"sensitive\"", "l = { kind = \"entropy\", value = 100 }");
    assert!(code == Some(1) && said.as_str().unwrap().contains("none of 4320"), "{said}");
}
