#!/usr/bin/env python3
"""Compares our SHACL results with pySHACL's, catalogue by catalogue, row by row.

    python3 scripts/compare-shacl.py --ours PROGRAM [--base IRI] --shapes A.ttl --shapes B.ttl CATALOGUE..

PROGRAM is the built example `shacl` of crates/graph. Needs pyshacl 0.40, which is no part of the project or its gate. Links to shapes that
none of the files defines stop pySHACL; they are taken away here by the same rule as ours (`shacl/dangling.rs`) and must be the same ones.
A row is focus, path, component and severity, and beside it value and source shape; blank nodes count as alike. Exit code 1 when a row differs.
"""

import argparse
import json
import resource
import subprocess
import sys
import time
from collections import Counter

import pyshacl
import rdflib
from rdflib import RDF, BNode, URIRef
from rdflib.collection import Collection

SH = rdflib.Namespace("http://www.w3.org/ns/shacl#")
BLANK = "_:"


def without_dangling(shapes):
    """Takes dangling links away and tells which."""
    named = set()

    def described(node):
        return (node, None, None) in shapes

    def take(triple, targets):
        shapes.remove(triple)
        named.update((str(triple[0]), str(triple[1]), str(target)) for target in targets)

    for triple in list(shapes.triples((None, SH.property, None))):
        if (triple[2], SH.path, None) not in shapes:
            take(triple, [triple[2]])
    for link in (SH.node, SH["not"], SH.qualifiedValueShape):
        for triple in list(shapes.triples((None, link, None))):
            if not described(triple[2]):
                take(triple, [triple[2]])
    for link in (SH["and"], SH["or"], SH.xone):
        for triple in list(shapes.triples((None, link, None))):
            missing = [node for node in Collection(shapes, triple[2]) if not described(node)]
            if missing:
                take(triple, missing)
    return named


def path_text(graph, node, inner=False):
    """A path as our reports write it: one property alone without brackets."""
    if isinstance(node, URIRef):
        return f"<{node}>" if inner else str(node)

    def part(other):
        text = path_text(graph, other, True)
        return text if isinstance(other, URIRef) else f"({text})"

    if (node, RDF.first, None) in graph:
        return "/".join(part(one) for one in Collection(graph, node))
    alternatives = graph.value(node, SH.alternativePath)
    if alternatives is not None:
        return "|".join(part(one) for one in Collection(graph, alternatives))
    for link, before, after in (
        (SH.inversePath, "^", ""),
        (SH.zeroOrMorePath, "", "*"),
        (SH.oneOrMorePath, "", "+"),
        (SH.zeroOrOnePath, "", "?"),
    ):
        other = graph.value(node, link)
        if other is not None:
            return before + part(other) + after
    return ""


def term(node):
    return "" if node is None else BLANK if isinstance(node, BNode) else str(node)


def peers_rows(report):
    """pySHACL's rows; the same result twice is one."""
    seen = set()
    for result in report.subjects(RDF.type, SH.ValidationResult):
        if (None, SH.detail, result) in report:
            continue
        path = report.value(result, SH.resultPath)
        seen.add((
            report.value(result, SH.focusNode),
            "" if path is None else path_text(report, path),
            report.value(result, SH.sourceConstraintComponent),
            report.value(result, SH.resultSeverity),
            report.value(result, SH.value),
            report.value(result, SH.sourceShape),
        ))
    rows = Counter()
    for focus, path, component, severity, value, shape in seen:
        rows[(term(focus), path, term(component), term(severity), term(value), term(shape))] += 1
    return rows


def our_rows(document):
    def plain(text):
        return BLANK if text.startswith((BLANK, "urn:fyr:shape:")) else text

    return Counter(tuple(plain(cell) for cell in row) for row in document["rows"])


def read(path, base):
    graph = rdflib.Graph()
    graph.parse(path, format="xml" if path.endswith((".rdf", ".xml")) else "turtle", publicID=base)
    return graph


def compare(ours, theirs):
    """Differences in the whole row, and in the first four cells only."""
    short = [Counter(), Counter()]
    for at, rows in enumerate((ours, theirs)):
        for row, count in rows.items():
            short[at][row[:4]] += count
    return ours - theirs, theirs - ours, set(short[0]) ^ set(short[1])


def main():
    words = argparse.ArgumentParser()
    words.add_argument("--ours", required=True)
    words.add_argument("--base")
    words.add_argument("--shapes", action="append", required=True)
    words.add_argument("catalogues", nargs="+")
    given = words.parse_args()
    shapes = rdflib.Graph()
    for path in given.shapes:
        shapes.parse(path, format="turtle")
    dangling = without_dangling(shapes)
    command = [given.ours, *(["--base", given.base] if given.base else [])]
    for path in given.shapes:
        command += ["--shapes", path]
    lines = subprocess.run([*command, *given.catalogues], capture_output=True, text=True, check=True).stdout.splitlines()
    print(f"pySHACL {pyshacl.__version__}; {len(dangling)} dangling links left out on both sides")
    wrong = 0
    for path, line in zip(given.catalogues, lines, strict=True):
        document = json.loads(line)
        name = document["catalogue"]
        try:
            data = read(path, given.base)
        except Exception as error:  # noqa: BLE001 - whatever the parser says, it is told
            print(f"{name}: pySHACL's parser refuses it ({type(error).__name__}); ours: {'refused' if 'refused' in document else 'read'}")
            continue
        if "refused" in document:
            print(f"{name}: refused by us: {document['refused']['message']['en']}")
            continue
        left = {(one["shape"], one["property"], one["target"]) for one in document["left_out"] if one["why"] == "dangling"}
        if left != dangling:
            print(f"{name}: other links are left out: {sorted(left ^ dangling)[:5]}")
            wrong += 1
        started, cpu = time.perf_counter(), resource.getrusage(resource.RUSAGE_SELF).ru_utime
        conforms, report, _ = pyshacl.validate(data, shacl_graph=shapes, inference="none", advanced=False, meta_shacl=False)
        wall, cpu = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_SELF).ru_utime - cpu
        ours, theirs = our_rows(document), peers_rows(report)
        more, fewer, short = compare(ours, theirs)
        same = not more and not fewer and conforms == document["conforms"]
        wrong += not same
        print(
            f"{name}: {'same' if same else 'DIFFERS'}: {sum(ours.values())} rows ours, {sum(theirs.values())} theirs, {len(short)} of"
            f" (focus, path, component, severity) differ; {document['datasets']} datasets, ours {document['cpu_seconds']:.3f} CPU s,"
            f" pySHACL {cpu:.3f} CPU s ({wall:.3f} s)"
        )
        for title, rows in (("only ours", more), ("only pySHACL", fewer)):
            for row, count in sorted(rows.items())[:10]:
                print(f"    {title} x{count}: {' | '.join(row)}")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
