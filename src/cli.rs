//! The words: commands, options and their help in Swedish and English.

mod budget;
mod check;
mod describe;
mod incidents;
mod protect;
mod report;
mod source;

use clap::{Arg, ArgAction, ArgMatches, Command};
use fyr_model::Lang;

/// The language asked for by `--lang`, else by the locale, else English.
pub fn language(words: &[String]) -> Lang {
    let after = words.windows(2).find(|pair| pair[0] == "--lang").map(|pair| pair[1].as_str());
    let joined = words.iter().find_map(|word| word.strip_prefix("--lang="));
    let locale = || {
        ["LC_ALL", "LC_MESSAGES", "LANG"]
            .iter()
            .find_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()))
    };
    after
        .or(joined)
        .and_then(Lang::from_tag)
        .or_else(|| locale().as_deref().and_then(Lang::from_tag))
        .unwrap_or(Lang::En)
}

struct Words(Lang);

impl Words {
    fn say(&self, sv: &'static str, en: &'static str) -> &'static str {
        match self.0 {
            Lang::Sv => sv,
            Lang::En => en,
        }
    }

    fn command(&self, name: &'static str, sv: &'static str, en: &'static str, example: &'static str) -> Command {
        let head = self.say("Exempel:", "Example:");
        Command::new(name)
            .about(self.say(sv, en))
            .after_help(format!("{head} {example}"))
            .disable_help_flag(true)
            .arg(self.help())
    }

    fn help(&self) -> Arg {
        Arg::new("help")
            .short('h')
            .long("help")
            .action(ArgAction::Help)
            .help(self.say("Visa hjälp", "Show help"))
    }

    fn flag(&self, name: &'static str, sv: &'static str, en: &'static str) -> Arg {
        Arg::new(name).long(name).action(ArgAction::SetTrue).help(self.say(sv, en))
    }

    fn option(&self, name: &'static str, value: &'static str, sv: &'static str, en: &'static str) -> Arg {
        Arg::new(name).long(name).value_name(value).num_args(1).help(self.say(sv, en))
    }

    fn words(&self, name: &'static str, value: &'static str, sv: &'static str, en: &'static str) -> Arg {
        Arg::new(name).value_name(value).num_args(0..).help(self.say(sv, en))
    }

    fn word(&self, name: &'static str, value: &'static str, sv: &'static str, en: &'static str) -> Arg {
        Arg::new(name).value_name(value).required(true).num_args(1).help(self.say(sv, en))
    }
}

/// All commands, in the order of a day's work.
pub fn command(lang: Lang) -> Command {
    let w = Words(lang);
    let all = [
        w.demo(),
        w.init(),
        w.source(),
        w.harvest(),
        w.check(),
        w.mqa(),
        w.report(),
        w.describe(),
        w.profile(),
        w.convert(),
        w.scan(),
        w.risk(),
        w.hierarchy(),
        w.anonymize(),
        w.tabulate(),
        w.curate(),
        w.sign(),
        w.publish(),
        w.candidates(),
    ];
    let rest = [
        w.withdraw(),
        w.incidents(),
        w.score(),
        w.explain(),
        w.verify(),
        w.sparql(),
        w.serve(),
    ];
    Command::new("fyr")
        .version(env!("CARGO_PKG_VERSION"))
        .disable_version_flag(true)
        .disable_help_flag(true)
        .disable_help_subcommand(true)
        .about(w.say(
            "Skördar svenska datakataloger och gör filerna bakom dem till förädlad, skyddad och poängsatt Parquet",
            "Harvests Swedish data catalogues and turns the files behind them into curated, protected and scored Parquet",
        ))
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommands(all)
        .subcommands(rest)
        .subcommands(w.budget())
        .subcommands(w.cluster())
        .args(w.global())
}

