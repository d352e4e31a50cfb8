//! `fyr.toml`, typed twice: what was written, then what is meant (paths resolved, defaults filled), built once.

use std::net::SocketAddr;
use std::path::PathBuf;

use fyr_model::limits::{GraphLimits, SparqlLimits, TableLimits, WorkerLimits};
use fyr_model::{Refusal, RefusalKind, Text};
use serde::Deserialize;

use crate::report::CheckConfig;
use crate::workspace::Workspace;

/// The sample that `fyr init` writes: every key, with its default.
pub const SAMPLE: &str = include_str!("../catalog/fyr.sample.toml");

/// `fyr.toml` as written.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Written {
    /// The portal's public address, without a slash at the end; part of every IRI that we publish.
    pub base: Option<String>,
    /// Where the data folder lies, relative to the workspace.
    pub data: Option<PathBuf>,
    /// Where releases lie, relative to the workspace.
    pub published: Option<PathBuf>,
    /// Bytes of memory for the query engine before it spills.
    pub engine_memory: Option<usize>,
    /// How the portal is served.
    pub serve: Serve,
    /// A cluster that plans run on.
    pub cluster: Cluster,
    /// How addresses are fetched.
    pub fetch: fyr_fetch::FetchConfig,
    /// What `fyr check` lives with.
    pub check: CheckConfig,
    /// Limits of catalogue documents.
    pub graph: GraphLimits,
    /// Limits of public SPARQL.
    pub sparql: SparqlLimits,
    /// Limits of data files.
    pub table: TableLimits,
    /// Limits of a confined worker.
    pub worker: WorkerLimits,
}

/// `[serve]`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Serve {
    /// Address and port of the public door.
    pub listen: Option<SocketAddr>,
    /// Address and port of the operator's door; on loopback only, and nobody comes in without a key.
    pub operator_listen: Option<SocketAddr>,
    /// Keys of the operator's door, by the names of their holders.
    pub keys: fyr_portal::Keys,
}

/// `[cluster]`.
#[cfg_attr(not(feature = "cluster"), allow(dead_code))] // Read and refused there.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Cluster {
    /// Host and port of the scheduler; without it plans run in this process.
    pub scheduler: Option<String>,
    /// Whether staged tables, which hold personal data, may leave this process for the cluster.
    pub unprotected: bool,
    /// Into how many partitions a plan is cut.
    pub partitions: Option<usize>,
    /// Where staged files lie while the cluster reads them.
    pub staging: Staging,
}

#[cfg(feature = "cluster")]
type Staging = fyr_fetch::objects::ObjectsConfig;
#[cfg(not(feature = "cluster"))]
type Staging = toml::Table;

/// What is meant.
#[derive(Debug, Clone)]
pub struct Config {
    /// The workspace; none for commands that only read an INPUT.
    pub workspace: Option<Workspace>,
    /// The portal's public address.
    pub base: String,
    /// The data folder, absolute.
    pub data: PathBuf,
    /// The folder of releases, absolute.
    pub published: PathBuf,
    /// Memory of the query engine in bytes.
    pub engine_memory: usize,
    /// Where the portal listens.
    pub listen: SocketAddr,
    /// Where the operator's door listens, if anywhere.
    pub operator_listen: Option<SocketAddr>,
    /// Who it opens to.
    pub keys: fyr_portal::Keys,
    /// The cluster that plans run on, if any.
    pub cluster: Cluster,
    /// The fetch client's configuration.
    pub fetch: fyr_fetch::FetchConfig,
    /// What `fyr check` lives with.
    pub check: CheckConfig,
    /// Limits of catalogue documents.
    pub graph: GraphLimits,
    /// Limits of public SPARQL.
    pub sparql: SparqlLimits,
    /// Limits of data files.
    pub table: TableLimits,
    /// Limits of a confined worker.
    pub worker: WorkerLimits,
}

