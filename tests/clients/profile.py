"""Strangers compute what Fyr says of a file.

    python tests/clients/profile.py FYR [--keep DIR]

Invented tables are made from integers, written as CSV or Parquet, and profiled with `FYR profile FILE --json`. Every figure is computed
again from the values themselves with numpy, scipy and plain Python: exact figures must be equal to the last digit, sums of floats and
moments to 1e-12, sketches within the error that they tell, and every document must fit its schema. Ends with `N passed, N failed`; exit
code 1 when something failed. Only names of figures are printed, never values.
"""

import argparse
import collections
import datetime as dt
import json
import math
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import scipy.stats

import check

EPOCH = dt.date(1970, 1, 1)
TIGHT = 1e-12


def random(seed, count):
    """splitmix64: the same on every machine."""
    with np.errstate(over="ignore"):
        z = np.arange(1, count + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(seed)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return z ^ (z >> np.uint64(31))


def below(seed, count, bound):
    return [int(value) for value in random(seed, count) % np.uint64(bound)]


def thinned(values, every):
    return [None if place % every == 3 else value for place, value in enumerate(values)]


def tables():
    """Name, form, columns. A column is its values; floats of CSV are given as text and read back by Python."""
    day = lambda n: dt.date(2019, 3, 1) + dt.timedelta(n)
    yield "heltal", "csv", {"antal": thinned([n - 300 for n in below(1, 4000, 900)], 13), "rest": below(2, 4000, 7)}
    yield "belopp", "csv", {"pris": [f"{n / 100:.2f}" for n in below(3, 5000, 90_000)], "andel": [f"{n / 1000 - 2:.3f}" for n in below(4, 5000, 4000)]}
    yield "stora", "parquet", {"summa": [n - 2**61 for n in below(5, 3000, 2**62)], "liten": [n / 7 for n in below(6, 3000, 2**40)]}
    yield "motvikt", "parquet", {"tal": [value for n in below(7, 2000, 1000) for value in (1e15 + n, -1e15 - n, n / 10)]}
    yield "dagar", "csv", {"dag": sorted(day(n) for n in below(8, 1500, 900)), "vecka": [day(7 * n) for n in below(9, 1500, 100)]}
    yield "stunder", "parquet", {"tid": [dt.datetime(2021, 1, 1) + dt.timedelta(minutes=n) for n in below(10, 2500, 500_000)], "varde": below(11, 2500, 3)}
    words = ["Ek", "ek", "Al ", " Lind", "Rönn", "Sälg 2", "A-12", "0180", "BJÖRK"]
    yield "koder", "parquet", {"kod": [f"{n:04d}" for n in below(12, 3000, 290)], "namn": [words[n] for n in below(13, 3000, len(words))]}
    yield "samband", "parquet", {
        "lan": [f"{n % 21:02d}" for n in below(14, 6000, 290)],
        "x": below(15, 6000, 1000),
        "y": [a + b for a, b in zip(below(15, 6000, 1000), below(16, 6000, 400))],
        "typ": ["ABC"[n % 3] for n in below(15, 6000, 1000)],
        "klass": ["PQR"[n % 3 if m else (n + 1) % 3] for n, m in zip(below(15, 6000, 1000), below(17, 6000, 4))],
    }
    yield "dubbletter", "csv", {"a": [n // 2 for n in range(3000)], "b": [n // 2 % 40 for n in range(3000)], "c": [1] * 3000}
    yield "luckor", "parquet", {"a": thinned(below(18, 2000, 50), 7), "b": thinned(below(19, 2000, 50), 7), "c": thinned(below(20, 2000, 50), 11)}
    yield "manga", "parquet", {
        "matning": [n / 2**20 for n in below(21, 260_000, 2**52)],
        "lopande": list(range(260_000)),
        "grupp": below(22, 260_000, 12),
        "beteckning": [f"B{n:07d}" for n in below(23, 260_000, 3_000_000)],
    }


def write(folder, name, form, columns):
    path = folder / f"{name}.{form}"
    if form == "csv":
        lines = [",".join(columns)]
        lines += [",".join("" if cell is None else str(cell) for cell in row) for row in zip(*columns.values())]
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return path
    arrays = {name: pa.array(values, type=pa.timestamp("us") if isinstance(values[0], dt.datetime) else None) for name, values in columns.items()}
    pq.write_table(pa.table(arrays), path)
    return path


def near(found, truth, slack=TIGHT):
    return found is not None and math.isclose(found, truth, rel_tol=slack, abs_tol=slack * 1e-3)


def order(values):
    """How values follow each other; booleans are counted without their rows, so nothing is stated of them."""
    pairs = list(zip(values, values[1:])) if values and not isinstance(values[0], bool) else []
    rises, falls = all(a <= b for a, b in pairs), all(a >= b for a, b in pairs)
    if rises == falls:
        return None
    strictly = "strictly-" if all(a != b for a, b in pairs) else ""
    return strictly + ("ascending" if rises else "descending")


class Column:
    """Holds one column's figures against what its values say."""

    def __init__(self, tally, label, stated, values):
        self.tally, self.label, self.stated = tally, label, stated
        self.rows = len(values)
        self.values = [value for value in values if value is not None]
        self.places = [place for place, value in enumerate(values) if value is not None]

    def hold(self, right, figure):
        self.tally.hold(right, f"{self.label}: {figure}")

    def same(self, figure, truth, of=None):
        stated = self.stated if of is None else self.stated.get(of, {})
        self.hold(stated.get(figure) == truth, figure if of is None else f"{of}.{figure}")

    def close(self, figure, truth, of=None, slack=TIGHT):
        stated = self.stated if of is None else self.stated.get(of, {})
        self.hold(near(stated.get(figure), truth, slack), figure if of is None else f"{of}.{figure}")

    def every(self):
        self.same("nulls", self.rows - len(self.values))
        self.same("first_row", self.places[0])
        self.same("last_row", self.places[-1])
        self.hold(self.stated.get("order") == order(self.values), "order")
        counts = collections.Counter(self.values)
        if self.stated["distinct"]["method"] == "exact":
            self.hold(self.stated["distinct"]["value"] == len(counts), "distinct")
        else:
            off = abs(self.stated["distinct"]["value"] / len(counts) - 1)
            self.hold(off <= 3 * self.stated["distinct"]["error"], "distinct within three standard errors")
        if "share_unique" not in self.stated:
            self.hold(len(counts) > 100_000, "sketched only where values are many")
            lost, shown = self.stated.get("top_method", {}).get("error", 0), self.stated.get("top", [])
            real = {self.shown(value): count for value, count in counts.items()}
            self.hold(all(0 <= real.get(top["value"], 0) - top["count"] <= lost for top in shown), "top within its error")
        else:
            self.hold([top["count"] for top in self.stated["top"]] == sorted(counts.values(), reverse=True)[:10], "top")
            self.close("share_unique", sum(count == 1 for count in counts.values()) / len(self.values))
            shares = np.array(sorted(counts.values()), dtype=np.longdouble) / len(self.values)
            self.close("entropy", float(-(shares * np.log2(shares)).sum()) + 0.0)

    def shown(self, value):
        """A value as the profile writes it, for integers and texts; the top of others is held by counts alone."""
        return repr(value) if isinstance(value, float) and not value.is_integer() else str(int(value)) if isinstance(value, float) else str(value)

    def numbers(self):
        values = np.array(self.values)
        exact = sum(self.values) if isinstance(self.values[0], int) else math.fsum(self.values)
        total = len(values)
        self.close("sum", float(exact))
        self.close("mean", float(exact) / total)
        wide = values.astype(np.longdouble)
        off = wide - (np.longdouble(exact) if isinstance(exact, float) else wide.sum()) / total
        second = (off**2).sum()
        self.close("stddev", float(np.sqrt(second / (total - 1))))
        variance = second / total
        if variance > 0:
            self.close("skewness", float((off**3).sum() / total / variance**1.5), "numbers", 1e-11)
            self.close("kurtosis", float((off**4).sum() / total / variance**2 - 3), "numbers", 1e-11)
        else:
            self.same("skewness", None, "numbers")
            self.same("kurtosis", None, "numbers")
        self.hold(float(self.stated["min"]) == float(min(self.values)) and float(self.stated["max"]) == float(max(self.values)), "bounds")
        self.same("zeros", int((values == 0).sum()), "numbers")
        self.same("negatives", int((values < 0).sum()), "numbers")
        whole = [int(value) for value in self.values if float(value).is_integer()]
        self.close("whole_share", len(whole) / total, "numbers")
        rest = [value for value in whole if value]
        for by in (5, 10, 100) if rest else ():
            self.close(f"by_{by}", sum(value % by == 0 for value in rest) / len(rest), "numbers")
        self.ranks(values)

    def ranks(self, values):
        quantiles = self.stated["quantiles"]
        points = {"p01": 0.01, "p05": 0.05, "p25": 0.25, "p50": 0.5, "p75": 0.75, "p95": 0.95, "p99": 0.99}
        self.hold(sum(self.stated["histogram"]["counts"]) == len(values), "histogram holds every value")
        if "ranks" in self.stated:
            ordered, error = np.sort(values), self.stated["ranks"]["error"]
            for point, share in points.items():
                rank = np.searchsorted(ordered, quantiles[point]) / len(values)
                self.hold(abs(rank - share) <= error + 100 / len(values), f"{point} within its error")
            return
        for point, share in points.items():
            self.hold(near(quantiles[point], float(np.quantile(values.astype(float), share))), point)
        median = np.quantile(values.astype(float), 0.5)
        self.close("mad", float(np.quantile(np.abs(values.astype(float) - median), 0.5)), "numbers")
        low, high = values.astype(float).min(), values.astype(float).max()
        bins = np.minimum(((values.astype(float) - low) / (high - low) * 20).astype(int), 19) if low < high else np.zeros(len(values), int)
        self.hold(self.stated["histogram"]["counts"] == np.bincount(bins, minlength=20 if low < high else 1).tolist(), "histogram")
        quarter, three = np.quantile(values.astype(float), [0.25, 0.75])
        for figure, steps in (("tukey", 1.5), ("tukey_far", 3.0)):
            out = (values < quarter - steps * (three - quarter)) | (values > three + steps * (three - quarter))
            self.same(figure, int(out.sum()), "outliers")

    def days(self):
        dates = [value.date() if isinstance(value, dt.datetime) else value for value in self.values]
        self.same("weekdays", [sum(date.weekday() == n for date in dates) for n in range(7)], "dates")
        self.same("months", [sum(date.month == n for date in dates) for n in range(1, 13)], "dates")
        self.same("first_of_january", sum((date.month, date.day) == (1, 1) for date in dates), "dates")
        self.same("future", 0, "dates")
        ordered = sorted(set(dates))
        step = 7 if len({date.weekday() for date in ordered}) == 1 else 1
        holes = [(b - a).days // step - 1 for a, b in zip(ordered, ordered[1:])]
        self.same("missing_steps", sum(holes), "dates")
        self.same("longest_gap", max(holes), "dates")
        low, high = min(self.values), max(self.values)
        self.hold(self.stated["min"] == low.isoformat() and self.stated["max"] == high.isoformat(), "bounds")

    def texts(self):
        lengths = [len(value) for value in self.values]
        self.same("length_min", min(lengths), "texts")
        self.same("length_max", max(lengths), "texts")
        self.close("length_mean", sum(lengths) / len(lengths), "texts")
        shape = lambda text: "".join("9" if c.isdigit() else "A" if c.isupper() else "a" if c.isalpha() else c for c in text)
        patterns = collections.Counter(map(shape, self.values))
        self.hold({one["value"]: one["count"] for one in self.stated["texts"]["patterns"]} == dict(patterns.most_common(10)), "texts.patterns")
        self.same("leading_space", sum(value[0].isspace() for value in self.values), "texts")
        self.same("trailing_space", sum(value[-1].isspace() for value in self.values), "texts")
        self.same("not_ascii", sum(not value.isascii() for value in self.values), "texts")
        if self.stated["distinct"]["method"] == "exact":
            self.same("case_variants", len(set(self.values)) - len({value.lower() for value in self.values}), "texts")
        self.hold(self.stated["min"] == min(self.values) and self.stated["max"] == max(self.values), "bounds")


def check_table(tally, name, document, columns):
    rows = list(zip(*columns.values()))
    tally.hold(document["rows"] == len(rows), f"{name}: rows")
    tally.hold(document["duplicate_rows"] == len(rows) - len(set(rows)), f"{name}: duplicate rows")
    filled = [column for column, values in columns.items() if None not in values]
    keys = [column for column in filled if len(set(columns[column])) == len(rows)]
    tally.hold(document["keys"] == keys, f"{name}: keys")
    lacks = collections.Counter(tuple(column for column, cell in zip(columns, row) if cell is None) for row in rows)
    lacks.pop((), None)
    tally.hold({tuple(one["columns"]): one["rows"] for one in document.get("missing", [])} == dict(lacks), f"{name}: missing together")
    constant = [column for column in filled if len(set(columns[column])) == 1]
    tally.hold(document.get("constant", []) == constant, f"{name}: constant columns")
    for key in document.get("wider_keys", []):
        tally.hold(len(set(zip(*(columns[column] for column in key)))) == len(rows), f"{name}: wider key")
    for relation in document.get("dependencies", []) + document.get("copies", []):
        source = list(zip(*(columns[column] for column in relation["from"])))
        tally.hold(len(set(zip(source, columns[relation["to"]]))) == len(set(source)), f"{name}: dependency")
    if "pairs_method" not in document:
        for pair in document.get("pairs", []):
            check_pair(tally, name, pair, columns)


def check_pair(tally, name, pair, columns):
    x, y = (columns[column] for column in pair["columns"])
    both = [(a, b) for a, b in zip(x, y) if a is not None and b is not None]
    label = f"{name}: {' and '.join(pair['columns'])}"
    number = lambda cell: cell.toordinal() if isinstance(cell, dt.date) and not isinstance(cell, dt.datetime) else cell
    if "pearson" in pair:
        tally.hold(near(pair["pearson"], scipy.stats.pearsonr(*zip(*both)).statistic, 1e-9), f"{label}: Pearson")
    if "spearman" in pair and not isinstance(both[0][0], dt.datetime) and not isinstance(both[0][1], dt.datetime):
        cells = [(number(a), number(b)) for a, b in both]
        tally.hold(near(pair["spearman"], scipy.stats.spearmanr(*zip(*cells)).statistic, 1e-9), f"{label}: Spearman")
    if "cramers_v" in pair:
        table = collections.Counter(both)
        left, right = sorted({a for a, _ in both}), sorted({b for _, b in both})
        grid = np.array([[table[a, b] for b in right] for a in left])
        n, (r, k) = len(both), grid.shape
        phi = max(0, scipy.stats.chi2_contingency(grid, correction=False).statistic / n - (r - 1) * (k - 1) / (n - 1))
        r, k = r - (r - 1) ** 2 / (n - 1), k - (k - 1) ** 2 / (n - 1)
        tally.hold(near(pair["cramers_v"], math.sqrt(phi / min(r - 1, k - 1)), 1e-9), f"{label}: Cramér")
    if "correlation_ratio" in pair:
        swapped = [(b, a) for a, b in both] if isinstance(both[0][1], str) else both
        code, value = zip(*swapped)
        groups = collections.defaultdict(list)
        for a, b in zip(code, map(number, value)):
            groups[a].append(b)
        mean = sum(map(sum, groups.values())) / len(both)
        between = sum(len(group) * (sum(group) / len(group) - mean) ** 2 for group in groups.values())
        total = sum((cell - mean) ** 2 for group in groups.values() for cell in group)
        tally.hold(near(pair["correlation_ratio"], math.sqrt(between / total), 1e-9), f"{label}: correlation ratio")
    if "missing" in pair:
        truth = np.corrcoef([cell is None for cell in x], [cell is None for cell in y])[0, 1]
        tally.hold(near(pair["missing"], float(truth), 1e-9), f"{label}: missing together")


def check_column(tally, name, stated, values):
    if not tally.hold("top" in stated or "top_method" in stated or "min" in stated, f"{name}.{stated['name']}: is shown to its holder"):
        return
    column = Column(tally, f"{name}.{stated['name']}", stated, values)
    column.every()
    first = column.values[0]
    if isinstance(first, dt.date):
        column.days()
    elif isinstance(first, str):
        column.texts()
    else:
        column.numbers()


def main():
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("fyr", type=Path)
    words.add_argument("--keep", type=Path)
    asked = words.parse_args()
    tally = check.Tally()
    with tempfile.TemporaryDirectory() as scratch:
        folder = asked.keep or Path(scratch)
        folder.mkdir(exist_ok=True)
        for name, form, columns in tables():
            path = write(folder, name, form, columns)
            run = subprocess.run([asked.fyr, "profile", path, "--json"], capture_output=True, text=True, check=False)
            if not tally.hold(run.returncode == 0, f"{name}: is profiled", run.stderr.splitlines()[:1]):
                continue
            answer = folder / f"{name}.json"
            answer.write_text(run.stdout)
            check.check_document(tally, answer)
            document = json.loads(run.stdout)
            # Decimals of CSV are the floats that Python reads from the same text.
            columns = {column: [float(cell) if form == "csv" and isinstance(cell, str) else cell for cell in values] for column, values in columns.items()}
            check_table(tally, name, document, columns)
            for stated in document["columns"]:
                tally.attempt(f"{name}.{stated['name']}: is compared", lambda stated=stated: check_column(tally, name, stated, columns[stated["name"]]))
    print(f"{tally.passed} passed, {tally.failed} failed")
    return 1 if tally.failed else 0


if __name__ == "__main__":
    sys.exit(main())
