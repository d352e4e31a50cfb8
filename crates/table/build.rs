//! Lists the rules of `sql/quality/` and the specifications of `registers/specifications/`, so that adding one is adding a file.

use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs, io};

fn main() -> io::Result<()> {
    list("../../sql/quality", "sql", "quality.rs")?;
    list("../../registers/specifications", "json", "specifications.rs")
}

/// Writes `FILES`: the name and text of every file of a folder with this ending, sorted.
fn list(folder: &str, ending: &str, target: &str) -> io::Result<()> {
    println!("cargo::rerun-if-changed={folder}");
    let mut paths: Vec<_> = fs::read_dir(folder)?.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.retain(|path| path.extension().is_some_and(|found| found == ending));
    paths.sort();
    let mut code = String::from("pub(crate) const FILES: &[(&str, &str)] = &[\n");
    for path in paths {
        println!("cargo::rerun-if-changed={}", path.display());
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let _ = writeln!(code, "    ({name:?}, {:?}),", fs::read_to_string(&path)?);
    }
    code.push_str("];\n");
    let out = env::var_os("OUT_DIR").ok_or_else(|| io::Error::other("OUT_DIR is not set"))?;
    fs::write(Path::new(&out).join(target), code)
}