impl Config {
    /// Reads the configuration of a workspace, with `--set section.key=VALUE` over it.
    pub fn read(workspace: Option<Workspace>, overrides: &[String]) -> Result<Self, Refusal> {
        let file = workspace.as_ref().map(|workspace| workspace.path("fyr.toml"));
        let text = match &file {
            Some(path) => std::fs::read_to_string(path).map_err(|error| wrong(&format!("fyr.toml: {error}")))?,
            None => String::new(),
        };
        let mut table: toml::Table = toml::from_str(&text).map_err(|error| wrong(&plain(&error)))?;
        for given in overrides {
            set(&mut table, given)?;
        }
        let written: Written = toml::Value::Table(table)
            .try_into()
            .map_err(|error: toml::de::Error| wrong(&plain(&error)))?;
        Self::meant(written, workspace)
    }

    fn meant(written: Written, workspace: Option<Workspace>) -> Result<Self, Refusal> {
        let dir = match &workspace {
            Some(workspace) => workspace.dir.clone(),
            None => std::env::temp_dir(),
        };
        let listen = written.serve.listen.unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 8080)));
        let base = written.base.unwrap_or_else(|| format!("http://{listen}"));
        if !(base.starts_with("http://") || base.starts_with("https://")) {
            return Err(wrong("base must be an http or https address"));
        }
        may_leave(&written.cluster)?;
        let data = dir.join(written.data.unwrap_or_else(|| "data".into()));
        let fetch = fyr_fetch::FetchConfig {
            mirror_base: dir.clone(),
            raw_dir: data.join("raw"),
            ..written.fetch
        };
        Ok(Self {
            base: base.trim_end_matches('/').to_owned(),
            published: dir.join(written.published.unwrap_or_else(|| "published".into())),
            data,
            engine_memory: written.engine_memory.unwrap_or(1 << 30),
            listen,
            operator_listen: written.serve.operator_listen,
            keys: written.serve.keys,
            cluster: written.cluster,
            fetch,
            check: written.check,
            graph: written.graph,
            sparql: written.sparql,
            table: written.table,
            worker: written.worker,
            workspace,
        })
    }
}

impl Config {
    /// Where plans run.
    ///
    /// # Errors
    /// When the cluster's staging store is not configured, or not safely.
    #[cfg(feature = "cluster")]
    pub fn mode(&self) -> Result<fyr_table::Mode, Refusal> {
        let Some(scheduler) = &self.cluster.scheduler else {
            return Ok(fyr_table::Mode::Embedded);
        };
        Ok(fyr_table::Mode::Cluster {
            scheduler: scheduler.clone(),
            staging: self.staging()?,
            partitions: self.cluster.partitions.unwrap_or(PARTITIONS),
        })
    }

    /// Where plans run.
    #[cfg(not(feature = "cluster"))]
    #[allow(clippy::unnecessary_wraps)] // The other build can refuse.
    pub fn mode(&self) -> Result<fyr_table::Mode, Refusal> {
        Ok(fyr_table::Mode::Embedded)
    }

    /// The staging store: never where releases lie.
    #[cfg(feature = "cluster")]
    pub fn staging(&self) -> Result<fyr_table::cluster::Staging, Refusal> {
        let base = match &self.workspace {
            Some(workspace) => workspace.dir.clone(),
            None => crate::workspace::absolute(std::path::Path::new(".")),
        };
        let objects = self.cluster.staging.open(&base, &|name| std::env::var(name).ok())?;
        let published = self.published.canonicalize().unwrap_or_else(|_| self.published.clone());
        if objects
            .folder
            .is_some_and(|folder| folder.starts_with(&published) || published.starts_with(&folder))
        {
            return Err(wrong("cluster.staging.address and published must lie apart"));
        }
        Ok(fyr_table::cluster::Staging::new(objects.store))
    }
}

/// Partitions of a plan on a cluster, where nothing else is said.
#[cfg(feature = "cluster")]
const PARTITIONS: usize = 16;

/// Staged tables hold personal data: that they leave this process is the operator's word, never a default.
fn may_leave(cluster: &Cluster) -> Result<(), Refusal> {
    if cluster.scheduler.is_none() {
        return Ok(());
    }
    if cfg!(not(feature = "cluster")) {
        return Err(wrong("cluster.scheduler is set, and this build knows no cluster"));
    }
    if !cluster.unprotected {
        return Err(wrong(
            "cluster.scheduler is set: staged tables hold personal data and go to the cluster only with cluster.unprotected = true",
        ));
    }
    Ok(())
}

