//! The accept loop, with bounds on slow clients and a drain at the end.

use std::time::Duration;

use axum::{Extension, Router};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::{conn::auto::Builder, graceful::GracefulShutdown},
    service::TowerToHyperService,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch,
};

use crate::limits::Peer;

/// Longest time from a connection's start, or from the last answer on it, to complete headers.
const HEADERS: Duration = Duration::from_secs(75);

/// Pause after a failed accept: mostly the process is out of file descriptors, and a loop would only burn a core.
const ACCEPT_PAUSE: Duration = Duration::from_millis(200);

/// Serves `routes` until `stopping` turns true; then finishes what is in flight, for `drain` at most.
pub(super) async fn serve(
    listener: TcpListener,
    routes: Router,
    mut stopping: watch::Receiver<bool>,
    drain: Duration,
) {
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADERS);
    builder
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(HEADERS);
    let connections = GracefulShutdown::new();
    loop {
        let (stream, peer) = tokio::select! {
            accepted = accept(&listener) => accepted,
            // An error means that the server was dropped: the same.
            _ = stopping.wait_for(|stop| *stop) => break,
        };
        let service = TowerToHyperService::new(routes.clone().layer(Extension(peer)));
        let connection = builder
            .serve_connection(TokioIo::new(stream), service)
            .into_owned();
        let watched = connections.watch(connection);
        tokio::spawn(async move {
            if let Err(error) = watched.await {
                tracing::debug!(error, "a connection ended early");
            }
        });
    }
    drop(listener);
    if tokio::time::timeout(drain, connections.shutdown())
        .await
        .is_err()
    {
        tracing::warn!("requests were still in flight after server.drain_timeout and were cut off");
    }
}

async fn accept(listener: &TcpListener) -> (TcpStream, Peer) {
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => {
                // Answers are small and awaited: Nagle's delay only costs. Without it they are still right.
                let _ = stream.set_nodelay(true);
                return (stream, Peer(peer.ip()));
            }
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}
