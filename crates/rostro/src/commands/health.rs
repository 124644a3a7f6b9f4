//! `rostro health`.

use std::{net::SocketAddr, time::Duration};

use anyhow::{Context as _, Result, ensure};

use super::print;
use service::Config;

/// Longest wait for an answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// Asks the server on this machine whether it is ready: what a container's health check runs where there is no curl.
pub(super) async fn run(settings: Config) -> Result<()> {
    let address = reachable(settings.server.listen);
    let scheme = if settings.server.tls.is_configured() {
        "https"
    } else {
        "http"
    };
    let client = reqwest::Client::builder()
        .no_proxy()
        .timeout(PATIENCE)
        // It tells no secret and asks this machine, whose certificate is for another name; without it, root certificates are wanted,
        // which a container may not have.
        .tls_danger_accept_invalid_certs(true)
        .build()?;
    let asked = async {
        let answer = client
            .get(format!("{scheme}://{address}/readyz"))
            .send()
            .await?;
        let status = answer.status();
        Ok::<_, reqwest::Error>((status, answer.text().await?))
    };
    let (status, body) = asked
        .await
        .with_context(|| format!("no server answers on {address} (server.listen)"))?;
    print(&body);
    ensure!(
        status == reqwest::StatusCode::OK,
        "the server on {address} is not ready"
    );
    Ok(())
}

/// The unspecified address stands for all of this machine's.
fn reachable(mut listen: SocketAddr) -> SocketAddr {
    if listen.ip().is_unspecified() {
        listen.set_ip(match listen {
            SocketAddr::V4(_) => std::net::Ipv4Addr::LOCALHOST.into(),
            SocketAddr::V6(_) => std::net::Ipv6Addr::LOCALHOST.into(),
        });
    }
    listen
}
