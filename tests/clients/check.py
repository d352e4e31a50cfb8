"""Strangers read what Fyr published.

    python tests/clients/check.py PUBLISHED_DIR [--json DOCUMENT..]

Every release under PUBLISHED_DIR (`<name>/<version>/manifest.json`) is read by pyarrow, polars, duckdb and mlcroissant. They must agree
with each other and with what the release says of itself: rows with the manifest, nulls and sums with `profile.json`, whose bounds may be
rounded outwards (a published profile never shows more than it may). Its CSV twin has the same rows. `--json` gives documents that
`fyr .. --json` printed; each must fit its schema in `schemas/`, and so must a release's own documents. Ends with `N passed, N failed`; exit code 1 when something failed.
"""

import argparse
import csv
import hashlib
import json
import logging
import sys
import warnings
from pathlib import Path

import facts

ROOT = Path(__file__).resolve().parents[2]


class Tally:
    def __init__(self):
        self.passed = self.failed = 0

    def hold(self, right, what, seen=""):
        if right:
            self.passed += 1
        else:
            self.failed += 1
            print(f"failed: {what}" + (f": {seen}" if seen else ""))
        return right

    def attempt(self, what, work):
        """`work()`, or a failure with its kind; a client's own words may hold values, so they stay away from the log."""
        try:
            return work()
        except Exception as fault:  # noqa: BLE001 a client may fail in any way
            print(f"failed: {what}: {type(fault).__name__}")
            self.failed += 1
            return None


def check_release(tally, folder):
    label = f"{folder.parent.name}/{folder.name}"
    manifest = json.loads((folder / "manifest.json").read_text())
    for file in manifest["files"]:
        body = (folder / file["path"]).read_bytes()
        right = len(body) == file["bytes"] and hashlib.sha256(body).hexdigest() == file["sha256"]
        tally.hold(right, f"{label}: {file['path']} is the file of the manifest")
    for document in sorted(folder.glob("*.json")):
        if "schema" in json.loads(document.read_text()):
            check_document(tally, document, f"{label}: {document.name}")
    paths = facts.files_of(folder, manifest, "data/")
    if not tally.hold(bool(paths), f"{label}: has data files"):
        return
    columns = facts.kinds(paths)
    read = {}
    for client, by in (("pyarrow", facts.by_pyarrow), ("polars", facts.by_polars), ("duckdb", facts.by_duckdb)):
        read[client] = tally.attempt(f"{label}: {client} reads it", lambda by=by: by(paths, columns))
    croissant = tally.attempt(f"{label}: mlcroissant reads it", lambda: facts.by_mlcroissant(folder / "croissant.json", columns))
    if croissant is not None:
        tally.hold(croissant[2] > 0, f"{label}: the Croissant file has a RecordSet with columns")
        read["mlcroissant"] = croissant[:2]
    compare_clients(tally, label, {client: seen for client, seen in read.items() if seen is not None})
    if read.get("pyarrow") is not None:
        rows, columns_seen = read["pyarrow"]
        tally.hold(rows == manifest["record"]["rows"], f"{label}: the manifest's rows", f"{rows} read, {manifest['record']['rows']} stated")
        compare_profile(tally, label, json.loads((folder / "profile.json").read_text()), rows, columns_seen)
        compare_twin(tally, label, facts.files_of(folder, manifest, "csv/"), rows, list(columns))
    check_document(tally, folder / "profile.json", f"{label}/profile.json")


def compare_clients(tally, label, read):
    if "pyarrow" not in read:
        return
    rows, first = read["pyarrow"]
    for client, (other_rows, other) in read.items():
        if client == "pyarrow":
            continue
        tally.hold(rows == other_rows, f"{label}: rows of {client}", f"{other_rows}, pyarrow {rows}")
        for name, fact in first.items():
            wrong = [what for what, value in fact.items() if not facts.equal(value, other.get(name, {}).get(what))]
            tally.hold(not wrong, f"{label}: column `{name}` of {client}", f"differs from pyarrow in {', '.join(wrong)}")


