//! Politeness per host (H10): few connections at a time, and rest for a host that is sick or asks for it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Failures in a row after which a host rests.
const FAILURES_MAX: u32 = 5;
/// The first rest; it doubles with every further failure.
const REST: Duration = Duration::from_secs(60);
/// The longest rest.
const REST_MAX: Duration = Duration::from_secs(24 * 3600);

/// What is known of one host and port.
struct Host {
    places: Arc<Semaphore>,
    failures: u32,
    rests_until: Option<Instant>,
}

/// All hosts asked so far, by `host:port`.
pub struct Hosts {
    connections: usize,
    hosts: Mutex<HashMap<String, Host>>,
}

/// A host that must not be asked now.
#[derive(Debug, PartialEq, Eq)]
pub struct Resting {
    /// Failures in a row.
    pub failures: u32,
    /// How long still.
    pub left: Duration,
}

impl Hosts {
    pub fn new(connections: usize) -> Self {
        Self {
            connections: connections.max(1),
            hosts: Mutex::default(),
        }
    }

    /// Waits for a place; given back when the permit is dropped.
    pub async fn enter(&self, key: &str) -> Result<Option<OwnedSemaphorePermit>, Resting> {
        let places = self.with(key, |host| {
            match host.rests_until.map(|until| until.saturating_duration_since(Instant::now())) {
                Some(left) if !left.is_zero() => Err(Resting {
                    failures: host.failures,
                    left,
                }),
                _ => Ok(Arc::clone(&host.places)),
            }
        })?;
        Ok(places.acquire_owned().await.ok())
    }

    /// The host answered.
    pub fn well(&self, key: &str) {
        self.with(key, |host| (host.failures, host.rests_until) = (0, None));
    }

    /// The host failed: no connection, no answer in time, or a fault of its own.
    pub fn sick(&self, key: &str) {
        self.with(key, |host| {
            host.failures = host.failures.saturating_add(1);
            if host.failures >= FAILURES_MAX {
                let doubled = REST.saturating_mul(1 << (host.failures - FAILURES_MAX).min(20));
                host.rests_until = Some(Instant::now() + doubled.min(REST_MAX));
            }
        });
    }

    /// The host asked to be left alone for longer than we wait.
    pub fn rest(&self, key: &str, asked: Duration) {
        self.with(key, |host| host.rests_until = Some(Instant::now() + asked.min(REST_MAX)));
    }

    fn with<T>(&self, key: &str, change: impl FnOnce(&mut Host) -> T) -> T {
        let mut hosts: MutexGuard<'_, HashMap<String, Host>> = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        change(hosts.entry(key.to_owned()).or_insert_with(|| Host {
            places: Arc::new(Semaphore::new(self.connections)),
            failures: 0,
            rests_until: None,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn h10_a_host_rests_after_five_failures_in_a_row_and_not_after_four() {
        let hosts = Hosts::new(2);
        (0..4).for_each(|_| hosts.sick("a:80"));
        assert!(hosts.enter("a:80").await.is_ok());
        hosts.well("a:80");
        (0..4).for_each(|_| hosts.sick("a:80"));
        assert!(hosts.enter("a:80").await.is_ok());
        hosts.sick("a:80");
        let resting = hosts.enter("a:80").await.unwrap_err();
        assert!(resting.failures == 5 && resting.left > Duration::from_secs(50));
        assert!(hosts.enter("b:80").await.is_ok());
    }

    #[tokio::test]
    async fn h10_one_host_has_two_places_and_another_host_its_own() {
        let hosts = Hosts::new(2);
        let _first = hosts.enter("a:80").await.unwrap();
        let second = hosts.enter("a:80").await.unwrap();
        let third = tokio::time::timeout(Duration::from_millis(50), hosts.enter("a:80"));
        assert!(third.await.is_err());
        assert!(hosts.enter("b:80").await.is_ok());
        drop(second);
        assert!(hosts.enter("a:80").await.is_ok());
    }

    #[tokio::test]
    async fn h10_an_asked_for_rest_is_kept_and_at_most_a_day() {
        let hosts = Hosts::new(2);
        hosts.rest("a:80", Duration::from_secs(10_000_000));
        let left = hosts.enter("a:80").await.unwrap_err().left;
        assert!(left <= REST_MAX && left > Duration::from_secs(86_000));
    }
}
