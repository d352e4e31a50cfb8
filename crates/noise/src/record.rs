//! The lines of a ledger: what is booked, and what was answered, each chained to the line before it.
//!
//! In and out: text. A line that was changed, taken out or cut short breaks the chain, and a ledger with a broken chain pays for nothing.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use fyr_model::Sha256;
use fyr_model::dp::{Amount, Raise};
use serde::{Deserialize, Serialize};

/// One line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Record {
    /// Its number, from 1.
    pub(crate) number: u64,
    pub(crate) at: DateTime<Utc>,
    /// The digest of the line before it; of nothing for the first.
    pub(crate) previous: Sha256,
    #[serde(flatten)]
    pub(crate) what: What,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "record", rename_all = "kebab-case")]
pub(crate) enum What {
    /// An amount is spent, whatever becomes of the release.
    Spent {
        dataset: String,
        unit: String,
        question: Sha256,
        amount: Amount,
        budget: Amount,
    },
    /// A named role lets the account spend more.
    Raised {
        dataset: String,
        unit: String,
        budget: Amount,
        by: String,
        role: String,
        reason: String,
    },
    /// What the question that was booked on line `entry` was answered.
    Answer { entry: u64, values: Vec<Vec<i64>> },
}

/// What one account has spent.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Account {
    pub(crate) budget: Amount,
    pub(crate) opened_with: Amount,
    pub(crate) raises: Vec<Raise>,
    /// In the budget's measure.
    pub(crate) spent: u64,
    pub(crate) entries: u64,
}

impl Account {
    /// One that has spent nothing.
    pub(crate) fn opened(budget: Amount) -> Self {
        Self {
            budget,
            opened_with: budget,
            raises: Vec::new(),
            spent: 0,
            entries: 0,
        }
    }
}

/// A ledger as read.
#[derive(Debug, Default)]
pub(crate) struct Book {
    pub(crate) lines: u64,
    pub(crate) head: Option<Sha256>,
    pub(crate) accounts: BTreeMap<(String, String), Account>,
    /// The entries of each account's questions, in order.
    entries: BTreeMap<(String, String, String), Vec<u64>>,
    booked: BTreeSet<u64>,
    answers: BTreeMap<u64, Vec<Vec<i64>>>,
}

impl Book {
    /// Reads the lines of a ledger, or says which one is wrong.
    pub(crate) fn read(text: &str) -> Result<Self, u64> {
        let mut book = Self::default();
        if !text.is_empty() && !text.ends_with('\n') {
            return Err(text.lines().count() as u64);
        }
        for line in text.lines() {
            let number = book.lines + 1;
            let record: Record = serde_json::from_str(line).map_err(|_| number)?;
            if record.number != number || record.previous != book.head() {
                return Err(number);
            }
            book.enter(&record).ok_or(number)?;
            book.lines = number;
            book.head = Some(Sha256::of(line.as_bytes()));
        }
        Ok(book)
    }

    /// The digest that the next line names.
    pub(crate) fn head(&self) -> Sha256 {
        self.head.unwrap_or_else(|| Sha256::of(b""))
    }

    pub(crate) fn enter(&mut self, record: &Record) -> Option<()> {
        match &record.what {
            What::Spent {
                dataset,
                unit,
                question,
                amount,
                budget,
            } => {
                let key = (dataset.clone(), unit.clone());
                let account = self.accounts.entry(key).or_insert_with(|| Account::opened(*budget));
                if account.budget != *budget {
                    return None;
                }
                account.spent = account.spent.checked_add(amount.in_measure(budget.measure)?.billionths)?;
                account.entries += 1;
                if account.spent > account.budget.billionths {
                    return None;
                }
                let key = (dataset.clone(), unit.clone(), question.to_string());
                self.entries.entry(key).or_default().push(record.number);
                self.booked.insert(record.number);
            }
            What::Raised {
                dataset,
                unit,
                budget,
                by,
                role,
                reason,
            } => {
                let account = self.accounts.get_mut(&(dataset.clone(), unit.clone()))?;
                if budget.measure != account.budget.measure || budget.billionths <= account.budget.billionths {
                    return None;
                }
                account.budget = *budget;
                account.raises.push(Raise {
                    budget: *budget,
                    by: by.clone(),
                    role: role.clone(),
                    reason: reason.clone(),
                    at: record.at,
                });
            }
            What::Answer { entry, values } => {
                if !self.booked.contains(entry) || self.answers.insert(*entry, values.clone()).is_some() {
                    return None;
                }
            }
        }
        Some(())
    }

    /// What a question was answered, where it was.
    pub(crate) fn answer(&self, dataset: &str, unit: &str, question: &Sha256) -> Option<&Vec<Vec<i64>>> {
        let key = (dataset.to_owned(), unit.to_owned(), question.to_string());
        self.entries.get(&key)?.iter().find_map(|entry| self.answers.get(entry))
    }
}

/// What is left of a budget.
pub(crate) fn left(account: &Account) -> Amount {
    Amount {
        measure: account.budget.measure,
        billionths: account.budget.billionths.saturating_sub(account.spent),
    }
}

/// The word of an amount: `rho 0.05`.
pub(crate) fn word(amount: Amount) -> String {
    format!("{} {}", amount.measure.as_str(), amount.decimal())
}
