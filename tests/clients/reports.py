"""Strangers read the reports of `fyr check`.

    python tests/clients/reports.py FYR [--sarif-schema FILE]

Turtle is read by rdflib and counted as SHACL's vocabulary says, and the JSON documents are held against `schemas/check.1.json`. JUnit has no standard: elements
and attributes are those of Jenkins' schema (xunit-plugin, junit-10.xsd), with `file` and `line` of a case, which GitLab reads. GitLab publishes no schema
of its code quality report either: fields, types and severities are those of its documentation. SARIF is held against the official JSON Schema when a copy
is given (or FYR_SARIF_SCHEMA names one); it is not ours to ship, and the Rust tests hold its structure.
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

# Element: what may stand in it, its attributes, those it must have.
SAID = (set(), {"type", "message"}, set())
JUNIT = {
    "testsuites": ({"testsuite"}, {"name", "time", "tests", "failures", "errors"}, set()),
    "testsuite": (
        {"testsuite", "properties", "testcase", "system-out", "system-err"},
        {"name", "tests", "failures", "errors", "group", "time", "skipped", "timestamp", "hostname", "id", "package", "file", "log", "url"},
        {"name", "tests", "failures", "errors"},
    ),
    "properties": ({"property"}, set(), set()),
    "property": (set(), {"name", "value"}, {"name", "value"}),
    "testcase": ({"skipped", "error", "failure", "system-out", "system-err"}, {"name", "time", "classname", "group", "file", "line"}, {"name"}),
    "failure": SAID,
    "error": SAID,
    "skipped": SAID,
    "system-out": (set(), set(), set()),
}


def fits_junit(element):
    children, known, required = JUNIT[element.tag]
    assert required <= set(element.attrib) <= known, f"{element.tag}: {sorted(element.attrib)}"
    for child in element:
        assert child.tag in children, f"{child.tag} in {element.tag}"
        fits_junit(child)


def check(fyr, folder, file, words, code, sarif_schema):
    def report(form):
        done = subprocess.run([fyr, "check", file, *words, "--format", form, "--lang", "sv"], cwd=folder, capture_output=True, check=False)
        return done.returncode, done.stdout.decode()

    ended, text = report("json")
    document = json.loads(text)
    assert ended == code, f"{file}: ended with {ended}"
    jsonschema.validate(document, json.loads((ROOT / "schemas/check.1.json").read_text()))
    findings = len(document["findings"])
    verdicts = 1 + (document.get("harvested_by_dataportal") is not None)

    graph = rdflib.Graph().parse(data=report("ttl")[1], format="turtle")
    results = set(graph.subjects(rdflib.RDF.type, SH.ValidationResult))
    assert len(results) == findings == len(set(graph.objects(None, SH.result))), f"{file}: {len(results)} results"
    for result in results:
        for once in (SH.focusNode, SH.resultSeverity, SH.sourceConstraintComponent):
            assert len(list(graph.objects(result, once))) == 1, f"{file}: {once}"
    assert [value.toPython() for value in graph.objects(None, SH.conforms)] == [False]

    suites = xml.fromstring(report("junit")[1].encode())
    assert suites.tag == "testsuites"
    fits_junit(suites)
    suite = suites.find("testsuite")
    cases = suite.findall("testcase")
    assert len(cases) == findings + verdicts == int(suite.get("tests"))
    for kind, many in (("failure", "failures"), ("error", "errors"), ("skipped", "skipped")):
        assert len([case for case in cases if case.find(kind) is not None]) == int(suite.get(many)), kind

    log = json.loads(report("sarif")[1])
    assert len(log["runs"][0]["results"]) == findings
    if sarif_schema:
        jsonschema.validate(log, sarif_schema)

    issues = json.loads(report("gitlab")[1])
    prints = {issue["fingerprint"] for issue in issues}
    assert len(prints) == len(issues) >= findings + verdicts
    for issue in issues:
        assert issue["severity"] in ("info", "minor", "major", "critical", "blocker")
        assert set(issue) == {"description", "check_name", "fingerprint", "severity", "location"}, sorted(issue)
        assert all(isinstance(issue[field], str) and issue[field] for field in ("description", "check_name", "fingerprint"))
        begins = [issue["location"]["lines"]["begin"], issue["location"]["positions"]["begin"]["line"]]
        assert all(isinstance(line, int) and line >= 1 for line in begins) and begins[0] == begins[1]
        assert issue["location"]["path"] == file
    return findings, document


def main():
    words = argparse.ArgumentParser()
    words.add_argument("fyr")
    words.add_argument("--sarif-schema", default=os.environ.get("FYR_SARIF_SCHEMA"))
    given = words.parse_args()
    schema = json.loads(Path(given.sarif_schema).read_text()) if given.sarif_schema else None
    with tempfile.TemporaryDirectory() as folder:
        for file, text in CASES.items():
            (Path(folder) / file).write_text(text)
        fyr = str(Path(given.fyr).resolve())
        new, document = check(fyr, folder, "fynd.ttl", [], 1, schema)
        (Path(folder) / "old.json").write_text(json.dumps(document))
        known, _ = check(fyr, folder, "fynd.ttl", ["--baseline", "old.json"], 0, schema)
        shapes = ["--shapes", str(ROOT / "dcat-ap-se/3.0.1/shapes.ttl")]
        shaped, _ = check(fyr, folder, "fynd.ttl", shapes, 1, schema)
        broken, _ = check(fyr, folder, "syntax.ttl", [], 3, schema)
    assert new > 2 and known == new and shaped > 2 and broken == 1, (new, known, shaped, broken)
    print(f"reports: {new + known + shaped + broken} findings in six forms" + ("" if schema else "; SARIF without its schema (FYR_SARIF_SCHEMA names none)"))


if __name__ == "__main__":
    sys.exit(main())