/// Sets `section.key=VALUE`; a value that is not TOML is taken as text.
fn set(table: &mut toml::Table, given: &str) -> Result<(), Refusal> {
    let (key, value) = given
        .split_once('=')
        .ok_or_else(|| wrong(&format!("--set wants section.key=VALUE, got `{given}`")))?;
    let value = toml::from_str::<toml::Table>(&format!("v = {value}"))
        .ok()
        .and_then(|mut parsed| parsed.remove("v"))
        .unwrap_or_else(|| toml::Value::String(value.to_owned()));
    let mut place = table;
    let mut parts = key.trim().split('.').peekable();
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            place.insert(part.to_owned(), value);
            return Ok(());
        }
        let next = place
            .entry(part.to_owned())
            .or_insert_with(|| toml::Value::Table(toml::Table::new()));
        place = next
            .as_table_mut()
            .ok_or_else(|| wrong(&format!("`{part}` in `{key}` is not a section")))?;
    }
    Ok(())
}

fn plain(error: &toml::de::Error) -> String {
    error.to_string().trim().replace('\n', " ")
}

fn wrong(what: &str) -> Refusal {
    Refusal::new(
        "configuration",
        RefusalKind::Configuration,
        "fyr.toml",
        Text::new(
            format!("konfigurationen går inte att använda: {what}"),
            format!("the configuration cannot be used: {what}"),
        ),
    )
    .hint(Text::new(
        "`fyr init MAPP` visar alla nycklar med sina värden",
        "`fyr init DIR` shows every key with its default",
    ))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn the_sample_reads_back_as_the_defaults() {
        let written: Written = toml::from_str(SAMPLE).unwrap();
        assert_eq!(written.graph, GraphLimits::default());
        assert_eq!(written.sparql, SparqlLimits::default());
        assert_eq!(written.table, TableLimits::default());
        assert_eq!(written.worker, WorkerLimits::default());
        assert_eq!(written.fetch, fyr_fetch::FetchConfig::default());
    }

    #[test]
    fn staged_tables_go_to_a_cluster_only_where_the_operator_says_so() {
        let refusal = Config::read(None, &["cluster.scheduler=127.0.0.1:50050".into()]).unwrap_err();
        assert!(refusal.message.en.contains("cluster.unprotected"), "{refusal}");
        let asked = ["cluster.scheduler=127.0.0.1:50050".into(), "cluster.unprotected=true".into()];
        assert_eq!(Config::read(None, &asked).is_ok(), cfg!(feature = "cluster"));
        assert!(matches!(Config::read(None, &[]).unwrap().mode(), Ok(fyr_table::Mode::Embedded)));
    }

    #[cfg(feature = "cluster")]
    #[test]
    fn h31_staged_files_never_lie_where_releases_do() {
        let dir = tempfile::tempdir().unwrap();
        let path = |name: &str| dir.path().join(name).display().to_string();
        let staging = |address: &str, published: &str| {
            let set = |key: &str, path: String| format!("{key}={}", toml::Value::String(path));
            let keys = [set("cluster.staging.address", path(address)), set("published", path(published))];
            Config::read(None, &keys).unwrap().staging()
        };
        std::fs::create_dir(dir.path().join("out")).unwrap();
        assert!(staging("staging", "out").is_ok());
        assert!(staging("out/staging", "out").is_err());
        assert!(staging("over", "over/out").is_err());
    }

    #[test]
    fn set_reaches_a_nested_key_and_an_unknown_key_is_refused() {
        let config = Config::read(None, &["graph.depth_max=7".into(), "base=https://fyr.example".into()]).unwrap();
        assert_eq!(config.graph.depth_max, 7);
        assert_eq!(config.base, "https://fyr.example");
        let refusal = Config::read(None, &["graph.dept_max=7".into()]).unwrap_err();
        assert_eq!(refusal.exit_code(), 2);
    }
}
