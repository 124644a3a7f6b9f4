//! Bodies that lie about their length, trickle, or never end.

use std::time::Duration;

use crate::{
    siege::Siege,
    wire::{Wire, statuses},
};

const PATH: &str = "/v2/face-recognition/liveness";

fn head(siege: &Siege, headers: &str) -> String {
    format!(
        "POST {PATH} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\n{headers}\r\n",
        siege.token
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_is_shorter_than_it_says_is_no_request() {
    let Some(siege) = Siege::start().await else {
        return;
    };
    let attack = async |siege: &Siege| {
        const TIMES: usize = 30;
        let text = head(siege, "Content-Length: 1000\r\n") + "{\"os\":\"DESKTOP\"}";
        let mut waiting = Vec::new();
        for time in 0..TIMES {
            let mut wire = Wire::to(&siege.address).await;
            wire.say(&text).await;
            // Some hang up, the others only wait: the time of a request is limited.
            if time % 2 == 0 {
                wire.hang_up().await;
            }
            waiting.push(tokio::spawn(async move { statuses(&wire.hear().await) }));
        }
        for one in waiting {
            let told = one.await.unwrap();
            assert!(
                told.iter().all(|status| [400, 408, 504].contains(status)),
                "{told:?}"
            );
        }
        TIMES
    };
    siege
        .withstand("bodies shorter than they say", attack)
        .await;
}

/// What follows the declared length is the next request, and garbage as such: it never becomes part of the first.
#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_is_longer_than_it_says_does_not_smuggle() {
    let Some(siege) = Siege::start().await else {
        return;
    };
    let attack = async |siege: &Siege| {
        const TIMES: usize = 30;
        for _ in 0..TIMES {
            let mut wire = Wire::to(&siege.address).await;
            let text = head(siege, "Content-Length: 2\r\n") + "{}trailing garbage\r\n\r\n";
            wire.say(&text).await;
            // 409: the first request was understood and lacks its fields.
            assert_eq!(statuses(&wire.hear().await), [409, 400]);
        }
        for lengths in [
            "Content-Length: 2\r\nContent-Length: 3\r\n",
            "Content-Length: -1\r\n",
            "Content-Length: 99999999999999999999\r\n",
            "Content-Length: 2,3\r\n",
        ] {
            let mut wire = Wire::to(&siege.address).await;
            wire.say(head(siege, lengths) + "{}").await;
            wire.hang_up().await;
            assert_eq!(statuses(&wire.hear().await), [400], "{lengths}");
        }
        // Both: the chunks count (RFC 9112, 6.3), or the request is refused; the length never does.
        let mut wire = Wire::to(&siege.address).await;
        let both = "Content-Length: 5\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n";
        wire.say(head(siege, both) + "0\r\n\r\nGET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
            .await;
        wire.hang_up().await;
        let told = statuses(&wire.hear().await);
        assert!(told == [409] || told == [400], "{told:?}");
        TIMES + 5
    };
    siege
        .withstand(
            "bodies longer than they say, lengths that contradict",
            attack,
        )
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn garbage_instead_of_chunks_is_refused() {
    let Some(siege) = Siege::start().await else {
        return;
    };
    let chunks = [
        "zz\r\n{}\r\n0\r\n\r\n",
        "-1\r\n",
        "FFFFFFFFFFFFFFFFFF\r\n",
        "2\r\n{}garbage\r\n0\r\n\r\n",
        "2;x=\0\r\n{}",
        "\r\n\r\n\r\n",
    ];
    let attack = async |siege: &Siege| {
        const TIMES: usize = 10;
        for chunk in chunks.repeat(TIMES) {
            let mut wire = Wire::to(&siege.address).await;
            wire.say(head(siege, "Transfer-Encoding: chunked\r\n") + chunk)
                .await;
            wire.hang_up().await;
            let told = statuses(&wire.hear().await);
            assert!(
                told.iter().all(|status| [400, 408].contains(status)),
                "{chunk:?}: {told:?}"
            );
        }
        chunks.len() * TIMES
    };
    siege.withstand("chunked garbage", attack).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_that_trickle_end_at_the_time_of_a_request() {
    let Some(siege) = Siege::start().await else {
        return;
    };
    let attack = async |siege: &Siege| {
        const CLIENTS: usize = 50;
        // Ten a second, for longer than a request may take.
        const BYTES: usize = 150;
        let mut all = Vec::new();
        for _ in 0..CLIENTS {
            let mut wire = Wire::to(&siege.address).await;
            let begun = head(siege, "Content-Length: 1000000\r\n");
            all.push(tokio::spawn(async move {
                wire.say(begun).await;
                for _ in 0..BYTES {
                    wire.say("a").await;
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
                wire.status().await
            }));
        }
        for one in all {
            assert_eq!(one.await.unwrap(), Some(504));
        }
        CLIENTS
    };
    siege.withstand("bodies that trickle", attack).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn uploads_that_break_off_leave_nothing() {
    let Some(siege) = Siege::start().await else {
        return;
    };
    let attack = async |siege: &Siege| {
        const TIMES: usize = 100;
        let begun =
            head(siege, "Content-Length: 30000000\r\n") + "{\"image\":\"" + &"A".repeat(1 << 20);
        for time in 0..TIMES {
            let mut wire = Wire::to(&siege.address).await;
            wire.say(&begun.as_bytes()[..begun.len() - time * 1000])
                .await;
            wire.reset();
        }
        TIMES
    };
    siege
        .withstand("uploads broken off by a reset", attack)
        .await;
}
