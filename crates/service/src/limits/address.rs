//! Which address a request comes from.

use std::net::{IpAddr, Ipv6Addr};

use http::HeaderMap;
use ipnet::IpNet;

/// The other end of the connection; the listener puts it into the request's extensions.
#[derive(Debug, Clone, Copy)]
pub struct Peer(pub IpAddr);

/// The proxies that are believed when they say whom they speak for.
pub(super) struct Proxies(Vec<IpNet>);

impl Proxies {
    pub(super) fn new(trusted: &[IpNet]) -> Self {
        Self(trusted.to_vec())
    }

    /// The caller: the peer itself, unless it is a proxy of ours. Then the last address of `X-Forwarded-For` that is none: what
    /// stands before it, anybody can have written.
    pub(super) fn caller(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let mut caller = peer.to_canonical();
        let lines = headers.get_all("x-forwarded-for").iter();
        let text: Vec<&str> = lines.map(|line| line.to_str().unwrap_or("?")).collect();
        for hop in text.iter().flat_map(|line| line.split(',')).rev() {
            if !self.trusts(caller) {
                break;
            }
            match address(hop.trim()) {
                Some(address) => caller = address,
                // Nonsense from a proxy of ours: it is at least known to be that proxy.
                None => break,
            }
        }
        caller
    }

    fn trusts(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&address))
    }
}

/// `192.0.2.1`, `2001:db8::1`, and as some proxies write it, `192.0.2.1:4711` or `[2001:db8::1]:4711`.
fn address(text: &str) -> Option<IpAddr> {
    let bare = text
        .strip_prefix('[')
        .and_then(|rest| rest.split(']').next());
    bare.unwrap_or(text)
        .parse()
        .or_else(|_| text.parse().map(|socket: std::net::SocketAddr| socket.ip()))
        .ok()
        .map(|address: IpAddr| address.to_canonical())
}

/// What counts as one caller: an IPv6 address is one of the 2^64 that its owner can take.
pub(super) fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(six) => Ipv6Addr::from(u128::from(six) & !u128::from(u64::MAX)).into(),
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn caller(trusted: &[&str], peer: &str, forwarded: &[&str]) -> String {
        let trusted: Vec<IpNet> = trusted.iter().map(|text| text.parse().unwrap()).collect();
        let mut headers = HeaderMap::new();
        for line in forwarded {
            headers.append("x-forwarded-for", HeaderValue::from_str(line).unwrap());
        }
        let caller = Proxies::new(&trusted).caller(peer.parse().unwrap(), &headers);
        caller.to_string()
    }

    #[test]
    fn only_our_proxies_are_believed() {
        let ours = ["10.0.0.0/8"];
        assert_eq!(caller(&[], "192.0.2.1", &["198.51.100.7"]), "192.0.2.1");
        assert_eq!(caller(&ours, "192.0.2.1", &["198.51.100.7"]), "192.0.2.1");
        assert_eq!(caller(&ours, "10.0.0.1", &[]), "10.0.0.1");
        assert_eq!(caller(&ours, "10.0.0.1", &["198.51.100.7"]), "198.51.100.7");
        // What the caller wrote itself stands before what our proxies added.
        let lied = ["203.0.113.9, 198.51.100.7, 10.0.0.2"];
        assert_eq!(caller(&ours, "10.0.0.1", &lied), "198.51.100.7");
        let lines = ["203.0.113.9", "198.51.100.7,10.0.0.2"];
        assert_eq!(caller(&ours, "10.0.0.1", &lines), "198.51.100.7");
        assert_eq!(caller(&ours, "10.0.0.1", &["unknown"]), "10.0.0.1");
        assert_eq!(
            caller(&ours, "10.0.0.1", &["10.0.0.3, 10.0.0.2"]),
            "10.0.0.3"
        );
    }

    #[test]
    fn ports_and_both_kinds_of_address() {
        let ours = ["10.0.0.0/8", "::1/128"];
        assert_eq!(caller(&ours, "::1", &["[2001:db8::1]:80"]), "2001:db8::1");
        assert_eq!(caller(&ours, "::1", &["192.0.2.1:4711"]), "192.0.2.1");
        assert_eq!(
            caller(&ours, "::ffff:10.0.0.1", &["192.0.2.1"]),
            "192.0.2.1"
        );
        let one = |text: &str| network(text.parse().unwrap()).to_string();
        assert_eq!(one("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
        assert_eq!(one("192.0.2.1"), "192.0.2.1");
    }
}
