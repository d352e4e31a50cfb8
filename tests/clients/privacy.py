"""Strangers measure what Fyr protected.

    python tests/clients/privacy.py FYR [--keep DIR]

Invented registers are protected with `FYR anonymize` under several policies. pycanon, which knows nothing of Fyr, measures k, l, entropy l and t
on the written Parquet file with suppressed rows as they stand, and must find what the policy promises and what the report says. Then somebody
who knows every quasi-identifier of a tenth of the people looks for them in the file: nobody may be found with more certainty than the report
states. Tables made by `FYR tabulate` are read with pyarrow: what is published must add up wherever nothing is hidden. Ends with `N passed, N
failed`; exit code 1 when something failed. Only names of figures are printed, never values.
"""

import argparse
import collections
import json
import math
import subprocess
import sys
import tempfile
from pathlib import Path

import pyarrow.parquet as pq
from pycanon import anonymity

TIGHT = 1e-9
QUASI = ["alder", "ort", "kon"]
PLACES = {f"ort {n}": [f"kommun {n // 3}", f"lan {n // 6}", "*"] for n in range(12)}
AGES = {str(age): [f"{age // 5 * 5}-{age // 5 * 5 + 4}", f"{age // 10 * 10}-{age // 10 * 10 + 9}", "*"] for age in range(20, 80)}
SEXES = {"kvinna": ["*"], "man": ["*"]}
LEVELS = {"alder": AGES, "ort": PLACES, "kon": SEXES}

POLICIES = {
    "k": "k = 5\nsuppression_max = 0.05\n",
    "k_l": 'k = 10\nsuppression_max = 0.1\nl = { kind = "distinct", value = 3 }\n',
    "entropy": 'k = 5\nsuppression_max = 0.1\nl = { kind = "entropy", value = 2.5 }\n',
    "t": 'k = 5\nsuppression_max = 0.04\nloss = "discernibility"\nt = { kind = "equal", value = 0.25 }\n',
    "beta": 'k = 5\nsuppression_max = 0.1\nbeta = { kind = "basic", value = 1.5 }\n',
    "enhanced": 'k = 5\nsuppression_max = 0.1\nbeta = { kind = "enhanced", value = 2 }\n',
    "disclosure": "k = 5\nsuppression_max = 0.1\ndisclosure = 2.0\n",
    "all": 'k = 8\nsuppression_max = 0.2\nloss = "loss"\nl = { kind = "distinct", value = 2 }\nt = { kind = "equal", value = 0.4 }\n',
}


class Checks:
    def __init__(self):
        self.passed, self.failed = 0, 0

    def hold(self, name, is_so):
        if is_so:
            self.passed += 1
        else:
            self.failed += 1
            print(f"FAILED: {name}")


def draw(seed):
    """splitmix64: the same on every machine."""
    state = seed
    while True:
        state = (state + 0x9E3779B97F4A7C15) % 2**64
        z = (state ^ (state >> 30)) * 0xBF58476D1CE4E5B9 % 2**64
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB % 2**64
        yield z ^ (z >> 31)


def people(seed, count):
    random = draw(seed)
    for n in range(count):
        age = 20 + (next(random) % 60 + next(random) % 60) // 2
        yield {
            "person": f"p-{n}",
            "alder": str(age),
            "ort": f"ort {min(next(random) % 12, next(random) % 12)}",
            "kon": ["kvinna", "man"][next(random) % 2],
            "diagnos": ["A", "B", "C", "D", "E"][min(next(random) % 5, next(random) % 5)],
        }


