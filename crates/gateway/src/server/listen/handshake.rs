//! From a new connection to an encrypted one.

use std::{io, time::Duration};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};
use tokio_rustls::server::TlsStream;

use super::super::Tls;
use service::observe::{Handshake, handshake};

/// Longest time for a handshake. It runs beside the accept loop, and holds nothing but its own connection.
const PATIENCE: Duration = Duration::from_secs(10);

/// What a client gets that speaks HTTP where HTTPS is spoken.
const NOT_HTTPS: &str = "HTTP/1.1 400 Bad Request\r\ncontent-type: application/json\r\ncontent-length: 71\r\nconnection: close\r\n\r\n{\"message\":\"this port speaks HTTPS: use https://\",\"code\":\"BadRequest\"}\n";

/// Shakes hands. Nothing when the client does not, which the metrics and, at the level of debugging, the log say.
pub(super) async fn secure(stream: TcpStream, tls: &Tls) -> Option<TlsStream<TcpStream>> {
    let (outcome, stream) = match tokio::time::timeout(PATIENCE, shake(stream, tls)).await {
        Ok(Ok(Some(stream))) => (Handshake::Done, Some(stream)),
        Ok(Ok(None)) => (Handshake::PlainHttp, None),
        Ok(Err(error)) => {
            tracing::debug!(%error, "a TLS handshake failed");
            (Handshake::Failed, None)
        }
        Err(_) => (Handshake::TooSlow, None),
    };
    handshake(outcome);
    stream
}

async fn shake(mut stream: TcpStream, tls: &Tls) -> io::Result<Option<TlsStream<TcpStream>>> {
    let mut first = [0];
    // The first byte of TLS is no letter. Of a client that went away there is none, and the handshake fails.
    let speaks_http = stream.peek(&mut first).await? > 0 && first[0].is_ascii_uppercase();
    if !speaks_http {
        return tls.acceptor().accept(stream).await.map(Some);
    }
    // What is not read turns the end of the connection into a reset, which takes the answer with it.
    let _ = stream.read(&mut [0; 8192]).await?;
    stream.write_all(NOT_HTTPS.as_bytes()).await?;
    stream.shutdown().await?;
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_to_plain_http_is_whole() {
        let (head, body) = NOT_HTTPS.split_once("\r\n\r\n").unwrap();
        assert!(head.contains(&format!("content-length: {}", body.len())));
        let body: serde_json::Value = serde_json::from_str(body).unwrap();
        assert_eq!(body["code"], "BadRequest");
    }
}
