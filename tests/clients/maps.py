#!/usr/bin/env python3
"""Whether `fyr convert` reads the maps that GDAL writes.

    tests/clients/maps.py FYR

An invented layer of every kind of geometry, with a hole, an island in the hole, a missing geometry and Swedish letters, is written by GDAL as
GeoPackage, Shapefile in a zip, and GML 2, 3.1 and 3.2, in several reference systems; Shapefiles also in old encodings. Each file is converted.
Rows, cells, kinds of geometry, areas and positions (within a centimetre) must be those of the layer, geopandas must take the result for
longitude and latitude, and the file must still name the system that the source was in. Ends with `N passed, N failed`.
"""

import datetime
import json
import subprocess
import sys
import tempfile
import warnings
import zipfile
from pathlib import Path

import geopandas
import pyarrow.parquet
import pyogrio
import shapely
from shapely.geometry import LineString, MultiLineString, MultiPoint, MultiPolygon, Point, Polygon

ROWS = 60
COLUMNS = ["namn", "kommunkod", "antal", "andel", "aktiv", "dag"]
FORMATS = {"gpkg": "GPKG", "zip": "ESRI Shapefile", "GML2": "GML", "GML3": "GML", "GML3.2": "GML"}
CENTIMETRE = 1e-7


def square(x, y, side):
    return [(x, y), (x + side, y), (x + side, y + side), (x, y + side)]


def kinds(x, y, height):
    """One geometry of each kind at a place."""
    step = 0.01
    lake = square(x + 0.2 * step, y + 0.2 * step, 0.5 * step)
    holed, island, far = Polygon(square(x, y, step), [lake]), Polygon(square(x + 0.4 * step, y + 0.4 * step, 0.1 * step)), Polygon(square(x + 0.02, y, step))
    return {
        "point": Point(x, y),
        "height": Point(x, y, height),
        "points": MultiPoint([(x, y), (x + step, y)]),
        "line": LineString([(x, y), (x + step, y), (x + step, y + step)]),
        "lines": MultiLineString([[(x, y), (x + step, y)], [(x, y + step), (x + step, y + step)]]),
        "area": holed,
        "areas": MultiPolygon([holed, island, far]),
    }


def layer(kind):
    places = [(11.5 + 0.19 * row, 55.4 + 0.22 * row) for row in range(ROWS)]
    shapes = [kinds(x, y, row)[kind] for row, (x, y) in enumerate(places)]
    shapes[3] = None
    rows = range(ROWS)
    cells = {
        "namn": [f"Åby nr {row} Ö" if row % 7 else None for row in rows],
        "kommunkod": [f"{180 + row % 5:04d}" for row in rows],
        "antal": list(rows),
        "andel": [row / 8 for row in rows],
        "aktiv": [bool(row % 2) for row in rows],
        "dag": [datetime.date(2024, 1, 1) + datetime.timedelta(days=row) for row in rows],
    }
    return geopandas.GeoDataFrame(cells, geometry=shapes, crs=4326)


def write(frame, folder, form, encoding=None):
    """A file of that format, as GDAL writes it."""
    if form != "zip":
        options = {"dataset_options": {"FORMAT": form}} if form.startswith("GML") else {}
        path = folder / f"lager.{'gpkg' if form == 'gpkg' else 'gml'}"
        path.unlink(missing_ok=True)
        pyogrio.write_dataframe(frame, path, driver=FORMATS[form], layer="lager", **options)
        return path
    parts = folder / "delar"
    parts.mkdir(exist_ok=True)
    for old in parts.iterdir():
        old.unlink()
    pyogrio.write_dataframe(frame, parts / "lager.shp", driver=FORMATS[form], encoding=encoding or "UTF-8")
    path = folder / "lager.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for part in sorted(parts.iterdir()):
            archive.write(part, f"mapp/{part.name}")
    return path


def differences(truth, found, report, kept, code):
    """What is not as it should be, in words without values; `kept` is the source's system as the file itself names it."""
    if len(found) != len(truth):
        return ["rows"]
    wrong = [] if not report["findings"] else ["findings: " + ", ".join(finding["id"] for finding in report["findings"])]
    if found.crs is None or found.crs.to_authority() != ("OGC", "CRS84"):
        wrong.append("reference system of the result")
    if kept != report.get("source_crs") or (code != 4326 and kept != f"EPSG:{code}"):
        wrong.append("reference system of the source")
    for name in COLUMNS:
        plain = [[None if cell is None or cell != cell else cell for cell in column] for column in (truth[name], found.get(name, []))]
        if plain[0] != plain[1]:
            wrong.append(f"cells of {name}")
    for expected, shape in zip(truth.geometry, found.geometry):
        if (expected is None) != (shape is None):
            wrong.append("missing geometries")
        elif expected is not None:
            wrong += compare(expected, shape)
    return sorted(set(wrong))


def compare(expected, shape):
    # A Shapefile does not tell one part from many, and a polygon may come back as the first of its kind.
    if shape.geom_type.removeprefix("Multi") != expected.geom_type.removeprefix("Multi"):
        return ["kind of geometry"]
    if shape.has_z != expected.has_z:
        return ["heights"]
    if shapely.hausdorff_distance(shape, expected) > CENTIMETRE:
        return ["positions"]
    return [] if shape.is_valid and abs(shape.area - expected.area) < 1e-10 else ["areas"]


def cases():
    for kind in kinds(0, 0, 0):
        yield from ((kind, 3006, form, None) for form in FORMATS)
    for code in (3011, 4326, 3857):
        yield from (("areas", code, form, None) for form in FORMATS)
    yield from (("point", 3006, "zip", encoding) for encoding in ("ISO-8859-1", "CP850"))


def main():
    fyr = sys.argv[1]
    warnings.simplefilter("ignore")
    passed = failed = 0
    with tempfile.TemporaryDirectory() as folder:
        for kind, code, form, encoding in cases():
            label = f"{kind} in EPSG:{code} as {form}" + (f", {encoding}" if encoding else "")
            truth, target = layer(kind), Path(folder) / "lager.parquet"
            try:
                source = write(truth.to_crs(code), Path(folder), form, encoding)
                said = subprocess.run([fyr, "convert", source, "--out", target, "--json"], check=True, capture_output=True)
                kept = (pyarrow.parquet.read_metadata(target).metadata or {}).get(b"source_crs", b"").decode()
                wrong = differences(truth, geopandas.read_parquet(target), json.loads(said.stdout), kept, code)
            except Exception as fault:  # noqa: BLE001 whatever stops one file is a failure of that file
                wrong = [type(fault).__name__]
            if wrong:
                failed += 1
                print(f"failed: {label}: {'; '.join(wrong)}")
            else:
                passed += 1
    print(f"maps written by GDAL {pyogrio.__gdal_version_string__}: {passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
