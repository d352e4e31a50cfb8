#!/usr/bin/env python3
"""What planning a protection costs, case by case, against the project's targets, with two drawings.

    bench-protect.py BENCH FOLDER [--repeat 5] [--threads 0] [--stream 0] [--fyr PROGRAM --file-rows 2000000,20000000]

BENCH is what `cargo bench --package fyr-privacy --bench plan --no-run` built. Each case has a process of its own, so that its peak memory is
its own. Prints a line of JSON a case, leaves them in FOLDER/protect.jsonl and draws cost against rows and against columns in
FOLDER/protect.svg. `--stream` adds so many generated people taken in and recoded batch by batch. With `--fyr` the whole program anonymises
generated files too; its peak is that of its largest process. Ends with 1 when a target of the project is missed. Standard library alone.
"""

import argparse
import json
import math
import os
import random
import subprocess
import sys
import time

# Case, seconds that taking in and searching may take together or searching alone, KiB.
TARGETS = {"d1": ("search_s", 0.25, None), "d5": ("search_s", 0.8, None), "rows-1000000": ("total_s", 5.0, 2 << 20)}
STREAM_KIB_MAX = 2 << 20
ROWS = [10_000, 30_162, 100_000, 300_000, 1_000_000]
COLUMNS = range(1, 10)
# The colours and names of data series in `reference/look.md`.
SEA, MAGENTA, INK, EDGE, SURFACE = "#1F6591", "#9C1457", "#0D2033", "#687C91", "#FFFFFF"


def run(words):
    """The line that a case prints, if it is not skipped, with the peak of its process."""
    began = time.monotonic()
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    out, complaint = process.stdout.read(), process.stderr.read()
    _, status, used = os.wait4(process.pid, 0)
    sys.stderr.write(complaint.decode(errors="replace"))
    if os.waitstatus_to_exitcode(status) != 0:
        sys.exit(f"{' '.join(words)} ended with {os.waitstatus_to_exitcode(status)}")
    usage = {"process_cpu_s": round(used.ru_utime + used.ru_stime, 2), "process_s": round(time.monotonic() - began, 2), "peak_kib": used.ru_maxrss}
    return out.decode(), usage


def case(options, name, repeat):
    out, usage = run([options.bench, "--bench", "--case", name, "--repeat", str(repeat), "--threads", str(options.threads)])
    if not out.strip():
        return None
    line = json.loads(out)
    line["peak_kib"] = usage["peak_kib"]
    line["total_s"] = round(line["load_s"] + line["search_s"], 4)
    line["total_cpu_s"] = round(line["load_cpu_s"] + line["search_cpu_s"], 4)
    return line


def through_the_program(options, rows):
    """A generated CSV of people through `fyr anonymize`: staged, planned, recoded, sorted, written and audited."""
    path = os.path.join(options.folder, f"people-{rows}.csv")
    rng = random.Random(1157)
    kinds = [[rng.randrange(values) for values in (2, 72, 5, 7, 16, 41)] for _ in range(200)]
    names = ["kon", "alder", "grupp", "stand", "utbildning", "land"]
    with open(path, "w", encoding="utf-8") as file:
        file.write(",".join(names) + "\n")
        some = [",".join(f"{name[0]}{value:02}" for name, value in zip(names, kind)) for kind in kinds]
        for _ in range(rows):
            row = some[min(int(rng.random() ** 2 * 200), 199)]
            file.write((row if rng.random() < 0.9 else row[:-2] + f"{rng.randrange(41):02}") + "\n")
    policy = os.path.join(options.folder, "policy.toml")
    with open(policy, "w", encoding="utf-8") as file:
        file.write("[columns]\n" + "".join(f'{name} = "quasi-identifier"\n' for name in names))
        file.write("\n[model]\nk = 10\nsuppression_max = 0.04\n")
    out = os.path.join(options.folder, "people.parquet")
    try:
        _, usage = run([options.fyr, "anonymize", path, "--policy", policy, "-o", out, "--json"])
    finally:
        for made in (path, out, policy):
            if os.path.exists(made):
                os.remove(made)
    return {"case": f"file-{rows}", "rows": rows, **usage}


def nice(value):
    return f"{value:g}" if value < 1000 else f"{value / 1000:g}k" if value < 1_000_000 else f"{value / 1_000_000:g}M"


