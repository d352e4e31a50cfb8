//! What an address stands for: a file, or a whole table behind a PxWeb API, asked for in queries below the API's limits and joined.
//!
//! Every request goes through the guarded client, and every answer and the joined document lie in the raw store under their digests. What
//! came is read in a worker only.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::time::Duration;

use fyr_confine::Runner;
use fyr_fetch::{Client, Fetched, What};
use fyr_model::limits::{TableLimits, WorkerLimits};
use fyr_model::resource::Resource;
use fyr_model::{Refusal, RefusalKind, Text};
use fyr_table::pxweb::{Api, JOINED, JoinWork, Plan, PlanWork, Version};
use tokio::time::{Instant, sleep_until};

/// Who fetches, and within which limits what came is read.
pub(crate) struct Source<'a> {
    pub(crate) client: &'a Client,
    pub(crate) runner: &'a Runner,
    pub(crate) limits: &'a TableLimits,
    pub(crate) worker: &'a WorkerLimits,
}

impl Source<'_> {
    /// Fetches the file at `address`, or the table; `dir` is a private folder for what is made on the way.
    pub(crate) async fn fetch(&self, address: &str, dir: &Path) -> Result<Resource, Refusal> {
        let Some(api) = Api::of(address) else {
            return self.file(address).await;
        };
        let client = self.client.counted();
        let mut pace = Pace::default();
        pace.sent();
        let metadata = match (api.version, file(&client, &api.metadata).await) {
            (_, Ok(metadata)) => metadata,
            (Version::One, Err(refusal)) => return Err(refusal),
            (Version::Two, Err(_)) => return self.file(address).await,
        };
        let mut work = PlanWork {
            name: address.to_owned(),
            version: api.version,
            metadata: metadata.path.clone(),
            config: None,
            limits: self.limits.clone(),
        };
        if self.work("curate.pxweb-table", address, &work, dir)? {
            work.config = config(&client, &api, &mut pace).await;
            if let Some(plan) = self.work::<Option<Plan>>("curate.pxweb-plan", address, &work, dir)? {
                return self.table(&client, address, &api, plan, metadata, pace, dir).await;
            }
        }
        match api.version {
            Version::One => Ok(metadata),
            Version::Two => self.file(address).await,
        }
    }

    async fn file(&self, address: &str) -> Result<Resource, Refusal> {
        file(self.client, address).await
    }

    /// All parts of a table, one after the other, and the document that they make.
    #[allow(clippy::too_many_arguments)] // What was learnt of the table and what is left of its window.
    async fn table(
        &self,
        client: &Client,
        address: &str,
        api: &Api,
        plan: Plan,
        metadata: Resource,
        mut pace: Pace,
        dir: &Path,
    ) -> Result<Resource, Refusal> {
        let window = Duration::from_secs(plan.window_seconds);
        let mut answers = Vec::with_capacity(plan.parts.len());
        for (number, part) in plan.parts.iter().enumerate() {
            pace.wait(plan.calls_max, window).await;
            tracing::debug!(address, part = number + 1, parts = plan.parts.len(), "asked a PxWeb API");
            let before = client.requests_sent();
            answers.push(client.query(&api.data, plan.query(part)).await?.path);
            // What was asked again fills the window too.
            (before + 1..client.requests_sent()).for_each(|_| pace.sent());
        }
        let work = JoinWork {
            name: address.to_owned(),
            plan,
            answers,
            limits: self.limits.clone(),
        };
        self.work::<()>("curate.pxweb-join", address, &work, dir)?;
        let joined = dir.join(JOINED);
        let like = Resource {
            url: address.to_owned(),
            final_url: address.to_owned(),
            media_type: Some("application/json".into()),
            charset: None,
            ..metadata
        };
        let kept = self.client.keep(&joined, like).await;
        // The document lies in the raw store; a scratch file that is already gone is as good as removed.
        let _ = std::fs::remove_file(&joined);
        kept
    }

    fn work<T: serde::de::DeserializeOwned>(
        &self,
        name: &'static str,
        subject: &str,
        work: &impl serde::Serialize,
        dir: &Path,
    ) -> Result<T, Refusal> {
        tokio::task::block_in_place(|| self.runner.run(name, subject, work, dir, self.worker))
    }
}

async fn file(client: &Client, address: &str) -> Result<Resource, Refusal> {
    match client.get(address, What::File, None).await? {
        Fetched::Resource(resource) => Ok(resource),
        Fetched::NotModified { .. } => Err(Refusal::new(
            "fetch-unchanged",
            RefusalKind::Unreachable,
            address,
            Text::new(
                "servern svarade att inget har ändrats utan att ha frågats",
                "the server said that nothing had changed without having been asked",
            ),
        )),
    }
}

/// What the API says of its limits, at the first address that answers. One that must be asked twice is unwell: it is left alone.
async fn config(client: &Client, api: &Api, pace: &mut Pace) -> Option<PathBuf> {
    for address in &api.config {
        let before = client.requests_sent();
        pace.sent();
        if let Ok(config) = file(client, address).await {
            return Some(config.path);
        }
        if client.requests_sent() > before + 1 {
            break;
        }
    }
    None
}

/// When calls were sent, so that no window holds more of them than the API allows.
#[derive(Default)]
struct Pace {
    calls: VecDeque<Instant>,
}

impl Pace {
    fn sent(&mut self) {
        self.calls.push_back(Instant::now());
    }
    /// Waits until one more call is allowed, and counts it.
    async fn wait(&mut self, calls_max: u32, window: Duration) {
        let calls_max = calls_max.max(1) as usize;
        while self.calls.len() >= calls_max {
            if let Some(first) = self.calls.pop_front() {
                sleep_until(first + window).await;
            }
        }
        self.sent();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn no_window_holds_more_calls_than_are_allowed() {
        let (mut pace, window) = (Pace::default(), Duration::from_millis(60));
        let mut sent = Vec::new();
        for _ in 0..7 {
            pace.wait(3, window).await;
            sent.push(Instant::now());
        }
        for (early, late) in sent.iter().zip(sent.iter().skip(3)) {
            assert!(late.duration_since(*early) >= window);
        }
    }
}
