//! The account of one dataset and one kind of protected unit: only ever added to, and never overdrawn.
//!
//! In: a question, named by its digest, and what it costs. Out: the stored answer, a [`Grant`] that may draw noise once, or a refusal that names
//! what is left. The entry is on disk before a grant exists, and the file stays locked until its answer stands there too: of two processes that
//! ask the same, the second gets the first one's answer. An entry whose answer never came is not paid back.

use std::fs::{File, OpenOptions};
use std::io::{Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use fyr_model::Sha256;
use fyr_model::dp::{Amount, Standing, Vector};
use fyr_model::finding::{Refusal, RefusalKind};
use fyr_model::text::Text;

use crate::mechanism;
use crate::record::{Account, Book, Record, What, left, word};

mod raise;

pub use raise::Raising;

/// A ledger that is larger is not read.
const LEDGER_BYTES_MAX: u64 = 1 << 30;

/// A file of entries.
#[derive(Debug, Clone)]
pub struct Ledger {
    path: PathBuf,
}

/// What is asked, and on whose account.
#[derive(Debug, Clone, PartialEq)]
pub struct Question {
    /// Whose data.
    pub dataset: String,
    /// Which protected unit.
    pub unit: String,
    /// Tells this question from every other one: the input, the tables, the bounds, the lists and the amount.
    pub digest: Sha256,
    /// What it costs.
    pub amount: Amount,
    /// What the account may spend in all.
    pub budget: Amount,
}

/// What became of a question.
#[derive(Debug)]
pub enum Opened {
    /// It was asked before: the answer of then.
    Stored(Answered),
    /// It is booked: noise may be drawn, once.
    Granted(Grant),
}

/// Noised numbers and how the account stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Answered {
    /// The vectors with noise.
    pub values: Vec<Vec<i64>>,
    /// The account.
    pub standing: Standing,
}

/// The right to draw noise once, for an amount that is booked already. Dropped without an answer, the amount stays spent.
#[derive(Debug)]
pub struct Grant {
    file: File,
    path: PathBuf,
    book: Book,
    entry: u64,
    question: Question,
    at: DateTime<Utc>,
}

impl Ledger {
    /// A ledger in a file, which is made when the first question is asked.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// Books a question, unless it was answered before or the budget cannot pay it. Waits while another process asks.
    ///
    /// # Errors
    /// `budget-overspent` names what is left; `budget-differs` when the account was opened with another budget; `ledger-damaged` when a line was
    /// changed, taken out or cut short; `ledger-unusable` when the file cannot be read, written or synced.
    pub fn ask(&self, question: Question, at: DateTime<Utc>) -> Result<Opened, Refusal> {
        let mut file = self.open().map_err(|error| self.unusable(&error))?;
        file.lock().map_err(|error| self.unusable(&error))?;
        let book = self.read(&mut file)?;
        if let Some(values) = book.answer(&question.dataset, &question.unit, &question.digest) {
            let values = values.clone();
            let standing = standing(&book, &question, true);
            return Ok(Opened::Stored(Answered { values, standing }));
        }
        self.affordable(&book, &question)?;
        let mut grant = Grant {
            file,
            path: self.path.clone(),
            entry: book.lines + 1,
            book,
            question,
            at,
        };
        let question = &grant.question;
        let spent = What::Spent {
            dataset: question.dataset.clone(),
            unit: question.unit.clone(),
            question: question.digest,
            amount: question.amount,
            budget: question.budget,
        };
        grant.append(spent)?;
        Ok(Opened::Granted(grant))
    }

    fn affordable(&self, book: &Book, question: &Question) -> Result<(), Refusal> {
        let key = (question.dataset.clone(), question.unit.clone());
        let fresh = Account::opened(question.budget);
        let account = book.accounts.get(&key).unwrap_or(&fresh);
        if account.budget != question.budget {
            let (stands, named) = (word(account.budget), word(question.budget));
            let text = Text::new(
                format!("budgeten i boken är {stands}, policyn säger {named}"),
                format!("the ledger's budget is {stands}, the policy says {named}"),
            );
            let hint = Text::new(
                "ange budgeten som boken säger: en budget höjs inte av en policy, bara av ett beslut med `fyr budget raise`",
                "state the budget that the ledger says: no policy raises a budget, only a decision with `fyr budget raise`",
            );
            return Err(self.refusal("budget-differs", RefusalKind::Configuration, text).hint(hint));
        }
        let left = left(account);
        match question.amount.in_measure(account.budget.measure) {
            Some(cost) if cost.billionths <= left.billionths => Ok(()),
            cost => {
                let cost = word(cost.unwrap_or(question.amount));
                let (left, budget) = (word(left), word(account.budget));
                let text = Text::new(
                    format!("frågan kostar {cost}, men av {budget} återstår {left}"),
                    format!("the question costs {cost}, but of {budget} there remains {left}"),
                );
                let hint = Text::new(
                    "be om mindre: färre tabeller, ett mindre belopp, eller en fråga som redan är besvarad; den som svarar för personerna kan besluta om mer med `fyr budget raise`",
                    "ask for less: fewer tables, a smaller amount, or a question that was answered before; whoever answers for the people can decide on more with `fyr budget raise`",
                );
                Err(self.refusal("budget-overspent", RefusalKind::Forbidden, text).hint(hint))
            }
        }
    }

