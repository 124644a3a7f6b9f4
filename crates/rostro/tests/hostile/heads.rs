//! Headers and request lines that are too many or too long.

use crate::{
    siege::Siege,
    wire::{Wire, statuses},
};

/// Sends these bytes on several connections; each is refused, and closed.
async fn refused(siege: &Siege, name: &str, bytes: Vec<u8>, wanted: &[u16]) {
    const TIMES: usize = 20;
    let attack = async |siege: &Siege| {
        for _ in 0..TIMES {
            let mut wire = Wire::to(&siege.address).await;
            // The server may close before all of it is out.
            wire.say(&bytes).await;
            let told = statuses(&wire.hear().await);
            assert!(
                told.is_empty() || (told.len() == 1 && wanted.contains(&told[0])),
                "{name}: {told:?}"
            );
        }
        TIMES
    };
    siege.withstand(name, attack).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn floods_of_headers_are_refused() {
    let Some(siege) = Siege::start().await else {
        return;
    };
    let many: String = (0..5000)
        .map(|number| format!("x-{number}: y\r\n"))
        .collect();
    let many = format!("GET /healthz HTTP/1.1\r\nHost: x\r\n{many}\r\n").into_bytes();
    refused(&siege, "5,000 headers", many, &[400, 431]).await;
    let large = format!(
        "GET /healthz HTTP/1.1\r\nHost: x\r\nx: {}\r\n\r\n",
        "y".repeat(8 << 20)
    )
    .into_bytes();
    refused(&siege, "a header of 8 MiB", large, &[400, 431]).await;
    let line = format!("GET /{} HTTP/1.1\r\nHost: x\r\n\r\n", "y".repeat(8 << 20)).into_bytes();
    refused(&siege, "a request line of 8 MiB", line, &[400, 414, 431]).await;
    let endless = [
        b"GET /healthz HTTP/1.1\r\nHost: x\r\n".to_vec(),
        b"x: y\r\n".repeat(1 << 20),
    ]
    .concat();
    refused(&siege, "headers without end", endless, &[400, 431]).await;
}

/// Together they hold no more memory than a limit each.
#[tokio::test(flavor = "multi_thread")]
async fn many_half_heads_take_little_memory() {
    let Some(siege) = Siege::start().await else {
        return;
    };
    const CLIENTS: usize = 500;
    const MOST: u64 = 160 << 20;
    let before = siege.memory();
    let attack = async |siege: &Siege| {
        let half = format!(
            "GET /healthz HTTP/1.1\r\nHost: x\r\nx: {}",
            "y".repeat(1 << 20)
        );
        let mut all = Vec::new();
        for _ in 0..CLIENTS {
            let mut wire = Wire::to(&siege.address).await;
            let half = half.clone();
            all.push(tokio::spawn(async move {
                wire.say(half).await;
                wire.assert_closed().await;
            }));
        }
        let taken = siege.memory().saturating_sub(before);
        assert!(taken < MOST, "{taken} bytes");
        for one in all {
            one.await.unwrap();
        }
        CLIENTS
    };
    siege
        .withstand("headers of a MiB that do not end", attack)
        .await;
}
