use std::collections::BTreeSet;

use super::*;
use crate::testing;

/// A candidate, its documents, and a folder to publish in.
struct Case {
    candidate: tempfile::TempDir,
    root: tempfile::TempDir,
    documents: Documents,
}

impl Case {
    fn new(version: &str) -> Self {
        let candidate = tempfile::tempdir().unwrap();
        let files = testing::files(candidate.path());
        Self {
            documents: testing::documents(&files, version),
            candidate,
            root: tempfile::tempdir().unwrap(),
        }
    }
    fn curated(&self) -> CuratedDataset {
        testing::curated(self.candidate.path())
    }
    fn publish(&self) -> Result<Release, Refusal> {
        release(self.curated(), &self.documents, self.root.path())
    }
    fn shown(&self) -> Vec<String> {
        shelf::list(self.root.path())
            .unwrap()
            .iter()
            .map(|release| release.manifest.record.version.to_string())
            .collect()
    }
}

fn refused(change: impl Fn(&mut Documents), expected: Option<&str>) {
    let mut case = Case::new("1.0.0");
    change(&mut case.documents);
    assert_eq!(case.publish().err().map(|refusal| refusal.id).as_deref(), expected);
    assert_eq!(case.shown().len(), usize::from(expected.is_none()));
    if expected.is_some() {
        let left: Vec<_> = fs::read_dir(case.root.path()).unwrap().collect();
        assert!(left.is_empty(), "a refusal writes nothing");
    }
}

#[test]
fn a_signed_audited_licensed_candidate_is_published_and_nothing_else() {
    refused(|_| {}, None);
    refused(|documents| drop(documents.decisions.remove(1)), Some("signature-missing"));
    refused(|documents| documents.candidate = Sha256::of(b"other"), Some("candidate-mismatch"));
    refused(|documents| documents.decisions[0].role.clear(), Some("signature-incomplete"));
    refused(
        |documents| documents.quality.rules[0].severity = "error".into(),
        Some("quality-failed"),
    );
    refused(|documents| documents.privacy.files.clear(), Some("audit-mismatch"));
    refused(|documents| documents.record.rows += 1, Some("rows-mismatch"));
    refused(|documents| documents.profile.rows += 1, Some("rows-mismatch"));
    refused(|documents| documents.record.licence.flags.by = false, Some("licence-too-free"));
}

#[test]
fn a_release_has_exactly_the_files_of_its_manifest() {
    let case = Case::new("1.0.0");
    let release = case.publish().unwrap();
    assert_eq!(release, shelf::open(&release.dir).unwrap());
    let mut found = BTreeSet::new();
    let mut folders = vec![release.dir.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.insert(path.strip_prefix(&release.dir).unwrap().to_str().unwrap().to_owned());
            }
        }
    }
    assert!(found.remove("manifest.json"));
    let listed: BTreeSet<String> = release.manifest.files.iter().map(|file| file.path.clone()).collect();
    assert_eq!(found, listed);
    for path in &listed {
        release.check(path).unwrap();
    }
    assert!(release.file("manifest.json").is_none() && release.file("../x").is_none());
    assert_eq!(release.manifest.decisions.len(), 3);
}

