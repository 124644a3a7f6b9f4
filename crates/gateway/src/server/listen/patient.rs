//! A connection that does not wait for ever: neither for the first bytes, of which the HTTP library needs up to 24 to tell HTTP/1 from
//! HTTP/2 and for which it has no time-out, nor for a client that does not take its answer.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{Sleep, sleep},
};

/// The first bytes of an HTTP/2 connection (RFC 9113, 3.4).
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// A socket, encrypted or not.
pub(super) trait Io: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Io for T {}

/// A socket that waits so long at most: from the start until the first bytes tell the version of HTTP, and while the client takes nothing
/// of what is sent.
pub(super) struct Patient<S> {
    stream: S,
    /// How much of the preface was seen, and when it must be over; none once the version is clear.
    opening: Option<(usize, Pin<Box<Sleep>>)>,
    patience: Duration,
    /// Since the client has taken nothing.
    stalled: Option<Pin<Box<Sleep>>>,
}

impl<S> Patient<S> {
    pub(super) fn new(stream: S, patience: Duration) -> Self {
        Self {
            stream,
            opening: Some((0, Box::pin(sleep(patience)))),
            patience,
            stalled: None,
        }
    }

    /// Whether the version is clear with these further bytes.
    fn opened(&mut self, bytes: &[u8]) {
        let Some((seen, _)) = &mut self.opening else {
            return;
        };
        let expected = &PREFACE[*seen..];
        let length = bytes.len().min(expected.len());
        *seen += length;
        // At the end of the connection no bytes come any more.
        if length == 0 || bytes[..length] != expected[..length] || *seen == PREFACE.len() {
            self.opening = None;
        }
    }

    /// The outcome of an attempt to send, or an error once the client has taken nothing for too long.
    fn moving<T>(
        &mut self,
        sent: Poll<io::Result<T>>,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<T>> {
        if sent.is_ready() {
            self.stalled = None;
            return sent;
        }
        let patience = self.patience;
        let stalled = self
            .stalled
            .get_or_insert_with(|| Box::pin(sleep(patience)));
        ready!(stalled.as_mut().poll(context));
        Poll::Ready(Err(too_slow("the client does not take its answer")))
    }
}

fn too_slow(what: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::TimedOut, what)
}

impl<S: Io> AsyncRead for Patient<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        match Pin::new(&mut self.stream).poll_read(context, buffer) {
            Poll::Ready(Ok(())) => {
                self.opened(&buffer.filled()[before..]);
                Poll::Ready(Ok(()))
            }
            Poll::Pending => match &mut self.opening {
                Some((_, end)) => {
                    ready!(end.as_mut().poll(context));
                    Poll::Ready(Err(too_slow("the client does not say what it wants")))
                }
                None => Poll::Pending,
            },
            failed => failed,
        }
    }
}

impl<S: Io> AsyncWrite for Patient<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let sent = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.moving(sent, context)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let sent = Pin::new(&mut self.stream).poll_flush(context);
        self.moving(sent, context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let sent = Pin::new(&mut self.stream).poll_shutdown(context);
        self.moving(sent, context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let sent = Pin::new(&mut self.stream).poll_write_vectored(context, parts);
        self.moving(sent, context)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};

    use super::*;

    const SHORT: Duration = Duration::from_millis(50);

    async fn read_after(bytes: &[u8]) -> io::Result<usize> {
        let (mut client, server) = duplex(64);
        let mut server = Patient::new(server, SHORT);
        client.write_all(bytes).await.unwrap();
        server.read_exact(&mut vec![0; bytes.len()]).await.unwrap();
        let later = tokio::spawn(async move {
            tokio::time::sleep(4 * SHORT).await;
            client.write_all(b"x").await.unwrap();
            client
        });
        let read = server.read(&mut [0; 8]).await;
        let _client = later.await.unwrap();
        read
    }

    #[tokio::test]
    async fn the_first_bytes_must_come_in_time() {
        for unclear in [&b""[..], b"P", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r"] {
            let error = read_after(unclear).await.unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::TimedOut, "{unclear:?}");
        }
        // From here on the HTTP library counts.
        for clear in [&b"G"[..], b"POST", b"PRX", PREFACE] {
            assert_eq!(read_after(clear).await.unwrap(), 1, "{clear:?}");
        }
    }

    #[tokio::test]
    async fn an_answer_must_be_taken() {
        let (mut client, server) = duplex(64);
        let mut server = Patient::new(server, SHORT);
        let error = server.write_all(&[0; 1000]).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        // Whoever takes some of it now and then gets all of it, however long that takes.
        let (mut slow, server) = duplex(64);
        let stall = 20 * SHORT;
        let mut server = Patient::new(server, stall);
        let reading = tokio::spawn(async move {
            let mut all = Vec::new();
            while all.len() < 640 {
                tokio::time::sleep(stall / 5).await;
                let mut part = [0; 64];
                let read = slow.read(&mut part).await.unwrap();
                all.extend_from_slice(&part[..read]);
            }
            all
        });
        server.write_all(&[1; 640]).await.unwrap();
        assert_eq!(reading.await.unwrap(), [1; 640]);
        let mut left = [0; 64];
        client.read_exact(&mut left).await.unwrap();
    }
}
