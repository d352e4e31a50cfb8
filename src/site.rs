//! An opened installation: one process owns the data folder and carries out orders.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use fyr_curate::{Curate, Pipelines};
use fyr_fetch::Client;
use fyr_graph::write::OwnCatalogue;
use fyr_graph::{Snapshot, Store};
use fyr_harvest::{Harvest, Options};
use fyr_jobs::{Ownership, State};
use fyr_model::harvest::{HarvestRun, SourceFile};
use fyr_model::privacy::Decision;
use fyr_model::readiness::Readiness;
use fyr_model::waiting::Waiting;
use fyr_model::{PipelineName, Refusal, RefusalKind, SourceId, Text};

use crate::config::Config;
use crate::order::{Order, Reply, SourceState};
use crate::workspace::{Workspace, internal};

/// Everything that is opened once.
#[derive(Clone)]
pub struct Site {
    /// The configuration.
    pub config: Config,
    /// The workspace.
    pub workspace: Workspace,
    /// Harvests.
    pub harvest: Harvest,
    /// Curates and publishes.
    pub curate: Curate,
    /// Our own catalogue's head.
    pub own: OwnCatalogue,
    /// Runs that a dead process left open, to be done again by a server.
    pub interrupted: Arc<Vec<fyr_jobs::Run>>,
    /// Whose turn it is at the candidates.
    turn: Arc<tokio::sync::Mutex<()>>,
    _ownership: Arc<Ownership>,
}

impl Site {
    /// Opens the data folder of a workspace and takes it into possession.
    ///
    /// # Errors
    /// `Busy` when another process owns it; what the engines refuse.
    pub fn open(config: &Config) -> Result<Self, Refusal> {
        let workspace = config.workspace.clone().ok_or_else(Workspace::missing)?;
        private(&config.data)?;
        let ownership = Arc::new(fyr_jobs::own(&config.data)?);
        let store = Store::open(&config.data.join("graph"))?;
        let state = State::open(&config.data.join("state.db"))?;
        let interrupted = Arc::new(state.recover(Utc::now())?.runs);
        let runner = crate::work::runner().map_err(|error| internal("runner", &error))?;
        let client = Client::new(config.fetch.clone())?;
        std::fs::create_dir_all(&config.published).map_err(|error| internal("published", &error))?;
        fyr_publish::sweep(&config.published)?;
        // What the table engine puts on the disk holds rows as they came: it lies where such rows may lie, and goes with them.
        let staged = config.data.join("staged");
        wipe(&staged)?;
        let spill = staged.join(".spill");
        wipe(&spill)?;
        // Where earlier versions put it.
        gone(&config.data.join("spill"))?;
        private(&config.data.join("candidates"))?;
        let engine = fyr_table::open(&config.mode()?, config.engine_memory, &spill)?;
        let own = own_catalogue(&workspace, &config.base)?;
        let harvest = Harvest {
            client: client.clone(),
            store: store.clone(),
            state: state.clone(),
            runner: runner.clone(),
            data: config.data.clone(),
            limits: config.graph.clone(),
            worker: config.worker.clone(),
        };
        let curate = Curate {
            client,
            store,
            state,
            runner,
            engine,
            data: config.data.clone(),
            published: config.published.clone(),
            base: config.base.clone(),
            operator: own.publisher.clone(),
            limits: config.table.clone(),
            worker: config.worker.clone(),
        };
        Ok(Self {
            config: config.clone(),
            workspace,
            harvest,
            curate,
            own,
            interrupted,
            turn: Arc::default(),
            _ownership: ownership,
        })
    }

    /// The registered sources.
    pub fn sources(&self) -> Result<Vec<(SourceId, SourceFile)>, Refusal> {
        fyr_harvest::sources(&self.workspace.path("catalog/sources"))
    }

    /// The pipelines and rules.
    pub fn pipelines(&self) -> Pipelines {
        Pipelines {
            folder: self.workspace.path("pipelines"),
            rules: self.workspace.rules(),
        }
    }

    /// What waits for people.
    pub fn waiting(&self, at: DateTime<Utc>) -> Result<Vec<Waiting>, Refusal> {
        self.curate.waiting(&self.pipelines(), at)
    }

