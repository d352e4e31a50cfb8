//! Local files as resources: read where they lie, digested, never copied.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

use chrono::{DateTime, Utc};
use fyr_model::resource::{Resource, Validators};
use fyr_model::{Refusal, Sha256};
use sha2::Digest as _;
use url::Url;

use crate::refuse;

/// A local file, at most `limit_bytes` long.
pub fn resource(path: &str, limit_bytes: u64, key: &str, at: DateTime<Utc>) -> Result<Resource, Refusal> {
    let real = fs::canonicalize(path).map_err(|_| refuse::absent(path))?;
    let about = fs::metadata(&real).map_err(|_| refuse::absent(path))?;
    if !about.is_file() {
        return Err(refuse::absent(path));
    }
    if about.len() > limit_bytes {
        return Err(refuse::too_large(path, limit_bytes, key));
    }
    let (sha256, bytes) = digest_of(&real).map_err(|_| refuse::absent(path))?;
    let url = Url::from_file_path(&real).map_or_else(|()| path.to_owned(), String::from);
    Ok(Resource {
        final_url: url.clone(),
        url,
        media_type: media_type_of(&real).map(Into::into),
        path: real,
        sha256,
        bytes,
        charset: None,
        validators: Validators::default(),
        statuses: Vec::new(),
        fetched_at: at,
    })
}

/// Digest and length of a file, read as a stream.
pub fn digest_of(path: &Path) -> io::Result<(Sha256, u64)> {
    let mut file = File::open(path)?;
    let mut hash = sha2::Sha256::new();
    let mut buffer = vec![0u8; 1 << 16];
    let mut bytes = 0;
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok((Sha256::from_bytes(hash.finalize().into()), bytes)),
            count => {
                hash.update(buffer.get(..count).unwrap_or_default());
                bytes += count as u64;
            }
        }
    }
}

/// The media type that a name's ending promises. Source: IANA media types.
pub fn media_type_of(path: &Path) -> Option<&'static str> {
    let ending = path.extension()?.to_str()?.to_ascii_lowercase();
    Some(match ending.as_str() {
        "rdf" | "owl" => "application/rdf+xml",
        "ttl" => "text/turtle",
        "jsonld" => "application/ld+json",
        "nt" => "application/n-triples",
        "nq" => "application/n-quads",
        "trig" => "application/trig",
        "xml" => "application/xml",
        "json" => "application/json",
        "geojson" => "application/geo+json",
        "gpkg" => "application/geopackage+sqlite3",
        "gml" => "application/gml+xml",
        "shp" => "application/vnd.shp",
        "csv" => "text/csv",
        "tsv" => "text/tab-separated-values",
        "txt" => "text/plain",
        "html" | "htm" => "text/html",
        "xlsx" => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "parquet" => "application/vnd.apache.parquet",
        "zip" => "application/zip",
        "gz" => "application/gzip",
        "pdf" => "application/pdf",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_local_file_is_read_where_it_lies_and_held_to_the_limit() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("trad.CSV");
        fs::write(&path, b"a;b\n1;2\n").unwrap();
        let given = path.to_str().unwrap();
        let found = resource(given, 8, "body_bytes_max", DateTime::UNIX_EPOCH).unwrap();
        assert_eq!((found.bytes, found.sha256), (8, Sha256::of(b"a;b\n1;2\n")));
        assert_eq!((found.media_type.as_deref(), found.name()), (Some("text/csv"), "trad.CSV"));
        assert!(found.url.starts_with("file:///"));
        let id = |given: &str, limit| resource(given, limit, "body_bytes_max", DateTime::UNIX_EPOCH).unwrap_err().id;
        assert_eq!(id(given, 7), "fetch-too-large");
        assert_eq!(id(dir.path().to_str().unwrap(), 8), "input-absent");
        assert_eq!(id("no/such/file", 8), "input-absent");
    }
}
