//! The words of `incidents`.

use clap::{ArgAction, Command};
use fyr_model::incident::Status;

use super::Words;

impl Words {
    pub(super) fn incidents(&self) -> Command {
        let id = || self.word("id", "ID", "Incidentens namn", "The incident's name");
        let list = self.command(
            "list",
            "Alla incidenter och varje detektors uppmätta precision",
            "All incidents and the measured precision of each detector",
            "fyr incidents list --json",
        );
        let show = self
            .command(
                "show",
                "En incident och texten till utgivarens funktionsbrevlåda: slag, antal, rader och tid, aldrig värden",
                "One incident and the text to the publisher's function mailbox: kind, count, rows and time, never values",
                "fyr incidents show 2026-11-23-3fa9c2d1",
            )
            .arg(id());
        let record = self
            .command(
                "record",
                "Anteckna vad en människa har bedömt",
                "Record what a person has judged",
                "fyr incidents record 2026-11-23-3fa9c2d1 --as false-alarm --by \"Kim Exempel\" --role dataskyddsombud",
            )
            .arg(id())
            .arg(
                self.option(
                    "as",
                    "STATUS",
                    "confirmed, repaired eller false-alarm",
                    "confirmed, repaired or false-alarm",
                )
                .value_parser(Status::RECORDED.map(Status::as_str))
                .required(true),
            )
            .arg(self.option("by", "NAME", "Vem som har bedömt", "Who judged").required(true))
            .arg(self.option("role", "ROLE", "I vilken roll", "In what role").required(true))
            .arg(
                self.option(
                    "column",
                    "COLUMN",
                    "Gäller bara den kolumnen; kan upprepas",
                    "About this column only; may be repeated",
                )
                .action(ArgAction::Append),
            )
            .arg(self.option("note", "TEXT", "Varför, eller vad som gjordes", "Why, or what was done"));
        self.command(
            "incidents",
            "Direkta personuppgifter i öppna filer: lista, text till utgivaren, bekräfta, åtgärdad, falskt larm",
            "Direct personal data in public files: list, text to the publisher, confirm, repaired, false alarm",
            "fyr incidents",
        )
        .subcommand(list)
        .subcommand(show)
        .subcommand(record)
    }
}
