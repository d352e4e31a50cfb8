//! The address judge (H01, H03): which addresses may be asked at all.
//!
//! In: an address as a name, a number or a URL. Out: passage, or the reason why not. It resolves nothing and connects to nothing.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use fyr_model::Refusal;
use url::{Host, Url};

use crate::refuse;

/// How an address may be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Passage {
    /// As long as its name leads to public addresses.
    Public,
    /// Wherever it leads: the operator named this host and port.
    Allowed,
}

/// Judges one address: only globally reachable unicast passes.
///
/// Source: IANA IPv4 and IPv6 Special-Purpose Address Registries (RFC 6890 and its updates), and RFC 6052 for NAT64. Forms that carry an
/// IPv4 address are judged by it (v4-mapped, NAT64); tunnels whose other end is unknown (6to4, Teredo) never pass.
///
/// ```
/// # use fyr_fetch::address::judge;
/// assert!(judge("8.8.8.8".parse().unwrap()).is_ok());
/// assert_eq!(judge("::ffff:127.0.0.1".parse().unwrap()), Err("loopback"));
/// ```
///
/// # Errors
/// The kind of address, in English, as the registries name it.
pub fn judge(ip: IpAddr) -> Result<(), &'static str> {
    match ip {
        IpAddr::V4(ip) => judge_v4(ip),
        IpAddr::V6(ip) => judge_v6(ip),
    }
}

/// IPv4 blocks that are not global unicast: first address, prefix length, name.
const V4: &[([u8; 4], u8, &str)] = &[
    ([0, 0, 0, 0], 8, "this network"),
    ([10, 0, 0, 0], 8, "private"),
    ([100, 64, 0, 0], 10, "shared"),
    ([127, 0, 0, 0], 8, "loopback"),
    ([169, 254, 0, 0], 16, "link-local"),
    ([172, 16, 0, 0], 12, "private"),
    ([192, 0, 0, 0], 24, "protocol assignment"),
    ([192, 0, 2, 0], 24, "documentation"),
    ([192, 31, 196, 0], 24, "name service sink"),
    ([192, 52, 193, 0], 24, "multicast tunnel"),
    ([192, 88, 99, 0], 24, "6to4 relay"),
    ([192, 168, 0, 0], 16, "private"),
    ([192, 175, 48, 0], 24, "name service sink"),
    ([198, 18, 0, 0], 15, "benchmark"),
    ([198, 51, 100, 0], 24, "documentation"),
    ([203, 0, 113, 0], 24, "documentation"),
    ([224, 0, 0, 0], 4, "multicast"),
    ([240, 0, 0, 0], 4, "reserved"),
];

/// IPv6 blocks inside 2000::/3 that are not global unicast.
const V6_GLOBAL: &[([u16; 3], u8, &str)] = &[
    ([0x2001, 0x0000, 0], 32, "Teredo"),
    ([0x2001, 0x0000, 0], 23, "protocol assignment"),
    ([0x2001, 0x0db8, 0], 32, "documentation"),
    ([0x2002, 0x0000, 0], 16, "6to4"),
    ([0x2620, 0x004f, 0x8000], 48, "name service sink"),
    ([0x3fff, 0x0000, 0], 20, "documentation"),
];

/// IPv6 blocks outside 2000::/3, for their names only: nothing there passes.
const V6_OTHER: &[([u16; 3], u8, &str)] = &[
    ([0x0064, 0xff9b, 1], 48, "local NAT64"),
    ([0x0100, 0, 0], 64, "discard"),
    ([0x5f00, 0, 0], 16, "segment routing"),
    ([0xfc00, 0, 0], 7, "unique local"),
    ([0xfe80, 0, 0], 10, "link-local"),
    ([0xfec0, 0, 0], 10, "site-local"),
    ([0xff00, 0, 0], 8, "multicast"),
];

fn judge_v4(ip: Ipv4Addr) -> Result<(), &'static str> {
    let within = |first: [u8; 4], bits: u8| (u32::from(ip) ^ u32::from(Ipv4Addr::from(first))) >> (32 - u32::from(bits)) == 0;
    match V4.iter().find(|(first, bits, _)| within(*first, *bits)) {
        Some((_, _, name)) => Err(name),
        None => Ok(()),
    }
}

