"""Strangers read the reports of `fyr check`.

    python tests/clients/reports.py FYR [--sarif-schema FILE]

Turtle is read by rdflib and counted as SHACL's vocabulary says, JUnit by an XML parser, and the JSON documents by `schemas/check.1.json`. SARIF
is held against the official JSON Schema when a copy is given (or FYR_SARIF_SCHEMA names one); it is not ours to ship, and the Rust tests hold its structure.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as xml
from pathlib import Path

import jsonschema
import rdflib

ROOT = Path(__file__).resolve().parents[2]
SH = rdflib.Namespace("http://www.w3.org/ns/shacl#")
HEAD = """@prefix dcat: <http://www.w3.org/ns/dcat#> . @prefix dcterms: <http://purl.org/dc/terms/> .
<https://data.exempelby.example/> a dcat:Catalog ; dcat:dataset <https://data.exempelby.example/d> .
<https://data.exempelby.example/d> a dcat:Dataset ;
  dcat:theme "Milj\u00f6 & <h\u00e4lsa>" ;
  dcat:contactPoint [ a dcat:Resource ] """
CASES = {"fynd.ttl": HEAD + ".\n", "syntax.ttl": HEAD + "\n"}


def report(fyr, folder, file, form):
    done = subprocess.run([fyr, "check", file, "--format", form, "--lang", "sv"], cwd=folder, capture_output=True, check=False)
    return done.returncode, done.stdout.decode()


def check(fyr, folder, file, code, sarif_schema):
    ended, text = report(fyr, folder, file, "json")
    document = json.loads(text)
    assert ended == code, f"{file}: ended with {ended}"
    jsonschema.validate(document, json.loads((ROOT / "schemas/check.1.json").read_text()))
    findings = len(document["findings"])

    graph = rdflib.Graph().parse(data=report(fyr, folder, file, "ttl")[1], format="turtle")
    results = set(graph.subjects(rdflib.RDF.type, SH.ValidationResult))
    assert len(results) == findings == len(set(graph.objects(None, SH.result))), f"{file}: {len(results)} results"
    for result in results:
        for once in (SH.focusNode, SH.resultSeverity, SH.sourceConstraintComponent):
            assert len(list(graph.objects(result, once))) == 1, f"{file}: {once}"
    assert [value.toPython() for value in graph.objects(None, SH.conforms)] == [False]

    suite = xml.fromstring(report(fyr, folder, file, "junit")[1].encode()).find("testsuite")
    cases = suite.findall("testcase")
    assert len(cases) == findings + 2 == int(suite.get("tests"))
    for kind, many in (("failure", "failures"), ("error", "errors"), ("skipped", "skipped")):
        assert len([case for case in cases if case.find(kind) is not None]) == int(suite.get(many)), kind

    log = json.loads(report(fyr, folder, file, "sarif")[1])
    assert len(log["runs"][0]["results"]) == findings
    if sarif_schema:
        jsonschema.validate(log, sarif_schema)

    issues = json.loads(report(fyr, folder, file, "gitlab")[1])
    prints = {issue["fingerprint"] for issue in issues}
    assert len(prints) == len(issues) >= findings + 2
    for issue in issues:
        assert issue["severity"] in ("info", "minor", "major", "critical", "blocker")
        assert issue["description"] and issue["check_name"] and issue["location"]["lines"]["begin"] >= 1
        assert issue["location"]["path"] == file
    return findings


def main():
    words = argparse.ArgumentParser()
    words.add_argument("fyr")
    words.add_argument("--sarif-schema", default=os.environ.get("FYR_SARIF_SCHEMA"))
    given = words.parse_args()
    schema = json.loads(Path(given.sarif_schema).read_text()) if given.sarif_schema else None
    with tempfile.TemporaryDirectory() as folder:
        for file, text in CASES.items():
            (Path(folder) / file).write_text(text)
        found = [check(str(Path(given.fyr).resolve()), folder, file, code, schema) for file, code in (("fynd.ttl", 1), ("syntax.ttl", 3))]
    assert found[0] > 2 and found[1] == 1, found
    print(f"reports: {sum(found)} findings in six forms" + ("" if schema else "; SARIF without its schema (FYR_SARIF_SCHEMA names none)"))


if __name__ == "__main__":
    sys.exit(main())