    /// Carries out an order.
    pub async fn execute(&self, order: Order, trigger: &str, at: DateTime<Utc>) -> Reply {
        // A night and a person work in the same folders: one at a time makes, decides on or publishes candidates.
        let steps = matches!(
            order,
            Order::Curate { .. } | Order::Sign { .. } | Order::Publish { .. } | Order::Withdraw { .. }
        );
        let _turn = if steps { Some(self.turn.lock().await) } else { None };
        let done = match order {
            Order::Harvest { sources, all, dry_run } => self.harvest(&sources, all, dry_run, trigger, at).await,
            Order::Sources => self.states().map(|sources| Reply::Sources { sources }),
            Order::Source { id } => self
                .source(&id)
                .and_then(|file| self.state(&id, file, 20))
                .map(|one| Reply::Sources { sources: vec![one] }),
            Order::Approve { id } => self.approve(&id, trigger, at).await,
            Order::Forget { id } => self.forget(&id),
            Order::Curate {
                pipelines,
                all,
                dry_run,
                accept_reading,
            } => self.curate(&pipelines, all, (dry_run, accept_reading), at).await,
            Order::Sign { dataset, decision } => self.sign(&dataset, decision, at),
            Order::Publish { datasets } => Ok(self.publish(datasets, at)),
            Order::Candidates => self.waiting(at).map(|candidates| Reply::Candidates { candidates }),
            Order::Withdraw { dataset, reason } => {
                fyr_publish::withdraw(&self.config.published, &dataset, &reason, at).map(|withdrawal| Reply::Withdraw { withdrawal })
            }
            Order::Score { datasets } => self.scores(&datasets).map(|datasets| Reply::Score { datasets }),
            Order::Incidents { id } => self.incidents(id.as_deref()),
            Order::JudgeIncident { id, judgement } => self
                .curate
                .judge_incident(&id, judgement, at)
                .and_then(|incident| self.incidents(Some(&incident.id))),
            Order::Sparql { query } => self.sparql(&query),
        };
        done.unwrap_or_else(|refusal| Reply::Refused { refusal })
    }

    fn source(&self, id: &SourceId) -> Result<SourceFile, Refusal> {
        let known = self.sources()?;
        let names: Vec<&str> = known.iter().map(|(id, _)| id.as_str()).collect();
        let names = names.join(", ");
        known
            .iter()
            .find(|(known, _)| known == id)
            .map(|(_, file)| file.clone())
            .ok_or_else(|| {
                let text = Text::new(format!("skördningskällan `{id}` finns inte"), format!("there is no source `{id}`"));
                Refusal::new("source-missing", RefusalKind::Configuration, id.as_str(), text)
                    .hint(Text::new(format!("kända: {names}"), format!("known: {names}")))
            })
    }

    async fn harvest(&self, named: &[SourceId], all: bool, dry_run: bool, trigger: &str, at: DateTime<Utc>) -> Result<Reply, Refusal> {
        let chosen: Vec<(SourceId, SourceFile)> = if all || named.is_empty() {
            self.sources()?
        } else {
            named
                .iter()
                .map(|id| self.source(id).map(|file| (id.clone(), file)))
                .collect::<Result<_, _>>()?
        };
        let options = Options {
            trigger: trigger.to_owned(),
            dry_run,
            approve_held: false,
        };
        let mut runs = Vec::new();
        for (id, file) in &chosen {
            runs.push(self.harvest.run(id, file, &options, at).await);
        }
        Ok(Reply::Harvest { runs })
    }

    async fn approve(&self, id: &SourceId, trigger: &str, at: DateTime<Utc>) -> Result<Reply, Refusal> {
        let file = self.source(id)?;
        let options = Options {
            trigger: trigger.to_owned(),
            dry_run: false,
            approve_held: true,
        };
        Ok(Reply::Harvest {
            runs: vec![self.harvest.run(id, &file, &options, at).await],
        })
    }

    fn forget(&self, id: &SourceId) -> Result<Reply, Refusal> {
        self.harvest.store.remove(id)?;
        self.harvest.store.flush()?;
        for kind in ["source-state", "source-trouble", "metadata"] {
            self.harvest.state.delete(kind, id.as_str())?;
        }
        Ok(Reply::Done)
    }

