//! The words: every command that help lists does what it says, in both languages, and wrong words end with 2.

use std::process::Command;

use crate::support::{FYR, Workspace, text};

fn fyr(args: &[&str]) -> (i32, String, String) {
    let output = Command::new(FYR).args(args).current_dir(std::env::temp_dir()).output().unwrap();
    (output.status.code().unwrap(), text(&output.stdout), text(&output.stderr))
}

#[test]
fn every_command_has_help_with_an_example_in_both_languages() {
    let (code, help, _) = fyr(&["--help", "--lang", "en"]);
    assert_eq!(code, 0);
    let commands: Vec<&str> = help
        .lines()
        .skip_while(|line| !line.starts_with("Commands:"))
        .skip(1)
        .take_while(|line| !line.is_empty())
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    assert!(commands.len() >= 18, "{commands:?}");
    assert!(!commands.contains(&"worker"), "the worker is not a command for people");
    for command in commands {
        for (lang, example) in [("en", "Example: fyr"), ("sv", "Exempel: fyr")] {
            let (code, help, _) = fyr(&[command, "--help", "--lang", lang]);
            assert_eq!(code, 0, "{command}");
            assert!(help.contains(example), "{command} {lang}: {help}");
        }
    }
}

#[test]
fn wrong_words_and_a_missing_workspace_end_with_2_and_a_hint() {
    assert_eq!(fyr(&["harvst"]).0, 2);
    assert_eq!(fyr(&["curate", "--all", "--nonsense"]).0, 2);
    let empty = tempfile::tempdir().unwrap();
    let output = Command::new(FYR)
        .args(["harvest", "--all", "--lang", "en"])
        .current_dir(empty.path())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(
        text(&output.stderr).contains("hint: run `fyr init DIR`"),
        "{}",
        text(&output.stderr)
    );
}

#[test]
fn init_makes_a_workspace_whose_configuration_reads_back() {
    let parent = tempfile::tempdir().unwrap();
    let dir = parent.path().join("ny");
    let dir = dir.to_str().unwrap();
    assert_eq!(fyr(&["init", dir]).0, 0);
    assert_eq!(fyr(&["init", dir]).0, 2, "an existing workspace is left alone");
    let add = [
        "source",
        "add",
        "exempelby",
        "--url",
        "https://data.exempelby.example/dcat.rdf",
        "--workspace",
        dir,
    ];
    assert_eq!(fyr(&add).0, 0);
    assert_eq!(fyr(&add).0, 2, "a source is not added twice");
    let (code, out, err) = fyr(&["source", "list", "--workspace", dir, "--lang", "en"]);
    assert_eq!(code, 0, "{err}");
    assert!(out.contains("exempelby"), "{out}");
}

#[test]
fn h43_a_second_process_hands_its_work_over_or_says_who_owns_the_folder() {
    let workspace = Workspace::new("");
    let portal = workspace.serve();
    let second = workspace.fyr(&["serve", "--listen", "127.0.0.1:0"]);
    assert_eq!(second.status.code(), Some(4), "{}", text(&second.stderr));
    let handed = workspace.fyr(&["source", "list"]);
    assert_eq!(handed.status.code(), Some(0), "{}", text(&handed.stderr));
    assert_eq!(portal.get("/health").0, 200);
    drop(portal);
    assert_eq!(
        workspace.fyr(&["source", "list"]).status.code(),
        Some(0),
        "the lock dies with its process"
    );
}
