//! A line between one gateway and Postgres that can be cut, silently, as networks are.

use std::{
    io::{Read as _, Write as _},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

use anyhow::{Context as _, Result};

/// Taken from one side at a time, in bytes.
const CHUNK: usize = 16 * 1024;

/// Forwards connections; what is sent while it is cut arrives once it is healed, as what TCP sends again does.
#[derive(Debug)]
pub(super) struct Proxy {
    port: u16,
    line: Arc<Line>,
}

#[derive(Debug, Default)]
struct Line {
    cut: Mutex<bool>,
    healed: Condvar,
    closed: AtomicBool,
}

impl Proxy {
    /// To this port of this machine.
    ///
    /// # Errors
    /// When no port can be had.
    pub(super) fn to(port: u16) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").context("127.0.0.1 has no free port")?;
        let near = listener.local_addr()?.port();
        let line = Arc::new(Line::default());
        let far = SocketAddr::from(([127, 0, 0, 1], port));
        let kept = Arc::clone(&line);
        thread::spawn(move || {
            for taken in listener.incoming() {
                if kept.closed.load(Ordering::Relaxed) {
                    break;
                }
                if let Ok(taken) = taken {
                    let line = Arc::clone(&kept);
                    thread::spawn(move || line.join(&taken, far));
                }
            }
        });
        Ok(Self { port: near, line })
    }

    /// Where it listens on 127.0.0.1.
    pub(super) fn port(&self) -> u16 {
        self.port
    }

    /// From now on nothing passes.
    pub(super) fn cut(&self) {
        *self.line.state() = true;
    }

    /// Everything passes again.
    pub(super) fn heal(&self) {
        *self.line.state() = false;
        self.line.healed.notify_all();
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.line.closed.store(true, Ordering::Relaxed);
        self.heal();
        // Wakes the thread that accepts.
        let _gone = TcpStream::connect(("127.0.0.1", self.port));
    }
}

impl Line {
    fn state(&self) -> MutexGuard<'_, bool> {
        self.cut.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns once the line is not cut.
    fn wait(&self) {
        let cut = self.healed.wait_while(self.state(), |cut| *cut);
        drop(cut.unwrap_or_else(PoisonError::into_inner));
    }

    /// Both ways between `near` and a new connection to `far`, until both are done.
    fn join(&self, near: &TcpStream, far: SocketAddr) {
        self.wait();
        // Nobody there: the gateway is told by the end of its connection.
        let Ok(far) = TcpStream::connect(far) else {
            return;
        };
        let _slower = (near.set_nodelay(true), far.set_nodelay(true));
        thread::scope(|scope| {
            scope.spawn(|| self.pump(near, &far));
            self.pump(&far, near);
        });
    }

    fn pump(&self, mut from: &TcpStream, mut to: &TcpStream) {
        let mut bytes = [0; CHUNK];
        loop {
            let read = from.read(&mut bytes).unwrap_or(0);
            self.wait();
            let sent = match bytes.get(..read) {
                Some(some) if read > 0 => to.write_all(some),
                _ => break,
            };
            if sent.is_err() {
                break;
            }
        }
        // Gone already is as good.
        let _gone = (to.shutdown(Shutdown::Write), from.shutdown(Shutdown::Read));
    }
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        reason = "a fault in a test's setting is a failed test"
    )]

    use std::time::Duration;

    use super::*;

    #[test]
    fn what_is_sent_over_a_cut_line_arrives_once_it_is_healed() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let proxy = Proxy::to(listener.local_addr().unwrap().port()).unwrap();
        let mut near = TcpStream::connect(("127.0.0.1", proxy.port())).unwrap();
        near.write_all(b"one").unwrap();
        let (mut far, _) = listener.accept().unwrap();
        let mut bytes = [0; 3];
        far.read_exact(&mut bytes).unwrap();
        assert_eq!(&bytes, b"one");

        proxy.cut();
        near.write_all(b"two").unwrap();
        far.set_read_timeout(Some(Duration::from_millis(200)))
            .unwrap();
        assert!(far.read_exact(&mut bytes).is_err(), "nothing passes");
        far.set_read_timeout(None).unwrap();
        proxy.heal();
        far.read_exact(&mut bytes).unwrap();
        assert_eq!(&bytes, b"two");

        drop(near);
        assert_eq!(far.read(&mut bytes).unwrap(), 0, "the end passes too");
    }
}
