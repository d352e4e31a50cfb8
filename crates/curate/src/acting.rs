//! What a policy does to columns before anything else: masks, coarser values, keyed pseudonyms, test identities.
//!
//! In: a staged table, its policy, and where keys and lists are. Out: a new staged table, its old file removed, and the policy that holds for
//! it: an identifier that was acted on is plain, and is looked at again by the auditor's own detectors. Keys are read here and nowhere kept;
//! what is told of a key is its id. Pseudonymised data stays personal data.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::NaiveDate;
use fyr_model::privacy::{ColumnAction, ColumnPlan, ColumnPolicy, KeyPlace, PrivacyPolicy, PseudonymPolicy, Role};
use fyr_model::table::{Column, ColumnType, StagedFacts};
use fyr_model::{Refusal, RefusalKind, Text};
use fyr_privacy::actions::{Action, TestIdentities, act};
use fyr_privacy::kind::Kind;
use fyr_privacy::pseudonym::{Pseudonyms, Scope, Secret};
use fyr_privacy::text::mask::Style;
use fyr_table::arrow::array::RecordBatch;
use fyr_table::arrow::datatypes::{DataType, Field, Schema};
use fyr_table::write::Working;
use fyr_table::{Engine, StagedTable};

use crate::disk::disk;
use crate::pipeline::inside;

/// Where an acted-on table is made, and what its keys and lists are found by.
#[derive(Debug, Clone, Copy)]
pub struct Acting<'a> {
    /// The folder that the policy lies in.
    pub beside: &'a Path,
    /// The release's name: the scope of pseudonyms that name none.
    pub release: &'a str,
    /// Folders where no key may lie: data and releases.
    pub apart: &'a [&'a Path],
    /// The private folder that the new table is written in.
    pub dir: &'a Path,
    /// The day that decides centuries.
    pub reference: NaiveDate,
}

/// A table after its columns were acted on.
pub struct Acted {
    /// The table.
    pub table: StagedTable,
    /// The policy that holds for it.
    pub policy: PrivacyPolicy,
    /// What was done to each column, in words.
    pub done: BTreeMap<String, String>,
}

/// Acts on the columns that the policy names; a policy without actions gives the table as it was.
///
/// # Errors
/// `action-*` and `pseudonym-*` when the policy asks for what cannot be done; what reading and writing a table refuse.
pub async fn act_on(engine: &Engine, table: StagedTable, policy: &PrivacyPolicy, acting: &Acting<'_>) -> Result<Acted, Refusal> {
    let known: Vec<&str> = table.facts().report.columns.iter().map(|column| column.name.as_str()).collect();
    let actions = Actions::read(policy, acting, &known)?;
    let policy = effective(policy, &actions);
    if actions.columns.is_empty() {
        let done = BTreeMap::new();
        return Ok(Acted { table, policy, done });
    }
    let facts = table.facts();
    let columns: Vec<Column> = facts.report.columns.iter().map(|column| actions.settled(column)).collect();
    let path = acting.dir.join("acted.parquet");
    // A working copy has no statistics, which would keep values of text.
    let mut acted = Working::new(&columns, &path);
    let staged = std::slice::from_ref(&facts.path);
    engine.each(staged, &mut |batch| acted.take(&actions.act(batch, acting.reference)?))?;
    let written = acted.close()?;
    let old = facts.path.clone();
    let mut report = facts.report.clone();
    report.columns = columns;
    let facts = StagedFacts {
        path,
        sha256: written.sha256,
        rows: written.rows,
        report,
    };
    drop(table);
    std::fs::remove_file(&old).map_err(|error| disk(&old, &error))?;
    Ok(Acted {
        table: StagedTable::adopt(facts),
        policy,
        done: actions.told,
    })
}

/// Writes what was done into the plan's own account, whose `keep` would say too little.
pub fn tell(columns: &mut [ColumnPlan], done: &BTreeMap<String, String>) {
    for column in columns.iter_mut().filter(|column| column.role != Role::Identifier) {
        if let Some(words) = done.get(&column.column) {
            column.action.clone_from(words);
        }
    }
}

/// The actions of a policy, with their keys.
struct Actions {
    columns: BTreeMap<String, Action>,
    /// In words, the removed ones too.
    told: BTreeMap<String, String>,
    removed: Vec<String>,
}