impl Words {
    fn global(&self) -> Vec<Arg> {
        let mut args = vec![
            self.option(
                "lang",
                "sv|en",
                "Språk; annars efter systemets inställning",
                "Language; else by the locale",
            )
            .value_parser(["sv", "en"]),
            self.flag("json", "Ett JSON-dokument på standard ut", "One JSON document on standard output"),
            self.option("workspace", "DIR", "Mappen med fyr.toml", "The folder with fyr.toml"),
            self.option(
                "set",
                "KEY=VALUE",
                "Ändra en nyckel för det här anropet, som graph.depth_max=64",
                "Override a key for this call, as graph.depth_max=64",
            )
            .action(ArgAction::Append),
            self.option("color", "WHEN", "auto, always eller never", "auto, always or never")
                .value_parser(["auto", "always", "never"]),
            self.flag("ascii", "Bara ASCII-tecken", "ASCII characters only"),
        ];
        args = args.into_iter().map(|arg| arg.global(true)).collect();
        args.push(self.help());
        args.push(
            Arg::new("version")
                .short('V')
                .long("version")
                .action(ArgAction::Version)
                .help(self.say("Visa version", "Show the version")),
        );
        args
    }

    fn demo(&self) -> Command {
        self.command(
            "demo",
            "Hela jobbet på tre påhittade organisationer: skörda, döma, förädla, skydda, publicera",
            "The whole job on three invented bodies: harvest, judge, curate, protect, publish",
            "fyr demo --serve",
        )
        .arg(self.option(
            "dir",
            "DIR",
            "Var arbetsytan skapas (fyr-demo)",
            "Where the workspace is made (fyr-demo)",
        ))
        .arg(self.flag("serve", "Öppna sedan portalen", "Open the portal afterwards"))
        .arg(self.option(
            "listen",
            "ADDR",
            "Portalens adress (127.0.0.1:8080)",
            "The portal's address (127.0.0.1:8080)",
        ))
    }

    fn init(&self) -> Command {
        self.command(
            "init",
            "Skapa en arbetsyta med alla nycklar förklarade",
            "Make a workspace with every key explained",
            "fyr init min-myndighet",
        )
        .arg(self.word("dir", "DIR", "Mappen", "The folder"))
    }

    fn harvest(&self) -> Command {
        self.command("harvest", "Skörda nu", "Harvest now", "fyr harvest exempelby --dry-run")
            .arg(self.words("source", "SOURCE", "Skördningskällor", "Sources"))
            .arg(self.flag("all", "Alla", "All of them"))
            .arg(self.flag("dry-run", "Visa skillnaden, behåll inget", "Show the difference, keep nothing"))
    }

    fn mqa(&self) -> Command {
        self.command(
            "mqa",
            "Metadatakvalitet (MQA), 0-405, per distribution, datamängd, utgivare och katalog; SHACL-poängen mäts mot --shapes eller --profile, annars inte",
            "Metadata quality (MQA), 0-405, per distribution, dataset, publisher and catalogue; the SHACL points are measured by --shapes or --profile, else not",
            "fyr mqa katalog.rdf --variant se",
        )
        .arg(self.word("input", "INPUT", "Fil eller adress", "File or address"))
        .arg(
            self.option("variant", "VARIANT", "eu eller se", "eu or se")
                .value_parser(["eu", "se"]),
        )
        .arg(self.option(
            "links",
            "HOW",
            "check, assume-ok eller en fil {\"ADRESS\": 200}",
            "check, assume-ok or a file {\"ADDRESS\": 200}",
        ))
        .arg(self.option(
            "evidence",
            "FILE.json",
            "Försök från tidigare körningar, med --links check; de nya läggs till. Först efter 48 timmar kan en länk dömas som borta",
            "Tries of earlier runs, with --links check; the new ones are added. Only after 48 hours can a link be judged gone",
        ))
        .arg(self.flag(
            "open",
            "Hämta och öppna filerna: formatMatch, syntaxValid och stjärnor, bredvid de 405 poängen",
            "Fetch and open the files: formatMatch, syntaxValid and stars, beside the 405 points",
        ))
        .args(crate::profiles::words(self.0))
        .arg(self.option("base", "IRI", "Bas för relativa IRI:er", "Base for relative IRIs"))
    }

