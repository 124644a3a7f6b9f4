//! A line to the database that can fail as real ones do.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// How the line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Line {
    /// Everything passes.
    Open,
    /// Nothing passes, and no connection is closed either: a machine or a firewall failed, or the server was suspended.
    Dead,
    /// Connections are closed, new ones at once: the server was stopped.
    Closed,
}

/// Passes bytes between its own port and a server's, or none at all.
pub(crate) struct Proxy {
    pub(crate) port: u16,
    line: watch::Sender<Line>,
}

impl Proxy {
    pub(crate) async fn to(server: (String, u16)) -> Self {
        let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0)))
            .await
            .expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let line = watch::Sender::new(Line::Open);
        let state = line.subscribe();
        tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                let (server, state) = (server.clone(), state.clone());
                if *state.borrow() == Line::Closed {
                    continue;
                }
                tokio::spawn(async move {
                    let Ok(far) = TcpStream::connect(server).await else {
                        return;
                    };
                    let ((near_in, near_out), (far_in, far_out)) =
                        (near.into_split(), far.into_split());
                    tokio::join!(
                        pass(near_in, far_out, state.clone()),
                        pass(far_in, near_out, state)
                    );
                });
            }
        });
        Self { port, line }
    }

    /// From now on the line is so.
    pub(crate) fn set(&self, line: Line) {
        self.line.send_replace(line);
    }
}

async fn pass(
    mut from: impl AsyncReadExt + Unpin,
    mut to: impl AsyncWriteExt + Unpin,
    mut line: watch::Receiver<Line>,
) {
    let mut buffer = vec![0; 1 << 16];
    loop {
        let read = tokio::select! {
            read = from.read(&mut buffer) => read,
            _ = line.wait_for(|line| *line == Line::Closed) => return,
        };
        let Ok(read @ 1..) = read else {
            return;
        };
        let passing = line.wait_for(|line| *line != Line::Dead).await;
        if !passing.is_ok_and(|line| *line == Line::Open)
            || to.write_all(&buffer[..read]).await.is_err()
        {
            return;
        }
    }
}
