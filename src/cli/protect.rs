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
        .arg(self.word("input", "INPUT", "Fil eller adress", "File or address"))
        .arg(
            Arg::new("out")
                .short('o')
                .long("out")
                .value_name("OUT.parquet")
                .required(true)
                .help(self.say("Vart", "Where to")),
        )
        .arg(
            self.option(
                "policy",
                "POLICY.toml",
                "Roller, hierarkier och modell",
                "Roles, hierarchies and model",
            )
            .required(true),
        )
        .arg(self.option("report", "FILE.json", "Skriv rapporten hit", "Write the report here"))
    }

    pub(super) fn tabulate(&self) -> Command {
        self.command(
            "tabulate",
            "Räkna eller summera till tabeller där ingen kan pekas ut: dölj, avrunda eller förskjut, och angrip resultatet",
            "Count or sum into tables that single nobody out: suppress, round or shift, and attack the result",
            "fyr tabulate register.csv -o tabell.parquet --policy tabell.toml",
        )
        .arg(self.word("input", "INPUT", "Fil eller adress", "File or address"))
        .arg(
            Arg::new("out")
                .short('o')
                .long("out")
                .value_name("OUT.parquet")
                .required(true)
                .help(self.say("Vart", "Where to")),
        )
        .arg(
            self.option(
                "policy",
                "POLICY.toml",
                "Roller, hierarkier och [table]",
                "Roles, hierarchies and [table]",
            )
            .required(true),
        )
        .arg(self.option("report", "FILE.json", "Skriv rapporten hit", "Write the report here"))
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
}