fn judge_v6(ip: Ipv6Addr) -> Result<(), &'static str> {
    let [a, b, c, d, e, f, g, h] = ip.segments();
    let carried = || Ipv4Addr::from((u32::from(g) << 16) | u32::from(h));
    match [a, b, c, d, e, f] {
        [0, 0, 0, 0, 0, 0xffff] | [0x64, 0xff9b, 0, 0, 0, 0] => return judge_v4(carried()),
        [0, 0, 0, 0, 0, 0] => {
            return Err(if ip.is_loopback() {
                "loopback"
            } else {
                "unspecified or v4-compatible"
            });
        }
        _ => {}
    }
    let head = (u128::from(a) << 112) | (u128::from(b) << 96) | (u128::from(c) << 80) | (u128::from(d) << 64);
    let within = |first: [u16; 3], bits: u8| {
        let [a, b, c] = first.map(u128::from);
        (head ^ ((a << 112) | (b << 96) | (c << 80))) >> (128 - u32::from(bits)) == 0
    };
    let global = a & 0xe000 == 0x2000;
    let blocks = if global { V6_GLOBAL } else { V6_OTHER };
    match blocks.iter().find(|(first, bits, _)| within(*first, *bits)) {
        Some((_, _, name)) => Err(name),
        None if global => Ok(()),
        None => Err("reserved"),
    }
}

/// `host:port` as [`judge_url`] compares it, for instance `127.0.0.1:8080`.
pub fn host_port(url: &Url) -> Option<String> {
    Some(format!("{}:{}", url.host_str()?, url.port_or_known_default()?))
}

