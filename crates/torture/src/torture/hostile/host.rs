//! A host of pictures on this machine, for those who have the server fetch them.

use std::{
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::Arc,
    thread,
    time::Duration,
};

use anyhow::{Context as _, Result};

/// Serves one picture under every address, a part of it at a time.
pub(super) struct Host(SocketAddr);

impl Host {
    pub(super) fn start(picture: Vec<u8>) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").context("no port for pictures")?;
        let address = listener.local_addr()?;
        let picture = Arc::new(picture);
        // It ends with this process.
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let picture = Arc::clone(&picture);
                thread::spawn(move || serve(stream, &picture));
            }
        });
        Ok(Self(address))
    }

    /// `http://HOST:PORT`.
    pub(super) fn base(&self) -> String {
        format!("http://{}", self.0)
    }
}

fn serve(mut stream: TcpStream, picture: &[u8]) -> Option<()> {
    // What it asks for does not matter.
    let _asked = stream.read(&mut [0; 4096]).ok()?;
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        picture.len()
    );
    stream.write_all(head.as_bytes()).ok()?;
    for part in picture.chunks(16 << 10) {
        stream.write_all(part).ok()?;
        thread::sleep(Duration::from_millis(20));
    }
    Some(())
}
