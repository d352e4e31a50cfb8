#!/usr/bin/env python3
"""What Microsoft Presidio finds in the sentences of sv-pii-eval, in the form that the scorer reads.

    cargo run --release -p fyr-privacy --example sv-pii-eval -- --lists DIR --seed N --out SET
    scripts/sv-pii-presidio.py SET/sentences.jsonl presidio.jsonl
    cargo run --release -p fyr-privacy --example sv-pii-eval -- --lists DIR --seed N --fold kept --predictions presidio.jsonl

Needs presidio-analyzer. Its Swedish recognisers are turned on. No registry has a Swedish language model for spaCy, so a blank one cuts the
words and names are not looked for: say so beside the numbers.
"""

import json
import sys
import time

import spacy
from presidio_analyzer import AnalyzerEngine, RecognizerRegistry
from presidio_analyzer.nlp_engine import SpacyNlpEngine
from presidio_analyzer.predefined_recognizers import (
    EmailRecognizer,
    IbanRecognizer,
    IpRecognizer,
    PhoneRecognizer,
)
from presidio_analyzer.predefined_recognizers.country_specific.sweden.se_organisationsnummer_recognizer import (
    SeOrganisationsnummerRecognizer,
)
from presidio_analyzer.predefined_recognizers.country_specific.sweden.se_personnummer_recognizer import SePersonnummerRecognizer

KINDS = {
    "SE_PERSONNUMMER": "personal_identity_number",
    "SE_ORGANISATIONSNUMMER": "organisation_number",
    "EMAIL_ADDRESS": "e_mail",
    "IBAN_CODE": "iban",
    "IP_ADDRESS": "ip_address",
    "PHONE_NUMBER": "phone",
    "MAC_ADDRESS": "mac_address",
}


class Blank(SpacyNlpEngine):
    """Words without a model."""

    def __init__(self):
        super().__init__(models=[{"lang_code": "sv", "model_name": "blank"}])
        self.nlp = {"sv": spacy.blank("sv")}

    def load(self):
        pass


def engine():
    registry = RecognizerRegistry(supported_languages=["sv"])
    for made in (EmailRecognizer, IbanRecognizer, IpRecognizer, SePersonnummerRecognizer, SeOrganisationsnummerRecognizer):
        registry.add_recognizer(made(supported_language="sv"))
    registry.add_recognizer(PhoneRecognizer(supported_language="sv", supported_regions=["SE"]))
    return AnalyzerEngine(nlp_engine=Blank(), registry=registry, supported_languages=["sv"])


def main():
    source, target = sys.argv[1:3]
    analyzer = engine()
    with open(source, encoding="utf-8") as file:
        texts = [json.loads(line)["text"] for line in file]
    begun = time.process_time()
    found = [analyzer.analyze(text, language="sv") for text in texts]
    seconds = time.process_time() - begun
    size = sum(len(text.encode()) for text in texts)
    with open(target, "w", encoding="utf-8") as file:
        for text, results in zip(texts, found):
            spans = [[r.start, r.end, KINDS.get(r.entity_type, r.entity_type.lower())] for r in results]
            file.write(json.dumps({"text": text, "spans": spans}, ensure_ascii=False) + "\n")
    print(f"{size / seconds / 1e6:.3f} MB a CPU second, {len(texts)} sentences", file=sys.stderr)


if __name__ == "__main__":
    main()
