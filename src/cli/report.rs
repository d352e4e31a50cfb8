//! The words of `fyr report`.

use clap::{Arg, Command};

use super::Words;
use crate::national::REPORTS;

impl Words {
    pub(super) fn report(&self) -> Command {
        self.command(
            "report",
            "Nationella rapporter över kataloger: värdefulla datamängder, datatjänster, de nio principerna; som CSV, Parquet, RDF och sidor",
            "National reports on catalogues: high-value datasets, data services, the nine principles; as CSV, Parquet, RDF and pages",
            "fyr report high-value katalog.rdf -o rapport",
        )
        .arg(
            self.word("report", "REPORT", "Vilken rapport", "Which report")
                .value_parser(REPORTS.map(|report| report.name)),
        )
        .arg(self.word("input", "INPUT", "Filer eller adresser", "Files or addresses").num_args(1..))
        .arg(Arg::new("out").short('o').long("out").value_name("DIR").help(self.say(
            "Skriv rapporten hit i alla former; annars på standard ut",
            "Write the report here in every form; else on standard output",
        )))
        .arg(self.flag(
            "look",
            "Fråga adresserna och läs API-beskrivningarna; annars räknas bara det som står i katalogen",
            "Ask the addresses and read the API descriptions; else only what the catalogue says counts",
        ))
    }
}
