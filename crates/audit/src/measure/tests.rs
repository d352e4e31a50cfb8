use std::collections::BTreeMap;
use std::path::PathBuf;

use fyr_model::held::Bounds;
use fyr_model::privacy::{Closeness, ClosenessKind, Role};

use super::*;
use crate::csv;

/// A published table as plain CSV; nothing, said plainly, where the shared samples are absent.
fn fixture(name: &str) -> Option<(tempfile::TempDir, PathBuf)> {
    let path = format!("{}/../../../shared/fixtures/anonymization/{name}", env!("CARGO_MANIFEST_DIR"));
    let Ok(text) = std::fs::read_to_string(path) else {
        eprintln!("SKIPPED: ../shared/fixtures/anonymization/{name} is absent");
        return None;
    };
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("table.csv");
    let commas = if name.starts_with("arx") { text.replace(';', ",") } else { text };
    std::fs::write(&path, commas.trim_end().to_owned() + "\n").unwrap();
    Some((dir, path))
}

fn measured(path: &std::path::Path, quasi: &[&str], sensitive: (&str, bool)) -> Measured {
    let columns: Vec<(String, bool)> = csv::header(path)
        .unwrap()
        .into_iter()
        .map(|name| (name.clone(), name == sensitive.0 && sensitive.1))
        .collect();
    let role = |name: &String| match name.as_str() {
        name if quasi.contains(&name) => Role::QuasiIdentifier,
        name if name == sensitive.0 => Role::Sensitive,
        _ => Role::Plain,
    };
    let kind = if sensitive.1 {
        ClosenessKind::Ordered
    } else {
        ClosenessKind::Equal
    };
    let bounds = Bounds {
        t: Some(Closeness { kind, value: 1.0 }),
        ..Bounds::default()
    };
    let asked = Asked {
        roles: columns.iter().map(|(name, _)| (name.clone(), role(name))).collect(),
        bounds: BTreeMap::from([(sensitive.0.to_owned(), bounds)]),
        ..Asked::on("2026-11-22".parse().unwrap())
    };
    let mut measure = Measure::new(&columns, &asked);
    csv::blocks(path, |block| measure.take(block)).unwrap();
    measure.finish()
}

/// `privacy.md` 7.3: k, l, entropy l, beta basic and enhanced, delta, t.
#[test]
fn measures_are_those_of_pycanon() {
    let students = ["Teacher", "Gender", "Ethnic", "Freeredu", "wesson"];
    let adult = ["sex", "age", "race", "marital-status"];
    type Case<'a> = (&'a str, &'a [&'a str], (&'a str, bool), (u64, u64, f64), [f64; 4]);
    let cases: [Case<'_>; 4] = [
        (
            "pycanon/hospital_anonymized.csv",
            &["age", "gender", "city"],
            ("disease", false),
            (2, 1, 1.0),
            [10.0 / 3.0, 2.564949, 1.466337, 0.615385],
        ),
        (
            "pycanon/StudentsMath_Score.csv",
            &students,
            ("Score", true),
            (1, 1, 1.0),
            [71.0, 5.375278, 4.276666, 0.416592],
        ),
        (
            "pycanon/StudentsMath_Score_k7.csv",
            &students,
            ("Score", true),
            (7, 6, 5.0),
            [8.142857, 4.158883, 2.212973, 0.197489],
        ),
        (
            "arx/adult.csv",
            &adult,
            ("occupation", false),
            (1, 1, 1.0),
            [1116.111, 8.117114, 7.018501, 0.995259],
        ),
    ];
    for (name, quasi, sensitive, (k, l, entropy), expected) in cases {
        let Some((_dir, path)) = fixture(name) else { return };
        let found = measured(&path, quasi, sensitive);
        let figures = found.figures[sensitive.0];
        assert_eq!((found.k, found.l[sensitive.0]), (Some(k), l), "{name}");
        assert_eq!((figures.entropy_l + 1e-9).floor(), entropy, "{name}");
        let seen = [figures.beta, figures.beta_enhanced, figures.disclosure, found.t[sensitive.0]];
        for (seen, expected) in seen.into_iter().zip(expected) {
            assert!((seen - expected).abs() <= 1e-6 * expected.max(1.0), "{name}: {seen} {expected}");
        }
    }
}
