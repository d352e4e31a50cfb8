//! The words of `source`.

use clap::Command;

use super::Words;

impl Words {
    pub(super) fn source(&self) -> Command {
        let id = || self.word("id", "SOURCE", "Skördningskällans namn", "The source's name");
        self.command(
            "source",
            "Skördningskällor: lägg till, lista, visa, pausa, godkänn",
            "Sources: add, list, show, pause, approve",
            "fyr source add exempelby --url https://data.exempelby.example/dcat.rdf",
        )
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(
            self.command(
                "add",
                "Lägg till en skördningskälla",
                "Add a source",
                "fyr source add exempelby --url https://data.exempelby.example/dcat.rdf",
            )
            .arg(id())
            .arg(
                self.option("url", "URL", "Katalogens adress", "The catalogue's address")
                    .required(true),
            )
            .arg(self.option(
                "schedule",
                "CRON",
                "När, i Europe/Stockholm (0 4 * * *)",
                "When, in Europe/Stockholm (0 4 * * *)",
            ))
            .arg(self.option("owner", "NAME", "Vem som äger den", "Who owns it"))
            .arg(self.option("base", "IRI", "Bas för relativa IRI:er", "Base for relative IRIs")),
        )
        .subcommand(self.command(
            "list",
            "Alla skördningskällor med senaste körning",
            "All sources with their last run",
            "fyr source list",
        ))
        .subcommand(
            self.command(
                "show",
                "En skördningskälla: körningar, fynd, vad spärren håller",
                "One source: runs, findings, what the brake holds",
                "fyr source show exempelby",
            )
            .arg(id()),
        )
        .subcommand(
            self.command(
                "remove",
                "Ta bort en skördningskälla och dess graf",
                "Remove a source and its graph",
                "fyr source remove exempelby",
            )
            .arg(id()),
        )
        .subcommand(
            self.command(
                "pause",
                "Vila schemalagd skördning",
                "Rest scheduled harvests",
                "fyr source pause exempelby",
            )
            .arg(id())
            .arg(self.flag("resume", "Återuppta", "Resume")),
        )
        .subcommand(
            self.command(
                "approve",
                "Släpp en borttagning som spärren håller",
                "Let a held deletion through",
                "fyr source approve exempelby",
            )
            .arg(id()),
        )
    }
}