    fn profile(&self) -> Command {
        self.command(
            "profile",
            "En datafils dialekt, typer, kolumner och problem",
            "A data file's dialect, types, columns and problems",
            "fyr profile trad.csv",
        )
        .arg(self.word(
            "input",
            "INPUT",
            "Fil eller adress: CSV, XLSX, JSON, GeoJSON, Parquet, även i zip eller gzip",
            "File or address: CSV, XLSX, JSON, GeoJSON, Parquet, also in zip or gzip",
        ))
        .arg(
            self.option(
                "format",
                "FORMAT",
                "text, json, html eller dqv (Turtle)",
                "text, json, html or dqv (Turtle)",
            )
            .value_parser(["text", "json", "html", "dqv"]),
        )
        .arg(self.option(
            "about",
            "IRI",
            "Distributionen eller datamängden som mätningarna gäller, för dqv",
            "The distribution or dataset that the measurements are about, for dqv",
        ))
        .arg(self.option(
            "save",
            "FILE.json",
            "Spara profilen här, att jämföra nästa fil med",
            "Save the profile here, to compare the next file with",
        ))
        .arg(self.option(
            "against",
            "FILE.json",
            "Jämför med en sparad profil",
            "Compare with a saved profile",
        ))
    }

    fn convert(&self) -> Command {
        self.command(
            "convert",
            "En datafil till typad Parquet; inget döms",
            "One data file to typed Parquet; nothing is judged",
            "fyr convert trad.csv -o trad.parquet --report laesning.json",
        )
        .args(self.file_to_file())
    }

    fn scan(&self) -> Command {
        self.command(
            "scan",
            "Personuppgifter per kolumn: antal, aldrig värden",
            "Personal data by column: counts, never values",
            "fyr scan register.xlsx",
        )
        .arg(self.word("input", "INPUT", "Fil eller adress", "File or address"))
        .arg(
            self.option("format", "FORMAT", "text eller json", "text or json")
                .value_parser(["text", "json"]),
        )
        .arg(self.flag(
            "entities",
            "Räkna också omnämnda kommuner, myndigheter, lagar och dagar",
            "Count mentioned municipalities, agencies, laws and days too",
        ))
    }

    fn curate(&self) -> Command {
        self.command(
            "curate",
            "Kör pipelines: från hämtning till skyddad, granskad kandidat",
            "Run pipelines: from fetch to protected, audited candidate",
            "fyr curate exempelby-trad",
        )
        .arg(self.words("pipeline", "PIPELINE", "Namn eller sökväg", "Name or path"))
        .arg(self.flag("all", "Alla", "All of them"))
        .arg(self.flag("dry-run", "Mät och döm, behåll inget", "Measure and judge, keep nothing"))
        .arg(self.flag(
            "accept-reading",
            "Godta att filen läses med andra kolumner än förut",
            "Accept that the file is read with other columns than before",
        ))
    }

    fn sign(&self) -> Command {
        let interests = ["information-security", "personal-data", "national-security"];
        self.command(
            "sign",
            "Ett av de tre besluten om skyddsintressen, på den väntande kandidatens digest",
            "One of the three decisions on the protected interests, on the waiting candidate's digest",
            "fyr sign exempelby-trad --interest personal-data --by \"Kim Exempel\" --role dataskyddsombud --organisation 212000-0142 --ground \"inga personuppgifter\"",
        )
        .arg(self.word("dataset", "DATASET", "Pipelinens namn", "The pipeline's name"))
        .arg(self.option("interest", "INTEREST", "Vilket skyddsintresse", "Which interest").value_parser(interests).required(true))
        .arg(self.option("by", "NAME", "Vem som beslutar", "Who decides").required(true))
        .arg(self.option("role", "ROLE", "I vilken roll", "In what role").required(true))
        .arg(self.option("organisation", "ORGNR", "Organisationsnummer för den som äger datan", "Organisation number of the data's owner").required(true))
        .arg(self.option("ground", "TEXT", "På vilken grund", "On what ground").required(true))
        .arg(self.option("diary-number", "TEXT", "Diarienummer", "Diary number"))
        .arg(self.option("secrecy-section", "TEXT", "Paragraf i OSL som prövats", "Section of the secrecy act that was tested"))
        .arg(self.flag(
            "standing",
            "Låt beslutet gälla också kommande versioner, så länge kolumner, roller, policy, riskgränser och fynd är som nu",
            "Let the decision hold for coming versions too, as long as columns, roles, policy, risk limits and findings are as now",
        ).requires("until"))
        .arg(self.option(
            "until",
            "DATE",
            "Sista dagen för ett stående beslut, högst tolv månader bort: 2027-05-31",
            "The last day of a standing decision, at most twelve months off: 2027-05-31",
        ).requires("standing"))
    }

