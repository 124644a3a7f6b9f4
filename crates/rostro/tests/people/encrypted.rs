//! Encryption at rest, as a caller and the owner of the disk see it. The store's own tests have the rest.

use reqwest::Method;
use service::Receipt;

use crate::{
    account::{Account, PERSONS, at, text},
    common::shared::on_both,
};

on_both! { Account<'_>, a_deletion_has_a_receipt, nothing_of_a_person_is_in_the_files }

async fn a_deletion_has_a_receipt(account: &Account<'_>) {
    let person = account.person("Wilhelmina Unmistakable", 1, &[]).await;
    let request = account.request(Method::DELETE, &at(PERSONS, &person));
    let answer = request.send().await.unwrap();
    assert_eq!(answer.status().as_u16(), 200);
    let header = |name: &str| answer.headers()[name].to_str().unwrap().to_owned();
    let (written, id) = (header("x-rostro-deletion-receipt"), header("x-request-id"));
    let store = &*account.server.app().store;
    let receipt = Receipt::verify(&written, store).expect("it is genuine");
    assert_eq!(receipt.person, text(&person["_id"]));
    assert_eq!(receipt.account, account.id);
    assert_eq!((receipt.key.as_str(), receipt.request), ("destroyed", id));
    // One letter of the body, and another's signature.
    let parts: Vec<&str> = written.split('.').collect();
    let body = parts[1].replacen('a', "b", 1);
    assert_ne!(body, parts[1]);
    let changed = format!("{}.{body}.{}", parts[0], parts[2]);
    assert_eq!(Receipt::verify(&changed, store), None);
    assert_eq!(Receipt::verify("a.b.c", store), None);
    // What deletes nobody has none.
    let again = account.request(Method::DELETE, &at(PERSONS, &person));
    let again = again.send().await.unwrap();
    assert_eq!(again.status().as_u16(), 404);
    assert!(!again.headers().contains_key("x-rostro-deletion-receipt"));
}

async fn nothing_of_a_person_is_in_the_files(account: &Account<'_>) {
    let person = account.person("Wilhelmina Unmistakable", 2, &[]).await;
    let thumbnail = text(&person["thumbnails"][0]["thumbnail"]);
    let thumbnail = base64_simd::STANDARD.decode_to_vec(thumbnail).unwrap();
    let data = &account.server.app().config.server.data;
    let mut everything = Vec::new();
    for file in std::fs::read_dir(data).unwrap() {
        let path = file.unwrap().path();
        if path.is_file() {
            everything.extend(std::fs::read(path).unwrap());
        }
    }
    let holds = |wanted: &[u8]| everything.windows(wanted.len()).any(|part| part == wanted);
    for secret in ["Wilhelmina", "unmistakable"] {
        assert!(!holds(secret.as_bytes()), "{secret}");
    }
    // Behind what all JPEGs of one encoder begin with.
    assert!(thumbnail.len() > 1000 && !holds(&thumbnail[700..764]));
    // It is the right folder: the master key is there.
    assert!(data.join("master-key").is_file());
}