    fn open(&self) -> std::io::Result<File> {
        if let Some(folder) = self.path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            let mut builder = std::fs::DirBuilder::new();
            builder.recursive(true);
            #[cfg(unix)]
            std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
            builder.create(folder)?;
        }
        let fresh = !self.path.exists();
        let mut options = OpenOptions::new();
        options.read(true).append(true).create(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(&self.path)?;
        if fresh {
            // A file whose name is lost in a power cut would start the account anew.
            let folder = self.path.parent().filter(|folder| !folder.as_os_str().is_empty());
            File::open(folder.unwrap_or(Path::new(".")))?.sync_all()?;
        }
        Ok(file)
    }

    fn read(&self, file: &mut File) -> Result<Book, Refusal> {
        let mut text = String::new();
        let read = file
            .rewind()
            .and_then(|()| file.take(LEDGER_BYTES_MAX + 1).read_to_string(&mut text));
        read.map_err(|error| self.unusable(&error))?;
        if text.len() as u64 > LEDGER_BYTES_MAX {
            return Err(self.damaged(0));
        }
        Book::read(&text).map_err(|line| self.damaged(line))
    }

    fn damaged(&self, line: u64) -> Refusal {
        let text = Text::new(
            format!("boken är skadad: rad {line} hör inte till raderna före"),
            format!("the ledger is damaged: line {line} does not follow from the lines before"),
        );
        let hint = Text::new(
            "återställ boken från säkerhetskopian; är det den sista raden och den är avbruten drogs inget brus för den, och den kan tas bort",
            "restore the ledger from its backup; if it is the last line and cut short, no noise was drawn for it, and it can be removed",
        );
        self.refusal("ledger-damaged", RefusalKind::Forbidden, text).hint(hint)
    }

    fn unusable(&self, error: &std::io::Error) -> Refusal {
        unusable(&self.path, error)
    }

    fn refusal(&self, id: &str, kind: RefusalKind, text: Text) -> Refusal {
        Refusal::new(id, kind, self.path.display().to_string(), text)
    }
}

impl Grant {
    /// Draws noise for vectors that together cost no more than what is booked, and keeps the answer.
    ///
    /// # Errors
    /// `budget-overspent` when they cost more; `noise-failed`; `ledger-unusable`. The amount stays spent.
    pub fn draw(mut self, vectors: &[Vector]) -> Result<Answered, Refusal> {
        let booked = self.question.amount;
        let foreign = vectors.iter().any(|vector| vector.cost.measure != booked.measure);
        let cost: u128 = vectors.iter().map(|vector| u128::from(vector.cost.billionths)).sum();
        if foreign || cost > u128::from(booked.billionths) {
            let text = Text::new(
                "tabellerna kostar mer än vad som är bokfört",
                "the tables cost more than what is booked",
            );
            return Err(Refusal::new(
                "budget-overspent",
                RefusalKind::Internal,
                self.path.display().to_string(),
                text,
            ));
        }
        let values: Vec<Vec<i64>> = vectors.iter().map(mechanism::noised).collect::<Result<_, _>>()?;
        self.append(What::Answer {
            entry: self.entry,
            values: values.clone(),
        })?;
        let standing = standing(&self.book, &self.question, false);
        Ok(Answered { values, standing })
    }

    fn append(&mut self, what: What) -> Result<(), Refusal> {
        let record = append(&self.path, &mut self.file, &mut self.book, (what, self.at))?;
        if let What::Spent {
            dataset,
            unit,
            budget,
            amount,
            ..
        } = record.what
        {
            let account = self.book.accounts.entry((dataset, unit)).or_insert_with(|| Account::opened(budget));
            account.spent += amount.in_measure(budget.measure).map_or(0, |amount| amount.billionths);
            account.entries += 1;
        }
        Ok(())
    }
}

/// Writes a line and waits until it is on disk. What cannot be written whole is taken back, since nothing was drawn for it.
fn append(path: &Path, file: &mut File, book: &mut Book, (what, at): (What, DateTime<Utc>)) -> Result<Record, Refusal> {
    let record = Record {
        number: book.lines + 1,
        at,
        previous: book.head(),
        what,
    };
    let line = serde_json::to_string(&record).map_err(|error| unusable(path, &std::io::Error::other(error)))?;
    let before = file.metadata().map_err(|error| unusable(path, &error))?.len();
    let mut whole = line.clone().into_bytes();
    whole.push(b'\n');
    if let Err(error) = file.write_all(&whole).and_then(|()| file.sync_all()) {
        let _ = file.set_len(before).and_then(|()| file.sync_all());
        return Err(unusable(path, &error));
    }
    book.lines = record.number;
    book.head = Some(Sha256::of(line.as_bytes()));
    Ok(record)
}

fn standing(book: &Book, question: &Question, repeated: bool) -> Standing {
    let key = (question.dataset.clone(), question.unit.clone());
    let fresh = Account::opened(question.budget);
    let account = book.accounts.get(&key).unwrap_or(&fresh);
    let spent = Amount {
        billionths: account.spent,
        ..account.budget
    };
    Standing {
        measure: account.budget.measure.as_str().to_owned(),
        budget: account.budget.value(),
        spent: spent.value(),
        left: left(account).value(),
        entries: account.entries,
        repeated,
        head: book.head(),
    }
}

fn unusable(path: &Path, error: &std::io::Error) -> Refusal {
    Refusal::new(
        "ledger-unusable",
        RefusalKind::Forbidden,
        path.display().to_string(),
        Text::new(
            format!("boken kan inte läsas eller skrivas: {error}"),
            format!("the ledger cannot be read or written: {error}"),
        ),
    )
}

#[cfg(test)]
mod tests;
