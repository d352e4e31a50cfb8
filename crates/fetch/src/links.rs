//! Many links at once, politely (`harvest.md` section 5, H10).
//!
//! In: addresses, what is known of them from before, and how patient to be. Out: a verdict each, with every try. Hosts are asked side by side, the
//! addresses of one host two at a time and within a budget of time; a host that asks for a rest gets it, and what was not asked because of that
//! keeps the verdict it had. What fails in passing is tried again in the same run; what looks gone is not, since only days can confirm it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use chrono::Utc;
use futures::StreamExt as _;
use fyr_model::link::{LinkTry, LinkVerdict};
use url::Url;

use crate::address;
use crate::client::Client;
use crate::link::{Next, next, verdict};

/// How patient to be.
#[derive(Debug, Clone)]
pub struct Patience {
    /// Tries of one address in one run.
    pub tries_max: usize,
    /// Pause before the second try; it doubles.
    pub pause: Duration,
    /// The longest rest that is waited for; a host that asks for more is left alone for this run.
    pub rest_max: Duration,
    /// Time spent on one host in one run.
    pub host_max: Duration,
    /// Hosts asked side by side.
    pub hosts: usize,
    /// Addresses of one host asked side by side.
    pub per_host: usize,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            tries_max: 3,
            pause: Duration::from_secs(2),
            rest_max: Duration::from_secs(30),
            host_max: Duration::from_secs(600),
            hosts: 32,
            per_host: 2,
        }
    }
}

impl Client {
    /// Asks every address and gives the verdicts, by address. Never fails: what went wrong is evidence.
    pub async fn links(
        &self,
        addresses: &BTreeSet<String>,
        earlier: &BTreeMap<String, Vec<LinkTry>>,
        patience: &Patience,
    ) -> Vec<LinkVerdict> {
        let mut hosts: BTreeMap<String, Vec<&str>> = BTreeMap::new();
        for address in addresses {
            hosts.entry(host(address)).or_default().push(address);
        }
        let known = |address: &str| earlier.get(address).cloned().unwrap_or_default();
        let mut all: Vec<LinkVerdict> = futures::stream::iter(hosts.into_values())
            .map(|addresses| self.host_links(addresses, &known, patience))
            .buffer_unordered(patience.hosts.max(1))
            .collect::<Vec<_>>()
            .await
            .concat();
        all.sort_by(|a, b| a.url.cmp(&b.url));
        all
    }

    /// The links of one host, until its time is spent or it asks for a long rest.
    async fn host_links(&self, addresses: Vec<&str>, known: &impl Fn(&str) -> Vec<LinkTry>, patience: &Patience) -> Vec<LinkVerdict> {
        let until = Instant::now() + patience.host_max;
        let left_alone = std::sync::atomic::AtomicBool::new(false);
        let one = |address: &str| {
            let (address, mut tries) = (address.to_owned(), known(address));
            let left_alone = &left_alone;
            async move {
                use std::sync::atomic::Ordering::Relaxed;
                if !left_alone.load(Relaxed) && Instant::now() < until {
                    let (new, rests) = self.tried(&address, patience).await;
                    left_alone.fetch_or(rests, Relaxed);
                    tries.extend(new);
                }
                verdict(&address, tries)
            }
        };
        let asked = futures::stream::iter(addresses.into_iter().map(one));
        asked.buffered(patience.per_host.max(1)).collect().await
    }

    /// The tries of one address in this run, and whether its host asked for a longer rest than is waited for.
    async fn tried(&self, address: &str, patience: &Patience) -> (Vec<LinkTry>, bool) {
        let mut tries = Vec::new();
        let mut pause = patience.pause;
        for number in 1..=patience.tries_max.max(1) {
            tries.extend(self.asked(address, Utc::now()).await);
            let Some(last) = tries.last() else { break };
            let wait = match next(address, last) {
                Next::Enough => break,
                Next::Again => pause,
                Next::After(rest) if rest <= patience.rest_max => rest,
                Next::After(rest) => {
                    if let Ok(url) = Url::parse(address) {
                        self.rest(&url, rest);
                    }
                    return (tries, true);
                }
            };
            if number < patience.tries_max {
                tokio::time::sleep(wait).await;
            }
            pause = pause.saturating_mul(2);
        }
        (tries, false)
    }
}

/// What shares a budget: host and port, or the address itself when it has none.
fn host(address: &str) -> String {
    let url = Url::parse(address.trim()).ok();
    url.as_ref().and_then(address::host_port).unwrap_or_else(|| address.to_owned())
}
