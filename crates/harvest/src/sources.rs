//! `catalog/sources/*.toml`.

use std::fs;
use std::path::Path;

use fyr_model::harvest::SourceFile;
use fyr_model::{Refusal, SourceId};

use crate::refuse;

/// Reads every source file of a folder, by name; an absent folder holds none.
///
/// # Errors
/// `source-name` or `source-file`, naming the file: one that cannot be read stops all, so that no source is forgotten in silence.
pub fn sources(folder: &Path) -> Result<Vec<(SourceId, SourceFile)>, Refusal> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.extension().is_none_or(|ending| ending != "toml") {
            continue;
        }
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let stem = path.file_stem().unwrap_or_default().to_string_lossy();
        let id: SourceId = stem.parse().map_err(|error| refuse::source_name(&name, &error))?;
        let text = fs::read_to_string(&path).map_err(|error| refuse::source_file(&name, &error.kind()))?;
        let file: SourceFile = toml::from_str(&text).map_err(|error| refuse::source_file(&name, &error.message()))?;
        found.push((id, file));
    }
    found.sort_by(|a, b| a.0.cmp(&b.0));
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_are_read_by_name_and_other_files_are_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| fs::write(dir.path().join(name), text).unwrap();
        write("b.toml", "url = 'https://b.example/dcat.rdf'\nschedule = '0 5 * * *'\n");
        write("a.toml", "url = 'https://a.example/dcat.rdf'\n");
        write("readme.md", "x");
        let found = sources(dir.path()).unwrap();
        assert_eq!(
            found
                .iter()
                .map(|(id, file)| (id.as_str(), file.schedule.as_str()))
                .collect::<Vec<_>>(),
            [("a", "0 4 * * *"), ("b", "0 5 * * *")]
        );
        assert_eq!(sources(&dir.path().join("absent")).unwrap(), []);
        write("c.toml", "url = 'https://c.example/'\ncolour = 'red'\n");
        assert_eq!(sources(dir.path()).unwrap_err().id, "source-file");
        fs::remove_file(dir.path().join("c.toml")).unwrap();
        write("Å.toml", "url = 'https://c.example/'\n");
        assert_eq!(sources(dir.path()).unwrap_err().id, "source-name");
    }
}
