//! `[fetch]` of `fyr.toml`: as written, and as meant.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use fyr_model::limits::FetchLimits;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// How a [`Client`](crate::Client) behaves: the keys of `[fetch]`, and the folders that the program adds.
///
/// The keys of [`FetchLimits`] stand beside the others, as in `body_bytes_max = 50000000`.
///
/// ```
/// # use fyr_fetch::FetchConfig;
/// let config: FetchConfig = serde_json::from_value(serde_json::json!({ "retries_max": 0, "ports": [80, 443, 8443] })).unwrap();
/// assert_eq!((config.limits.retries_max, config.ports.len()), (0, 3));
/// ```
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(try_from = "Written")]
pub struct FetchConfig {
    /// Limits of one fetch.
    pub limits: FetchLimits,
    /// URL prefix to folder or to another address; the longest prefix wins.
    pub mirror: BTreeMap<String, String>,
    /// The folder that relative mirror folders and certificate files start from: the workspace.
    pub mirror_base: PathBuf,
    /// `host:port` for which the rules on addresses and ports are lifted.
    pub allow_hosts: Vec<String>,
    /// Ports that may be asked.
    pub ports: Vec<u16>,
    /// Host name to a PEM file: that host is trusted by exactly these certificates and no others (H09).
    pub certificates: BTreeMap<String, PathBuf>,
    /// What we call ourselves, with a contact address.
    pub user_agent: String,
    /// Where fetched bytes are kept.
    pub raw_dir: PathBuf,
    /// Wait before the first retry; it doubles each time.
    pub backoff: Duration,
    /// Whether waits vary, so that many clients do not return together; off in tests.
    pub jitter: bool,
    /// How long a body may start slowly before `speed_min` counts.
    pub speed_after: Duration,
}

impl Default for FetchConfig {
    fn default() -> Self {
        Self {
            limits: FetchLimits::default(),
            mirror: BTreeMap::new(),
            mirror_base: PathBuf::from("."),
            allow_hosts: Vec::new(),
            ports: vec![80, 443],
            certificates: BTreeMap::new(),
            user_agent: concat!("fyr/", env!("CARGO_PKG_VERSION")).into(),
            raw_dir: PathBuf::from("data/raw"),
            backoff: Duration::from_secs(1),
            jitter: true,
            speed_after: Duration::from_secs(30),
        }
    }
}

/// The table as written. `deny_unknown_fields` does not reach through `flatten`, so what is left over is read as limits, which deny.
#[derive(Deserialize)]
struct Written {
    #[serde(flatten)]
    keys: Map<String, Value>,
}

impl TryFrom<Written> for FetchConfig {
    type Error = serde_json::Error;

    fn try_from(Written { mut keys }: Written) -> Result<Self, serde_json::Error> {
        let meant = Self::default();
        Ok(Self {
            mirror: take(&mut keys, "mirror")?.unwrap_or(meant.mirror),
            allow_hosts: take(&mut keys, "allow_hosts")?.unwrap_or(meant.allow_hosts),
            ports: take(&mut keys, "ports")?.unwrap_or(meant.ports),
            certificates: take(&mut keys, "certificates")?.unwrap_or(meant.certificates),
            user_agent: take(&mut keys, "user_agent")?.unwrap_or(meant.user_agent),
            limits: serde_json::from_value(Value::Object(keys))?,
            ..Self::default()
        })
    }
}

fn take<T: DeserializeOwned>(keys: &mut Map<String, Value>, key: &str) -> Result<Option<T>, serde_json::Error> {
    keys.remove(key).map(serde_json::from_value).transpose()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_and_limits_stand_in_one_table_and_a_misspelt_key_is_refused() {
        let text = "body_bytes_max = 50\nidle_timeout = 3\nallow_hosts = ['127.0.0.1:8080']\n[mirror]\n'https://a.example/' = 'mirror/a'\n";
        let config: FetchConfig = toml::from_str(text).unwrap();
        assert_eq!(
            (config.limits.body_bytes_max, config.limits.idle_timeout),
            (50, Duration::from_secs(3))
        );
        assert_eq!(config.allow_hosts, ["127.0.0.1:8080"]);
        assert_eq!(config.mirror["https://a.example/"], "mirror/a");
        assert_eq!(toml::from_str::<FetchConfig>("").unwrap(), FetchConfig::default());
        assert!(toml::from_str::<FetchConfig>("body_byte_max = 50").is_err());
        assert!(toml::from_str::<FetchConfig>("raw_dir = '/'").is_err());
    }
}
