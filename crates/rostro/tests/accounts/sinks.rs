//! Where codes end up: an SMTP server and an HTTP hook that keep what they are sent.

use std::sync::{Arc, Mutex};

use axum::{Json, Router, extract::State, http::HeaderMap, routing::post};
use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader},
    net::{TcpListener, TcpStream},
    sync::mpsc::{self, UnboundedReceiver, UnboundedSender},
};

/// A message as the SMTP server took it.
#[derive(Debug)]
pub(crate) struct Mail {
    pub(crate) from: String,
    pub(crate) to: Vec<String>,
    pub(crate) text: String,
}

/// Starts an SMTP server; returns its port and its mail. Addresses that begin with `nobody` are refused.
pub(crate) async fn smtp() -> (u16, UnboundedReceiver<Mail>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (sender, mails) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(conversation(stream, sender.clone()));
        }
    });
    (port, mails)
}

async fn conversation(stream: TcpStream, sender: UnboundedSender<Mail>) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    let mut mail = Mail {
        from: String::new(),
        to: Vec::new(),
        text: String::new(),
    };
    stream.write_all(b"220 sink\r\n").await?;
    let mut line = String::new();
    while {
        line.clear();
        stream.read_line(&mut line).await?
    } > 0
    {
        let command = line.trim_end().to_owned();
        let word = command.to_uppercase();
        let reply = if word.starts_with("EHLO") {
            "250-sink\r\n250 8BITMIME"
        } else if word.starts_with("MAIL FROM:") {
            mail.from = command[10..].to_owned();
            "250 ok"
        } else if word.starts_with("RCPT TO:<NOBODY") {
            "550 no such user"
        } else if word.starts_with("RCPT TO:") {
            mail.to.push(command[8..].to_owned());
            "250 ok"
        } else if word == "DATA" {
            stream.write_all(b"354 go on\r\n").await?;
            mail.text.clear();
            while {
                line.clear();
                stream.read_line(&mut line).await?
            } > 0
                && line != ".\r\n"
            {
                mail.text.push_str(&line);
            }
            let done = Mail {
                from: mail.from.clone(),
                to: std::mem::take(&mut mail.to),
                text: mail.text.clone(),
            };
            sender.send(done).ok();
            "250 taken"
        } else if word == "QUIT" {
            "221 bye"
        } else {
            "250 ok"
        };
        stream.write_all(format!("{reply}\r\n").as_bytes()).await?;
    }
    Ok(())
}

type Calls = Arc<Mutex<UnboundedSender<(HeaderMap, Value)>>>;

/// Starts an HTTP hook; returns its address and the calls that it gets.
pub(crate) async fn hook() -> (String, UnboundedReceiver<(HeaderMap, Value)>) {
    async fn take(State(calls): State<Calls>, headers: HeaderMap, Json(body): Json<Value>) {
        calls.lock().unwrap().send((headers, body)).ok();
    }
    let (sender, calls) = mpsc::unbounded_channel();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/sms", listener.local_addr().unwrap());
    let router = Router::new()
        .route("/sms", post(take))
        .with_state(Arc::new(Mutex::new(sender)));
    tokio::spawn(async move { axum::serve(listener, router).await });
    (url, calls)
}
