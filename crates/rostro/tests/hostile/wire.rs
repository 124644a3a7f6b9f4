//! A raw connection.

use std::time::Duration;

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};

/// Longer than any limit that the tests set. Who waits longer for the server waits for ever.
const PATIENCE: Duration = Duration::from_secs(60);

/// A connection without a client library's good manners.
pub(crate) struct Wire(TcpStream);

impl Wire {
    /// To the server at `HOST:PORT`.
    pub(crate) async fn to(address: &str) -> Self {
        Self(TcpStream::connect(address).await.unwrap())
    }

    /// Sends these bytes; whether they went out.
    pub(crate) async fn say(&mut self, bytes: impl AsRef<[u8]>) -> bool {
        self.0.write_all(bytes.as_ref()).await.is_ok()
    }

    /// Sends no more.
    pub(crate) async fn hang_up(&mut self) {
        let _ = self.0.shutdown().await;
    }

    /// Breaks the connection off with a reset.
    pub(crate) fn reset(self) {
        self.0.set_zero_linger().unwrap();
    }

    /// All that comes until the server closes. It must close.
    pub(crate) async fn hear(&mut self) -> String {
        let mut heard = Vec::new();
        let read = timeout(PATIENCE, self.0.read_to_end(&mut heard)).await;
        // A reset is an end too.
        let _ = read.expect("the server closes the connection");
        String::from_utf8_lossy(&heard).into_owned()
    }

    /// The status of the next answer, without its body; `None` when the server closes.
    pub(crate) async fn status(&mut self) -> Option<u16> {
        let mut head = Vec::new();
        let reading = async {
            while !head.ends_with(b"\r\n\r\n") {
                match self.0.read_u8().await {
                    Ok(byte) => head.push(byte),
                    Err(_) => return,
                }
            }
        };
        timeout(PATIENCE, reading)
            .await
            .expect("the server answers or closes");
        let text = String::from_utf8_lossy(&head).into_owned();
        let length = text.lines().find_map(|line| {
            line.to_ascii_lowercase()
                .strip_prefix("content-length: ")?
                .parse()
                .ok()
        });
        let mut body = vec![0; length.unwrap_or(0)];
        let _ = timeout(PATIENCE, self.0.read_exact(&mut body)).await;
        text.split(' ').nth(1)?.parse().ok()
    }

    /// Waits until the server has closed.
    pub(crate) async fn assert_closed(&mut self) {
        drop(self.hear().await);
    }
}

/// The statuses of all answers in `heard`.
pub(crate) fn statuses(heard: &str) -> Vec<u16> {
    heard
        .split("HTTP/1.1 ")
        .skip(1)
        .filter_map(|part| part.get(..3)?.parse().ok())
        .collect()
}