impl Actions {
    fn read(policy: &PrivacyPolicy, acting: &Acting<'_>, known: &[&str]) -> Result<Self, Refusal> {
        let mut actions = Self {
            columns: BTreeMap::new(),
            told: BTreeMap::new(),
            removed: Vec::new(),
        };
        let named = policy
            .actions
            .keys()
            .chain(policy.pseudonyms.iter().flat_map(|keyed| keyed.columns.keys()));
        if let Some(name) = named.into_iter().find(|name| !known.contains(&name.as_str())) {
            let text = Text::new(
                format!("policyn har en åtgärd för `{name}`, som tabellen saknar"),
                format!("the policy has an action for `{name}`, which the table has not"),
            );
            return Err(Refusal::new("action-column", RefusalKind::Configuration, name, text));
        }
        let secret = policy.pseudonyms.as_ref().map(|keyed| secret(keyed, acting)).transpose()?;
        for (name, action) in &policy.actions {
            actions.add(name, action, secret.as_ref().zip(policy.pseudonyms.as_ref()), acting)?;
        }
        if let Some((secret, keyed)) = secret.as_ref().zip(policy.pseudonyms.as_ref()) {
            for (name, word) in &keyed.columns {
                if actions.told.contains_key(name) {
                    return Err(twice(name));
                }
                let pseudonyms = Pseudonyms::new(secret, scope(keyed, acting), kind(name, word)?);
                actions.told.insert(name.clone(), format!("pseudonymise ({})", pseudonyms.label()));
                actions.columns.insert(name.clone(), Action::Pseudonymise(Box::new(pseudonyms)));
            }
        }
        Ok(actions)
    }

    fn add(
        &mut self,
        name: &str,
        action: &ColumnAction,
        keyed: Option<(&Secret, &PseudonymPolicy)>,
        acting: &Acting<'_>,
    ) -> Result<(), Refusal> {
        let (words, action) = match action {
            ColumnAction::Remove => {
                self.removed.push(name.to_owned());
                self.told.insert(name.to_owned(), "remove".into());
                return Ok(());
            }
            ColumnAction::Mask { numbered } => {
                let style = if *numbered { Style::Numbered } else { Style::Plain };
                ("mask".to_owned(), Action::Mask(style))
            }
            ColumnAction::Generalise { kind: word } => (format!("generalise ({word})"), Action::Generalise(kind(name, word)?)),
            ColumnAction::TestIdentities { numbers } => {
                let (secret, policy) = keyed.ok_or_else(|| no_key(name))?;
                let pseudonyms = Pseudonyms::new(secret, scope(policy, acting), Kind::PersonalIdentityNumber);
                let test = TestIdentities {
                    numbers: test_numbers(numbers, acting.beside)?,
                    pseudonyms: Box::new(pseudonyms),
                };
                ("test-identities, for demonstration only".to_owned(), Action::TestIdentities(test))
            }
        };
        self.told.insert(name.to_owned(), words);
        self.columns.insert(name.to_owned(), action);
        Ok(())
    }

    /// A column that is acted on holds text, whatever it held.
    fn settled(&self, column: &Column) -> Column {
        if !self.columns.contains_key(&column.name) {
            return column.clone();
        }
        Column {
            kind: ColumnType::Text,
            semantic: None,
            ..column.clone()
        }
    }

    fn act(&self, batch: &RecordBatch, reference: NaiveDate) -> Result<RecordBatch, Refusal> {
        let (mut fields, mut arrays) = (Vec::new(), Vec::new());
        for (field, array) in batch.schema().fields().iter().zip(batch.columns()) {
            match self.columns.get(field.name()) {
                None => {
                    fields.push(field.as_ref().clone());
                    arrays.push(array.clone());
                }
                Some(action) => {
                    let (new, _) = act(action, array, reference).map_err(|_| unreadable(field.name()))?;
                    fields.push(Field::new(field.name(), DataType::Utf8, true));
                    arrays.push(new);
                }
            }
        }
        RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays).map_err(|_| unreadable("table"))
    }
}

/// What holds after the actions: an identifier that was acted on is plain, a column that is removed is one.
fn effective(policy: &PrivacyPolicy, actions: &Actions) -> PrivacyPolicy {
    let mut policy = policy.clone();
    for (name, column) in &mut policy.columns {
        if actions.removed.contains(name) {
            *column = ColumnPolicy::Role(Role::Identifier);
        } else if actions.columns.contains_key(name) && column.role() == Role::Identifier {
            *column = ColumnPolicy::Role(Role::Plain);
        }
    }
    policy
}

