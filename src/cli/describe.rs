//! The words of `describe`.

use clap::{Arg, Command};

use super::Words;

impl Words {
    pub(super) fn describe(&self) -> Command {
        self.command(
            "describe",
            "Utkast till en DCAT-AP-SE-post ur en datafil, och frågorna som bara en människa kan svara på",
            "Draft a DCAT-AP-SE record from a data file, and the questions that only a person can answer",
            "fyr describe trad.csv -o trad.ttl",
        )
        .arg(self.word("input", "INPUT", "Fil eller adress", "File or address"))
        .arg(Arg::new("out").short('o').long("out").value_name("RECORD.ttl").help(self.say(
            "Skriv posten hit (.ttl, .rdf, .jsonld, .nt); annars på standard ut",
            "Write the record here (.ttl, .rdf, .jsonld, .nt); else on standard output",
        )))
    }
}
