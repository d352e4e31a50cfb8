//! GeoPackage (OGC 12-128r19): the largest layer of a database file as a table.
//!
//! In: an SQLite file from a stranger. Out: its rows with typed cells, geometries as well-known binary in longitude and latitude. The file is
//! opened read-only and immutable, with an untrusted schema, no views, no triggers and no extensions; only plain tables are read, in the order
//! they are stored. Pages that a forged file shows twice are noticed: an honest file has no more rows and bytes than it is long.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use fyr_model::Refusal;
use fyr_model::table::Reading;
use rusqlite::config::DbConfig;
use rusqlite::limits::Limit;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags, OptionalExtension};

use super::cell::{Cell, Row};
use super::crs::{Axes, Crs};
use super::gather::Gather;
use super::geo::{self, Shapes};
use crate::refuse;
use crate::wkb::Geometry;

/// Layers that a package may list.
const LAYERS_MAX: usize = 1_000;
/// Steps of SQLite's machine between two looks at the clock, and how many looks one row may take.
const STEPS: i32 = 100_000;
const LOOKS_MAX: u64 = 10_000;
/// No row takes less of a page than this: two bytes of its place, one of its size and one of its header.
const ROW_BYTES_MIN: u64 = 4;

/// How a column's values are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Meaning {
    Plain,
    Boolean,
    Moment,
    Geometry,
}

/// A layer that can be read.
#[derive(Debug)]
struct Layer {
    name: String,
    rows: u64,
}

/// A package with what its file can hold at most.
struct Package<'a> {
    connection: Connection,
    looks: Arc<AtomicU64>,
    file_bytes: u64,
    record_bytes_max: usize,
    subject: &'a str,
}

/// Reads a GeoPackage.
pub(crate) fn read(path: &Path, gather: &mut Gather<'_>) -> Result<(), Refusal> {
    let (subject, limits) = (gather.subject(), gather.limits());
    let package = Package::open(path, limits.record_bytes_max, subject)?;
    let layer = package.choose(gather.reading(), gather)?;
    gather.found.format = "gpkg";
    gather.found.media_type = "application/geopackage+sqlite3";
    gather.found.table = Some(layer.clone());
    let (columns, skipped) = package.columns(&layer)?;
    let geometry = package.geometry(&layer)?;
    let mut shapes = Shapes::new("gpkg");
    let mut system = None;
    let mut meanings = Vec::new();
    for (name, declared) in &columns {
        let index = gather.column(name)?;
        let is_geometry = geometry.as_ref().is_some_and(|(column, _)| column.eq_ignore_ascii_case(name));
        meanings.push(if is_geometry { Meaning::Geometry } else { meaning(declared) });
        debug_assert_eq!(index + 1, meanings.len());
    }
    if let Some((_, srs)) = geometry {
        let crs = package.system(srs)?;
        system = Some(shapes.described(crs, gather)?);
    }
    if skipped > 0 {
        gather.repairs.add_many("generated-column", None, skipped, None);
    }
    package.rows(&layer, &columns, &meanings, system.map(|system| (&mut shapes, system)), gather)?;
    if system.is_some() {
        shapes.end(gather);
    }
    Ok(())
}

fn meaning(declared: &str) -> Meaning {
    match declared.trim().to_ascii_uppercase().as_str() {
        "BOOLEAN" => Meaning::Boolean,
        "DATE" | "DATETIME" => Meaning::Moment,
        _ => Meaning::Plain,
    }
}

