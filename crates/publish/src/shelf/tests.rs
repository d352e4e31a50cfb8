use std::fs;

use super::*;
use crate::testing;

#[test]
fn folders_that_are_no_release_are_passed_by() {
    let root = tempfile::tempdir().unwrap();
    assert_eq!(list(&root.path().join("missing")).unwrap(), []);
    let release = testing::publish(root.path(), "1.0.0");
    for stray in [
        "exempelby-trad/1.1.0/data",
        "exempelby-trad/.tmp-1.2.0-x",
        "exempelby-trad/notes",
        "Not A Name/1.0.0",
        "empty",
    ] {
        fs::create_dir_all(root.path().join(stray)).unwrap();
    }
    fs::write(root.path().join("README"), "x").unwrap();
    let copy = root.path().join("exempelby-trad/3.0.0");
    fs::create_dir(&copy).unwrap();
    fs::write(copy.join(MANIFEST), "{").unwrap();
    assert_eq!(list(root.path()).unwrap(), [release]);
}

#[test]
fn h55_a_manifest_that_names_another_release_or_misses_a_file_is_not_shown() {
    let root = tempfile::tempdir().unwrap();
    let release = testing::publish(root.path(), "1.0.0");
    let place = root.path().join("exempelby-trad");
    let moved = root.path().join("annan");
    fs::create_dir(&moved).unwrap();
    fs::rename(&release.dir, moved.join("1.0.0")).unwrap();
    assert_eq!(list(root.path()).unwrap(), []);
    fs::rename(moved.join("1.0.0"), &release.dir).unwrap();
    assert_eq!(list(root.path()).unwrap().len(), 1);
    fs::write(place.join("1.0.0/dcat.ttl"), "longer than it was when it was published").unwrap();
    assert_eq!(open(&release.dir).unwrap_err().id, "release-file");
    assert_eq!(list(root.path()).unwrap(), []);
}

#[test]
fn h55_a_file_with_other_bytes_of_the_same_size_fails_its_check() {
    let root = tempfile::tempdir().unwrap();
    let release = testing::publish(root.path(), "1.0.0");
    release.check("dcat.ttl").unwrap();
    fs::write(release.dir.join("dcat.ttl"), "# DCAT\n").unwrap();
    assert_eq!(release.check("dcat.ttl").unwrap_err().id, "release-file");
    assert_eq!(release.check("not-listed").unwrap_err().id, "release-file");
}

#[test]
fn h47_a_manifest_of_a_newer_shape_is_refused() {
    let root = tempfile::tempdir().unwrap();
    let release = testing::publish(root.path(), "1.0.0");
    let path = release.dir.join(MANIFEST);
    let text = fs::read_to_string(&path).unwrap().replace("fyr/manifest/1", "fyr/manifest/2");
    fs::write(&path, text).unwrap();
    assert_eq!(open(&release.dir).unwrap_err().id, "manifest-newer");
    assert_eq!(open(root.path()).unwrap_err().id, "release-missing");
}

#[test]
fn h23_a_manifest_cannot_point_outside_its_folder() {
    let root = tempfile::tempdir().unwrap();
    let release = testing::publish(root.path(), "1.0.0");
    let path = release.dir.join(MANIFEST);
    let text = fs::read_to_string(&path).unwrap().replace("\"dcat.ttl\"", "\"../../x\"");
    fs::write(&path, text).unwrap();
    assert_eq!(open(&release.dir).unwrap_err().id, "release-path");
}

