#!/usr/bin/env python3
"""Whether `fyr convert` puts a point where PROJ puts it.

    tests/clients/crs.py FYR

A grid over Sweden is written as GeoJSON in each reference system that Swedish agencies use, converted, and read back from the GeoParquet
file. Every point must lie within a centimetre of where PROJ puts the same numbers. RT 90 has two answers in PROJ: its own database rounds
the seven parameters of the mapping agency and so misses the published control points by 5 cm. We follow the agency; PROJ is asked with the
agency's parameters, and with its own it may differ by what the rounding is worth. Ends with `N passed, N failed`.
"""

import json
import math
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

import pyarrow.parquet
import pyproj

SYSTEMS = [3006, *range(3007, 3019), *range(3019, 3025), 4326, 4258, 4619, 3857, 25833, 32633, 5845]
RT90 = range(3019, 3025)
# Lantmäteriet, "Transformationsparametrar, RT 90 - SWEREF 99".
AGENCY = (
    "+proj=pipeline +step +inv {plane} +step +proj=push +v_3 +step +proj=cart +ellps=bessel"
    " +step +proj=helmert +x=414.0978567149 +y=41.3381489658 +z=603.0627177516"
    " +rx=-0.8550434314 +ry=2.1413465185 +rz=-7.0227209516 +s=0 +convention=position_vector"
    " +step +inv +proj=cart +ellps=GRS80 +step +proj=pop +v_3 +step +proj=unitconvert +xy_in=rad +xy_out=deg"
)


def grid():
    return [(10.6 + 0.9 * east, 55.1 + 0.7 * north) for east in range(16) for north in range(21)]


def ways(code):
    """From the plane to longitude and latitude: what we must agree with, and within how many metres."""
    own = pyproj.Transformer.from_crs(code, "OGC:CRS84", always_xy=True)
    if code not in RT90:
        return [("PROJ", own, 0.01)]
    degrees = 15.80827777777778 + 2.25 * (code - 3021)
    plane = f"+proj=tmerc +lat_0=0 +lon_0={degrees:.14f} +k=1 +x_0=1500000 +y_0=0 +ellps=bessel"
    agency = pyproj.Transformer.from_pipeline(AGENCY.format(plane=plane))
    return [("PROJ with the agency's parameters", agency, 0.01), ("PROJ's own rounding", own, 0.06)]


def converted(fyr, folder, code, points):
    """The points as `fyr convert` gives them back."""
    source, target = folder / f"{code}.geojson", folder / f"{code}.parquet"
    features = [
        {"type": "Feature", "properties": {"nr": number}, "geometry": {"type": "Point", "coordinates": point}}
        for number, point in enumerate(points)
    ]
    crs = {"type": "name", "properties": {"name": f"urn:ogc:def:crs:EPSG::{code}"}}
    source.write_text(json.dumps({"type": "FeatureCollection", "crs": crs, "features": features}))
    subprocess.run([fyr, "convert", str(source), "--out", str(target)], check=True, stdout=subprocess.DEVNULL)
    file = pyarrow.parquet.ParquetFile(target)
    geo = json.loads(file.metadata.metadata[b"geo"])
    if geo["columns"]["geometry"]["crs"]["id"] != {"authority": "OGC", "code": "CRS84"}:
        raise ValueError("the file does not name OGC:CRS84")
    table = file.read()
    rows = sorted(zip(table["nr"].to_pylist(), table["geometry"].to_pylist()))
    return [struct.unpack("<dd", shape[5:21]) for _, shape in rows]


def metres(a, b):
    degree = math.pi / 180 * 6_378_137
    return math.hypot((a[0] - b[0]) * degree * math.cos(math.radians(b[1])), (a[1] - b[1]) * degree)


def main():
    fyr = sys.argv[1]
    passed = failed = 0
    worst = 0.0
    with tempfile.TemporaryDirectory() as folder:
        for code in SYSTEMS:
            there = pyproj.Transformer.from_crs("OGC:CRS84", code, always_xy=True)
            points = [there.transform(*point) for point in grid()]
            try:
                found = converted(fyr, Path(folder), code, points)
            except Exception as fault:  # noqa: BLE001 whatever stops one system is a failure of that system
                print(f"failed: EPSG:{code}: {type(fault).__name__}")
                failed += 1
                continue
            for whose, way, within in ways(code):
                expected = [way.transform(*point)[:2] for point in points]
                miss = max(map(metres, found, expected)) if len(found) == len(expected) else math.inf
                if miss <= within:
                    passed += 1
                    worst = max(worst, miss if within <= 0.01 else 0.0)
                else:
                    failed += 1
                    print(f"failed: EPSG:{code} is {miss:.4f} m from {whose}")
    print(f"{len(SYSTEMS)} reference systems, {len(grid())} points each, at most {worst * 1000:.3f} mm off: {passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