    fn states(&self) -> Result<Vec<SourceState>, Refusal> {
        self.sources()?.into_iter().map(|(id, file)| self.state(&id, file, 1)).collect()
    }

    fn state(&self, id: &SourceId, file: SourceFile, runs: u32) -> Result<SourceState, Refusal> {
        let snapshot: Option<Snapshot> = self.harvest.store.snapshot(id)?;
        let datasets = match &snapshot {
            Some(_) => self.harvest.store.view(id)?.datasets.len() as u64,
            None => 0,
        };
        let stored = self.harvest.state.runs(Some("harvest"), Some(id.as_str()), runs as usize)?;
        let runs = stored
            .into_iter()
            .filter_map(|run| serde_json::from_value::<HarvestRun>(run.report?).ok())
            .collect();
        Ok(SourceState {
            id: id.clone(),
            file,
            datasets,
            triples: snapshot.map_or(0, |snapshot| snapshot.triples),
            runs,
        })
    }

    async fn curate(
        &self,
        named: &[String],
        all: bool,
        (dry_run, accept_reading): (bool, bool),
        at: DateTime<Utc>,
    ) -> Result<Reply, Refusal> {
        let pipelines = self.pipelines();
        let names: Vec<String> = if all || named.is_empty() {
            pipelines.names().iter().map(ToString::to_string).collect()
        } else {
            named.to_vec()
        };
        let mut chosen = names.iter().map(|name| pipelines.read(name)).collect::<Result<Vec<_>, _>>()?;
        chosen.iter_mut().for_each(|pipeline| pipeline.accept_reading = accept_reading);
        let mut runs = Vec::new();
        for pipeline in &chosen {
            runs.push(self.curate.run(pipeline, dry_run, at).await);
        }
        Ok(Reply::Curate { runs })
    }

    fn sign(&self, dataset: &PipelineName, decision: Decision, at: DateTime<Utc>) -> Result<Reply, Refusal> {
        let decision = self.curate.sign(dataset, decision)?;
        let missing = self.curate.undecided(dataset, at)?;
        Ok(Reply::Sign { decision, missing })
    }

    /// A normal night after a source's harvest: each of its pipelines that has standing decisions is run, and what is inside them is released
    /// untouched. What is not waits for people; so does every pipeline without standing decisions.
    pub async fn night(&self, source: &SourceId, at: DateTime<Utc>) -> Result<Reply, Refusal> {
        let pipelines = self.pipelines();
        let mut runs = Vec::new();
        for name in pipelines.names() {
            let pipeline = match pipelines.read(name.as_str()) {
                Ok(pipeline) if pipeline.file.source == *source => pipeline,
                Ok(_) => continue,
                Err(refusal) => {
                    tracing::warn!(%name, id = refusal.id, "a pipeline cannot be read");
                    continue;
                }
            };
            match self.curate.stands(&name, at) {
                Ok(true) => {}
                Ok(false) => continue,
                Err(refusal) => {
                    tracing::warn!(%name, id = refusal.id, "the decisions on a pipeline cannot be read");
                    continue;
                }
            }
            let _turn = self.turn.lock().await;
            let ended = self.curate.run(&pipeline, false, at).await;
            if ended.outcome == fyr_curate::CurateOutcome::Candidate {
                let run = self.curate.publish(&name, at);
                if let Some(refusal) = &run.refused_because {
                    tracing::warn!(%name, id = refusal.id, "a candidate waits for decisions");
                }
                runs.push(run);
            }
        }
        Ok(Reply::Publish { runs })
    }

    fn publish(&self, mut datasets: Vec<PipelineName>, at: DateTime<Utc>) -> Reply {
        if datasets.is_empty() {
            datasets = waiting(&self.config.data);
        }
        Reply::Publish {
            runs: datasets.iter().map(|name| self.curate.publish(name, at)).collect(),
        }
    }

    fn incidents(&self, id: Option<&str>) -> Result<Reply, Refusal> {
        let all = self.curate.incidents()?;
        Ok(Reply::Incidents {
            precision: fyr_model::incident::precision(&all),
            one: id.is_some(),
            incidents: match id {
                Some(id) => vec![self.curate.incident(id)?],
                None => all,
            },
        })
    }