    fn publish(&self) -> Command {
        self.command(
            "publish",
            "Publicera väntande kandidater som har alla tre besluten",
            "Publish waiting candidates that have all three decisions",
            "fyr publish exempelby-trad",
        )
        .arg(self.words(
            "dataset",
            "DATASET",
            "Pipelinens namn; alla väntande om inget anges",
            "The pipeline's name; all waiting if none is given",
        ))
    }

    fn candidates(&self) -> Command {
        self.command(
            "candidates",
            "Vad som väntar på människor: kandidater med vad de saknar och i vad de avviker från stående beslut, och pipelines som stoppats",
            "What waits for people: candidates with what they lack and in what they depart from standing decisions, and pipelines that stopped",
            "fyr candidates --json",
        )
    }

    fn withdraw(&self) -> Command {
        self.command(
            "withdraw",
            "Dra tillbaka en utgåva; adressen svarar 410 med skälet",
            "Take a release back; its address answers 410 with the reason",
            "fyr withdraw exempelby-trad --reason \"fel i källan\"",
        )
        .arg(self.word("dataset", "DATASET", "Pipelinens namn", "The pipeline's name"))
        .arg(self.option("reason", "TEXT", "Varför", "Why").required(true))
    }

    fn score(&self) -> Command {
        self.command(
            "score",
            "AI-beredskap 0-100 för skördade datamängder och utgåvor, eller för en katalog som den står",
            "AI readiness 0-100 of harvested datasets and releases, or of a catalogue as it stands",
            "fyr score katalog.rdf",
        )
        .arg(self.words(
            "dataset",
            "DATASET|INPUT",
            "IRI, pipelinens namn, fil eller adress; allt lagrat om inget anges",
            "IRI, pipeline's name, file or address; all stored if none is given",
        ))
    }

    fn explain(&self) -> Command {
        self.command(
            "explain",
            "Uträkningen rad för rad, bevisen och de åtgärder som ger mest",
            "The arithmetic row by row, the evidence and the fixes that gain most",
            "fyr explain exempelby-trad",
        )
        .arg(self.word(
            "dataset",
            "DATASET|INPUT",
            "IRI, pipelinens namn, fil eller adress",
            "IRI, pipeline's name, file or address",
        ))
    }

    fn verify(&self) -> Command {
        self.command(
            "verify",
            "Granska en utgåva på nytt: summor, Parquet-recept, Croissant, personskydd; utan nät och utan arbetsyta",
            "Check a release again: digests, Parquet recipe, Croissant, privacy; offline and without a workspace",
            "fyr verify published/exempelby-trad/1.0.0",
        )
        .arg(self.word(
            "path",
            "PATH",
            "Utgåvans mapp, eller en fil från fyr anonymize",
            "The release's folder, or a file from fyr anonymize",
        ))
        .arg(self.option(
            "report",
            "FILE.json",
            "Rapporten som fyr anonymize skrev om filen",
            "The report that fyr anonymize wrote of the file",
        ))
    }

    fn sparql(&self) -> Command {
        self.command(
            "sparql",
            "Fråga metadatagrafen (SELECT, ASK, CONSTRUCT, DESCRIBE)",
            "Ask the metadata graph (SELECT, ASK, CONSTRUCT, DESCRIBE)",
            "fyr sparql 'SELECT ?d WHERE { ?d a <http://www.w3.org/ns/dcat#Dataset> }'",
        )
        .arg(self.word("query", "QUERY", "Frågan", "The query"))
    }

    /// Only where it is compiled in: help lists what works.
    #[cfg(not(feature = "cluster"))]
    fn cluster(&self) -> Option<Command> {
        None
    }

