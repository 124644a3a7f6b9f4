//! One connection that stays open, and requests as bytes.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

use super::bodies::{DIGITS, NUMBERED, SELFIE};

/// Longer than the server's own limit for a request.
const PATIENCE: Duration = Duration::from_secs(60);

/// A request, headers and all.
pub(crate) struct Request {
    bytes: Vec<u8>,
    /// Where the numbers of its pictures stand.
    numbers: Vec<usize>,
}

impl Request {
    /// A POST of `body` to `path`.
    pub(crate) fn post(path: &str, token: &str, body: &Value) -> Self {
        let body = body.to_string();
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        Self::new([head, body].concat())
    }

    /// A GET of `path`.
    pub(crate) fn get(path: &str) -> Self {
        Self::new(format!("GET {path} HTTP/1.1\r\nHost: bench\r\n\r\n"))
    }

    fn new(text: String) -> Self {
        let pictures = text.match_indices(NUMBERED);
        let numbers = pictures.map(|(at, _)| at + NUMBERED.len() + SELFIE.len());
        let numbers = numbers.collect();
        Self {
            numbers,
            bytes: text.into_bytes(),
        }
    }

    /// The request about the pictures of this number.
    fn about(&self, number: u64) -> Vec<u8> {
        let mut bytes = self.bytes.clone();
        let digits = format!("{number:0>DIGITS$}");
        for at in &self.numbers {
            bytes[*at..*at + DIGITS].copy_from_slice(digits.as_bytes());
        }
        bytes
    }
}

/// A number that no picture has had.
pub(crate) fn unused() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// Whether it says when to come again.
    pub(crate) retry_after: bool,
    pub(crate) body: Vec<u8>,
}

/// A connection.
pub(crate) struct Connection {
    stream: BufReader<TcpStream>,
}

impl Connection {
    /// To the server at `address`.
    pub(crate) fn new(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address).context("the server does not listen")?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        Ok(Self {
            stream: BufReader::new(stream),
        })
    }

    /// Asks about pictures that were never seen, and waits for the whole answer.
    pub(crate) fn ask(&mut self, request: &Request) -> Result<Answer> {
        self.ask_about(request, unused())
    }

    /// Asks about the pictures of this number, and waits for the whole answer.
    pub(crate) fn ask_about(&mut self, request: &Request, number: u64) -> Result<Answer> {
        self.stream.get_mut().write_all(&request.about(number))?;
        let mut line = String::new();
        self.stream.read_line(&mut line)?;
        let status = line.split(' ').nth(1).and_then(|code| code.parse().ok());
        let status = status.with_context(|| format!("no status line: {line:?}"))?;
        let (mut length, mut retry_after) = (None, false);
        loop {
            line.clear();
            if self.stream.read_line(&mut line)? == 0 {
                bail!("the answer was cut off");
            }
            let Some((name, value)) = line.trim_end().split_once(':') else {
                break;
            };
            match name.to_ascii_lowercase().as_str() {
                "content-length" => length = Some(value.trim().parse()?),
                "retry-after" => retry_after = true,
                _ => {}
            }
        }
        let mut body = vec![0; length.context("an answer without a length")?];
        self.stream.read_exact(&mut body)?;
        Ok(Answer {
            status,
            retry_after,
            body,
        })
    }
}
