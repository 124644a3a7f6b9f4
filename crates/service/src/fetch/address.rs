//! Which network addresses are public.

use std::net::IpAddr;

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

/// IPv4 networks that are not public: IANA's special-purpose registry, multicast, reserved, and Azure's metadata host, which lies in
/// public space. Those of other clouds (169.254.169.254, 100.100.100.200, 192.0.0.192) lie in these networks.
const REFUSED_V4: [&str; 17] = [
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "168.63.129.16/32",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.0.0.0/24",
    "192.0.2.0/24",
    "192.52.193.0/24",
    "192.88.99.0/24",
    "192.168.0.0/16",
    "198.18.0.0/15",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "224.0.0.0/4",
    "240.0.0.0/4",
];

/// The only IPv6 network with public unicast addresses. Loopback, link-local, unique-local, NAT64, SRv6, multicast lie outside.
const PUBLIC_V6: &str = "2000::/3";

/// Networks in it that are not public: Teredo, benchmarking and ORCHID, documentation, 6to4.
const REFUSED_V6: [&str; 4] = ["2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"];

/// Decides which addresses may be connected to.
pub(super) struct AddressRules {
    refused_v4: Vec<Ipv4Net>,
    public_v6: Vec<Ipv6Net>,
    refused_v6: Vec<Ipv6Net>,
    allowed: Vec<IpNet>,
}

impl AddressRules {
    /// Public addresses, and those in `allowed`.
    pub(super) fn new(allowed: &[IpNet]) -> Self {
        // The texts are constants; a test holds that each parses.
        let v6 = |texts: &[&str]| texts.iter().filter_map(|text| text.parse().ok()).collect();
        Self {
            refused_v4: REFUSED_V4
                .iter()
                .filter_map(|text| text.parse().ok())
                .collect(),
            public_v6: v6(&[PUBLIC_V6]),
            refused_v6: v6(&REFUSED_V6),
            allowed: allowed.to_vec(),
        }
    }

    /// Whether `ip` may be connected to.
    pub(super) fn allow(&self, ip: IpAddr) -> bool {
        let ip = canonical(ip);
        self.allowed.iter().any(|net| net.contains(&ip)) || self.is_public(ip)
    }

    fn is_public(&self, ip: IpAddr) -> bool {
        match ip {
            IpAddr::V4(ip) => !self.refused_v4.iter().any(|net| net.contains(&ip)),
            IpAddr::V6(ip) => {
                self.public_v6.iter().any(|net| net.contains(&ip))
                    && !self.refused_v6.iter().any(|net| net.contains(&ip))
            }
        }
    }
}

/// A v4-mapped address (`::ffff:a.b.c.d`) as the v4 address that is really connected to.
fn canonical(ip: IpAddr) -> IpAddr {
    match ip {
        IpAddr::V6(v6) => v6.to_ipv4_mapped().map_or(IpAddr::V6(v6), IpAddr::V4),
        IpAddr::V4(_) => ip,
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv6Addr;

    use proptest::prelude::*;

    use super::*;

    fn rules() -> AddressRules {
        AddressRules::new(&[])
    }

    #[test]
    fn every_network_parses() {
        let rules = rules();
        assert_eq!(
            (
                rules.refused_v4.len(),
                rules.public_v6.len(),
                rules.refused_v6.len()
            ),
            (REFUSED_V4.len(), 1, REFUSED_V6.len())
        );
    }

    #[test]
    fn what_is_not_public() {
        let inside = [
            "0.0.0.0",
            "0.1.2.3",
            "10.0.0.1",
            "100.64.0.1",
            "100.100.100.200",
            "127.0.0.1",
            "127.255.255.254",
            "168.63.129.16",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.192",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.19.255.255",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "239.255.255.255",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::127.0.0.1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::ffff:169.254.169.254",
            "64:ff9b::7f00:1",
            "64:ff9b::a9fe:a9fe",
            "64:ff9b:1::1",
            "100::1",
            "2001::1",
            "2001:2::1",
            "2001:10::1",
            "2001:20::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "2002:a9fe:a9fe::1",
            "3fff::1",
            "5f00::1",
            "fc00::1",
            "fd00:ec2::254",
            "fe80::1",
            "fec0::1",
            "ff02::1",
        ];
        for text in inside {
            assert!(!rules().allow(text.parse().unwrap()), "{text}");
        }
    }

    #[test]
    fn what_is_public() {
        for text in [
            "1.1.1.1",
            "8.8.8.8",
            "93.184.215.14",
            "172.32.0.1",
            "100.128.0.1",
            "::ffff:8.8.8.8",
            "2606:4700:4700::1111",
            "2a00:1450::1",
        ] {
            assert!(rules().allow(text.parse().unwrap()), "{text}");
        }
    }

    #[test]
    fn allowed_networks_open_exactly_themselves() {
        let rules =
            AddressRules::new(&["10.1.0.0/16".parse().unwrap(), "fd12::/16".parse().unwrap()]);
        for (text, open) in [
            ("10.1.2.3", true),
            ("::ffff:10.1.2.3", true),
            ("10.2.0.1", false),
            ("fd12::1", true),
            ("fd13::1", false),
        ] {
            assert_eq!(rules.allow(text.parse().unwrap()), open, "{text}");
        }
    }

    proptest! {
        /// The standard library's stable predicates are a second opinion: what they call special is refused here.
        #[test]
        fn nothing_that_std_calls_special_is_public(bits in any::<u32>(), high in any::<u128>()) {
            let v4 = std::net::Ipv4Addr::from(bits);
            let special = v4.is_private() || v4.is_loopback() || v4.is_link_local() || v4.is_multicast() || v4.is_broadcast()
                || v4.is_documentation() || v4.is_unspecified();
            prop_assert!(!(special && rules().allow(v4.into())));
            prop_assert_eq!(rules().allow(v4.into()), rules().allow(v4.to_ipv6_mapped().into()));
            let v6 = Ipv6Addr::from(high);
            let special = v6.is_loopback() || v6.is_multicast() || v6.is_unspecified() || v6.is_unique_local() || v6.is_unicast_link_local();
            prop_assert!(!(special && rules().allow(v6.into())));
        }
    }
}
