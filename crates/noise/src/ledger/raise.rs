//! A budget that is raised: by the decision of a named role, which the ledger keeps as a line of its chain, never by a policy.

use chrono::{DateTime, Utc};
use fyr_model::dp::{AccountFacts, Amount};
use fyr_model::finding::{Refusal, RefusalKind};
use fyr_model::text::Text;

use super::{Ledger, append};
use crate::record::{Account, What, left, word};

/// Who lets which account spend more, and why.
#[derive(Debug, Clone, PartialEq)]
pub struct Raising {
    /// Whose data.
    pub dataset: String,
    /// Which protected unit.
    pub unit: String,
    /// What the account may spend in all from now on.
    pub budget: Amount,
    /// Who decides.
    pub by: String,
    /// In what role.
    pub role: String,
    /// Why.
    pub reason: String,
}

impl Ledger {
    /// The accounts, by dataset and unit; none where there is no ledger.
    ///
    /// # Errors
    /// `ledger-damaged`, `ledger-unusable`.
    pub fn accounts(&self) -> Result<Vec<AccountFacts>, Refusal> {
        if !self.path.exists() {
            return Ok(Vec::new());
        }
        let mut file = self.open().map_err(|error| self.unusable(&error))?;
        file.lock().map_err(|error| self.unusable(&error))?;
        let book = self.read(&mut file)?;
        Ok(book
            .accounts
            .iter()
            .map(|((dataset, unit), account)| facts(dataset, unit, account))
            .collect())
    }

    /// Writes down a decision to raise a budget, and says how the account stands then.
    ///
    /// # Errors
    /// `raise-incomplete` when a field is empty; `account-missing`; `raise-no-raise` when the budget is no larger, or in the other measure;
    /// `ledger-damaged`, `ledger-unusable`.
    pub fn raise(&self, raising: Raising, at: DateTime<Utc>) -> Result<AccountFacts, Refusal> {
        let fields = [("--by", &raising.by), ("--role", &raising.role), ("--reason", &raising.reason)];
        if let Some((flag, _)) = fields.iter().find(|(_, value)| value.trim().is_empty()) {
            let text = Text::new(format!("{flag} är tom"), format!("{flag} is empty"));
            return Err(self.refusal("raise-incomplete", RefusalKind::Configuration, text));
        }
        if !self.path.exists() {
            return Err(self.unknown(&raising, &[]));
        }
        let mut file = self.open().map_err(|error| self.unusable(&error))?;
        file.lock().map_err(|error| self.unusable(&error))?;
        let mut book = self.read(&mut file)?;
        let key = (raising.dataset.clone(), raising.unit.clone());
        let Some(account) = book.accounts.get(&key) else {
            let known: Vec<String> = book.accounts.keys().map(|(dataset, unit)| format!("{dataset} ({unit})")).collect();
            return Err(self.unknown(&raising, &known));
        };
        let (before, after) = (account.budget, raising.budget);
        if after.measure != before.measure || after.billionths <= before.billionths {
            let (stands, asked) = (word(before), word(after));
            let text = Text::new(
                format!("budgeten är {stands}, och {asked} höjer den inte"),
                format!("the budget is {stands}, and {asked} does not raise it"),
            );
            let hint = Text::new(
                "ange vad kontot får kosta i allt, i samma mått, mer än nu; en budget sänks inte",
                "state what the account may spend in all, in the same measure, more than now; no budget is lowered",
            );
            return Err(self.refusal("raise-no-raise", RefusalKind::Configuration, text).hint(hint));
        }
        let what = What::Raised {
            dataset: raising.dataset,
            unit: raising.unit,
            budget: raising.budget,
            by: raising.by,
            role: raising.role,
            reason: raising.reason,
        };
        let record = append(&self.path, &mut file, &mut book, (what, at))?;
        book.enter(&record).ok_or_else(|| self.damaged(record.number))?;
        let account = book.accounts.get(&key).ok_or_else(|| self.damaged(record.number))?;
        Ok(facts(&key.0, &key.1, account))
    }

    fn unknown(&self, raising: &Raising, known: &[String]) -> Refusal {
        let (dataset, unit) = (&raising.dataset, &raising.unit);
        let text = Text::new(
            format!("boken har inget konto för `{dataset}` och `{unit}`"),
            format!("the ledger has no account for `{dataset}` and `{unit}`"),
        );
        let known = if known.is_empty() { "–".to_owned() } else { known.join(", ") };
        let hint = Text::new(format!("kontona är {known}"), format!("the accounts are {known}"));
        self.refusal("account-missing", RefusalKind::Configuration, text).hint(hint)
    }
}

fn facts(dataset: &str, unit: &str, account: &Account) -> AccountFacts {
    let spent = Amount {
        billionths: account.spent,
        ..account.budget
    };
    AccountFacts {
        dataset: dataset.to_owned(),
        unit: unit.to_owned(),
        measure: account.budget.measure.as_str().to_owned(),
        opened_with: account.opened_with.value(),
        budget: account.budget.value(),
        spent: spent.value(),
        left: left(account).value(),
        entries: account.entries,
        raises: account.raises.clone(),
    }
}