impl<'a> Package<'a> {
    fn open(path: &Path, record_bytes_max: usize, subject: &'a str) -> Result<Self, Refusal> {
        let file_bytes = std::fs::metadata(path).map_err(|error| refuse::io(subject, error))?.len();
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(address(path), flags).map_err(|_| damaged(subject))?;
        let looks = Arc::new(AtomicU64::new(0));
        let seen = looks.clone();
        let set = (|| {
            connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
            connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
            connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, false)?;
            connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_VIEW, false)?;
            let longest = i32::try_from(record_bytes_max).unwrap_or(i32::MAX);
            connection.set_limit(Limit::SQLITE_LIMIT_LENGTH, longest)?;
            connection.set_limit(Limit::SQLITE_LIMIT_ATTACHED, 0)?;
            connection.set_limit(Limit::SQLITE_LIMIT_WORKER_THREADS, 0)?;
            connection.progress_handler(STEPS, Some(move || seen.fetch_add(1, Ordering::Relaxed) > LOOKS_MAX))?;
            connection.execute_batch("PRAGMA query_only=ON; PRAGMA temp_store=MEMORY; PRAGMA mmap_size=0; PRAGMA cell_size_check=ON;")
        })();
        set.map_err(|_| damaged(subject))?;
        Ok(Self {
            connection,
            looks,
            file_bytes,
            record_bytes_max,
            subject,
        })
    }

    /// The layer that the owner names, else the largest.
    fn choose(&self, reading: &Reading, gather: &mut Gather<'_>) -> Result<String, Refusal> {
        let names = self.names()?;
        if let Some(asked) = &reading.table {
            let found = names.iter().find(|name| *name == asked).ok_or_else(|| self.no_layer())?;
            return self.is_table(found)?.then(|| found.clone()).ok_or_else(|| self.view());
        }
        let mut layers = Vec::new();
        for name in &names {
            if self.is_table(name)? {
                let rows = if names.len() > 1 { self.count(name)? } else { 0 };
                layers.push(Layer { name: name.clone(), rows });
            }
        }
        // The first of equals, as the package lists them.
        let Some(best) = layers.iter().rev().max_by_key(|layer| layer.rows) else {
            return Err(if names.is_empty() { self.no_layer() } else { self.view() });
        };
        if names.len() > 1 {
            gather
                .found
                .findings
                .push(geo::several_layers(self.subject, &best.name, names.len() - 1));
        }
        Ok(best.name.clone())
    }

    /// Layers of features, or of rows alone when there are none.
    fn names(&self) -> Result<Vec<String>, Refusal> {
        let is_package = self
            .connection
            .query_row(
                "SELECT 1 FROM sqlite_schema WHERE name = 'gpkg_contents' AND type = 'table'",
                [],
                |_| Ok(()),
            )
            .optional()
            .map_err(|error| self.fault(&error))?;
        if is_package.is_none() {
            return Err(self.no_layer());
        }
        for kind in ["features", "attributes"] {
            let mut statement = self
                .connection
                .prepare("SELECT table_name FROM gpkg_contents NOT INDEXED WHERE data_type = ?1")
                .map_err(|error| self.fault(&error))?;
            let mut rows = statement.query([kind]).map_err(|error| self.fault(&error))?;
            let mut names: Vec<String> = Vec::new();
            while let Some(row) = rows.next().map_err(|error| self.fault(&error))? {
                let name: String = row.get(0).map_err(|error| self.fault(&error))?;
                if names.len() >= LAYERS_MAX {
                    return Err(self.too_many_layers());
                }
                if !names.contains(&name) {
                    names.push(name);
                }
            }
            if !names.is_empty() {
                return Ok(names);
            }
        }
        Ok(Vec::new())
    }

    /// Whether a name is a plain table of the file: no view, no virtual table, nothing of SQLite's own.
    fn is_table(&self, name: &str) -> Result<bool, Refusal> {
        let found: Option<(String, Option<String>)> = self
            .connection
            .query_row(
                "SELECT type, sql FROM sqlite_schema WHERE name = ?1 AND type IN ('table', 'view')",
                [name],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )
            .optional()
            .map_err(|error| self.fault(&error))?;
        Ok(found.is_some_and(|(kind, sql)| {
            let words: Vec<String> = sql
                .unwrap_or_default()
                .split_whitespace()
                .take(2)
                .map(str::to_ascii_lowercase)
                .collect();
            kind == "table" && matches!(words.as_slice(), [create, table] if create == "create" && table.starts_with("table"))
        }))
    }

    fn count(&self, name: &str) -> Result<u64, Refusal> {
        let mut statement = self
            .connection
            .prepare(&format!("SELECT NULL FROM {} NOT INDEXED", quoted(name)))
            .map_err(|error| self.fault(&error))?;
        let mut rows = statement.query([]).map_err(|error| self.fault(&error))?;
        let mut count = 0;
        while rows.next().map_err(|error| self.fault(&error))?.is_some() {
            count += 1;
            self.hold(count, 0)?;
        }
        Ok(count)
    }

    /// Stored columns with their declared types, and how many are computed by the file's own expressions, which are not run.
    fn columns(&self, name: &str) -> Result<(Vec<(String, String)>, u64), Refusal> {
        let mut statement = self
            .connection
            .prepare(&format!("PRAGMA table_xinfo({})", quoted(name)))
            .map_err(|error| self.fault(&error))?;
        let mut rows = statement.query([]).map_err(|error| self.fault(&error))?;
        let (mut columns, mut computed) = (Vec::new(), 0);
        while let Some(row) = rows.next().map_err(|error| self.fault(&error))? {
            let read = || -> rusqlite::Result<(String, String, i64)> { Ok((row.get(1)?, row.get(2)?, row.get(6)?)) };
            match read().map_err(|error| self.fault(&error))? {
                (name, declared, 0) => columns.push((name, declared)),
                _ => computed += 1,
            }
        }
        Ok((columns, computed))
    }

    /// The geometry column of a layer and its system's number.
    fn geometry(&self, layer: &str) -> Result<Option<(String, i64)>, Refusal> {
        self.connection
            .query_row(
                "SELECT column_name, srs_id FROM gpkg_geometry_columns NOT INDEXED WHERE table_name = ?1 LIMIT 1",
                [layer],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )
            .optional()
            .or_else(|error| match error.sqlite_error_code() {
                // A package of rows alone need not have the table.
                Some(rusqlite::ErrorCode::Unknown) => Ok(None),
                _ => Err(self.fault(&error)),
            })
    }

    /// The system behind a number of the package: an EPSG code, or a description.
    fn system(&self, srs: i64) -> Result<Result<Crs, Refusal>, Refusal> {
        let found: Option<(String, i64, String)> = self
            .connection
            .query_row(
                "SELECT organization, organization_coordsys_id, definition FROM gpkg_spatial_ref_sys NOT INDEXED WHERE srs_id = ?1",
                [srs],
                |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
            )
            .optional()
            .map_err(|error| self.fault(&error))?;
        let (organization, code, definition) = found.unwrap_or_else(|| ("EPSG".into(), srs, String::new()));
        if organization.eq_ignore_ascii_case("EPSG") && code > 0 {
            return Ok(Crs::named(Some(&format!("EPSG:{code}")), Axes::Plane, "gpkg", self.subject));
        }
        Ok(Crs::described(&definition, "gpkg", self.subject))
    }

    fn rows(
        &self,
        layer: &str,
        columns: &[(String, String)],
        meanings: &[Meaning],
        mut shapes: Option<(&mut Shapes, usize)>,
        gather: &mut Gather<'_>,
    ) -> Result<(), Refusal> {
        let list: Vec<String> = columns.iter().map(|(name, _)| quoted(name)).collect();
        // Without an index the rows come in the order they are stored.
        let query = format!("SELECT {} FROM {} NOT INDEXED", list.join(", "), quoted(layer));
        let mut statement = self.connection.prepare(&query).map_err(|error| self.fault(&error))?;
        let mut rows = statement.query([]).map_err(|error| self.fault(&error))?;
        let (mut cells, mut bytes) = (Row::default(), 0u64);
        while let Some(row) = rows.next().map_err(|error| self.fault(&error))? {
            cells.clear();
            for (index, meaning) in meanings.iter().enumerate() {
                let value = row.get_ref(index).map_err(|error| self.fault(&error))?;
                if let ValueRef::Text(stored) | ValueRef::Blob(stored) = value {
                    bytes += stored.len() as u64;
                }
                match (value, *meaning, &mut shapes) {
                    (ValueRef::Blob(stored), Meaning::Geometry, Some((shapes, system))) => {
                        let geometry = geometry(stored).ok_or_else(|| geo::invalid("gpkg", self.subject, gather.rows))?;
                        cells.push(Cell::Bytes(&shapes.take(*system, geometry, gather)?));
                    }
                    (value, meaning, _) => cell(value, meaning, index, &mut cells, gather)?,
                }
            }
            gather.push(&cells)?;
            self.hold(gather.rows, bytes)?;
        }
        Ok(())
    }

    /// Lets the next row have its time; stops when the file shows more than it can hold.
    fn hold(&self, rows: u64, bytes: u64) -> Result<(), Refusal> {
        self.looks.store(0, Ordering::Relaxed);
        if rows > self.file_bytes / ROW_BYTES_MIN || bytes > self.file_bytes {
            return Err(damaged(self.subject));
        }
        Ok(())
    }

    /// What SQLite said, without its words: they may quote the file.
    fn fault(&self, error: &rusqlite::Error) -> Refusal {
        match error.sqlite_error_code() {
            Some(rusqlite::ErrorCode::TooBig) => refuse::unreadable(
                "gpkg-record-too-large",
                self.subject,
                format!("en rad i paketet är större än {} byte", self.record_bytes_max),
                format!("a row of the package is larger than {} bytes", self.record_bytes_max),
            ),
            Some(rusqlite::ErrorCode::OperationInterrupted) => refuse::unreadable(
                "gpkg-too-slow",
                self.subject,
                "paketet tar för lång tid att läsa",
                "the package takes too long to read",
            ),
            _ => damaged(self.subject),
        }
    }
    fn no_layer(&self) -> Refusal {
        refuse::unreadable(
            "gpkg-no-layer",
            self.subject,
            "databasfilen har inget sådant lager som GeoPackage beskriver",
            "the database file has no such layer as GeoPackage describes",
        )
        .hint(fyr_model::Text::new(
            "publicera en GeoPackage-fil med minst ett lager, eller rätta table under [reading]",
            "publish a GeoPackage file with at least one layer, or correct table under [reading]",
        ))
    }
    fn view(&self) -> Refusal {
        refuse::unreadable(
            "gpkg-view",
            self.subject,
            "lagret är en vy eller en virtuell tabell; sådana körs inte",
            "the layer is a view or a virtual table; those are not run",
        )
    }
    fn too_many_layers(&self) -> Refusal {
        refuse::unreadable(
            "gpkg-too-many-layers",
            self.subject,
            format!("paketet har fler än {LAYERS_MAX} lager"),
            format!("the package has more than {LAYERS_MAX} layers"),
        )
    }
}

