//! Names to addresses: one look-up a connection, every answer judged, and only judged addresses handed on (H01, H02).

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use futures::future::{BoxFuture, FutureExt as _};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use crate::address;

/// Asks a name service.
pub type Lookup = Arc<dyn Fn(String) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> + Send + Sync>;

/// The system's name service.
pub fn system() -> Lookup {
    Arc::new(|name| {
        async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            Ok(found.map(|address| address.ip()).collect())
        }
        .boxed()
    })
}

/// Why a name gave no address.
#[derive(Debug, thiserror::Error)]
pub enum NameError {
    /// All of its addresses were refused.
    #[error("the name leads to an address that is not public")]
    NotPublic(&'static str),
    /// It has none, or nobody could say.
    #[error("the name has no address")]
    Unknown,
}

/// Resolver of one HTTP client.
pub struct Resolver {
    pub lookup: Lookup,
    /// Whether answers are judged; off only for hosts that the operator allowed.
    pub judge: bool,
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let answer = (self.lookup)(name.as_str().to_owned());
        let judge = self.judge;
        Box::pin(async move {
            let found = answer.await.map_err(|_| NameError::Unknown)?;
            let judged = if judge { public(found)? } else { found };
            if judged.is_empty() {
                return Err(NameError::Unknown.into());
            }
            // Port 0 stands for the port of the URL.
            let addresses: Addrs = Box::new(judged.into_iter().map(|ip| SocketAddr::new(ip, 0)));
            Ok(addresses)
        })
    }
}

/// The public ones among `found`; refused when there was something and nothing of it is public.
fn public(found: Vec<IpAddr>) -> Result<Vec<IpAddr>, NameError> {
    let mut refused = None;
    let judged: Vec<IpAddr> = found
        .into_iter()
        .filter(|ip| address::judge(*ip).map_err(|reason| refused = Some(reason)).is_ok())
        .collect();
    match refused {
        Some(reason) if judged.is_empty() => Err(NameError::NotPublic(reason)),
        _ => Ok(judged),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn h01_every_answer_is_judged_and_only_public_ones_are_handed_on() {
        let ips = |texts: &[&str]| texts.iter().map(|text| text.parse().unwrap()).collect::<Vec<IpAddr>>();
        assert_eq!(public(ips(&["8.8.8.8", "2a00::1"])).unwrap(), ips(&["8.8.8.8", "2a00::1"]));
        assert_eq!(public(ips(&["8.8.8.8", "10.0.0.1", "::1"])).unwrap(), ips(&["8.8.8.8"]));
        assert!(matches!(public(ips(&["127.0.0.1"])), Err(NameError::NotPublic("loopback"))));
        assert!(public(Vec::new()).unwrap().is_empty());
    }
}
