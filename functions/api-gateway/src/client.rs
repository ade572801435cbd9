//! Who asks: the peer of the connection, or whom a proxy of ours speaks for.

use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

use http::header::{HeaderMap, HeaderName, HeaderValue};
use ipnet::IpNet;

/// `X-Forwarded-For`
pub const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
/// `X-Forwarded-Proto`
pub const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// The networks whose word about a client is believed: `TRUSTED_PROXIES`, addresses and networks (CIDR), comma-separated.
/// Nobody's by default.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TrustedProxies(Vec<IpNet>);

/// Who asks, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Client {
    /// The rightmost hop that is not trusted.
    pub address: IpAddr,
    /// Whether it came by TLS to whoever terminates it.
    pub is_https: bool,
}

impl FromStr for TrustedProxies {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let network = |text: &str| text.parse::<IpNet>().or_else(|_| text.parse::<IpAddr>().map(IpNet::from));
        let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
        let networks = parts.map(|part| network(part).map(|network| network.trunc()));
        networks
            .collect::<Result<_, _>>()
            .map(Self)
            .map_err(|_| "use addresses and networks like 10.0.0.0/16")
    }
}

impl TrustedProxies {
    /// The client of a request that came from `peer`. A hop that is no address ends the search: what is left of it may be anything.
    #[must_use]
    pub fn client(&self, peer: IpAddr, headers: &HeaderMap) -> Client {
        let mut address = peer.to_canonical();
        if !self.trusts(address) {
            return Client { address, is_https: false };
        }
        let lists: Vec<&HeaderValue> = headers.get_all(FORWARDED_FOR).iter().collect();
        let hops = lists.into_iter().rev().flat_map(|list| list.to_str().unwrap_or("?").rsplit(','));
        for hop in hops {
            let Some(hop) = hop_address(hop.trim()) else { break };
            address = hop.to_canonical();
            if !self.trusts(address) {
                break;
            }
        }
        Client { address, is_https: headers.get(FORWARDED_PROTO).is_some_and(|proto| proto == "https") }
    }

    fn trusts(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&address))
    }
}

/// An address, bare or with the port that some proxies add.
fn hop_address(hop: &str) -> Option<IpAddr> {
    let bracketed = || hop.strip_prefix('[')?.strip_suffix(']')?.parse().ok();
    let with_port = || hop.parse::<SocketAddr>().ok().map(|address| address.ip());
    hop.parse().ok().or_else(with_port).or_else(bracketed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(trusted: &str, peer: &str, lists: &[&'static str]) -> String {
        let mut headers = HeaderMap::new();
        for list in lists {
            headers.append(FORWARDED_FOR, HeaderValue::from_static(list));
        }
        let trusted: TrustedProxies = trusted.parse().unwrap();
        trusted.client(peer.parse().unwrap(), &headers).address.to_string()
    }

    #[test]
    fn the_client_is_the_rightmost_hop_that_is_not_trusted() {
        let ours = "10.0.0.0/16, 2001:db8::/32,192.0.2.9";
        let table: [(&str, &[&str], &str); 14] = [
            // What a stranger says of others is not believed.
            ("203.0.113.1", &["198.51.100.1"], "203.0.113.1"),
            ("10.1.0.1", &["198.51.100.1"], "10.1.0.1"),
            ("10.0.0.1", &["198.51.100.1"], "198.51.100.1"),
            ("10.0.0.1", &["6.6.6.6, 198.51.100.1"], "198.51.100.1"),
            ("10.0.0.1", &["6.6.6.6", "198.51.100.1, 10.0.3.4"], "198.51.100.1"),
            ("10.0.0.1", &["6.6.6.6, 198.51.100.1 ,192.0.2.9,10.0.3.4"], "198.51.100.1"),
            ("10.0.0.1", &[], "10.0.0.1"),
            // All of them are ours: the farthest.
            ("10.0.0.1", &["10.0.0.7, 10.0.0.8"], "10.0.0.7"),
            ("10.0.0.1", &["198.51.100.1, unknown, 10.0.0.8"], "10.0.0.8"),
            ("10.0.0.1", &["198.51.100.1, "], "10.0.0.1"),
            ("10.0.0.1", &["198.51.100.1:4711"], "198.51.100.1"),
            ("2001:db8::1", &["[2001:db9::2]:443"], "2001:db9::2"),
            ("2001:db8::1", &["[2001:db9::2]"], "2001:db9::2"),
            ("::ffff:10.0.0.1", &["::ffff:198.51.100.1"], "198.51.100.1"),
        ];
        for (peer, lists, expected) in table {
            assert_eq!(client(ours, peer, lists), expected, "{peer} {lists:?}");
        }
        assert_eq!(client("", "127.0.0.1", &["198.51.100.1"]), "127.0.0.1");
    }

    #[test]
    fn whether_tls_was_used_is_a_matter_of_trust_too() {
        let headers = HeaderMap::from_iter([(FORWARDED_PROTO, HeaderValue::from_static("https"))]);
        let trusted: TrustedProxies = "10.0.0.0/8".parse().unwrap();
        assert!(trusted.client("10.0.0.1".parse().unwrap(), &headers).is_https);
        assert!(!trusted.client("203.0.113.1".parse().unwrap(), &headers).is_https);
    }

    #[test]
    fn what_is_no_network_is_refused() {
        for bad in ["10.0.0.0/33", "10.0.0", "alb", "10.0.0.0/8 10.1.0.0/16"] {
            bad.parse::<TrustedProxies>().unwrap_err();
        }
        assert_eq!("10.1.2.3/8".parse::<TrustedProxies>(), "10.0.0.0/8,".parse());
    }
}
