#!/usr/bin/env python3
"""A national catalogue in figures: ours on all of it, pySHACL on a sample, and a million datasets when asked for.

    bench-national.py FYR GENERATOR FOLDER [--datasets 25000] [--sample 500] [--million 0] [--shapes FILE.ttl ...]

FYR is the optimised program, GENERATOR what `cargo bench --package fyr-graph --bench national --no-run` built. Prints a line of JSON for each
measurement: CPU seconds of all processes, peak memory of the largest, seconds by the clock, CPU milliseconds a dataset. Ends with 1 when a
target of the project is missed: 30 CPU seconds and 1.5 GB for reading, checking and scoring 25,000 datasets, 50 times pySHACL a dataset, and for a
million (5 GB on disk, twice that while it is read) the same memory and a cost of a dataset that is at most a quarter higher.
Standard library alone; pySHACL is measured when this Python has it, in a process of its own.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import time

CPU_MAX, MEMORY_MAX, RATIO_MIN, FLAT_MAX = 30.0, 1.5e9, 50.0, 1.25
# Past the defaults of H05, H08, H16 and H44, which a national dump may meet (H05, H44) or passes by far (a million datasets).
RAISED = [
    "fetch.catalogue_bytes_max=64000000000",
    "graph.triples_max=400000000",
    "graph.datasets_max=10000000",
    "worker.memory_bytes=1500000000",
    "worker.cpu_seconds=3600",
    "worker.file_bytes=64000000000",
    "worker.wall=7200",
]


def measure(words):
    """CPU seconds, peak bytes and wall seconds of a command and all that it starts."""
    with open(os.devnull, "wb") as nowhere:
        began = time.monotonic()
        process = subprocess.Popen(words, stdout=nowhere, stderr=subprocess.PIPE)
        complaint = process.stderr.read()
        _, status, used = os.wait4(process.pid, 0)
    code = os.waitstatus_to_exitcode(status)
    return {
        "cpu_seconds": round(used.ru_utime + used.ru_stime, 2),
        "peak_bytes": used.ru_maxrss * 1024,
        "seconds": round(time.monotonic() - began, 2),
        "code": code,
        "said": complaint.decode(errors="replace").strip()[:400] if code not in (0, 1) else "",
    }


def generate(generator, folder, datasets, ending="ttl"):
    path = os.path.join(folder, f"national-{datasets}.{ending}")
    if not os.path.exists(path):
        subprocess.run([generator, path, "--datasets", str(datasets)], check=True, stdout=subprocess.DEVNULL)
    return path


def ours(fyr, path, datasets, raised):
    settings = [word for one in raised for word in ("--set", one)]
    steps = {
        "check": [fyr, "check", path, "--lang", "en", "--fail-on", "never", *settings],
        "mqa": [fyr, "mqa", path, "--lang", "en", *settings],
    }
    found = {name: measure(words) for name, words in steps.items()}
    for name, one in found.items():
        told = {"tool": "fyr", "step": name, "datasets": datasets, **one, "cpu_ms_each": round(1000 * one["cpu_seconds"] / datasets, 3)}
        print(json.dumps(told), flush=True)
    return found


def shapes_alone(fyr, path, datasets, shapes):
    """The same shapes on the same sample as the peer: start, reading, shapes and report included."""
    one = measure([fyr, "check", path, "--lang", "en", "--fail-on", "never", "--shapes", *shapes])
    told = {"tool": "fyr", "step": "shapes", "datasets": datasets, **one, "cpu_ms_each": round(1000 * one["cpu_seconds"] / datasets, 3)}
    print(json.dumps(told), flush=True)
    return one


SHACL = """
import sys
from rdflib import Graph
from pyshacl import validate
data = Graph().parse(sys.argv[1])
shapes = Graph()
for name in sys.argv[2:]:
    shapes.parse(name)
validate(data, shacl_graph=shapes, inference="none")
"""


def peer(path, datasets, shapes):
    if subprocess.run([sys.executable, "-c", "import pyshacl"], stderr=subprocess.DEVNULL).returncode:
        print("pySHACL is not installed here: no ratio", file=sys.stderr)
        return None
    one = measure([sys.executable, "-c", SHACL, path, *shapes])
    told = {"tool": "pyshacl", "step": "check", "datasets": datasets, **one, "cpu_ms_each": round(1000 * one["cpu_seconds"] / datasets, 3)}
    print(json.dumps(told), flush=True)
    return told if one["code"] == 0 else None


def main():
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    words.add_argument("fyr")
    words.add_argument("generator")
    words.add_argument("folder")
    words.add_argument("--datasets", type=int, default=25_000)
    words.add_argument("--sample", type=int, default=500)
    words.add_argument("--million", type=int, default=0)
    words.add_argument("--shapes", nargs="+", default=["dcat-ap-se/3.0.1/shapes.ttl"])
    given = words.parse_args()
    os.makedirs(given.folder, exist_ok=True)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

    whole = ours(given.fyr, generate(given.generator, given.folder, given.datasets), given.datasets, RAISED)
    missed = [f"{name}: {one['said'] or one['code']}" for name, one in whole.items() if one["code"] not in (0, 1)]
    cpu, peak = sum(one["cpu_seconds"] for one in whole.values()), max(one["peak_bytes"] for one in whole.values())
    scale = given.datasets / 25_000
    if cpu > CPU_MAX * scale or peak > MEMORY_MAX:
        missed.append(f"{cpu:.1f} CPU s and {peak / 1e9:.2f} GB for {given.datasets} datasets")
    sample = generate(given.generator, given.folder, given.sample)
    own = ours(given.fyr, sample, given.sample, [])["check"]
    if own["seconds"] > 2.0:
        missed.append(f"first findings of {given.sample} datasets after {own['seconds']} s")
    other, same = peer(sample, given.sample, given.shapes), shapes_alone(given.fyr, sample, given.sample, given.shapes)
    for name, one in {"check": whole["check"], "shapes": same}.items() if other else ():
        each = 1000 * one["cpu_seconds"] / (given.sample if one is same else given.datasets)
        ratio = other["cpu_ms_each"] / each
        told = {"step": name, "ratio_per_dataset": round(ratio, 1), "fyr_cpu_ms_each": round(each, 3), "pyshacl_cpu_ms_each": other["cpu_ms_each"]}
        print(json.dumps(told), flush=True)
        if ratio < RATIO_MIN:
            missed.append(f"{name}: {ratio:.1f} times pySHACL a dataset")
    if given.million:
        many = generate(given.generator, given.folder, given.million)
        refused = measure([given.fyr, "check", many, "--lang", "en"])
        print(json.dumps({"tool": "fyr", "step": "check at the default caps", "datasets": given.million, **refused}), flush=True)
        if refused["code"] != 3 or "catalogue_bytes_max" not in refused["said"]:
            missed.append(f"{given.million} datasets were not refused by the name of the cap")
        large = ours(given.fyr, many, given.million, RAISED)
        for name, one in large.items():
            ratio = (one["cpu_seconds"] / given.million) / (whole[name]["cpu_seconds"] / given.datasets)
            print(json.dumps({"step": name, "cost_of_a_dataset_to_that_of_the_smaller": round(ratio, 2)}), flush=True)
            if one["code"] not in (0, 1) or one["peak_bytes"] > MEMORY_MAX or ratio > FLAT_MAX:
                missed.append(f"{name} of {given.million}: {one['said'] or one['code']}, {one['peak_bytes'] / 1e9:.2f} GB, {ratio:.2f} times the cost")
    for one in missed:
        print(f"missed: {one}", file=sys.stderr)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
