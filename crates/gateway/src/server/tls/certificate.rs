//! A certificate and its key, from two PEM files.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use rustls::{
    Error, ServerConfig, SupportedProtocolVersion,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
    version::{TLS12, TLS13},
};
use sha2::{Digest as _, Sha256};
use time::OffsetDateTime;
use zeroize::Zeroizing;

use super::validity::{Validity, validity};
use service::config::{TlsConfig, TlsVersion};

/// What is offered, best first.
const PROTOCOLS: [&[u8]; 2] = [b"h2", b"http/1.1"];

/// Why a certificate cannot be used: one sentence for an operator, which shows nothing of a key.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read.
    #[error("the file {path} ({setting}) cannot be read: {source}")]
    Unreadable {
        /// The setting that names it.
        setting: &'static str,
        /// The file.
        path: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
    /// The certificate's file has none.
    #[error("the file {0} (server.tls.certificate) has no certificate in PEM form")]
    NoCertificate(PathBuf),
    /// The key's file has none.
    #[error(
        "the file {0} (server.tls.key) has no private key in PEM form, or an encrypted one, which cannot be used"
    )]
    NoKey(PathBuf),
    /// The key is that of another certificate.
    #[error(
        "the key in {key} (server.tls.key) does not belong to the first certificate in {certificate} (server.tls.certificate)"
    )]
    Mismatch {
        /// The certificate's file.
        certificate: PathBuf,
        /// The key's file.
        key: PathBuf,
    },
    /// The TLS library refuses them.
    #[error("the certificate in {0} (server.tls.certificate) cannot be used: {1}")]
    Unusable(PathBuf, String),
}

impl TlsError {
    /// By which the same error is recognised.
    pub(super) fn digest(&self) -> [u8; 32] {
        Sha256::digest(self.to_string()).into()
    }
}

/// The two files as they are on the disk.
pub(super) struct Files {
    certificate: Vec<u8>,
    key: Zeroizing<Vec<u8>>,
}

/// What a handshake needs.
pub(super) struct Certificate {
    /// The TLS library's part.
    pub(super) server: Arc<ServerConfig>,
    /// When it begins.
    pub(super) not_before: OffsetDateTime,
    /// When it ends, or one of its chain, whichever is first.
    pub(super) not_after: OffsetDateTime,
}

impl Files {
    pub(super) fn read(config: &TlsConfig) -> Result<Self, TlsError> {
        Ok(Self {
            certificate: bytes("server.tls.certificate", &config.certificate)?,
            key: Zeroizing::new(bytes("server.tls.key", &config.key)?),
        })
    }

    /// By which the same content is recognised.
    pub(super) fn digest(&self) -> [u8; 32] {
        let hash = Sha256::new()
            .chain_update(Sha256::digest(&self.certificate))
            .chain_update(Sha256::digest(&*self.key));
        hash.finalize().into()
    }

    pub(super) fn certificate(&self, config: &TlsConfig) -> Result<Certificate, TlsError> {
        let path = &config.certificate;
        let unusable = |reason: String| TlsError::Unusable(path.clone(), reason);
        let chain = CertificateDer::pem_slice_iter(&self.certificate)
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| unusable(error.to_string()))?;
        let first = chain
            .first()
            .ok_or_else(|| TlsError::NoCertificate(path.clone()))?;
        let mut valid = validity(first)
            .ok_or_else(|| unusable("it does not say how long it is valid".to_owned()))?;
        for further in chain.iter().skip(1).filter_map(|one| validity(one)) {
            valid.not_after = valid.not_after.min(further.not_after);
        }
        let key = PrivateKeyDer::from_pem_slice(&self.key)
            .map_err(|_| TlsError::NoKey(config.key.clone()))?;
        let server = server(config, chain, key).map_err(|error| match error {
            Error::InconsistentKeys(_) => TlsError::Mismatch {
                certificate: path.clone(),
                key: config.key.clone(),
            },
            other => unusable(other.to_string()),
        })?;
        let Validity {
            not_before,
            not_after,
        } = valid;
        Ok(Certificate {
            server: Arc::new(server),
            not_before,
            not_after,
        })
    }
}

fn server(
    config: &TlsConfig,
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
) -> Result<ServerConfig, Error> {
    let versions: &[&SupportedProtocolVersion] = match config.min_version {
        TlsVersion::V12 => &[&TLS13, &TLS12],
        TlsVersion::V13 => &[&TLS13],
    };
    let provider = Arc::new(aws_lc_rs::default_provider());
    let mut server = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(versions)?
        .with_no_client_auth()
        .with_single_cert(chain, key)?;
    server.alpn_protocols = PROTOCOLS.map(<[u8]>::to_vec).to_vec();
    Ok(server)
}

/// Whether others than its owner and group may read a file. (Some tools give the key to a group.)
#[cfg(unix)]
pub(super) fn is_open_to_all(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::metadata(path).is_ok_and(|metadata| metadata.permissions().mode() & 0o004 != 0)
}

#[cfg(not(unix))]
pub(super) fn is_open_to_all(_: &Path) -> bool {
    false
}

fn bytes(setting: &'static str, path: &Path) -> Result<Vec<u8>, TlsError> {
    std::fs::read(path).map_err(|source| TlsError::Unreadable {
        setting,
        path: path.to_owned(),
        source,
    })
}