/// The policy with every column that is acted on taken as an identifier: what is found in it has an answer.
pub(crate) fn answered(policy: &PrivacyPolicy) -> PrivacyPolicy {
    let mut answered = policy.clone();
    let keyed = policy.pseudonyms.iter().flat_map(|keyed| keyed.columns.keys());
    for name in policy.actions.keys().chain(keyed) {
        answered.columns.insert(name.clone(), ColumnPolicy::Role(Role::Identifier));
    }
    answered
}

fn kind(column: &str, word: &str) -> Result<Kind, Refusal> {
    word.replace('-', "_").parse().map_err(|()| {
        let text = Text::new(
            format!("`{word}` är inget slag av personuppgift"),
            format!("`{word}` is no kind of personal data"),
        );
        Refusal::new("action-kind", RefusalKind::Configuration, column, text)
    })
}

fn scope(keyed: &PseudonymPolicy, acting: &Acting<'_>) -> Scope {
    keyed
        .scope
        .as_ref()
        .map_or_else(|| Scope::Release(acting.release.to_owned()), |name| Scope::Shared(name.clone()))
}

/// The key from its place: a variable, or a file that nobody else can read and that lies apart from data and releases.
fn secret(keyed: &PseudonymPolicy, acting: &Acting<'_>) -> Result<Secret, Refusal> {
    let refused = |shown: &str, sv: &str, en: &str| Refusal::new("pseudonym-key", RefusalKind::Configuration, shown, Text::new(sv, en));
    match &keyed.key {
        KeyPlace::Env(name) => {
            let value = std::env::var_os(name).ok_or_else(|| {
                refused(
                    name,
                    "miljövariabeln med nyckeln finns inte",
                    "the environment variable with the key does not exist",
                )
            })?;
            Secret::read(value.as_encoded_bytes())
        }
        KeyPlace::File(path) => {
            let shown = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            let path: PathBuf = acting.beside.join(path);
            let unread = || refused(&shown, "nyckelfilen går inte att läsa", "the key file cannot be read");
            let real = path.canonicalize().map_err(|_| unread())?;
            let within = |folder: &&Path| folder.canonicalize().is_ok_and(|folder| real.starts_with(folder));
            if acting.apart.iter().any(within) {
                return Err(refused(
                    &shown,
                    "nyckeln får inte ligga bland data eller utgåvor",
                    "the key must not lie among data or releases",
                ));
            }
            let mode = std::fs::metadata(&real).map_err(|_| unread())?.permissions().mode();
            if mode & 0o077 != 0 {
                return Err(
                    refused(&shown, "nyckelfilen kan läsas av andra", "the key file can be read by others")
                        .hint(Text::new("kör `chmod 600` på den", "run `chmod 600` on it")),
                );
            }
            Secret::read(&std::fs::read(&real).map_err(|_| unread())?)
        }
    }
}

fn test_numbers(relative: &str, beside: &Path) -> Result<Vec<String>, Refusal> {
    let wrong = || {
        let text = Text::new(
            "listan med testnummer ska vara en JSON-lista med tolv siffror i varje text",
            "the list of test numbers must be a JSON list of texts with twelve digits each",
        );
        Refusal::new("action-numbers", RefusalKind::Configuration, relative, text)
    };
    let bytes = std::fs::read(inside(beside, relative)?).map_err(|_| wrong())?;
    let numbers: Vec<String> = serde_json::from_slice(&bytes).map_err(|_| wrong())?;
    let twelve = |number: &String| number.len() == 12 && number.bytes().all(|byte| byte.is_ascii_digit());
    if numbers.is_empty() || !numbers.iter().all(twelve) {
        return Err(wrong());
    }
    Ok(numbers)
}

fn no_key(column: &str) -> Refusal {
    let text = Text::new(
        "testidentiteter väljs med en nyckel: ange [pseudonyms]",
        "test identities are chosen by a key: give [pseudonyms]",
    );
    Refusal::new("pseudonym-key", RefusalKind::Configuration, column, text)
}

fn twice(column: &str) -> Refusal {
    let text = Text::new("kolumnen har två åtgärder", "the column has two actions");
    Refusal::new("action-column", RefusalKind::Configuration, column, text)
}

fn unreadable(column: &str) -> Refusal {
    let text = Text::new(
        "kolumnens celler kan inte läsas som text",
        "the cells of the column cannot be read as text",
    );
    Refusal::new("action-column", RefusalKind::Configuration, column, text)
}
