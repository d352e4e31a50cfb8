#!/usr/bin/env python3
"""Sets our figures beside the peers': one table of costs and ratios, one of targets.

  scripts/bench-ratios.py FILE.jsonl..

In: the lines of `peers.py` (peers, and ours as `--also 'ours:TASK:..'`) and of `cargo bench -p fyr-table -- --json FILE` (peer `library`).
Out: text tables. A cost is the least of the repeats, CPU and wall each by itself. Peers are judged by the task alone (`task_cpu_s`,
`wall_s`), ours by the whole process (`cpu_s`, `proc_s`): a difference against us, never for us. Where the program has no such command,
`library` stands in: the task alone, timed right after the others and not by turns with them. A ratio is the peer's cost over ours, of the
same bytes. Only ratios within one run mean anything, and wall time only on a quiet machine.
"""
import json
import sys
from collections import defaultdict
from dataclasses import dataclass

TASKS = "count ingest profile profile_pq rules agg3 sniff".split()
KINDS = "taxi wide swedish".split()
OURS, LIBRARY = "ours", "library"


@dataclass(frozen=True)
class Target:
    """The peer's tasks against ours, as ratio of costs: what passes, and the moonshot."""
    work: str
    peer: str
    theirs: tuple
    mine: tuple
    passed: float
    moonshot: float


# tables.md section 5, "Targets"; each holds by CPU time and by wall time. Our `profile` reads the CSV, writes the Parquet and profiles it,
# so it stands against a peer's ingest and its profile of the Parquet together.
INGEST = "CSV to Parquet"
PROFILE = "CSV to Parquet + full profile"
ALL = "the same + 10 rules + aggregate"
TARGETS = (
    Target(INGEST, "duckdb", ("ingest",), ("ingest",), 1.3, 2.5),
    Target(INGEST, "polars", ("ingest",), ("ingest",), 2.5, 5),
    Target(INGEST, "datafusion", ("ingest",), ("ingest",), 1.1, 2),
    Target(INGEST, "pyarrow", ("ingest",), ("ingest",), 1.2, 2.2),
    Target(PROFILE, "duckdb", ("ingest", "profile_pq"), ("profile",), 3, 6),
    Target(PROFILE, "polars", ("ingest", "profile_pq"), ("profile",), 2, 4),
    Target(ALL, "duckdb", ("ingest", "profile_pq", "rules", "agg3"), ("profile", "rules", "agg3"), 3, 6),
    Target("whole-file profile", "csv_detective", ("profile",), ("profile",), 50, 150),
)
TYPES_PASSED, TYPES_MOONSHOT, SPEED_MOONSHOT = 17, 18, 0.8      # right types of 18, told nothing; share of taxi's MB/s
SNIFF_MS = (20, 5)                                              # dialect and types of a 50 MB file
MEMORY_MB, MEMORY_AT_BYTES = (512, 256), 1_000_000_000          # peak at 1 GB, and no more at 20 GB


@dataclass
class Figure:
    """The best of one peer's repeats on one file."""
    cpu: float
    wall: float
    peak_mb: int | None
    typed: str
    answer: object
    fault: str

    @property
    def counts(self):
        return not self.fault


def figure(lines):
    faults = [x["error"] for x in lines if "error" in x] + [f"exit {x['exit']}" for x in lines if x.get("exit")]
    if not faults and any(x.get("ok") is False for x in lines):
        faults = ["wrong number of rows"]
    last = lines[-1]
    return Figure(
        cpu=min(x.get("task_cpu_s") or x.get("cpu_s") or float("nan") for x in lines),
        wall=min(x.get("wall_s") or x.get("proc_s") or float("nan") for x in lines),
        peak_mb=max((x["peak_rss_mb"] for x in lines if "peak_rss_mb" in x), default=None),
        typed=str(last.get("typed", "")),
        answer=last.get("fails", last.get("groups")),
        fault=faults[0] if faults else "")


