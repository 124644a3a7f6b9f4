//! The gate between a host's name and a connection: the HTTP client's only resolver.

use std::{
    collections::BTreeMap,
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::Host;

use super::{FetchError, address::AddressRules, target::Target};
use crate::config::FetchConfig;

/// Decides which hosts are asked and which addresses are connected to.
#[derive(Clone)]
pub(super) struct Gate(Arc<Rules>);

struct Rules {
    hosts: Vec<String>,
    pinned: BTreeMap<String, IpAddr>,
    addresses: AddressRules,
}

impl Gate {
    pub(super) fn new(config: &FetchConfig) -> Self {
        Self(Arc::new(Rules {
            hosts: config.allow_hosts.iter().map(|host| plain(host)).collect(),
            pinned: config
                .pinned_hosts
                .iter()
                .map(|(host, ip)| (plain(host), *ip))
                .collect(),
            addresses: AddressRules::new(&config.allow_networks),
        }))
    }

    /// Checks what the client's resolver is not asked about: the list of hosts, and hosts that are addresses themselves.
    pub(super) fn admit(&self, target: &Target) -> Result<(), FetchError> {
        let host = target.host().ok_or(FetchError::InvalidUrl)?;
        let literal = match host {
            Host::Domain(_) => None,
            Host::Ipv4(ip) => Some(IpAddr::V4(ip)),
            Host::Ipv6(ip) => Some(IpAddr::V6(ip)),
        };
        let open = self.0.lists(&plain(&host.to_string()))
            && literal.is_none_or(|ip| self.0.addresses.allow(ip));
        if open {
            Ok(())
        } else {
            Err(FetchError::Forbidden)
        }
    }
}

impl Rules {
    fn lists(&self, host: &str) -> bool {
        self.hosts.is_empty()
            || self
                .hosts
                .iter()
                .any(|pattern| match pattern.strip_prefix("*.") {
                    Some(parent) => host
                        .strip_suffix(parent)
                        .is_some_and(|rest| rest.len() > 1 && rest.ends_with('.')),
                    None => pattern == host,
                })
    }

    /// The addresses of `host` that may be connected to.
    async fn addresses(&self, host: &str) -> Result<Vec<SocketAddr>, FetchError> {
        let found: Vec<SocketAddr> = match self.pinned.get(&plain(host)) {
            Some(ip) => vec![SocketAddr::new(*ip, 0)],
            None => tokio::net::lookup_host((host, 0))
                .await
                .map_err(|_| FetchError::Unresolved)?
                .collect(),
        };
        if found.is_empty() {
            return Err(FetchError::Unresolved);
        }
        let open: Vec<SocketAddr> = found
            .into_iter()
            .filter(|address| self.addresses.allow(address.ip()))
            .collect();
        if open.is_empty() {
            Err(FetchError::Forbidden)
        } else {
            Ok(open)
        }
    }
}

impl Resolve for Gate {
    fn resolve(&self, name: Name) -> Resolving {
        let rules = Arc::clone(&self.0);
        Box::pin(async move {
            let addresses = rules.addresses(name.as_str()).await?;
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
    }
}

/// Lower case, without the dot that may end a name.
fn plain(host: &str) -> String {
    host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gate(change: impl FnOnce(&mut FetchConfig)) -> Gate {
        let mut config = crate::Config::defaults().unwrap().fetch;
        change(&mut config);
        Gate::new(&config)
    }

    fn admits(gate: &Gate, url: &str) -> bool {
        gate.admit(&Target::parse(url, true).unwrap()).is_ok()
    }

    #[test]
    fn literal_addresses_are_checked() {
        let gate = gate(|_| ());
        for url in [
            "http://127.0.0.1/",
            "http://2130706433/",
            "http://[::1]/",
            "http://[::ffff:10.0.0.1]/",
            "http://169.254.169.254/latest/",
            "http://[fd00:ec2::254]/",
        ] {
            assert!(!admits(&gate, url), "{url}");
        }
        assert!(admits(&gate, "https://1.1.1.1/") && admits(&gate, "https://example.com/"));
    }

    #[test]
    fn the_list_of_hosts_is_exact() {
        let gate = gate(|config| {
            config.allow_hosts = vec!["cdn.example.com".into(), "*.pictures.test".into()]
        });
        for (url, open) in [
            ("https://cdn.example.com/", true),
            ("https://CDN.example.com./", true),
            ("https://x.cdn.example.com/", false),
            ("https://example.com/", false),
            ("https://a.pictures.test/", true),
            ("https://a.b.pictures.test/", true),
            ("https://pictures.test/", false),
            ("https://evilpictures.test/", false),
            ("https://1.1.1.1/", false),
        ] {
            assert_eq!(admits(&gate, url), open, "{url}");
        }
    }

    #[tokio::test]
    async fn names_lead_only_to_checked_addresses() {
        let gate = gate(|config| {
            config.pinned_hosts = BTreeMap::from([
                ("inside.test".to_owned(), "10.0.0.1".parse().unwrap()),
                ("outside.test".to_owned(), "1.1.1.1".parse().unwrap()),
            ]);
        });
        assert_eq!(
            gate.0.addresses("inside.test").await,
            Err(FetchError::Forbidden)
        );
        assert_eq!(
            gate.0.addresses("INSIDE.test.").await,
            Err(FetchError::Forbidden)
        );
        assert_eq!(
            gate.0.addresses("localhost").await,
            Err(FetchError::Forbidden)
        );
        assert_eq!(
            gate.0.addresses("outside.test").await.unwrap(),
            ["1.1.1.1:0".parse().unwrap()]
        );
    }
}
