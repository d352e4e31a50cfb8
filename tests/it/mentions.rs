//! What the columns of a file mention, told by the worker that reads it: codes of public lists, and none of a column that points out persons.

use crate::shape;
use crate::support::Workspace;

#[test]
fn a_scan_counts_what_texts_mention_and_tells_no_code_of_a_column_of_persons() {
    let workspace = Workspace::new("");
    let mut rows = String::from("id;beslut;kontakt\n");
    for n in 0..40 {
        rows.push_str(&format!(
            "{n};Enligt 10 kap. 2 § OSL får Skövde kommun svara den 3 mars 2024.;Skriv till kanarie{n}@person.example före den 4 april 2024\n"
        ));
    }
    workspace.write("beslut.csv", rows);
    let (code, plain) = workspace.json(&["scan", "beslut.csv"]);
    shape::held(&plain);
    assert!(code == 0 && plain["entities"].is_null(), "{plain}");

    let (code, document) = workspace.json(&["scan", "beslut.csv", "--entities"]);
    shape::held(&document);
    assert_eq!(code, 0);
    assert_eq!(document["columns"], plain["columns"], "the same detectors");
    let told: Vec<(&str, &str, &str, u64)> = document["entities"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            let word = |key: &str| one[key].as_str().unwrap();
            let code = one["codes"][0]["code"].as_str().unwrap_or("none");
            (word("column"), word("kind"), code, one["rows"].as_u64().unwrap())
        })
        .collect();
    assert_eq!(
        told,
        [
            ("beslut", "municipality", "1496", 40),
            ("beslut", "law", "2009:400", 40),
            ("beslut", "date", "2024-03-03", 40),
            ("kontakt", "date", "none", 40),
        ]
    );
    assert!(!document.to_string().contains("@person.example"));
}
