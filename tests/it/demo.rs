//! The demo from start to end, and again over its own workspace.

use std::process::Command;

use serde_json::Value;

use crate::support::{FYR, text};

#[test]
fn the_demo_ends_as_meant_and_a_second_run_changes_nothing() {
    let parent = tempfile::tempdir().unwrap();
    let dir = parent.path().join("fyr-demo");
    let run = || {
        Command::new(FYR)
            .args(["demo", "--lang", "sv", "--dir"])
            .arg(&dir)
            .current_dir(parent.path())
            .output()
            .unwrap()
    };
    let first = run();
    assert_eq!(first.status.code(), Some(0), "{}\n{}", text(&first.stdout), text(&first.stderr));
    let out = text(&first.stdout);
    for word in ["Skördat", "Förädlat och publicerat", "Stoppat, och varför", "påhittade"] {
        assert!(out.contains(word), "{word}: {out}");
    }
    let releases = || {
        let mut found: Vec<String> = std::fs::read_dir(dir.join("published"))
            .unwrap()
            .flatten()
            .flat_map(|name| {
                std::fs::read_dir(name.path())
                    .unwrap()
                    .flatten()
                    .map(move |v| v.path().display().to_string())
            })
            .filter(|path| std::path::Path::new(path).join("manifest.json").is_file())
            .collect();
        found.sort();
        found
    };
    let made = releases();
    assert_eq!(made.len(), 8, "{made:?}");
    for release in &made {
        let verified = Command::new(FYR).args(["verify", release, "--json"]).output().unwrap();
        assert_eq!(verified.status.code(), Some(0), "{release}: {}", text(&verified.stdout));
        let document: Value = serde_json::from_slice(&verified.stdout).unwrap();
        assert_eq!(document["ok"], true);
    }
    let second = run();
    assert_eq!(second.status.code(), Some(0), "{}\n{}", text(&second.stdout), text(&second.stderr));
    assert_eq!(releases(), made, "nothing new is published when nothing has changed");
}

#[test]
fn a_folder_with_other_things_in_it_is_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("mine.txt"), "keep").unwrap();
    let output = Command::new(FYR)
        .args(["demo", "--lang", "en", "--dir"])
        .arg(dir.path())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("not empty"), "{}", text(&output.stderr));
}