    fn scores(&self, wanted: &[String]) -> Result<Vec<Readiness>, Refusal> {
        let mut found: Vec<(String, Readiness)> = Vec::new();
        for kind in ["score", "release-score"] {
            for (key, value, _) in self.curate.state.list(kind)? {
                if let Ok(readiness) = serde_json::from_value(value) {
                    found.push((key, readiness));
                }
            }
        }
        if wanted.is_empty() {
            return Ok(found.into_iter().map(|(_, readiness)| readiness).collect());
        }
        wanted
            .iter()
            .map(|name| {
                // A pipeline's name means its release; its source's IRI means the source.
                found
                    .iter()
                    .rev()
                    .find(|(key, _)| key == name)
                    .map(|(_, readiness)| readiness.clone())
                    .ok_or_else(|| unscored(name))
            })
            .collect()
    }

    fn sparql(&self, query: &str) -> Result<Reply, Refusal> {
        fyr_graph::sparql::screen(query, &self.config.sparql)?;
        let dir = tempfile::tempdir().map_err(|error| internal("temp", &error))?;
        let runner = &self.harvest.runner;
        let work = fyr_graph::sparql::RehearseRequest { query: query.to_owned() };
        let limits = fyr_model::limits::WorkerLimits {
            cpu_seconds: 10,
            wall: std::time::Duration::from_secs(15),
            ..self.config.worker.clone()
        };
        let _: serde_json::Value = tokio::task::block_in_place(|| runner.run("graph.rehearse", "sparql", &work, dir.path(), &limits))?;
        let answer = self.harvest.store.query(query, None, &self.config.sparql)?;
        let body = String::from_utf8_lossy(&answer.body).into_owned();
        Ok(Reply::Sparql {
            media_type: answer.media_type,
            body,
            truncated: answer.truncated,
        })
    }
}

fn unscored(name: &str) -> Refusal {
    let text = Text::new(format!("`{name}` har ingen lagrad poäng"), format!("`{name}` has no stored score"));
    Refusal::new("score-missing", RefusalKind::Configuration, name, text).hint(Text::new(
        "`fyr score` listar allt som har poäng; skörda eller förädla först",
        "`fyr score` lists all that is scored; harvest or curate first",
    ))
}

/// The candidates that wait, by name.
pub fn waiting(data: &Path) -> Vec<PipelineName> {
    let mut names: Vec<PipelineName> = std::fs::read_dir(data.join("candidates"))
        .into_iter()
        .flatten()
        .flatten()
        .filter(|entry| entry.path().join("candidate.json").is_file())
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .collect();
    names.sort();
    names
}

fn own_catalogue(workspace: &Workspace, base: &str) -> Result<OwnCatalogue, Refusal> {
    let text = workspace.text("catalog/own.toml").unwrap_or_default();
    let mut own: OwnCatalogue = toml::from_str(&text).map_err(|error| {
        let cause = error.to_string().trim().replace('\n', " ");
        let text = Text::new(
            format!("catalog/own.toml går inte att läsa: {cause}"),
            format!("catalog/own.toml cannot be read: {cause}"),
        );
        Refusal::new("own-catalogue", RefusalKind::Configuration, "catalog/own.toml", text)
    })?;
    own.base = base.to_owned();
    Ok(own)
}

/// A folder for this user only.
fn private(dir: &Path) -> Result<(), Refusal> {
    use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(dir)
        .map_err(|error| internal("folder", &error))?;
    std::fs::set_permissions(dir, std::fs::Permissions::from_mode(0o700)).map_err(|error| internal("folder", &error))
}

/// Spill and staging hold personal data: emptied at start, private from the first moment (H31).
fn wipe(dir: &Path) -> Result<(), Refusal> {
    gone(dir)?;
    private(dir)
}

fn gone(dir: &Path) -> Result<(), Refusal> {
    match std::fs::remove_dir_all(dir) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(internal("wipe", &error)),
        _ => Ok(()),
    }
}

/// Where the owner of a data folder listens for orders.
pub fn socket(data: &Path) -> PathBuf {
    data.join("fyr.sock")
}