def panel(left, title, points, series, scale):
    """One drawing: `points` by x, `series` of (name, colour, dash), y in seconds on a scale of powers of ten."""
    wide, high, top = 360, 260, 60
    xs = [x for x, _ in points]
    ys = [line[key] for _, line in points for key, *_ in series if line[key] > 0]
    low, most = math.floor(math.log10(min(ys))), math.ceil(math.log10(max(ys)))
    first, last = scale(min(xs)), scale(max(xs))
    at_x = lambda x: left + (scale(x) - first) / max(last - first, 1e-9) * wide
    at_y = lambda y: top + high - (math.log10(max(y, 10**low)) - low) / max(most - low, 1) * high
    parts = [f'<text x="{left}" y="{top - 24}" font-weight="600">{title}</text>']
    for power in range(low, most + 1):
        y = at_y(10**power)
        parts.append(f'<line x1="{left}" y1="{y:.1f}" x2="{left + wide}" y2="{y:.1f}" stroke="{EDGE}" stroke-opacity="0.4"/>')
        parts.append(f'<text x="{left - 8}" y="{y + 4:.1f}" text-anchor="end">{10.0**power:g} s</text>')
    for x in xs:
        parts.append(f'<text x="{at_x(x):.1f}" y="{top + high + 20}" text-anchor="middle">{nice(x)}</text>')
    for at, (key, name, colour, dash) in enumerate(series):
        dots = [(at_x(x), at_y(line[key])) for x, line in points]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in dots)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2" stroke-dasharray="{dash}"/>')
        parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in dots]
        parts.append(f'<line x1="{left + at * 180}" y1="{top + high + 44}" x2="{left + at * 180 + 24}" y2="{top + high + 44}" stroke="{colour}" stroke-width="2" stroke-dasharray="{dash}"/>')
        parts.append(f'<text x="{left + at * 180 + 30}" y="{top + high + 48}">{name}</text>')
    return "\n".join(parts)


def draw(lines, path):
    of = lambda word: sorted((line["rows" if word == "rows" else "columns"], line) for line in lines if line["case"].startswith(f"{word}-"))
    series = [("total_cpu_s", "CPU seconds", SEA, "none"), ("search_cpu_s", "of them the search", MAGENTA, "6 4")]
    panels = []
    if len(of("rows")) > 1:
        panels.append(panel(80, "Cost against rows (nine quasi-identifiers)", of("rows"), series, math.log10))
    if len(of("columns")) > 1:
        panels.append(panel(560, "Cost against quasi-identifiers (100,000 rows)", of("columns"), series, float))
    if panels:
        with open(path, "w", encoding="utf-8") as file:
            file.write(
                f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 960 390" role="img" font-family="sans-serif" font-size="12" fill="{INK}">\n'
                "<title>What planning a protection costs</title>\n"
                f'<rect width="960" height="390" fill="{SURFACE}"/>\n' + "\n".join(panels) + "\n</svg>\n"
            )


def missed(line):
    key, seconds, kib = TARGETS.get(line["case"], (None, None, None))
    faults = []
    if key and line[key] > seconds:
        faults.append(f"{line['case']}: {key} {line[key]} is above {seconds}")
    if (kib and line["peak_kib"] > kib) or (line["case"].startswith(("stream-", "file-")) and line["peak_kib"] > STREAM_KIB_MAX):
        faults.append(f"{line['case']}: peak of {line['peak_kib']} KiB")
    return faults


def main():
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    words.add_argument("bench")
    words.add_argument("folder")
    words.add_argument("--repeat", type=int, default=5)
    words.add_argument("--threads", type=int, default=0)
    words.add_argument("--stream", type=int, default=0)
    words.add_argument("--fyr")
    words.add_argument("--file-rows", default="2000000,20000000")
    options = words.parse_args()
    names = ["d1", "d5", "loss-30162"] + [f"rows-{rows}" for rows in ROWS] + [f"columns-{columns}" for columns in COLUMNS]
    names += [f"stream-{options.stream}"] * bool(options.stream)
    lines = []
    with open(os.path.join(options.folder, "protect.jsonl"), "w", encoding="utf-8") as file:
        def add(line):
            if line:
                lines.append(line)
                print(json.dumps(line), flush=True)
                file.write(json.dumps(line) + "\n")
        for name in names:
            large = name.startswith(("rows-", "stream-")) and int(name.split("-")[1]) > 100_000
            add(case(options, name, 1 if large else options.repeat))
        for rows in options.file_rows.split(",") if options.fyr else []:
            add(through_the_program(options, int(rows)))
    draw(lines, os.path.join(options.folder, "protect.svg"))
    faults = [fault for line in lines for fault in missed(line)]
    for fault in faults:
        print(f"missed: {fault}", file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