/// Judges a URL before anything is asked; a name is judged again when it is resolved.
///
/// `url` has turned decimal, octal and hexadecimal hosts into numbers already. `allow_hosts` holds `host:port` as [`host_port`] writes it; it
/// lifts the rules on addresses and ports for exactly that host and port, never those on scheme and user information.
///
/// # Errors
/// `fetch-scheme`, `fetch-userinfo`, `fetch-port` or `fetch-address`.
pub fn judge_url(url: &Url, ports: &[u16], allow_hosts: &BTreeSet<String>) -> Result<Passage, Refusal> {
    if !matches!(url.scheme(), "http" | "https") {
        return Err(refuse::scheme(url.as_str(), url.scheme()));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(refuse::userinfo(url));
    }
    let (Some(host), Some(port), Some(key)) = (url.host(), url.port_or_known_default(), host_port(url)) else {
        return Err(refuse::address(url.as_str(), "no host"));
    };
    if allow_hosts.contains(&key) {
        return Ok(Passage::Allowed);
    }
    if !ports.contains(&port) {
        return Err(refuse::port(url.as_str(), port));
    }
    let literal = match host {
        Host::Domain(_) => return Ok(Passage::Public),
        Host::Ipv4(ip) => IpAddr::V4(ip),
        Host::Ipv6(ip) => IpAddr::V6(ip),
    };
    judge(literal).map_err(|reason| refuse::address(url.as_str(), reason))?;
    Ok(Passage::Public)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(address: &str, expected: Result<(), &'static str>) {
        assert_eq!(judge(address.parse().unwrap()), expected, "{address}");
    }

    #[test]
    fn h01_only_global_addresses_pass_and_each_bound_is_exact() {
        for public in [
            "8.8.8.8",
            "1.0.0.0",
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "126.255.255.255",
            "128.0.0.0",
        ] {
            check(public, Ok(()));
        }
        for public in [
            "172.15.255.255",
            "172.32.0.0",
            "192.167.255.255",
            "192.169.0.0",
            "198.17.255.255",
            "198.20.0.0",
            "223.255.255.255",
        ] {
            check(public, Ok(()));
        }
        for (address, name) in [
            ("0.0.0.0", "this network"),
            ("10.0.0.1", "private"),
            ("100.64.0.0", "shared"),
            ("100.127.255.255", "shared"),
            ("127.0.0.1", "loopback"),
            ("127.255.255.254", "loopback"),
            ("169.254.169.254", "link-local"),
            ("172.16.0.0", "private"),
            ("172.31.255.255", "private"),
            ("192.0.0.170", "protocol assignment"),
            ("192.168.0.1", "private"),
            ("198.19.255.255", "benchmark"),
            ("203.0.113.7", "documentation"),
            ("224.0.0.1", "multicast"),
            ("240.0.0.1", "reserved"),
            ("255.255.255.255", "reserved"),
        ] {
            check(address, Err(name));
            check(&format!("::ffff:{address}"), Err(name));
            check(&format!("64:ff9b::{address}"), Err(name));
        }
    }

    #[test]
    fn h01_forms_that_carry_another_address_are_judged_by_it_or_refused() {
        check("::ffff:8.8.8.8", Ok(()));
        check("64:ff9b::808:808", Ok(()));
        check("2001:6b0::1", Ok(()));
        check("2a00:1450:400f:80c::200e", Ok(()));
        check("2001:200::1", Ok(()));
        for (address, name) in [
            ("::", "unspecified or v4-compatible"),
            ("::1", "loopback"),
            ("::7f00:1", "unspecified or v4-compatible"),
            ("64:ff9b:1::808:808", "local NAT64"),
            ("2001::1", "Teredo"),
            ("2001:10::1", "protocol assignment"),
            ("2001:1ff:ffff::1", "protocol assignment"),
            ("2001:db8::1", "documentation"),
            ("2002:808:808::1", "6to4"),
            ("2002:7f00:1::", "6to4"),
            ("3fff:fff::1", "documentation"),
            ("fc00::1", "unique local"),
            ("fdff::1", "unique local"),
            ("fe80::1", "link-local"),
            ("fec0::1", "site-local"),
            ("ff02::1", "multicast"),
            ("4000::1", "reserved"),
            ("100::1", "discard"),
        ] {
            check(address, Err(name));
        }
    }

    fn url(address: &str, allowed: &[&str]) -> Result<Passage, String> {
        let allowed = allowed.iter().map(|key| (*key).to_owned()).collect();
        judge_url(&Url::parse(address).unwrap(), &[80, 443], &allowed).map_err(|refusal| refusal.id)
    }

    #[test]
    fn h01_hosts_written_as_decimal_octal_or_hex_are_addresses() {
        assert_eq!(url("http://8.8.8.8/", &[]), Ok(Passage::Public));
        assert_eq!(url("http://134744072/", &[]), Ok(Passage::Public));
        for host in [
            "127.0.0.1",
            "2130706433",
            "0x7f000001",
            "0x7f.1",
            "0177.0.0.1",
            "127.1",
            "127.0.0.1.",
            "１２７.0.0.1",
            "[::1]",
            "[::ffff:7f00:1]",
        ] {
            assert_eq!(url(&format!("http://{host}/"), &[]), Err("fetch-address".into()), "{host}");
        }
    }

    #[test]
    fn h03_other_schemes_ports_and_userinfo_are_refused() {
        assert_eq!(url("https://data.exempelby.example/dcat.rdf", &[]), Ok(Passage::Public));
        assert_eq!(url("ftp://data.exempelby.example/", &[]), Err("fetch-scheme".into()));
        assert_eq!(url("file:///etc/hostname", &[]), Err("fetch-scheme".into()));
        assert_eq!(url("https://data.exempelby.example:8443/", &[]), Err("fetch-port".into()));
        assert_eq!(url("https://anna@data.exempelby.example/", &[]), Err("fetch-userinfo".into()));
        assert_eq!(url("https://:secret@data.exempelby.example/", &[]), Err("fetch-userinfo".into()));
    }

    #[test]
    fn an_allowed_host_is_exactly_that_host_and_port() {
        let allowed = ["127.0.0.1:8080"];
        assert_eq!(url("http://127.0.0.1:8080/", &allowed), Ok(Passage::Allowed));
        assert_eq!(url("http://127.0.0.1:8081/", &allowed), Err("fetch-port".into()));
        assert_eq!(url("http://127.0.0.1/", &allowed), Err("fetch-address".into()));
        assert_eq!(url("http://127.0.0.2:8080/", &allowed), Err("fetch-port".into()));
        assert_eq!(url("http://anna@127.0.0.1:8080/", &allowed), Err("fetch-userinfo".into()));
    }

    proptest! {
        #[test]
        fn h01_no_form_of_a_private_address_passes(a in 0u8..=255, b in 0u8..=255, c in 0u8..=255, form in 0usize..3) {
            let v4 = [[10, a, b, c], [127, a, b, c], [192, 168, a, b]][form];
            let ip = Ipv4Addr::from(v4);
            prop_assert!(judge(ip.into()).is_err());
            prop_assert!(judge(ip.to_ipv6_mapped().into()).is_err());
            prop_assert!(judge(ip.to_ipv6_compatible().into()).is_err());
            let number = u32::from(ip);
            for host in [format!("{number}"), format!("{number:#x}"), format!("0{number:o}")] {
                let url = Url::parse(&format!("http://{host}/")).unwrap();
                prop_assert!(judge_url(&url, &[80], &BTreeSet::new()).is_err());
            }
        }
    }
}
