//! Real readers on a release with every type: skipped, in words, when `FYR_PYTHON` names no Python that has them.

use std::path::Path;
use std::process::Command;

use fyr_model::Sha256;
use fyr_model::release::ReleaseFile;

use crate::testing;
use crate::{CuratedDataset, Release, release};

/// Three rows of every type, each column but the first with a missing cell.
const MAKE: &str = r#"
import sys, datetime as d, decimal
import pyarrow as pa, pyarrow.parquet as pq, pyarrow.csv as pc
utc = d.timezone.utc
table = pa.table({
    "id": pa.array(["0180", "0114", "1480"]),
    "antal": pa.array([1, None, 9007199254740993], pa.int64()),
    "höjd m": pa.array([1.5, None, -2.25], pa.float64()),
    "frisk": pa.array([True, None, False]),
    "planterad": pa.array([d.date(1850, 1, 1), None, d.date(9999, 12, 31)], pa.date32()),
    "mätt": pa.array([d.datetime(2026, 11, 22, 4, 0, 0, 5, tzinfo=utc), None, d.datetime(1600, 1, 1, tzinfo=utc)], pa.timestamp("us", "UTC")),
    "klockan": pa.array([d.time(4, 30), None, d.time(23, 59, 59, 999999)], pa.time64("us")),
    "månad": pa.array(["2026-08", None, "2026-K1"]),
    "art": pa.array(["Ek", None, "Lönn, skogs\"x\""]).dictionary_encode(),
    "geometri": pa.array([b"\x01\x01\x00\x00\x00" + bytes(16), None, b"\x01\x01\x00\x00\x00" + bytes(16)], pa.binary()),
})
pq.write_table(table, sys.argv[1] + "/data/all-00000-of-00001.parquet", compression="zstd")
open(sys.argv[1] + "/csv/all.csv", "w").write("id\r\n0180\r\n")
"#;

/// Loads every record of `croissant.json` and compares all cells with what pyarrow reads; then runs the card's examples as they stand.
const LOAD: &str = r#"
import json, os, re, sys, datetime as d, importlib.util
os.chdir(sys.argv[1])
import warnings; warnings.simplefilter("ignore")
import mlcroissant as mlc, pandas as pd, pyarrow.parquet as pq
dataset = mlc.Dataset(jsonld=sys.argv[2])
issues = dataset.metadata.ctx.issues
assert not issues.errors and not issues.warnings, issues.report()
assert dataset.metadata.name == {"sv": "Träd", "en": "Trees"}, dataset.metadata.name
assert dataset.metadata.version == "1.0.0" and dataset.metadata.license and dataset.metadata.cite_as
table = pq.read_table("data")
ids = {f.source.get_column(): f.id for rs in dataset.metadata.record_sets for f in rs.fields}
records = list(dataset.records("records"))
assert len(records) == table.num_rows == 3
def plain(value):
    if isinstance(value, bytes): return value
    if isinstance(value, str): return value.encode()
    if isinstance(value, (d.date, d.datetime, pd.Timestamp)): return pd.Timestamp(value)
    return value
for row, record in zip(table.to_pylist(), records):
    for column, value in row.items():
        got = record[ids[column]]
        # An integer column with a missing cell comes through pandas as float: beyond 2^53 the last digits are lost there, not here.
        near = column == "antal" and value is not None and abs(int(got) - value) <= 1
        assert near or plain(got) == plain(value), (column, type(got))
for block in re.findall(r"```python\n(.*?)```", open("README.md").read(), re.S):
    needed = re.findall(r"^import (\w+)", block, re.M)
    if all(importlib.util.find_spec(name) for name in needed):
        exec(compile(block, "README.md", "exec"), {"__name__": "card"})
print("ok")
"#;

/// Serves the folder of releases on loopback as a portal does, and loads the document by its address.
const REMOTE: &str = r#"
import functools, http.server, os, sys, threading
root, port, address = sys.argv[1], int(sys.argv[2]), sys.argv[3]
os.environ["CROISSANT_CACHE"] = root + "/cache"
handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=root)
server = http.server.ThreadingHTTPServer(("127.0.0.1", port), handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
import mlcroissant as mlc
records = list(mlc.Dataset(jsonld=address).records("records"))
print(len(records), records[0]["records/id"].decode())
"#;

fn python() -> Option<String> {
    let python = std::env::var("FYR_PYTHON").ok();
    if python.is_none() {
        println!("skipped: FYR_PYTHON does not name a Python with mlcroissant and pyarrow");
    }
    python
}

fn run(python: &str, code: &str, arguments: &[&str]) -> String {
    let done = Command::new(python).args(["-c", code]).args(arguments).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).unwrap()
}

fn made(python: &str, candidate: &Path, root: &Path, base: &str) -> Release {
    for folder in ["data", "csv"] {
        std::fs::create_dir(candidate.join(folder)).unwrap();
    }
    run(python, MAKE, &[candidate.to_str().unwrap()]);
    let files: Vec<ReleaseFile> = testing::files(candidate);
    assert_ne!(files[1].sha256, Sha256::of(b"bytes of data/all-00000-of-00001.parquet"));
    let mut documents = testing::documents(&files, "1.0.0");
    documents.record.iri = format!("{base}/datasets/exempelby-trad");
    let curated = CuratedDataset::new(candidate.to_path_buf(), files.clone(), testing::report(&files), testing::verdict()).unwrap();
    release(curated, &documents, root).unwrap()
}

#[test]
fn mlcroissant_loads_every_record_and_the_cards_examples_run() {
    let Some(python) = python() else { return };
    let (candidate, root) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let release = made(&python, candidate.path(), root.path(), "https://fyr.example");
    let out = run(&python, LOAD, &[release.dir.to_str().unwrap(), "croissant.json"]);
    assert!(out.ends_with("ok\n"), "{out}");
    if let Some(keep) = std::env::var_os("FYR_KEEP") {
        Command::new("cp").arg("-r").arg(&release.dir).arg(keep).status().unwrap();
    }
}

#[test]
fn mlcroissant_loads_the_document_with_absolute_addresses_over_http() {
    let Some(python) = python() else { return };
    let (candidate, root) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let base = format!("http://127.0.0.1:{port}");
    made(&python, candidate.path(), &root.path().join("datasets"), &base);
    let address = format!("{base}/datasets/exempelby-trad/1.0.0/croissant.remote.json");
    let out = run(&python, REMOTE, &[root.path().to_str().unwrap(), &port.to_string(), &address]);
    assert_eq!(out.trim(), "3 0180");
}
