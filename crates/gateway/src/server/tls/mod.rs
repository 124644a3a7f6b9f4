//! TLS of the server itself: the certificate in use, and taking up a new one while connections go on.

mod certificate;
mod validity;

use std::sync::{Arc, Weak};

use parking_lot::{Mutex, RwLock};
use time::{Duration, OffsetDateTime};
use tokio_rustls::TlsAcceptor;

pub use certificate::TlsError;

use certificate::{Certificate, Files};
use service::config::TlsConfig;

/// From here on before its end a certificate is warned about.
const SOON: Duration = Duration::days(14);

/// The certificate of a server, which is replaced when its files change.
pub struct Tls {
    config: TlsConfig,
    current: RwLock<Certificate>,
    /// What the files were when they were looked at last.
    seen: Mutex<[u8; 32]>,
}

impl Tls {
    /// With the files of the settings, if they name some; looks at them now and then in the background. Must be called inside a Tokio
    /// runtime.
    ///
    /// # Errors
    /// Every [`TlsError`]. An expired certificate is none: the log says it.
    pub fn start(config: &TlsConfig) -> Result<Option<Arc<Self>>, TlsError> {
        if !config.is_configured() {
            return Ok(None);
        }
        let files = Files::read(config)?;
        let certificate = files.certificate(config)?;
        tell(&certificate, "the certificate is in use");
        if certificate::is_open_to_all(&config.key) {
            tracing::warn!(
                "everybody on this machine may read the key of server.tls.key: run `chmod o-rwx` on it"
            );
        }
        let tls = Arc::new(Self {
            config: config.clone(),
            current: RwLock::new(certificate),
            seen: Mutex::new(files.digest()),
        });
        tokio::spawn(watch(Arc::downgrade(&tls), config.reload));
        Ok(Some(tls))
    }

    /// Takes up the files as they are now. Files that do not work leave the certificate in use, and the log says why.
    pub fn reload(&self) {
        *self.seen.lock() = [0; 32];
        self.look();
    }

    /// When the certificate ends, or one of its chain, whichever is first.
    #[must_use]
    pub fn expires(&self) -> OffsetDateTime {
        self.current.read().not_after
    }

    /// Shakes hands with the certificate in use.
    pub(super) fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(Arc::clone(&self.current.read().server))
    }

    /// Looks whether the files have changed, and takes them up if so.
    fn look(&self) {
        let files = Files::read(&self.config);
        let digest = match &files {
            Ok(files) => files.digest(),
            Err(error) => error.digest(),
        };
        let mut seen = self.seen.lock();
        if *seen == digest {
            return;
        }
        *seen = digest;
        match files.and_then(|files| files.certificate(&self.config)) {
            Ok(certificate) => {
                tell(&certificate, "a new certificate is in use");
                *self.current.write() = certificate;
            }
            Err(error) => tracing::error!(
                error = &error as &dyn std::error::Error,
                "the new certificate cannot be used; the old one stays in use"
            ),
        }
    }
}

fn tell(certificate: &Certificate, what: &'static str) {
    let (now, end) = (OffsetDateTime::now_utc(), certificate.not_after);
    let until = end.to_string();
    if end <= now {
        tracing::error!(until, "{what}, and it HAS EXPIRED: clients will refuse it");
    } else if certificate.not_before > now {
        tracing::error!(
            until,
            "{what}, and it is not valid yet: clients will refuse it"
        );
    } else if end <= now + SOON {
        tracing::warn!(until, "{what}, and expires soon");
    } else {
        tracing::info!(until, "{what}");
    }
}

/// Looks at the files as long as somebody uses the certificate.
async fn watch(tls: Weak<Tls>, every: std::time::Duration) {
    loop {
        tokio::time::sleep(every).await;
        let Some(tls) = tls.upgrade() else {
            return;
        };
        // A file system may block.
        if tokio::task::spawn_blocking(move || tls.look())
            .await
            .is_err()
        {
            tracing::error!("looking at the certificate's files panicked");
        }
    }
}

#[cfg(test)]
mod tests;