fn damaged(subject: &str) -> Refusal {
    refuse::unreadable("gpkg-damaged", subject, "databasfilen är skadad", "the database file is damaged")
}

/// One value that is no geometry.
fn cell(value: ValueRef<'_>, meaning: Meaning, column: usize, cells: &mut Row, gather: &mut Gather<'_>) -> Result<(), Refusal> {
    match value {
        ValueRef::Null => cells.push(Cell::Null),
        ValueRef::Integer(number @ (0 | 1)) if meaning == Meaning::Boolean => cells.push(Cell::Boolean(number == 1)),
        ValueRef::Integer(number) => cells.push(Cell::Number(&number.to_string())),
        ValueRef::Real(number) if number.is_finite() => cells.push(Cell::Number(&number.to_string())),
        ValueRef::Real(_) => {
            gather.repairs.add("not-a-finite-number", Some(column), gather.rows);
            cells.push(Cell::Null);
        }
        ValueRef::Text(bytes) if bytes.len() > gather.limits().field_bytes_max => {
            let limit = gather.limits().field_bytes_max;
            return Err(refuse::unreadable(
                "gpkg-field-too-large",
                gather.subject(),
                format!("ett fält på rad {} är större än {limit} byte", gather.rows),
                format!("a field of row {} is larger than {limit} bytes", gather.rows),
            ));
        }
        ValueRef::Text(bytes) => match std::str::from_utf8(bytes) {
            Ok(text) if meaning == Meaning::Moment => cells.push(Cell::Moment(text)),
            Ok(text) => cells.push(Cell::Text { text, quoted: true }),
            Err(_) => {
                // SQLite stores what it is given; writers that forget to convert give windows-1252.
                gather.repairs.add("not-utf8", Some(column), gather.rows);
                let (text, _, _) = encoding_rs::WINDOWS_1252.decode(bytes);
                cells.push(Cell::Text { text: &text, quoted: true });
            }
        },
        ValueRef::Blob(_) => {
            gather.repairs.add("bytes-not-read", Some(column), gather.rows);
            cells.push(Cell::Null);
        }
    }
    Ok(())
}

/// A geometry of the package's own form: a header, maybe an envelope, well-known binary.
fn geometry(blob: &[u8]) -> Option<Geometry> {
    let (header, rest) = blob.split_first_chunk::<8>()?;
    let [b'G', b'P', 0, flags, ..] = *header else { return None };
    let envelope = match (flags >> 1) & 7 {
        0 => 0,
        1 => 32,
        2 | 3 => 48,
        4 => 64,
        _ => return None,
    };
    // The two highest bits are reserved; the next says that the body has a form of somebody's own.
    if flags & 0xe0 != 0 {
        return None;
    }
    Geometry::from_wkb(rest.get(envelope..)?)
}

/// A name as SQL writes it.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// The path as an address that says the file does not change, so that no lock and no journal is looked for.
fn address(path: &Path) -> String {
    let mut out = String::from("file:");
    for byte in path.as_os_str().as_encoded_bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'.' | b'_' | b'-' => out.push(char::from(*byte)),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out.push_str("?immutable=1&mode=ro");
    out
}
