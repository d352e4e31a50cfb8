//! The words of `anonymize`, `tabulate` and `risk`.

use clap::{Arg, Command};

use super::Words;

impl Words {
    pub(super) fn anonymize(&self) -> Command {
        self.command(
            "anonymize",
            "Skydda en tabell efter en policy: bästa generaliseringen, bevisad, och oberoende granskad",
            "Protect one table by a policy: the best generalisation, proven, and independently verified",
            "fyr anonymize register.csv -o skyddad.parquet --policy policy.toml",
        )
        .args(self.file_to_file())
        .arg(self.policy("Roller, hierarkier och modell", "Roles, hierarchies and model"))
    }

    pub(super) fn tabulate(&self) -> Command {
        self.command(
            "tabulate",
            "Räkna eller summera till tabeller där ingen kan pekas ut: dölj, avrunda eller förskjut, och angrip resultatet; eller brus mot en budget",
            "Count or sum into tables that single nobody out: suppress, round or shift, and attack the result; or noise against a budget",
            "fyr tabulate register.csv -o tabell.parquet --policy tabell.toml",
        )
        .args(self.file_to_file())
        .arg(self.policy("Roller, hierarkier och [table]", "Roles, hierarchies and [table]"))
        .arg(self.option(
            "release",
            "NAME",
            "Väg tabellerna mot allt som arbetsytan har gett ut, och minns dem under namnet",
            "Weigh the tables against all that the workspace has released, and remember them under the name",
        ))
    }

    pub(super) fn risk(&self) -> Command {
        self.command(
            "risk",
            "Hur lätt rader i en tabell kan pekas ut som den är: k, l, t och risk",
            "How easily rows of a table are singled out as it stands: k, l, t and risk",
            "fyr risk register.csv --qi alder,kon,kommun --sensitive diagnos",
        )
        .arg(
            self.words("input", "INPUT", "Fil eller adress", "File or address")
                .num_args(1)
                .required_unless_present("store")
                .conflicts_with("store"),
        )
        .arg(self.flag(
            "store",
            "Vad arbetsytans utgåvor säger tillsammans: samma personer, kolumner och pseudonymer, fynd och beslut om dem",
            "What the workspace's releases tell together: the same people, columns and pseudonyms, findings and decisions on them",
        ))
        .arg(
            self.option("qi", "A,B,C", "Indirekt identifierande kolumner", "Quasi-identifying columns")
                .required_unless_present("store")
                .conflicts_with("store"),
        )
        .arg(self.option("sensitive", "S", "Känsliga kolumner", "Sensitive columns"))
        .arg(
            self.option(
                "population",
                "N",
                "Filen är ett urval av så många: skatta hur många som är unika bland dem",
                "The file is a sample of so many: estimate how many are unique among them",
            )
            .value_parser(clap::value_parser!(u64).range(1..)),
        )
        .arg(
            self.option("format", "FORMAT", "text eller json", "text or json")
                .value_parser(["text", "json"]),
        )
    }

    fn policy(&self, sv: &'static str, en: &'static str) -> Arg {
        self.option("policy", "POLICY.toml", sv, en).required(true)
    }

    /// A file in, a file out, and a report of how.
    pub(super) fn file_to_file(&self) -> [Arg; 3] {
        [
            self.word("input", "INPUT", "Fil eller adress", "File or address"),
            Arg::new("out")
                .short('o')
                .long("out")
                .value_name("OUT.parquet")
                .required(true)
                .help(self.say("Vart", "Where to")),
            self.option("report", "FILE.json", "Skriv rapporten hit", "Write the report here"),
        ]
    }
}
