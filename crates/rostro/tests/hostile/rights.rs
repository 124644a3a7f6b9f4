//! Bodies of those who have no right to send them, and bodies of an account that wants all the memory.

use std::time::Duration;

use tokio::time::timeout;

use crate::{siege::Siege, wire::Wire};

/// More than `server.max_in_flight`.
const STRANGERS: usize = 200;

/// Login by mail that goes nowhere.
const MAIL: [(&str, &str); 3] = [
    ("ROSTRO_MAIL__SERVER", "127.0.0.1"),
    ("ROSTRO_MAIL__TLS", "none"),
    ("ROSTRO_MAIL__FROM", "rostro@example.com"),
];

/// The beginning of a request for a code whose body says that it has so many bytes.
fn begun(bytes: usize) -> String {
    format!(
        "POST /v2/projects/email-login HTTP/1.1\r\nHost: x\r\nContent-Length: {bytes}\r\n\r\n{{\"email\":"
    )
}

/// So many connections at once that begin so; the status of each, and how long the last of them took.
async fn besiege(siege: &Siege, bytes: usize) -> Vec<u16> {
    let mut wires = Vec::new();
    for _ in 0..STRANGERS {
        let mut wire = Wire::to(&siege.address).await;
        wire.say(begun(bytes)).await;
        wires.push(wire);
    }
    let mut statuses = Vec::new();
    for mut wire in wires {
        statuses.extend(wire.status().await);
    }
    statuses
}

#[tokio::test(flavor = "multi_thread")]
async fn where_no_code_can_be_sent_a_body_is_not_waited_for() {
    let Some(siege) = Siege::start().await else {
        return;
    };
    let attack = async |siege: &Siege| {
        // Long before any body would be over.
        let statuses = timeout(Duration::from_secs(5), besiege(siege, 32 << 20)).await;
        let statuses = statuses.expect("each is answered at once");
        assert_eq!(statuses, [501; STRANGERS]);
        STRANGERS
    };
    siege
        .withstand("bodies begun where no code can be sent", attack)
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn strangers_wait_among_themselves() {
    let Some(siege) = Siege::start_with(&MAIL).await else {
        return;
    };
    let attack = async |siege: &Siege| {
        let statuses = besiege(siege, 1000).await;
        // A few wait for bodies that never come, and have five seconds; the others are told that it is full, or that they ask too much.
        let slow = statuses.iter().filter(|status| **status == 408).count();
        assert!((1..=16).contains(&slow), "{slow} waited");
        assert!(
            statuses
                .iter()
                .all(|status| [408, 429, 503].contains(status)),
            "{statuses:?}"
        );
        statuses.len()
    };
    siege.withstand("bodies begun by strangers", attack).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_stranger_sends_is_small() {
    let settings = [MAIL.as_slice(), &[("ROSTRO_LIMITS__OPEN_PER_MINUTE", "0")]].concat();
    let Some(siege) = Siege::start_with(&settings).await else {
        return;
    };
    const MOST: u64 = 64 << 20;
    const LARGE: usize = 16 << 20;
    let before = siege.memory();
    let attack = async |siege: &Siege| {
        let body = "A".repeat(1 << 20);
        let mut all = Vec::new();
        for _ in 0..40 {
            let mut wire = Wire::to(&siege.address).await;
            let (head, part) = (begun(LARGE), body.clone());
            all.push(tokio::spawn(async move {
                wire.say(head).await;
                for _ in 0..15 {
                    wire.say(&part).await;
                }
                wire.status().await
            }));
        }
        let most = &mut 0;
        for one in all {
            *most = siege.memory().saturating_sub(before).max(*most);
            let status = one.await.unwrap();
            assert!(matches!(status, Some(413 | 503)), "{status:?}");
        }
        assert!(*most < MOST, "{most} bytes");
        40
    };
    siege.withstand("large bodies of strangers", attack).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_gets_its_part_of_the_memory() {
    let settings = [
        ("ROSTRO_SERVER__BODY_MEMORY", "128 MiB"),
        ("ROSTRO_SERVER__REQUEST_TIMEOUT", "30s"),
    ];
    let Some(siege) = Siege::start_with(&settings).await else {
        return;
    };
    const MOST: u64 = 200 << 20;
    const LARGE: usize = 30 << 20;
    let before = siege.memory();
    let attack = async |siege: &Siege| {
        let head = format!(
            "POST /v2/face-recognition/liveness HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\nContent-Length: {LARGE}\r\n\r\n",
            siege.token
        );
        let part = vec![b' '; 1 << 20];
        let mut all = Vec::new();
        for _ in 0..40 {
            let mut wire = Wire::to(&siege.address).await;
            let (head, part) = (head.clone(), part.clone());
            all.push(tokio::spawn(async move {
                wire.say(head).await;
                for _ in 0..29 {
                    wire.say(&part).await;
                }
                // The last part never comes.
                tokio::time::sleep(Duration::from_secs(3)).await;
            }));
        }
        let mut most = 0;
        for one in all {
            most = siege.memory().saturating_sub(before).max(most);
            one.await.unwrap();
        }
        assert!(most < MOST, "{most} bytes");
        40
    };
    siege
        .withstand("40 bodies of 30 MiB of one account", attack)
        .await;
}
