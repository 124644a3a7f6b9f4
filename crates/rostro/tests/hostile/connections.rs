//! Connections that are opened and left alone.

use crate::{siege::Siege, wire::Wire};

/// Idle connections, as far as this machine lets one process open them.
const IDLE: usize = 10_000;
/// Files that the server and this test need besides.
const OTHERS: usize = 300;

/// How many connections both ends may have.
fn affordable(siege: &Siege) -> usize {
    let most = siege.most_files().saturating_sub(OTHERS).min(IDLE);
    if most < IDLE {
        eprintln!("only {most} of {IDLE} idle connections: ulimit -n is too low for more");
    }
    most
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_idle_connections_are_closed_in_the_end() {
    let Some(siege) = Siege::start().await else {
        return;
    };
    let most = affordable(&siege);
    let attack = async |siege: &Siege| {
        let mut idle = Vec::with_capacity(most);
        for _ in 0..most {
            idle.push(Wire::to(&siege.address).await);
        }
        // Nobody of them says a word, and each is given up.
        for wire in &mut idle {
            wire.assert_closed().await;
        }
        most
    };
    siege.withstand("idle connections", attack).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_that_stop_in_the_middle_are_closed() {
    let Some(siege) = Siege::start().await else {
        return;
    };
    const EACH: usize = 100;
    let beginnings: [&[u8]; 5] = [
        b"G",
        b"PRI * HTTP/2.0\r\n",
        b"POST /v2/face-recognition/liveness HTTP/1.1\r\nHost: x\r\nX-Half: ",
        b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ];
    let attack = async |siege: &Siege| {
        let mut halves = Vec::new();
        for beginning in beginnings {
            for _ in 0..EACH {
                let mut wire = Wire::to(&siege.address).await;
                wire.say(beginning).await;
                halves.push(wire);
            }
        }
        for wire in &mut halves {
            wire.assert_closed().await;
        }
        halves.len()
    };
    siege.withstand("half-open connections", attack).await;
}

/// Answers that nobody takes fill the buffers of both sides; then the server waits, and not for ever.
#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_takes_no_answers_is_closed() {
    let Some(siege) = Siege::start().await else {
        return;
    };
    const CLIENTS: usize = 100;
    let attack = async |siege: &Siege| {
        let before = siege.files();
        let mut deaf = Vec::new();
        for _ in 0..CLIENTS {
            let mut wire = Wire::to(&siege.address).await;
            let request = b"GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n";
            // 100 times a document of hundreds of kilobytes.
            wire.say(request.repeat(100)).await;
            deaf.push(wire);
        }
        // They come, and although none of them leaves they go.
        let half = before + CLIENTS / 2;
        siege.until("they never came", |files| files > half).await;
        siege
            .until("they are still there", |files| files < half)
            .await;
        CLIENTS
    };
    siege
        .withstand("clients that take no answers", attack)
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_http_is_refused_and_closed() {
    let Some(siege) = Siege::start().await else {
        return;
    };
    let hello = [
        &[
            0x16, 0x03, 0x01, 0x00, 0x2F, 0x01, 0x00, 0x00, 0x2B, 0x03, 0x03,
        ][..],
        &[7; 40],
    ]
    .concat();
    let texts: [&[u8]; 8] = [
        b"GET /healthz\r\n\r\n",
        b"GET /\r\n",
        &hello,
        b"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
        b"SSH-2.0-OpenSSH_9.6\r\n\r\n",
        b"GET /healthz HTTP/9.9\r\n\r\n",
        b"GET http://[::1 HTTP/1.1\r\nHost: x\r\n\r\n",
        b"\r\n\r\n\r\n\r\n GET / HTTP/1.1\r\n\r\n",
    ];
    let attack = async |siege: &Siege| {
        const TIMES: usize = 20;
        for text in texts.repeat(TIMES) {
            let mut wire = Wire::to(&siege.address).await;
            wire.say(text).await;
            let heard = wire.hear().await;
            let told = crate::wire::statuses(&heard);
            assert!(
                told.iter().all(|status| (400..500).contains(status)),
                "{:?}: {heard}",
                String::from_utf8_lossy(text)
            );
        }
        texts.len() * TIMES
    };
    siege.withstand("other protocols", attack).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pipelined_requests_are_answered_in_their_order() {
    let Some(siege) = Siege::start().await else {
        return;
    };
    let attack = async |siege: &Siege| {
        const MANY: usize = 500;
        let mut wire = Wire::to(&siege.address).await;
        let pair =
            b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\nGET /nowhere HTTP/1.1\r\nHost: x\r\n\r\n";
        assert!(wire.say(pair.repeat(MANY)).await);
        for _ in 0..MANY {
            assert_eq!(wire.status().await, Some(200));
            assert_eq!(wire.status().await, Some(404));
        }
        2 * MANY
    };
    siege.withstand("pipelined requests", attack).await;
}
