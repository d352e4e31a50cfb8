use super::*;
use crate::croissant::fixture::{Folder, folder};

fn failing(folder: &Folder) -> Vec<String> {
    package(folder.dir.path(), &folder.manifest)
        .into_iter()
        .filter(|check| !check.ok)
        .map(|check| check.id)
        .collect()
}

#[test]
fn a_release_as_its_manifest_says_passes() {
    let folder = folder();
    assert!(failing(&folder).is_empty());
    std::fs::write(folder.dir.path().join("manifest.json"), "{}").unwrap();
    assert!(failing(&folder).is_empty(), "the manifest itself is no stray file");
    let ids: BTreeSet<String> = package(folder.dir.path(), &folder.manifest).into_iter().map(|c| c.id).collect();
    for id in [
        "hash-sha256",
        "hash-size",
        "hash-rows",
        "hash-csv-twin",
        "stray-files",
        "parquet-codec",
        "croissant-fields",
    ] {
        assert!(ids.contains(id), "{id}");
    }
}

#[test]
fn every_tampering_has_its_check() {
    let change = |change: &dyn Fn(&mut Folder), expected: &[&str]| {
        let mut folder = folder();
        change(&mut folder);
        let failing = failing(&folder);
        assert_eq!(failing, expected);
    };
    change(
        &|f| std::fs::write(f.dir.path().join("README.md"), "annat").unwrap(),
        &["hash-sha256", "hash-size"],
    );
    change(
        &|f| std::fs::remove_file(f.dir.path().join("README.md")).unwrap(),
        &["hash-present"],
    );
    change(
        &|f| std::fs::write(f.dir.path().join("data/extra.parquet"), "x").unwrap(),
        &["stray-files"],
    );
    change(&|f| std::fs::create_dir_all(f.dir.path().join("tom")).unwrap(), &[]);
    change(
        &|f| f.manifest.files.push(f.manifest.files[0].clone()),
        &["hash-paths", "hash-csv-twin"],
    );
    change(&|f| f.manifest.record.rows = 4, &["hash-rows", "hash-csv-twin"]);
    change(
        &|f| f.rewrite("csv/all.csv", "kod,antal,dag\r\n0180,1,2024-01-01\r\n"),
        &["hash-rows", "hash-csv-twin", "croissant-files"],
    );
    change(
        &|f| {
            f.manifest.files.iter_mut().for_each(|file| {
                if file.path == "README.md" {
                    file.path = "../README.md".into();
                }
            });
        },
        &["hash-present", "stray-files"],
    );
}

#[cfg(unix)]
#[test]
fn h23_a_link_is_no_file_of_a_release() {
    let folder = folder();
    let outside = tempfile::NamedTempFile::new().unwrap();
    let readme = folder.dir.path().join("README.md");
    std::fs::copy(&readme, outside.path()).unwrap();
    std::fs::remove_file(&readme).unwrap();
    std::os::unix::fs::symlink(outside.path(), &readme).unwrap();
    assert_eq!(failing(&folder), ["hash-present", "stray-files"]);
}

#[test]
fn the_worker_answers_what_the_function_answers() {
    let folder = folder();
    let work = crate::PackageWork {
        dir: folder.dir.path().to_path_buf(),
        manifest: folder.manifest.clone(),
    };
    let answer = crate::package_work(serde_json::to_value(work).unwrap(), folder.dir.path()).unwrap();
    let checks: Vec<Check> = serde_json::from_value(answer).unwrap();
    assert_eq!(checks, package(folder.dir.path(), &folder.manifest));
}
