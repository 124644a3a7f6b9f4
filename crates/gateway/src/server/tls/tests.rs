//! Certificates that work and that do not.

use std::path::PathBuf;

use rcgen::{CertificateParams, KeyPair};
use tempfile::TempDir;

use super::*;
use service::config::{Config, TlsVersion};

/// A folder with a certificate and its key.
struct Folder {
    folder: TempDir,
    config: TlsConfig,
}

/// A certificate that ends then, and its key, in PEM form.
fn pair(end: OffsetDateTime) -> (String, String) {
    let mut params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    params.not_before = OffsetDateTime::now_utc() - Duration::days(400);
    params.not_after = end.replace_nanosecond(0).unwrap();
    let key = KeyPair::generate().unwrap();
    let certificate = params.self_signed(&key).unwrap();
    (certificate.pem(), key.serialize_pem())
}

fn days(count: i64) -> OffsetDateTime {
    OffsetDateTime::now_utc() + Duration::days(count)
}

impl Folder {
    fn new(end: OffsetDateTime) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut config = Config::defaults().unwrap().server.tls;
        config.certificate = folder.path().join("certificate.pem");
        config.key = folder.path().join("key.pem");
        // Only what the tests ask for is looked at.
        config.reload = std::time::Duration::from_secs(86_400);
        let this = Self { folder, config };
        let (certificate, key) = pair(end);
        this.write(&certificate, &key);
        this
    }

    fn write(&self, certificate: &str, key: &str) {
        std::fs::write(&self.config.certificate, certificate).unwrap();
        std::fs::write(&self.config.key, key).unwrap();
    }

    fn start(&self) -> Result<Arc<Tls>, TlsError> {
        Tls::start(&self.config).map(Option::unwrap)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

#[tokio::test]
async fn a_pair_is_used_and_its_end_is_known() {
    let end = days(30);
    for version in [TlsVersion::V12, TlsVersion::V13] {
        let mut folder = Folder::new(end);
        folder.config.min_version = version;
        let tls = folder.start().unwrap();
        assert_eq!(tls.expires(), end.replace_nanosecond(0).unwrap());
    }
    // An expired one is used too: the log is loud about it.
    assert!(Folder::new(days(-1)).start().is_ok());
    // Of a chain the first end counts.
    let folder = Folder::new(end);
    let (certificate, key) = pair(end);
    let (soon, _) = pair(days(3));
    folder.write(&format!("{certificate}{soon}"), &key);
    assert!(folder.start().unwrap().expires() < days(4));
}

#[tokio::test]
async fn what_cannot_be_used_is_said_in_one_sentence() {
    let told = |change: fn(&Folder)| {
        let folder = Folder::new(days(30));
        change(&folder);
        let error = folder.start().err().unwrap().to_string();
        assert!(!error.contains('\n') && !error.contains("BEGIN"), "{error}");
        error.replace(&folder.folder.path().display().to_string(), "")
    };
    let mismatch = told(|folder| {
        let (certificate, _) = pair(days(30));
        std::fs::write(&folder.config.certificate, certificate).unwrap();
    });
    assert_eq!(
        mismatch,
        "the key in /key.pem (server.tls.key) does not belong to the first certificate in /certificate.pem (server.tls.certificate)"
    );
    let exchanged = told(|folder| {
        std::fs::rename(&folder.config.certificate, folder.path("old")).unwrap();
        std::fs::rename(&folder.config.key, &folder.config.certificate).unwrap();
        std::fs::rename(folder.path("old"), &folder.config.key).unwrap();
    });
    assert_eq!(
        exchanged,
        "the file /certificate.pem (server.tls.certificate) has no certificate in PEM form"
    );
    let no_key = told(|folder| {
        std::fs::write(
            &folder.config.key,
            "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAA==\n-----END ENCRYPTED PRIVATE KEY-----\n",
        )
        .unwrap()
    });
    assert!(
        no_key.starts_with("the file /key.pem (server.tls.key) has no private key"),
        "{no_key}"
    );
    let missing = told(|folder| std::fs::remove_file(&folder.config.key).unwrap());
    assert!(
        missing.starts_with("the file /key.pem (server.tls.key) cannot be read"),
        "{missing}"
    );
    told(|folder| {
        std::fs::write(
            &folder.config.certificate,
            "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
        )
        .unwrap()
    });
    told(|folder| {
        std::fs::write(
            &folder.config.certificate,
            "-----BEGIN CERTIFICATE-----\n????\n",
        )
        .unwrap()
    });
}

#[tokio::test]
async fn new_files_are_taken_up_and_broken_ones_are_not() {
    let folder = Folder::new(days(30));
    let tls = folder.start().unwrap();
    let first = tls.expires();
    tls.look();
    assert_eq!(tls.expires(), first);
    // One file after the other: in between they do not fit together.
    let (certificate, key) = pair(days(60));
    std::fs::write(&folder.config.certificate, certificate).unwrap();
    tls.look();
    assert_eq!(tls.expires(), first);
    std::fs::write(&folder.config.key, key).unwrap();
    tls.look();
    let second = tls.expires();
    assert!(second > first);
    for broken in ["", "nonsense"] {
        folder.write(broken, broken);
        tls.look();
        tls.reload();
        assert_eq!(tls.expires(), second);
    }
    std::fs::remove_file(&folder.config.key).unwrap();
    tls.look();
    assert_eq!(tls.expires(), second);
    let (certificate, key) = pair(days(90));
    folder.write(&certificate, &key);
    tls.reload();
    assert!(tls.expires() > second);
}

#[tokio::test]
async fn the_files_are_watched() {
    let mut folder = Folder::new(days(30));
    folder.config.reload = std::time::Duration::from_millis(20);
    let tls = folder.start().unwrap();
    let first = tls.expires();
    let (certificate, key) = pair(days(60));
    folder.write(&certificate, &key);
    while tls.expires() == first {
        tokio::time::sleep(folder.config.reload).await;
    }
}