    #[cfg(feature = "cluster")]
    fn cluster(&self) -> Option<Command> {
        let listen = |sv, en| self.option("listen", "ADDR", sv, en);
        let private = || {
            self.flag(
                "private-network",
                "Lyssna på en adress som andra datorer når: ingen inloggning, ingen kryptering",
                "Listen on an address that other machines reach: no sign-in, no encryption",
            )
        };
        let cluster = self.command(
            "cluster",
            "Den här datorn som en del av ett Ballista-kluster",
            "This machine as a part of a Ballista cluster",
            "fyr cluster scheduler",
        );
        let scheduler = self
            .command(
                "scheduler",
                "Ta emot frågor och dela ut uppgifter till exekutorer",
                "Take questions and give tasks to executors",
                "fyr cluster scheduler --listen 127.0.0.1:50050",
            )
            .arg(listen("Adress och port (127.0.0.1:50050)", "Address and port (127.0.0.1:50050)"))
            .arg(private())
            .arg(self.option(
                "executor-timeout",
                "SECONDS",
                "Tystnad efter vilken en exekutors uppgifter går till andra (30)",
                "Silence after which an executor's tasks go to others (30)",
            ));
        let executor = self
            .command(
                "executor",
                "Utför uppgifter över filer i mellanlagret; arbetsmappen töms vid start och slut",
                "Carry out tasks over staged files; the work folder is wiped at start and end",
                "fyr cluster executor --scheduler 127.0.0.1:50050 --work /srv/fyr/arbete",
            )
            .arg(self.option("scheduler", "HOST:PORT", "Schemaläggaren", "The scheduler"))
            .arg(listen("Adress och port (127.0.0.1:50051)", "Address and port (127.0.0.1:50051)"))
            .arg(private())
            .arg(self.option(
                "task-port",
                "PORT",
                "Port för uppgifter (porten ovan + 1)",
                "Port for tasks (the port above + 1)",
            ))
            .arg(self.option("work", "DIR", "Arbetsmapp, läge 0700", "Work folder, mode 0700"))
            .arg(self.option(
                "memory",
                "BYTES",
                "Minne för alla uppgifter (engine_memory)",
                "Memory of all tasks (engine_memory)",
            ))
            .arg(self.option(
                "tasks",
                "N",
                "Uppgifter samtidigt (datorns kärnor)",
                "Tasks at a time (the machine's cores)",
            ));
        let parts = cluster.subcommand_required(true).arg_required_else_help(true);
        Some(parts.subcommand(scheduler).subcommand(executor))
    }

    fn serve(&self) -> Command {
        self.command(
            "serve",
            "Portal och schema i en process",
            "Portal and scheduler in one process",
            "fyr serve --listen 127.0.0.1:8080",
        )
        .arg(self.option("listen", "ADDR", "Adress och port", "Address and port"))
        .arg(self.option(
            "operator-listen",
            "ADDR",
            "Operatörens dörr, bara på loopback och bara med nyckel: även det som väntar på människor",
            "The operator's door, on loopback and with a key only: also what waits for people",
        ))
    }
}

/// A word or nothing.
pub fn text<'a>(matches: &'a ArgMatches, name: &str) -> Option<&'a str> {
    matches.try_get_one::<String>(name).ok().flatten().map(String::as_str)
}

/// All words of an argument.
pub fn texts(matches: &ArgMatches, name: &str) -> Vec<String> {
    matches
        .try_get_many::<String>(name)
        .ok()
        .flatten()
        .map(|values| values.cloned().collect())
        .unwrap_or_default()
}

/// Whether a flag is set.
pub fn flag(matches: &ArgMatches, name: &str) -> bool {
    matches.try_get_one::<bool>(name).ok().flatten().copied().unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_hold_together_in_both_languages() {
        command(Lang::Sv).debug_assert();
        command(Lang::En).debug_assert();
    }

    #[test]
    fn a_help_text_has_no_word_that_the_glossary_forbids() {
        let mut sv = command(Lang::Sv);
        let mut texts = vec![sv.render_long_help().to_string()];
        texts.extend(sv.get_subcommands_mut().map(|sub| sub.render_long_help().to_string()));
        for text in texts {
            let plain = text.replace("datasets", "");
            let bad: Vec<_> = fyr_model::glossary::misused(&plain)
                .into_iter()
                .filter(|(word, _)| *word != "dataset")
                .collect();
            assert!(bad.is_empty(), "{bad:?} in {text}");
        }
    }
}
