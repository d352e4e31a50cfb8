//! A session: tables by name, and a place where SQL about them is planned and run.
//!
//! In: Parquet files of this machine. Out: a context in which they are tables, the same SQL and the same answers whether plans run here or on
//! a cluster. On a cluster the files are first copied to the staging store; [`Session::end`] takes the copies away again.

use std::ops::Deref;
use std::path::PathBuf;
use std::sync::Arc;

use datafusion::common::{Result, TableReference};
use datafusion::datasource::file_format::options::ReadOptions as _;
use datafusion::datasource::listing::{ListingTable, ListingTableConfig, ListingTableUrl};
use datafusion::execution::session_state::SessionStateBuilder;
use datafusion::prelude::SessionContext;
use fyr_model::Refusal;

use super::{Engine, address, functions, plain_parquet, subject};
use crate::refuse;

/// What this crate answers: the engine's own errors may quote a cell and end here.
type Answer<T> = std::result::Result<T, Refusal>;

/// A context with what its tables stand on.
pub(crate) struct Session {
    context: SessionContext,
    #[cfg(feature = "cluster")]
    remote: Option<crate::cluster::Remote>,
}

impl Deref for Session {
    type Target = SessionContext;
    fn deref(&self) -> &SessionContext {
        &self.context
    }
}

impl Session {
    /// A session of this process: for plans that run here, and for those that are only looked at.
    pub(crate) fn local(engine: &Engine) -> Answer<Self> {
        let mut state = SessionStateBuilder::new_with_default_features()
            .with_config(engine.config.clone())
            .with_runtime_env(engine.runtime.clone())
            .build();
        functions::register(&mut state).map_err(|_| refuse::engine("engine", "functions"))?;
        Ok(Self {
            context: SessionContext::new_with_state(state),
            #[cfg(feature = "cluster")]
            remote: None,
        })
    }

    /// A session where the engine's plans run.
    pub(crate) async fn open(engine: &Engine) -> Answer<Self> {
        #[cfg(feature = "cluster")]
        if let Some(cluster) = &engine.cluster {
            let (context, remote) = cluster.session(&engine.config).await?;
            return Ok(Self::remote(context, remote));
        }
        Self::local(engine)
    }

    /// A session whose plans run elsewhere.
    #[cfg(feature = "cluster")]
    pub(crate) fn remote(context: SessionContext, remote: crate::cluster::Remote) -> Self {
        Self {
            context,
            remote: Some(remote),
        }
    }

    /// Makes the files one table of this name.
    pub(crate) async fn add(&mut self, name: impl Into<TableReference>, parquet: &[PathBuf]) -> Answer<()> {
        let failed = || refuse::engine(&subject(parquet), "open");
        #[cfg(feature = "cluster")]
        if let Some(remote) = &mut self.remote {
            let table = remote.table(&self.context, parquet).await?;
            return self.context.register_table(name, table).map(drop).map_err(|_| failed());
        }
        let paths = parquet.iter().map(|path| address(path)).collect::<Answer<Vec<_>>>()?;
        let listing = listing(&self.context, &paths).map_err(|_| failed())?;
        let listing = listing.infer_schema(&self.context.state()).await.map_err(|_| failed())?;
        let table = ListingTable::try_new(listing).map_err(|_| failed())?;
        self.context.register_table(name, Arc::new(table)).map(drop).map_err(|_| failed())
    }

    /// Takes away what was made for this session; called whether its questions were answered or not. A session that is only dropped does
    /// the same in the background, as far as its process lives long enough.
    pub(crate) async fn end(self) -> Answer<()> {
        #[cfg(feature = "cluster")]
        if let Some(remote) = self.remote {
            return remote.end().await;
        }
        Ok(())
    }
}

/// Parquet at these addresses, read as [`plain_parquet`] says.
pub(crate) fn listing(context: &SessionContext, addresses: &[String]) -> Result<ListingTableConfig> {
    let addresses = addresses.iter().map(ListingTableUrl::parse).collect::<Result<Vec<_>>>()?;
    let options = plain_parquet().to_listing_options(&context.copied_config(), context.copied_table_options());
    Ok(ListingTableConfig::new_with_multi_paths(addresses).with_listing_options(options))
}

/// The answer, once what was made for it is gone; the question's own failure comes first.
pub(crate) async fn ended<T>(session: Session, answer: Answer<T>) -> Answer<T> {
    let gone = session.end().await;
    let answer = answer?;
    gone.map(|()| answer)
}
