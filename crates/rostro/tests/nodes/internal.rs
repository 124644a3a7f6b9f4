//! What nodes ask each other: nobody else gets an answer.

use std::time::{SystemTime, UNIX_EPOCH};

use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::{
    cluster::{SECRET, with_nodes},
    common::TestServer,
};

fn now() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap()
        .as_secs()
}

/// The proof that a node with this secret would send with this body.
fn proof(secret: &str, time: u64, body: &[u8]) -> String {
    let key = Sha256::new()
        .chain_update(b"rostro nodes, version 1\0")
        .chain_update(secret)
        .finalize();
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
    let hex = |bytes: &[u8]| -> String { bytes.iter().map(|byte| format!("{byte:02x}")).collect() };
    let head = format!("{time}:{}", hex(&Sha256::digest(body)));
    mac.update(b"question\0");
    mac.update(head.as_bytes());
    format!("Rostro-Node {head}:{}", hex(&mac.finalize().into_bytes()))
}

async fn put(server: &TestServer, proof: Option<String>, body: Vec<u8>) -> (u16, Vec<u8>, bool) {
    let mut request = server
        .http
        .post(server.url("/internal/v1/search"))
        .body(body);
    if let Some(proof) = proof {
        request = request.header("authorization", proof);
    }
    let response = request.send().await.unwrap();
    let sealed = response.headers().contains_key("x-rostro-seal");
    (
        response.status().as_u16(),
        response.bytes().await.unwrap().to_vec(),
        sealed,
    )
}

fn question(server: &TestServer) -> Value {
    let one = [[0; 4], [0; 4]];
    let mut probe: Vec<u8> = one.concat().repeat(256);
    probe[..4].copy_from_slice(&1_f32.to_le_bytes());
    json!({
        "model": server.app().gallery.model().to_string(), "client": server.account.id.to_string(),
        "within": { "account": { "loose": true, "collections": [] } },
        "probes": [base64_simd::STANDARD.encode_to_string(probe)],
        "min_score": 0.5, "limit": 10, "fast": true, "since": 0,
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn only_nodes_get_an_answer_and_no_body_does_harm() {
    with_nodes([Some("1/1")], async |nodes| {
        let server = &nodes[0];
        let good = question(server);
        let body = good.to_string().into_bytes();
        let ask = async |body: Vec<u8>| {
            let proof = proof(SECRET, now(), &body);
            put(server, Some(proof), body).await
        };
        let (status, answer, sealed) = ask(body.clone()).await;
        assert_eq!(
            (status, sealed),
            (200, true),
            "{}",
            String::from_utf8_lossy(&answer)
        );
        let answer: Value = serde_json::from_slice(&answer).unwrap();
        assert_eq!(answer["found"], json!([[]]));
        // Not without the secret, not late, not for another body, not with what clients have.
        let stolen = proof(SECRET, now(), b"another body");
        let refused = [
            None,
            Some(String::new()),
            Some("Rostro-Node ".to_owned()),
            Some(proof("another secret, as long as that one", now(), &body)),
            Some(proof(SECRET, now() - 60, &body)),
            Some(proof(SECRET, now() + 60, &body)),
            Some(stolen),
            Some(format!("Bearer {}", server.token)),
            Some(format!("Rostro-Node {0}:{1}:{1}", now(), "0".repeat(64))),
            Some(format!("Rostro-Node {0}:{1}:{1}", u64::MAX, "0".repeat(64))),
            Some(proof(SECRET, now(), &body).replace(':', "")),
        ];
        for proof in refused {
            let (status, answer, sealed) = put(server, proof.clone(), body.clone()).await;
            assert_eq!((status, sealed), (401, false), "{proof:?}");
            assert!(!String::from_utf8_lossy(&answer).contains("found"));
        }
        // With the secret, but nothing that a node would ask.
        let change = |path: &str, value: Value| {
            let mut changed = good.clone();
            *changed.pointer_mut(path).unwrap() = value;
            changed.to_string().into_bytes()
        };
        let bad = [
            vec![],
            b"null".to_vec(),
            b"{".to_vec(),
            vec![0xFF; 1000],
            change("/probes", json!(["AAAA"])),
            change("/probes", json!([1])),
            change("/client", json!("somebody")),
            change("/within", json!({ "everything": true })),
            change("/limit", json!(-1)),
            change("/model", json!("x")),
            format!("[{}", "[".repeat(100_000)).into_bytes(),
        ];
        for body in bad {
            assert_eq!(
                ask(body.clone()).await.0,
                400,
                "{}",
                String::from_utf8_lossy(&body[..body.len().min(300)])
            );
        }
        let huge = vec![b' '; 9 * 1024 * 1024];
        assert_eq!(ask(huge).await.0, 413);
        // Another model's template, another account's persons, a revision to come.
        assert_eq!(ask(change("/model", json!("00".repeat(32)))).await.0, 409);
        assert_eq!(ask(change("/since", json!(1_000_000))).await.0, 425);
        // A template of another length.
        let short = base64_simd::STANDARD.encode_to_string(1_f32.to_le_bytes());
        assert_eq!(ask(change("/probes", json!([short]))).await.0, 409);
        let limits = change("/limit", json!(usize::MAX));
        assert_eq!(ask(limits).await.0, 200);
        // No document has it.
        for path in ["/openapi.json", "/openapi/verifik.json"] {
            let document = server.http.get(server.url(path)).send().await.unwrap();
            assert!(
                !document.text().await.unwrap().contains("/internal"),
                "{path}"
            );
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_passes_nothing_on_that_it_was_asked_by_a_node() {
    with_nodes([Some("1/2"), Some("2/2")], async |nodes| {
        for node in nodes {
            let body = question(node).to_string().into_bytes();
            let status = put(node, Some(proof(SECRET, now(), &body)), body).await.0;
            let loose = gallery::Scope::Loose(node.account.id);
            let held = node.app().gallery.held().covers(loose);
            assert_eq!(status, if held { 200 } else { 421 });
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_by_itself_has_no_such_route() {
    with_nodes([None], async |nodes| {
        let body = question(&nodes[0]).to_string().into_bytes();
        let (status, ..) = put(&nodes[0], Some(proof(SECRET, now(), &body)), body).await;
        assert_eq!(status, 404);
    })
    .await;
}