#[test]
fn a_withdrawn_dataset_is_gone_with_its_files_and_its_record_stays() {
    let root = tempfile::tempdir().unwrap();
    testing::publish(root.path(), "1.0.0");
    testing::publish(root.path(), "1.1.0");
    let name = testing::name();
    assert_eq!(withdraw(root.path(), &name, " ", testing::at()).unwrap_err().id, "reason-missing");
    let made = withdraw(root.path(), &name, "en uppgift var fel", testing::at()).unwrap();
    assert_eq!(
        made.versions.iter().map(ToString::to_string).collect::<Vec<_>>(),
        ["1.0.0", "1.1.0"]
    );
    assert_eq!((list(root.path()).unwrap(), withdrawal(root.path(), &name)), (vec![], Some(made)));
    let left: Vec<_> = fs::read_dir(root.path().join("exempelby-trad"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(left, [WITHDRAWN]);
    let kept = kept(&root.path().join("exempelby-trad")).unwrap();
    assert_eq!(kept[0].manifests[1].decisions.len(), 3, "who had signed what stays on record");
    assert_eq!(
        withdraw(root.path(), &name, "igen", testing::at()).unwrap_err().id,
        "release-missing"
    );
}

#[test]
fn a_withdrawn_version_is_never_used_again_and_a_later_one_is_shown() {
    let root = tempfile::tempdir().unwrap();
    let name = testing::name();
    testing::publish(root.path(), "1.0.0");
    withdraw(root.path(), &name, "fel", testing::at()).unwrap();
    assert_eq!(last_version(root.path(), &name).unwrap(), Some("1.0.0".parse().unwrap()));
    let dir = tempfile::tempdir().unwrap();
    let curated = testing::curated(dir.path());
    let documents = testing::documents(curated.files(), "1.0.0");
    assert_eq!(crate::release(curated, &documents, root.path()).unwrap_err().id, "version-exists");
    testing::publish(root.path(), "2.0.0");
    assert_eq!(list(root.path()).unwrap().len(), 1);
    assert_eq!(withdrawal(root.path(), &name), None);
    assert_eq!(withdrawals(root.path(), &name).unwrap().len(), 1);
}

#[test]
fn h37_a_withdrawal_that_is_cut_shows_all_or_nothing_and_is_finished_by_the_sweep() {
    let name = testing::name();
    for cut in 0.. {
        let root = tempfile::tempdir().unwrap();
        testing::publish(root.path(), "1.0.0");
        let mut asked = 0;
        let done = withdraw_through(root.path(), &name, "fel", testing::at(), &mut |_| {
            asked += 1;
            if asked > cut { Err(io::Error::other("cut")) } else { Ok(()) }
        });
        let shown = list(root.path()).unwrap().len();
        assert_eq!(shown == 0, withdrawal(root.path(), &name).is_some());
        sweep(root.path()).unwrap();
        let files = root.path().join("exempelby-trad/1.0.0").exists();
        assert_eq!((list(root.path()).unwrap().len(), files), (shown, shown == 1), "cut {cut}");
        if done.is_ok() {
            assert!(cut > 3);
            break;
        }
    }
}

#[test]
fn a_record_of_withdrawals_that_cannot_be_read_hides_the_dataset() {
    let root = tempfile::tempdir().unwrap();
    testing::publish(root.path(), "1.0.0");
    fs::write(root.path().join("exempelby-trad").join(WITHDRAWN), "[{").unwrap();
    assert_eq!(versions(root.path(), &testing::name()).unwrap_err().id, "withdrawn-unreadable");
    assert_eq!(list(root.path()).unwrap(), []);
}

#[test]
fn the_sweep_leaves_releases_and_broken_ones_alone() {
    let root = tempfile::tempdir().unwrap();
    testing::publish(root.path(), "1.0.0");
    let place = root.path().join("exempelby-trad");
    for (folder, manifest) in [("1.1.0", None), (".tmp-1.2.0-a", None), ("2.0.0", Some("{"))] {
        fs::create_dir(place.join(folder)).unwrap();
        if let Some(text) = manifest {
            fs::write(place.join(folder).join(MANIFEST), text).unwrap();
        }
    }
    assert_eq!(sweep(root.path()).unwrap(), 2);
    assert_eq!(sweep(root.path()).unwrap(), 0);
    assert!(place.join("2.0.0").exists() && place.join("1.0.0").exists());
}
