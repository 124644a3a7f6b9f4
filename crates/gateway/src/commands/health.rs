//! `rostro health`.

use std::{net::SocketAddr, time::Duration};

use anyhow::{Context as _, Result, ensure};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use super::print;
use crate::Config;

/// Longest wait for an answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// Longest answer that is read.
const LONGEST: u64 = 64 * 1024;

/// Asks the server on this machine whether it is ready: what a container's health check runs where there is no curl.
pub(super) async fn run(settings: Config) -> Result<()> {
    let address = reachable(settings.server.listen);
    let asked = tokio::time::timeout(PATIENCE, ask(address)).await;
    let answer = asked
        .map_err(anyhow::Error::from)
        .and_then(|answer| Ok(answer?))
        .with_context(|| format!("no server answers on {address} (server.listen)"))?;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    print(body);
    let ready = head.split(' ').nth(1) == Some("200");
    ensure!(ready, "the server on {address} is not ready");
    Ok(())
}

/// The whole answer. By hand: an HTTP client would want root certificates, which a container may not have.
async fn ask(address: SocketAddr) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(address).await?;
    let request = format!("GET /readyz HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut answer = String::new();
    stream.take(LONGEST).read_to_string(&mut answer).await?;
    Ok(answer)
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
