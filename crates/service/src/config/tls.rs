//! `[server.tls]`.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use serde::{Deserialize, Serialize};

use super::{check::Fault, duration};

/// TLS of the server itself.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TlsConfig {
    /// File with the certificate and its chain; empty means no TLS.
    pub certificate: PathBuf,
    /// File with the certificate's private key.
    pub key: PathBuf,
    /// The oldest version that is spoken.
    pub min_version: TlsVersion,
    /// How long browsers are to insist on HTTPS; zero: they are not told.
    #[serde(with = "duration")]
    pub hsts: Duration,
    /// How often the files are looked at.
    #[serde(with = "duration")]
    pub reload: Duration,
}

/// A version of TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum TlsVersion {
    /// TLS 1.2.
    #[serde(rename = "1.2")]
    V12,
    /// TLS 1.3.
    #[serde(rename = "1.3")]
    V13,
}

impl TlsConfig {
    /// Whether the server speaks TLS.
    #[must_use]
    pub fn is_configured(&self) -> bool {
        !self.certificate.as_os_str().is_empty()
    }

    /// The setting that cannot be.
    pub(super) fn fault(&self) -> Fault {
        path("server.tls.certificate", &self.certificate)
            .or_else(|| path("server.tls.key", &self.key))
            .or_else(|| {
                let alone = self.is_configured() == self.key.as_os_str().is_empty();
                alone.then(|| {
                    (
                        "server.tls.key",
                        "must be given together with server.tls.certificate".to_owned(),
                    )
                })
            })
    }
}

// What stands in the place of a path may be the key itself: it is not repeated.
fn path(key: &'static str, path: &Path) -> Fault {
    let text = path.to_string_lossy();
    (text.contains("-----BEGIN") || text.contains('\n')).then(|| {
        (
            key,
            "must be the path of a PEM file, not its content".to_owned(),
        )
    })
}
