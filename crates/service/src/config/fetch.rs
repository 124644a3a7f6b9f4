//! `[fetch]`.

use std::{collections::BTreeMap, net::IpAddr, time::Duration};

use bytesize::ByteSize;
use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use super::duration;

/// Pictures given as an address.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FetchConfig {
    /// Whether they are fetched at all.
    pub enabled: bool,
    /// Whether `http` will do as well as `https`.
    pub allow_http: bool,
    /// Hosts that may be asked; empty is any. `*.example.com` is everything below it.
    pub allow_hosts: Vec<String>,
    /// Networks that may be reached although they are not public.
    pub allow_networks: Vec<IpNet>,
    /// Largest picture.
    pub max_bytes: ByteSize,
    /// Pictures fetched at a time, in all.
    pub max_connections: usize,
    /// For one account.
    pub account_connections: usize,
    /// From one host.
    pub host_connections: usize,
    /// Longest time for one picture, redirects included.
    #[serde(with = "duration")]
    pub timeout: Duration,
    /// Most redirects followed.
    pub max_redirects: usize,
    /// Hosts with a fixed address instead of DNS; the address is checked as any other.
    pub pinned_hosts: BTreeMap<String, IpAddr>,
}
