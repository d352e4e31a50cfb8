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
                "N|FILE",
                "Filen är ett urval av så många: skatta hur många som är unika bland dem; eller befolkningens fil: risken i den",
                "The file is a sample of so many: estimate how many are unique among them; or the population's file: the risk within it",
            )
            .value_parser(people)
            .conflicts_with("store"),
        )
        .arg(
            self.option(
                "weight",
                "W",
                "Kolumnen som säger hur många personer en rad i urvalet står för: risken för varje rad",
                "The column that says how many people a row of the sample stands for: the risk of each row",
            )
            .conflicts_with("store"),
        )
        .arg(
            self.option("format", "FORMAT", "text eller json", "text or json")
                .value_parser(["text", "json"]),
        )
    }

    pub(super) fn hierarchy(&self) -> Command {
        self.command(
            "hierarchy",
            "Vilka nivåer en kolumn skulle få: inbyggda, eller som en fil att ändra och ange i policyn",
            "The levels that a column would have: built in, or as a file to change and name in the policy",
            "fyr hierarchy register.csv --column alder --as age -o alder.csv",
        )
        .arg(self.word("input", "INPUT", "Fil eller adress", "File or address"))
        .arg(self.option("column", "COLUMN", "Kolumnen", "The column").required(true))
        .arg(self.option(
            "as",
            "WORD|FILE",
            "Inbyggd hierarki (age, date, municipality, interval ..) eller en fil; annars efter kolumnens typ",
            "A built-in hierarchy (age, date, municipality, interval ..) or a file; else by the column's type",
        ))
        .arg(
            self.option(
                "k",
                "K",
                "Minsta antal rader i öppna band; 10 om inget sägs",
                "Fewest rows of open bands; 10 unless said",
            )
            .value_parser(clap::value_parser!(u64).range(1..)),
        )
        .arg(Arg::new("out").short('o').long("out").value_name("FILE.csv").help(self.say(
            "Skriv hierarkin hit; den innehåller kolumnens värden",
            "Write the hierarchy here; it holds the column's values",
        )))
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

/// A number of people, or a file of them.
fn people(given: &str) -> Result<String, String> {
    let is_number = given
        .trim_start_matches(['-', '+'])
        .chars()
        .all(|c| c.is_ascii_digit() || matches!(c, '.' | ',' | ' '));
    let fits = !is_number || given.parse::<u64>().is_ok_and(|people| people > 0);
    fits.then(|| given.to_owned())
        .ok_or_else(|| "not a whole number above 0, nor a file".to_owned())
}
