//! The accept loop, with bounds on slow clients and a drain at the end.

mod handshake;
mod patient;

use std::{sync::Arc, time::Duration};

use axum::{Router, http::Request};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::{
        conn::auto::Builder,
        graceful::{GracefulShutdown, Watcher},
    },
    service::TowerToHyperService,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch,
};
use tower::util::MapRequest;

use super::Tls;
use patient::{Io, Patient};
use service::{config::ServerConfig, limits::Peer};

/// Largest headers of a request, in bytes; more get 431. What many connections may hold at a time is a multiple of it.
const LARGEST_HEADERS: usize = 64 * 1024;

/// What a stream, and a whole connection, of HTTP/2 may have on its way before anybody has asked for it, in bytes: so much of a body is held
/// although nobody knows yet who sends it.
const STREAM_WINDOW: u32 = 128 * 1024;
const CONNECTION_WINDOW: u32 = 256 * 1024;

/// Pause after a failed accept: mostly the process is out of file descriptors, and a loop would only burn a core.
const ACCEPT_PAUSE: Duration = Duration::from_millis(200);

/// Serves `routes` until `stopping` turns true, over TLS if there is a certificate; then finishes what is in
/// flight, for `server.drain_timeout` at most.
pub async fn serve(
    listener: TcpListener,
    tls: Option<Arc<Tls>>,
    routes: Router,
    mut stopping: watch::Receiver<bool>,
    config: &ServerConfig,
) {
    let builder = Arc::new(builder(config.idle_timeout));
    let connections = GracefulShutdown::new();
    loop {
        let (stream, peer) = tokio::select! {
            accepted = accept(&listener) => accepted,
            // An error means that the server was dropped: the same.
            _ = stopping.wait_for(|stop| *stop) => break,
        };
        let connection = Connection {
            builder: Arc::clone(&builder),
            routes: routes.clone(),
            peer,
            watcher: connections.watcher(),
            patience: config.idle_timeout,
        };
        let Some(tls) = tls.clone() else {
            tokio::spawn(connection.serve(stream));
            continue;
        };
        let mut stopping = stopping.clone();
        tokio::spawn(async move {
            let secured = tokio::select! {
                secured = handshake::secure(stream, &tls) => secured,
                _ = stopping.wait_for(|stop| *stop) => None,
            };
            if let Some(stream) = secured {
                connection.serve(stream).await;
            }
        });
    }
    drop(listener);
    if tokio::time::timeout(config.drain_timeout, connections.shutdown())
        .await
        .is_err()
    {
        tracing::warn!("requests were still in flight after server.drain_timeout and were cut off");
    }
}

fn builder(idle: Duration) -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(idle)
        .max_buf_size(LARGEST_HEADERS);
    builder
        .http2()
        .timer(TokioTimer::new())
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .keep_alive_interval(idle);
    builder
}

/// What a connection needs beside its socket.
struct Connection {
    builder: Arc<Builder<TokioExecutor>>,
    routes: Router,
    peer: Peer,
    watcher: Watcher,
    patience: Duration,
}

impl Connection {
    async fn serve(self, stream: impl Io + 'static) {
        // One type for both kinds: the whole of HTTP is compiled for it once.
        let stream: Box<dyn Io> = Box::new(stream);
        let io = TokioIo::new(Patient::new(stream, self.patience));
        let peer = self.peer;
        // Around the router, which all connections share: a layer on it would be a copy of every route for each of them.
        let service = MapRequest::new(self.routes, move |mut request: Request<_>| {
            request.extensions_mut().insert(peer);
            request
        });
        let service = TowerToHyperService::new(service);
        let connection = self.builder.serve_connection(io, service);
        if let Err(error) = self.watcher.watch(connection).await {
            tracing::debug!(error, "a connection ended early");
        }
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
