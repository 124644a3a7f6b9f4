//! `rostro serve`.

use anyhow::{Context as _, Result};
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::{banner, print, token};
use crate::server::Server;
use service::{Config, observe::log};

/// Name of the account that a first start creates.
const FIRST_ACCOUNT: &str = "default";

/// Serves until SIGTERM or SIGINT, then finishes what is in flight.
pub(super) async fn run(settings: Config) -> Result<()> {
    log::start(&settings.log);
    // Before the start: a signal that comes while models load must not be lost.
    let (mut terminate, mut interrupt) = (
        signal(SignalKind::terminate())?,
        signal(SignalKind::interrupt())?,
    );
    let started = tokio::select! {
        started = Server::start(settings) => started?,
        _ = terminate.recv() => return Ok(()),
        _ = interrupt.recv() => return Ok(()),
    };
    tracing::info!(address = %started.address(), pack = started.app().engine.info().pack, "serving");
    print(&banner::text(
        &started,
        example_token(&started).await?.as_ref(),
    ));
    // With nothing to read again, SIGHUP ends the process as it ends any other.
    let mut hangup = started
        .can_reload()
        .then(|| signal(SignalKind::hangup()))
        .transpose()?;
    loop {
        tokio::select! {
            _ = terminate.recv() => {
                tracing::info!("SIGTERM: stopping");
                break;
            }
            _ = interrupt.recv() => {
                tracing::info!("SIGINT: stopping");
                break;
            }
            () = hung_up(&mut hangup) => {
                tracing::info!("SIGHUP: reading the certificate and the identity provider's keys");
                started.reload().await;
            }
        }
    }
    tokio::select! {
        () = started.stop() => tracing::info!("stopped"),
        // Whoever asks twice does not want to wait.
        _ = terminate.recv() => tracing::warn!("second SIGTERM: not waiting any longer"),
        _ = interrupt.recv() => tracing::warn!("second SIGINT: not waiting any longer"),
    }
    Ok(())
}

async fn hung_up(signal: &mut Option<Signal>) {
    match signal {
        Some(signal) => {
            signal.recv().await;
        }
        None => std::future::pending().await,
    }
}

/// A token for the example call: after the first account was created, and as long as only this machine is served; otherwise it
/// would end up in the logs of a service manager.
async fn example_token(server: &Server) -> Result<Option<String>> {
    let app = server.app();
    let accounts = app
        .store
        .clients()
        .await
        .context("the accounts could not be read")?;
    let local = server.address().ip().is_loopback();
    let client = match accounts.iter().find(|client| client.name == FIRST_ACCOUNT) {
        _ if accounts.is_empty() => token::account(&app.store, FIRST_ACCOUNT).await?,
        Some(client) if local && !client.disabled => client.clone(),
        _ => return Ok(None),
    };
    Ok(Some(app.tokens.issue(&client, app.config.auth.token_life)?))
}