def folder(root, name, rows):
    root = root / name
    root.mkdir()
    columns = list(rows[0])
    lines = [";".join(columns)] + [";".join(row[column] for column in columns) for row in rows]
    (root / "in.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    for column, levels in LEVELS.items():
        text = "".join(f"{leaf};{';'.join(above)}\n" for leaf, above in levels.items())
        (root / f"{column}.csv").write_text(text, encoding="utf-8")
    return root


def run(fyr, root, *words):
    done = subprocess.run([fyr, *words, "--json", "--lang", "en"], cwd=root, capture_output=True, text=True)
    if done.returncode != 0:
        print(done.stderr)
        return None
    return json.loads(done.stdout)


def anonymize(fyr, root, model):
    roles = "".join(f'{name} = {{ role = "quasi-identifier", hierarchy = "{name}.csv" }}\n' for name in QUASI)
    text = f'[columns]\nperson = "identifier"\ndiagnos = "sensitive"\n{roles}[model]\n{model}'
    (root / "policy.toml").write_text(text, encoding="utf-8")
    return run(fyr, root, "anonymize", "in.csv", "-o", "out.parquet", "--policy", "policy.toml", "--report", "report.json")


def measured(checks, name, model, report, table):
    """pycanon on the written file, beside the report and the policy."""
    table = table.astype(object)
    verified = report["verified"]
    k = anonymity.k_anonymity(table, QUASI)
    l = anonymity.l_diversity(table, QUASI, ["diagnos"])
    t = anonymity.t_closeness(table, QUASI, ["diagnos"])
    checks.hold(f"{name}: k of pycanon is the report's", k == verified["k"])
    checks.hold(f"{name}: l of pycanon is the report's", l == verified["l"]["diagnos"])
    checks.hold(f"{name}: t of pycanon is the report's", math.isclose(t, verified["t"]["diagnos"], abs_tol=TIGHT))
    told = verified["sensitive"]["diagnos"]
    beta = anonymity.basic_beta_likeness(table, QUASI, ["diagnos"])
    delta = anonymity.delta_disclosure(table, QUASI, ["diagnos"])
    checks.hold(f"{name}: beta of pycanon is the report's", math.isclose(beta, told["beta"], abs_tol=TIGHT))
    checks.hold(f"{name}: delta of pycanon is the report's", math.isclose(delta, told["disclosure"], abs_tol=TIGHT))
    asked = dict(line.split(" = ", 1) for line in model.splitlines())
    number = lambda text: float(text.split("value = ")[1].split(" ")[0])
    checks.hold(f"{name}: k is what the policy asks", k >= int(asked["k"]))
    left_out = (report["rows_in"] - report["rows_out"]) / report["rows_in"]
    if "t" in asked:
        checks.hold(f"{name}: t is what the policy asks", t <= number(asked["t"]) + left_out + TIGHT)
    # Rows that were left out may have been whatever the bounds ask; without any the file alone must keep them.
    if "basic" in asked.get("beta", "") and not left_out:
        checks.hold(f"{name}: beta is what the policy asks", beta <= number(asked["beta"]) + TIGHT)
    if "enhanced" in asked.get("beta", "") and not left_out:
        enhanced = anonymity.enhanced_beta_likeness(table, QUASI, ["diagnos"])
        checks.hold(f"{name}: enhanced beta is what the policy asks", enhanced <= number(asked["beta"]) + TIGHT)
    if "disclosure" in asked and not left_out:
        checks.hold(f"{name}: delta is what the policy asks", delta < float(asked["disclosure"]) + TIGHT)
    if "distinct" in asked.get("l", ""):
        checks.hold(f"{name}: l is what the policy asks", l >= number(asked["l"]))
    if "entropy" in asked.get("l", ""):
        entropy = anonymity.entropy_l_diversity(table, QUASI, ["diagnos"])
        checks.hold(f"{name}: entropy l is what the policy asks", entropy >= math.floor(number(asked["l"])))


def linked(checks, name, rows, report, table):
    """A tenth of the people, every quasi-identifier known: how surely is each found?"""
    level = report["transformation"]
    released = collections.Counter(zip(*(table[column] for column in QUASI)))
    shown = lambda column, value: ([value] + LEVELS[column][value])[level[column]]
    random = draw(99)
    sample = [row for row in rows if next(random) % 10 == 0]
    surest, right = 0.0, 0.0
    for row in sample:
        group = released[tuple(shown(column, row[column]) for column in QUASI)]
        if group:
            surest = max(surest, 1 / group)
            right += 1 / group
    checks.hold(f"{name}: there is a sample", len(sample) > len(rows) / 20)
    checks.hold(f"{name}: nobody is found more surely than the report states", surest <= report["risk"]["prosecutor_max"] + TIGHT)
    bound = 3 * math.sqrt(len(sample)) + len(sample) * report["risk"]["prosecutor_average"]
    checks.hold(f"{name}: no more are found than the mean risk says", right <= bound)


def tabulated(checks, fyr, root, method):
    roles = 'person = "identifier"\nalder = "plain"\ndiagnos = "plain"\nkon = "plain"\n'
    table = f'[[table]]\nby = ["ort", "kon"]\nthreshold = 12\n{method}[[table]]\nby = ["ort", "diagnos"]\nthreshold = 12\n{method}'
    text = f'[columns]\n{roles}ort = {{ role = "plain", hierarchy = "ort.csv" }}\n{table}'
    (root / "policy.toml").write_text(text, encoding="utf-8")
    report = run(fyr, root, "tabulate", "in.csv", "-o", "tabell.parquet", "--policy", "policy.toml")
    name = method.split('"')[1]
    checks.hold(f"{name}: tables are made", report is not None)
    if report is None:
        return
    checks.hold(f"{name}: nothing is disclosed", report["attack"]["disclosed_cells"] == 0)
    rows = pq.read_table(root / "tabell.parquet").to_pylist()
    other = {1: "kon", 2: "diagnos"}
    cells = {(row["table"], row["ort"], row[other[row["table"]]]): row["count"] for row in rows}
    whole, off = 0, 0
    for (number, place, label), count in cells.items():
        if label != "*":
            continue
        parts = [part for (table, where, what), part in cells.items() if table == number and where == place and what != "*"]
        if count is not None and None not in parts:
            whole += 1
            off += count != sum(parts)
    checks.hold(f"{name}: totals are there to be checked", whole > 0)
    checks.hold(f"{name}: totals add up", off == 0)
    one = {place: cells[(1, place, "*")] for (number, place, label) in cells if number == 1}
    two = {place: cells[(2, place, "*")] for (number, place, label) in cells if number == 2}
    checks.hold(f"{name}: a cell of two tables shows the same in both", one == two)


def main():
    words = argparse.ArgumentParser()
    words.add_argument("fyr")
    words.add_argument("--keep")
    words = words.parse_args()
    fyr = str(Path(words.fyr).resolve())
    checks = Checks()
    with tempfile.TemporaryDirectory() as made:
        root = Path(words.keep or made)
        rows = list(people(7, 3000))
        for name, model in POLICIES.items():
            place = folder(root, name, rows)
            report = anonymize(fyr, place, model)
            checks.hold(f"{name}: a file is written", report is not None)
            if report is None:
                continue
            table = pq.read_table(place / "out.parquet").to_pandas()
            measured(checks, name, model, report, table)
            linked(checks, name, rows, report, table)
            verified = run(fyr, place, "verify", "out.parquet", "--report", "report.json")
            checks.hold(f"{name}: the file holds when it is read again", verified is not None and verified["ok"])
        place = folder(root, "tabeller", rows)
        for method in ('method = "suppress"\n', 'method = "round"\nbase = 5\n'):
            tabulated(checks, fyr, place, method)
    print(f"{checks.passed} passed, {checks.failed} failed")
    return 1 if checks.failed else 0


if __name__ == "__main__":
    sys.exit(main())