def read(paths):
    """(kind, bytes) -> task -> peer -> Figure. A file of another size is another file."""
    found = defaultdict(list)
    for path in paths:
        with open(path, encoding="utf-8") as lines:
            for text in filter(str.strip, lines):
                line = json.loads(text)
                if "peer" not in line:
                    continue  # of a bench without peers
                found[line["kind"], line["bytes"], line["task"], line["peer"]].append(line)
    files = defaultdict(lambda: defaultdict(dict))
    for (kind, size, task, peer), lines in found.items():
        files[kind, size][task][peer] = figure(lines)
    return dict(sorted(files.items(), key=lambda x: (-x[0][1] // 1_000_000, KINDS.index(x[0][0]))))


def ours(tasks, task):
    """Our figure for a task: the program's, or else the library's."""
    peers = tasks.get(task, {})
    return next((peers[name] for name in (OURS, LIBRARY) if name in peers and peers[name].counts), None)


def total(figures):
    """CPU and wall of several tasks one after the other; None when one of them is missing or wrong."""
    if any(x is None or not x.counts for x in figures):
        return None
    return sum(x.cpu for x in figures), sum(x.wall for x in figures)


def name(kind, size):
    return f"{kind} {size / 1e6:.0f} MB"


def number(value, digits, unit=""):
    return "" if value is None or value != value else f"{value:.{digits}f}{unit}"


def show(title, head, rows):
    print(f"\n{title}\n")
    rows = [head, *rows]
    widths = [max(len(row[i]) for row in rows) for i in range(len(head))]
    for at, row in enumerate(rows):
        print("| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths)) + " |")
        if at == 0:
            print("|" + "|".join("-" * (width + 2) for width in widths) + "|")


def costs(files):
    for (kind, size), tasks in files.items():
        for task in sorted(tasks, key=TASKS.index):
            mine = ours(tasks, task)
            for peer in sorted(tasks[task], key=lambda x: (x != OURS, x != LIBRARY, x)):
                it = tasks[task][peer]
                by = (mine and it is not mine and it.counts) and (it.cpu / mine.cpu, it.wall / mine.wall) or (None, None)
                shown = (number(it.cpu, 3), number(it.wall, 3), str(it.peak_mb or ""), it.typed) if it.counts else ("", "", "", "")
                yield [task, name(kind, size), peer, *shown, number(by[0], 2, "x"), number(by[1], 2, "x"), it.fault[:60]]


def verdict(passed, moonshot):
    return "moonshot" if moonshot else "pass" if passed else "NOT reached"


def ratios(files):
    for target in TARGETS:
        measured = False
        for (kind, size), tasks in files.items():
            theirs = total([tasks.get(task, {}).get(target.peer) for task in target.theirs])
            mine = total([ours(tasks, task) for task in target.mine])
            if theirs and mine:
                measured = True
                by = [a / b for a, b in zip(theirs, mine)]
                yield [target.work, target.peer, name(kind, size), *(number(x, 2, "x") for x in by), f"{target.passed}x", f"{target.moonshot}x",
                       verdict(min(by) >= target.passed, min(by) >= target.moonshot)]
        if not measured:
            yield [target.work, target.peer, "", "", "", f"{target.passed}x", f"{target.moonshot}x", "not measured"]


def types(files):
    """Right types of the Swedish file, and its speed beside that of a taxi file of about its size."""
    limits = [f"{TYPES_PASSED}", f"{TYPES_MOONSHOT}, {SPEED_MOONSHOT} of taxi's MB/s"]
    speeds = {key: key[1] / mine.cpu for key, tasks in files.items() if (mine := ours(tasks, "ingest"))}
    rows = []
    for (kind, size), speed in speeds.items():
        typed = ours(files[kind, size], "ingest").typed
        if kind == "swedish" and typed:
            taxi = next((other for (k, s), other in speeds.items() if k == "taxi" and 0.9 < s / size < 1.1), None)
            share, right = speed / taxi if taxi else None, int(typed.split("/")[0])
            said = verdict(right >= TYPES_PASSED, right >= TYPES_MOONSHOT and (share or 0) >= SPEED_MOONSHOT)
            rows.append(["right types, told nothing", "", name(kind, size), f"{typed}, {number(share, 2)} of taxi", "", *limits, said])
    return rows or [["right types, told nothing", "", "", "", "", *limits, "not measured"]]


def sniff(files):
    limits = [f"{limit} ms" for limit in SNIFF_MS]
    rows = []
    for (kind, size), tasks in files.items():
        mine = ours(tasks, "sniff")
        if mine:
            worst = max(mine.cpu, mine.wall) * 1000
            rows.append(["dialect and types", "", name(kind, size), number(mine.cpu * 1000, 0, " ms"), number(mine.wall * 1000, 0, " ms"), *limits,
                         verdict(worst <= SNIFF_MS[0], worst <= SNIFF_MS[1])])
    return rows or [["dialect and types", "", "", "", "", *limits, "not measured"]]


def memory(files):
    for (kind, size), tasks in files.items():
        peaks = [x.peak_mb for task in ("ingest", "profile") if (x := tasks.get(task, {}).get(OURS)) and x.counts and x.peak_mb]
        if peaks:
            said = verdict(max(peaks) <= MEMORY_MB[0], max(peaks) <= MEMORY_MB[1])
            small = size < MEMORY_AT_BYTES * 0.9 and max(peaks) <= MEMORY_MB[0]
            yield ["peak memory", "", name(kind, size), f"{max(peaks)} MB", "", *(f"{limit} MB" for limit in MEMORY_MB),
                   "not measured at 1 GB" if small else said]


def disagreements(files):
    """Where failing rows or groups are counted differently, somebody is wrong."""
    for (kind, size), tasks in files.items():
        for task in ("rules", "agg3"):
            answers = {peer: x.answer for peer, x in tasks.get(task, {}).items() if x.counts and x.answer is not None}
            if len({json.dumps(x) for x in answers.values()}) > 1:
                yield f"{task}, {name(kind, size)}: answers differ: " + ", ".join(f"{peer} {x}" for peer, x in answers.items())


def main(paths):
    if not paths:
        sys.exit(__doc__.strip())
    files = read(paths)
    if not any(name in peers for tasks in files.values() for peers in tasks.values() for name in (OURS, LIBRARY)):
        sys.exit("none of the lines is ours: give peers.py --also 'ours:ingest:fyr convert {csv} -o {out}'")
    head = ["task", "file", "peer", "CPU s", "wall s", "peak MB", "types", "by CPU", "by wall", "fault"]
    show("Costs, and each peer's cost over ours", head, list(costs(files)))
    head = ["target", "peer", "file", "by CPU", "by wall", "pass", "moonshot", "reached"]
    show("Targets, both by CPU and by wall", head, [*ratios(files), *types(files), *sniff(files), *memory(files)])
    for line in disagreements(files):
        print(f"\n{line}")


if __name__ == "__main__":
    main(sys.argv[1:])
