//! A line to the database that can go dead without a word, as one does when a machine or a firewall fails.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// Passes bytes between its own port and a server's, or none at all.
pub(crate) struct Proxy {
    pub(crate) port: u16,
    dead: watch::Sender<bool>,
}

impl Proxy {
    pub(crate) async fn to(server: (String, u16)) -> Self {
        let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0)))
            .await
            .expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let dead = watch::Sender::new(false);
        let state = dead.subscribe();
        tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                let (server, state) = (server.clone(), state.clone());
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
        Self { port, dead }
    }

    /// From now on nothing passes, and no connection is closed either; or everything passes again.
    pub(crate) fn set_dead(&self, dead: bool) {
        self.dead.send_replace(dead);
    }
}

async fn pass(
    mut from: impl AsyncReadExt + Unpin,
    mut to: impl AsyncWriteExt + Unpin,
    mut dead: watch::Receiver<bool>,
) {
    let mut buffer = vec![0; 1 << 16];
    loop {
        let Ok(read @ 1..) = from.read(&mut buffer).await else {
            return;
        };
        if dead.wait_for(|dead| !dead).await.is_err()
            || to.write_all(&buffer[..read]).await.is_err()
        {
            return;
        }
    }
}
