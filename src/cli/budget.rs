//! The words of `budget`.

use clap::Command;

use super::Words;

impl Words {
    /// Only where it is compiled in: help lists what works.
    #[cfg(not(feature = "dp"))]
    pub(super) fn budget(&self) -> Option<Command> {
        None
    }

    #[cfg(feature = "dp")]
    pub(super) fn budget(&self) -> Option<Command> {
        let ledger = || {
            self.option(
                "ledger",
                "FILE",
                "Boken; annars arbetsytans egen",
                "The ledger; else the workspace's own",
            )
        };
        let list = self
            .command(
                "list",
                "Alla konton: vad de får kosta, vad de har kostat och vilka beslut som har höjt dem",
                "All accounts: what they may spend, what they have spent and the decisions that raised them",
                "fyr budget list --json",
            )
            .arg(ledger());
        let raise = self
            .command(
                "raise",
                "Besluta att ett konto får kosta mer i allt; vem, i vilken roll och varför skrivs i bokens kedja",
                "Decide that an account may spend more in all; who, in what role and why is written in the ledger's chain",
                "fyr budget raise lonestatistik --unit person --rho 0.8 --by \"Kim Exempel\" --role dataskyddsombud --reason \"ny undersökning\"",
            )
            .arg(self.word("dataset", "DATASET", "Kontots datamängd, som i [dp]", "The account's dataset, as in [dp]"))
            .arg(self.option("unit", "UNIT", "Den skyddade enheten, som i [dp]", "The protected unit, as in [dp]").required(true))
            .arg(self.option("rho", "X", "Vad kontot får kosta i allt, i rho", "What the account may spend in all, in rho"))
            .arg(
                self.option("epsilon", "X", "Detsamma i epsilon", "The same in epsilon")
                    .conflicts_with("rho")
                    .required_unless_present("rho"),
            )
            .arg(self.option("by", "NAME", "Vem som beslutar", "Who decides").required(true))
            .arg(self.option("role", "ROLE", "I vilken roll", "In what role").required(true))
            .arg(self.option("reason", "TEXT", "Varför", "Why").required(true))
            .arg(ledger());
        let budget = self.command(
            "budget",
            "Budgetar för differentiell integritet: konton, och beslut som höjer dem",
            "Budgets of differential privacy: accounts, and decisions that raise them",
            "fyr budget list",
        );
        Some(
            budget
                .subcommand_required(true)
                .arg_required_else_help(true)
                .subcommand(list)
                .subcommand(raise),
        )
    }
}