#[test]
fn the_manifest_is_canonical_and_its_digest_is_the_files() {
    let case = Case::new("1.0.0");
    let release = case.publish().unwrap();
    let bytes = fs::read(release.dir.join("manifest.json")).unwrap();
    assert_eq!(release.manifest_sha256, Sha256::of(&bytes));
    let value: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
    assert_eq!(canonical(&value), bytes);
    assert!(bytes.starts_with(br#"{"air":71.5,"candidate":""#));
}

#[test]
fn the_same_candidate_becomes_the_same_bytes() {
    let (one, two) = (Case::new("1.0.0"), Case::new("1.0.0"));
    assert_eq!(one.publish().unwrap().manifest_sha256, two.publish().unwrap().manifest_sha256);
}

#[test]
fn a_version_is_used_once_and_names_the_one_before() {
    let mut case = Case::new("1.0.0");
    let first = case.publish().unwrap();
    assert_eq!(case.publish().unwrap_err().id, "version-exists");
    for (version, id) in [("1.1.0", None), ("1.0.5", Some("version-exists")), ("2.0.0", None)] {
        case.documents.record.version = version.parse().unwrap();
        assert_eq!(case.publish().err().map(|refusal| refusal.id).as_deref(), id, "{version}");
    }
    let all = shelf::versions(case.root.path(), &testing::name()).unwrap();
    assert_eq!(
        all.iter()
            .map(|release| release.manifest.record.version.to_string())
            .collect::<Vec<_>>(),
        ["1.0.0", "1.1.0", "2.0.0"]
    );
    assert_eq!(all[1].manifest.previous_manifest, Some(first.manifest_sha256));
    let changes = fs::read_to_string(all[2].dir.join("CHANGELOG.md")).unwrap();
    assert_eq!(changes.matches("\n## ").count(), 3);
    assert_eq!(case.shown(), ["2.0.0"]);
}

/// Runs a publication to its `cut`-th step and stops there, as a kill would; gives the steps that were asked for.
fn cut_at(case: &Case, cut: usize) -> (usize, Option<Refusal>) {
    let mut asked = 0;
    let done = release_through(case.curated(), &case.documents, case.root.path(), &mut |_| {
        asked += 1;
        if asked > cut { Err(io::Error::other("cut")) } else { Ok(()) }
    });
    (asked, done.err())
}

#[test]
fn h37_whatever_step_is_cut_readers_see_the_old_or_the_new_release() {
    let whole = Case::new("1.1.0");
    testing::publish(whole.root.path(), "1.0.0");
    let (steps, refusal) = cut_at(&whole, usize::MAX);
    assert!(refusal.is_none() && steps > 40, "{steps} steps");
    let expected = shelf::latest(whole.root.path(), &testing::name()).unwrap().unwrap().manifest_sha256;

    let mut seen = BTreeSet::new();
    for cut in 0..steps {
        let case = Case::new("1.1.0");
        testing::publish(case.root.path(), "1.0.0");
        let (_, refusal) = cut_at(&case, cut);
        assert_eq!(refusal.unwrap().id, "publish-failed");
        let shown = case.shown();
        assert!(shown == ["1.0.0"] || shown == ["1.1.0"], "cut {cut} shows {shown:?}");
        let latest = shelf::latest(case.root.path(), &testing::name()).unwrap().unwrap();
        for file in &latest.manifest.files {
            latest.check(&file.path).unwrap();
        }
        seen.insert(shown[0].clone());

        // The next start sweeps; the next run completes, in the same bytes.
        shelf::sweep(case.root.path()).unwrap();
        assert_eq!(case.shown(), shown, "sweeping changes nothing that is shown");
        match case.publish() {
            Ok(release) => assert_eq!(release.manifest_sha256, expected, "cut {cut}"),
            Err(refusal) => assert_eq!((refusal.id.as_str(), shown[0].as_str()), ("version-exists", "1.1.0")),
        }
        let left: Vec<_> = fs::read_dir(case.root.path().join("exempelby-trad"))
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect();
        assert_eq!(left.len(), 2, "cut {cut} leaves {left:?}");
    }
    assert_eq!(seen.len(), 2, "the last cut comes after the release is there");
}

#[test]
fn h37_a_first_release_that_is_cut_shows_nothing() {
    for cut in [0, 5, 20, 40] {
        let case = Case::new("1.0.0");
        assert!(cut_at(&case, cut).1.is_some());
        assert_eq!(case.shown(), Vec::<String>::new());
        assert!(case.publish().is_ok());
    }
}

#[test]
fn h39_a_failed_fsync_fails_the_run_and_is_not_tried_again() {
    let syncs = |case: &Case, fail: usize| {
        let mut asked = 0;
        let done = release_through(case.curated(), &case.documents, case.root.path(), &mut |step| {
            asked += usize::from(step.starts_with("sync"));
            if step.starts_with("sync") && asked == fail {
                Err(io::Error::other("input/output error"))
            } else {
                Ok(())
            }
        });
        (asked, done.is_err())
    };
    let (all, failed) = syncs(&Case::new("1.0.0"), 0);
    assert!(!failed, "the honest run syncs {all} times");
    for fail in 1..=all {
        assert_eq!(
            syncs(&Case::new("1.0.0"), fail),
            (fail, true),
            "nothing is synced after the failure"
        );
    }
}

#[test]
fn h40_a_full_disk_is_named_and_leaves_the_former_release() {
    let case = Case::new("1.1.0");
    testing::publish(case.root.path(), "1.0.0");
    let done = release_through(case.curated(), &case.documents, case.root.path(), &mut |step| match step {
        "write" => Err(io::ErrorKind::StorageFull.into()),
        _ => Ok(()),
    });
    assert_eq!(done.unwrap_err().id, "publish-disk-full");
    assert_eq!(case.shown(), ["1.0.0"]);
    assert!(case.publish().is_ok(), "it recovers unaided");
}

#[test]
fn a_candidate_that_changes_while_it_is_copied_is_not_published() {
    let case = Case::new("1.0.0");
    let curated = case.curated();
    fs::write(case.candidate.path().join("csv/all.csv"), "other bytes").unwrap();
    assert_eq!(
        release(curated, &case.documents, case.root.path()).unwrap_err().id,
        "audit-mismatch"
    );
    assert!(case.shown().is_empty());
    assert_eq!(
        fs::read_dir(case.root.path().join("exempelby-trad")).unwrap().count(),
        0,
        "unfinished work is removed at once"
    );
}

#[test]
fn a_rehearsal_has_all_files_and_needs_no_signature() {
    let mut case = Case::new("1.0.0");
    case.documents.decisions.clear();
    let scratch = tempfile::tempdir().unwrap();
    let manifest = rehearse(case.candidate.path(), case.curated().files(), &case.documents, scratch.path()).unwrap();
    assert_eq!(shelf::open(scratch.path()).unwrap().manifest, manifest);
    assert!(case.shown().is_empty());
}
