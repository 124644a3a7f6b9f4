//! `rostro serve` with a certificate, as its operator meets it.

use std::{
    path::Path,
    process::{Command, Stdio},
};

use rcgen::{CertificateParams, KeyPair};
use reqwest::{Certificate, Client};

use crate::{Serving, common, err, rostro};

/// Writes a new certificate for this machine and its key, and gives a client that trusts it alone.
fn certify(home: &Path) -> Client {
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
    let pem = params.self_signed(&key).unwrap().pem();
    std::fs::write(home.join("certificate.pem"), &pem).unwrap();
    std::fs::write(home.join("key.pem"), key.serialize_pem()).unwrap();
    let trusted = Certificate::from_pem(pem.as_bytes()).unwrap();
    let client = Client::builder().no_proxy().tls_certs_only([trusted]);
    client.build().unwrap()
}

#[tokio::test]
async fn health_and_sighup_with_tls() {
    let Some((config, _data)) = common::config() else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path();
    let before = certify(home);
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    drop(listener);
    let run = |arguments: &[&str]| {
        let mut command = rostro(home, arguments);
        command
            .env("ROSTRO_SERVER__LISTEN", &address)
            .env("ROSTRO_SERVER__TLS__CERTIFICATE", "certificate.pem")
            .env("ROSTRO_SERVER__TLS__KEY", "key.pem")
            // Only SIGHUP has it look.
            .env("ROSTRO_SERVER__TLS__RELOAD", "1d")
            .env("ROSTRO_MODELS__DIR", &config.models.dir)
            .env("ROSTRO_MODELS__PACK", &config.models.pack)
            .env("ROSTRO_INFERENCE__WORKERS", "1");
        command
    };
    let mut serve = run(&["serve"]);
    let child = serve.stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
    let mut serving = Serving(child.unwrap());
    let (_stdout, banner) = serving.banner();
    assert!(
        banner.contains(&format!("serves https://{address}")),
        "{banner}"
    );
    let url = format!("https://{address}/readyz");
    while !before.get(&url).send().await.unwrap().status().is_success() {}
    let health = run(&["health"]).output().unwrap();
    assert!(health.status.success(), "{}", err(&health));

    let after = certify(home);
    assert!(
        after.get(&url).send().await.is_err(),
        "nobody has looked yet"
    );
    let id = serving.0.id().to_string();
    let hangup = Command::new("kill").args(["-HUP", &id]).status();
    assert!(hangup.unwrap().success());
    while after.get(&url).send().await.is_err() {}
    assert!(serving.0.try_wait().unwrap().is_none(), "it goes on");
}