def compare_profile(tally, label, profile, rows, seen):
    tally.hold(profile["rows"] == rows, f"{label}: the profile's rows", f"{profile['rows']} stated, {rows} read")
    stated = {column["name"]: column for column in profile["columns"]}
    tally.hold(list(stated) == list(seen), f"{label}: the profile names the published columns, in order")
    for name, fact in seen.items():
        column = stated.get(name)
        if column is None:
            continue
        nulls = column["nulls"] + (column["empty"] if fact["nulls"] == column["nulls"] + column["empty"] else 0)
        tally.hold(nulls == fact["nulls"], f"{label}: nulls of `{name}`", f"{column['nulls']} stated, {fact['nulls']} read")
        if "sum" in column and "sum" in fact:
            tally.hold(facts.equal(column["sum"], fact["sum"]), f"{label}: sum of `{name}`")
        if isinstance(fact.get("min"), (int, float)) and not isinstance(fact.get("min"), bool):
            low, high = number(column.get("min")), number(column.get("max"))
            if low is not None and high is not None:
                slack = 1e-9 * max(1.0, abs(low), abs(high))
                tally.hold(low <= fact["min"] + slack and fact["max"] <= high + slack, f"{label}: bounds of `{name}` hold its values")


def number(text):
    try:
        return float(text)
    except (TypeError, ValueError):
        return None


def compare_twin(tally, label, paths, rows, names):
    found = 0
    for path in paths:
        with open(path, encoding="utf-8", newline="") as text:
            lines = csv.reader(text)
            tally.hold(next(lines, None) == names, f"{label}: {path.name} has the columns of the Parquet file")
            found += sum(1 for _ in lines)
    tally.hold(bool(paths) and found == rows, f"{label}: rows of the CSV twin", f"{found}, Parquet {rows}")


def check_document(tally, path, label=None):
    """One `--json` document against the schema that its first field names."""
    import jsonschema

    label = label or path.name
    document = tally.attempt(f"{label} is JSON", lambda: json.loads(Path(path).read_text()))
    if document is None:
        return
    name = str(document.get("schema", ""))
    parts = name.split("/")
    schema = ROOT / "schemas" / f"{parts[1]}.{parts[2]}.json" if len(parts) == 3 and parts[0] == "fyr" else None
    if not tally.hold(schema is not None and schema.is_file(), f"{label}: its schema `{name}` is in the repository"):
        return
    if name != "fyr/manifest/1":  # canonical JSON: its keys stand in order
        tally.hold(list(document)[0] == "schema", f"{label}: opens with `schema`")
    judge = jsonschema.Draft202012Validator(json.loads(schema.read_text()), format_checker=jsonschema.FormatChecker())
    faults = sorted(judge.iter_errors(document), key=lambda fault: list(map(str, fault.absolute_path)))
    places = "; ".join(f"/{'/'.join(map(str, fault.absolute_path))} ({fault.validator})" for fault in faults[:5])
    tally.hold(not faults, f"{label}: fits {schema.name}", places)


def main():
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("published", type=Path, help="the folder with the releases")
    words.add_argument("--json", type=Path, nargs="*", default=[], help="documents that `fyr .. --json` printed")
    given = words.parse_args()
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)  # mlcroissant's remarks on contexts other than its own
    tally = Tally()
    releases = sorted(path.parent for path in given.published.glob("*/*/manifest.json"))
    tally.hold(bool(releases), f"{given.published} holds releases")
    for release in releases:
        tally.attempt(f"{release.parent.name}/{release.name} can be checked", lambda release=release: check_release(tally, release))
    for document in given.json:
        check_document(tally, document)
    print(f"{len(releases)} releases, {len(given.json)} documents: {tally.passed} passed, {tally.failed} failed")
    return 1 if tally.failed else 0


if __name__ == "__main__":
    sys.exit(main())
