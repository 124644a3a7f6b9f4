//! `[server]`.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use bytesize::ByteSize;
use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use super::{TlsConfig, duration};

/// Listening, limits of requests, shutdown.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServerConfig {
    /// Address and port.
    pub listen: SocketAddr,
    /// Address and port of `/metrics` and `/docs`; empty: the same.
    pub operators_listen: String,
    /// Folder for what the server must keep.
    pub data: PathBuf,
    /// Largest request body.
    pub max_body: ByteSize,
    /// Memory for the bodies of all requests together; 0 is sixteen times the largest.
    pub body_memory: ByteSize,
    /// Longest time for one request.
    #[serde(with = "duration")]
    pub request_timeout: Duration,
    /// Longest time in which a client may say nothing between two requests, or take nothing of an answer.
    #[serde(with = "duration")]
    pub idle_timeout: Duration,
    /// How long to go on as before, but not ready, before shutting down.
    #[serde(with = "duration")]
    pub shutdown_delay: Duration,
    /// How long requests in flight may take to finish at shutdown.
    #[serde(with = "duration")]
    pub drain_timeout: Duration,
    /// Requests in work at a time.
    pub max_in_flight: usize,
    /// Networks of the proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// Origins allowed by CORS; `*` is any.
    pub cors_origins: Vec<String>,
    /// TLS without a proxy.
    pub tls: TlsConfig,
}

impl ServerConfig {
    /// Where `/metrics` and `/docs` are served, when that is apart.
    #[must_use]
    pub fn operators_listen(&self) -> Option<SocketAddr> {
        self.operators_listen.parse().ok()
    }

    /// Bytes that the bodies of all requests may take together: as set, or sixteen times the largest.
    #[must_use]
    pub fn body_memory(&self) -> u64 {
        match self.body_memory.as_u64() {
            0 => self.max_body.as_u64().saturating_mul(16),
            set => set,
        }
    }
}
