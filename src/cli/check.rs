//! The words of `fyr check`.

use clap::{ArgAction, Command};

use super::Words;
use crate::report::Format;

impl Words {
    pub(super) fn check(&self) -> Command {
        self.command(
            "check",
            "Döm en katalog utan att lagra den: mot DCAT-AP-SE eller en annan profil (obligatoriska och rekommenderade egenskaper, svenska regler), eller mot SHACL-former",
            "Judge a catalogue without storing it: against DCAT-AP-SE or another profile (mandatory and recommended properties, Swedish rules), or against SHACL shapes",
            "fyr check katalog.rdf --fail-on warning --report sarif=fyr.sarif",
        )
        .arg(self.word("input", "INPUT", "Fil eller adress", "File or address").num_args(1..))
        .args(crate::profiles::words(self.0))
        .arg(
            self.option(
                "format",
                "FORMAT",
                "text, json, html, ttl (sh:ValidationReport), sarif, junit eller gitlab",
                "text, json, html, ttl (sh:ValidationReport), sarif, junit or gitlab",
            )
            .value_parser(Format::WORDS),
        )
        .arg(
            self.option(
                "report",
                "FORMAT=FILE",
                "Skriv dessutom en rapport till en fil; flera gånger för flera",
                "Write a report to a file as well; repeat for several",
            )
            .action(ArgAction::Append),
        )
        .arg(
            self.option(
                "letter",
                "sv|en",
                "I stället för en rapport: ett brev till systemets leverantör (Markdown)",
                "Instead of a report: a letter to the system's supplier (Markdown)",
            )
            .value_parser(["sv", "en"])
            .conflicts_with("format"),
        )
        .arg(
            self.option(
                "fail-on",
                "LEVEL",
                "Vad som ger slutkod 1: violation, warning eller never",
                "What ends with 1: violation, warning or never",
            )
            .value_parser(["violation", "warning", "never"]),
        )
        .arg(self.option(
            "baseline",
            "FILE.json",
            "Fynd i en tidigare körnings JSON passerar; nya gör det inte",
            "Findings in an earlier run's JSON pass; new ones do not",
        ))
        .arg(self.option(
            "ignores",
            "FILE.toml",
            "Undantag: [[ignore]] med rule, reason och until (fyr.check.toml)",
            "Ignores: [[ignore]] with rule, reason and until (fyr.check.toml)",
        ))
        .arg(self.option(
            "max-findings",
            "N|all",
            "Så många fynd rapporten rymmer (10000)",
            "So many findings the report holds (10000)",
        ))
        .arg(self.option(
            "fix",
            "OUT",
            "Skriv en rättad katalog hit (.rdf, .ttl, .jsonld, .nt), med ändringarna i OUT.changes.json och OUT.changes.txt",
            "Write a corrected catalogue here (.rdf, .ttl, .jsonld, .nt), with its changes in OUT.changes.json and OUT.changes.txt",
        ))
        .arg(self.option(
            "undo",
            "CHANGES.json",
            "Ta tillbaka ändringarna i listan: skriv den ursprungliga katalogen med --fix",
            "Take back the changes of the list: write the original catalogue with --fix",
        ))
        .arg(self.option("base", "IRI", "Bas för relativa IRI:er", "Base for relative IRIs"))
    }
}
