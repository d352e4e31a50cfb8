"""What a client says of a table, in one form: rows, and per column nulls, least, greatest and sum.

Each client reads the files by its own means and computes by its own means; only the words below are shared.
A fact that a type does not have (the sum of a text) is left out.
"""

import datetime as dt
import math
from pathlib import Path

BOUNDED = ("number", "day", "moment", "text")


def plain(value):
    """A client's value as Python's own, so that the same moment or number is equal whoever read it."""
    if value is None:
        return None
    if hasattr(value, "to_pydatetime"):
        value = value.to_pydatetime()
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, dt.datetime):
        if value.tzinfo is not None:
            value = value.astimezone(dt.timezone.utc).replace(tzinfo=None)
        return value.isoformat(sep=" ", timespec="microseconds")
    if isinstance(value, (dt.date, dt.time)):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.decode("utf-8", "surrogateescape")
    if isinstance(value, bool) or isinstance(value, (int, str)):
        return value
    return float(value)


def equal(one, other):
    if isinstance(one, float) or isinstance(other, float):
        try:
            return math.isclose(float(one), float(other), rel_tol=1e-9, abs_tol=1e-9)
        except (TypeError, ValueError):
            return False
    return one == other


def kinds(paths):
    """Per column what can be asked of it: `number`, `boolean`, `day`, `moment`, `text` or `bytes`, by the Parquet schema."""
    import pyarrow.parquet as pq
    import pyarrow.types as t

    found = {}
    for field in pq.read_schema(paths[0]):
        kind = field.type.value_type if t.is_dictionary(field.type) else field.type
        if t.is_boolean(kind):
            found[field.name] = "boolean"
        elif t.is_integer(kind) or t.is_floating(kind) or t.is_decimal(kind):
            found[field.name] = "number"
        elif t.is_date(kind):
            found[field.name] = "day"
        elif t.is_temporal(kind):
            found[field.name] = "moment"
        elif t.is_string(kind) or t.is_large_string(kind) or t.is_string_view(kind):
            found[field.name] = "text"
        else:
            found[field.name] = "bytes"
    return found


def by_pyarrow(paths, columns):
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.dataset as ds

    table = ds.dataset([str(path) for path in paths], format="parquet").to_table()
    facts = {}
    for name, kind in columns.items():
        column = table.column(name)
        if pa.types.is_dictionary(column.type):
            column = pc.cast(column, column.type.value_type)
        fact = {"nulls": column.null_count}
        if kind in BOUNDED:
            bounds = pc.min_max(column)
            fact.update(min=plain(bounds["min"].as_py()), max=plain(bounds["max"].as_py()))
        if kind in ("number", "boolean"):
            fact["sum"] = plain(pc.sum(column).as_py()) or 0
        facts[name] = fact
    return table.num_rows, facts


def by_polars(paths, columns):
    import polars as pl

    frame = pl.scan_parquet([str(path) for path in paths])
    wanted = []
    for at, (name, kind) in enumerate(columns.items()):
        column = pl.col(name)
        if kind == "text":
            column = column.cast(pl.String)
        wanted.append(column.null_count().alias(f"{at} nulls"))
        if kind in BOUNDED:
            wanted += [column.min().alias(f"{at} min"), column.max().alias(f"{at} max")]
        if kind in ("number", "boolean"):
            wanted.append(column.sum().alias(f"{at} sum"))
    got = frame.select(pl.len().alias("rows"), *wanted).collect().row(0, named=True)
    facts = {
        name: {fact: plain(got[f"{at} {fact}"]) for fact in ("nulls", "min", "max", "sum") if f"{at} {fact}" in got}
        for at, name in enumerate(columns)
    }
    return got["rows"], facts


def by_duckdb(paths, columns):
    import duckdb

    def quoted(name):
        return '"' + name.replace('"', '""') + '"'

    engine = duckdb.connect()
    engine.execute("SET TimeZone = 'UTC'")
    source = [str(path) for path in paths]
    described = engine.execute("DESCRIBE SELECT * FROM read_parquet(?)", [source]).fetchall()
    stamped = {name: kind.startswith("TIMESTAMP") for name, kind, *_ in described}
    wanted, labels = ["count(*)"], []
    for name, kind in columns.items():
        column = quoted(name)
        parts = [("nulls", f"count(*) - count({column})")]
        if kind in BOUNDED:
            cast = {"text": "VARCHAR", "moment": "TIMESTAMP" if stamped[name] else None}.get(kind)  # moments come out in UTC
            shown = f"CAST({column} AS {cast})" if cast else column
            parts += [("min", f"min({shown})"), ("max", f"max({shown})")]
        if kind in ("number", "boolean"):
            parts.append(("sum", f"coalesce(sum({'CAST(' + column + ' AS INTEGER)' if kind == 'boolean' else column}), 0)"))
        labels += [(name, fact) for fact, _ in parts]
        wanted += [text for _, text in parts]
    got = engine.execute(f"SELECT {', '.join(wanted)} FROM read_parquet(?)", [source]).fetchone()
    facts = {name: {} for name in columns}
    for (name, fact), value in zip(labels, got[1:]):
        facts[name][fact] = plain(value)
    return got[0], facts


def by_mlcroissant(document, columns):
    """Every record of every RecordSet, as a training job would draw them; facts are counted by hand."""
    import mlcroissant as mlc

    dataset = mlc.Dataset(jsonld=str(document))
    rows = 0
    seen = {name: [] for name in columns}
    sets = [found for found in dataset.metadata.record_sets if found.fields and any(field.source.extract.column for field in found.fields)]
    for record_set in sets:
        names = {field.id: field.source.extract.column for field in record_set.fields if field.source.extract.column}
        for record in dataset.records(record_set=record_set.id):
            rows += 1
            for field, name in names.items():
                if name in seen:
                    seen[name].append(record[field])
    return rows, {name: counted(values, columns[name]) for name, values in seen.items()}, len(sets)


def counted(values, kind):
    present = [plain(value) for value in values if not missing(value)]
    if kind == "day":  # pandas has no days, only their midnight
        present = [value[:10] for value in present]
    fact = {"nulls": len(values) - len(present)}
    if kind in BOUNDED:
        fact.update(min=min(present, default=None), max=max(present, default=None))
    if kind in ("number", "boolean"):
        fact["sum"] = math.fsum(present) if any(isinstance(value, float) for value in present) else sum(present)
    return fact


def missing(value):
    return value is None or value != value or str(value) in ("NaT", "<NA>")


def files_of(release: Path, manifest, folder):
    return [release / file["path"] for file in manifest["files"] if file["path"].startswith(folder)]
