//! Accounts.

use serde_json::json;
use store::{ClientId, ClientUpdate, NewClient, StoreError};

use crate::harness::{Bench, on_both};

on_both! { create_and_find, names_and_addresses_are_unique, phrases_rotate, disable, update, updates_do_not_undo_each_other, reopen }

async fn create_and_find(bench: Bench) {
    let catalog = &bench.catalog;
    catalog.ping().await.unwrap();
    let new = NewClient {
        name: "Ñandú S.A.".to_owned(),
        email: Some(" Ana@Example.ORG ".to_owned()),
        phone: Some("3001234567".to_owned()),
    };
    let made = catalog.create_client(new).await.unwrap();
    assert_eq!(made.email.as_deref(), Some("ana@example.org"));
    assert!(!made.disabled);
    assert_eq!(made.settings, json!({}));
    assert_eq!(made.token_phrase.len(), 24);
    assert_eq!(catalog.client(made.id).await.unwrap().as_ref(), Some(&made));
    assert_eq!(
        catalog.client_by_name("Ñandú S.A.").await.unwrap().as_ref(),
        Some(&made)
    );
    assert_eq!(
        catalog
            .client_by_email("ANA@example.org")
            .await
            .unwrap()
            .as_ref(),
        Some(&made)
    );
    assert_eq!(
        catalog.clients_by_phone("3001234567").await.unwrap(),
        std::slice::from_ref(&made)
    );
    assert_eq!(catalog.client(ClientId::random()).await.unwrap(), None);
    assert_eq!(catalog.client_by_name("ñandú s.a.").await.unwrap(), None);
    let other = bench.account("Another").await;
    assert_eq!(catalog.clients().await.unwrap(), [other, made.clone()]);
    let debug = format!("{made:?}");
    assert!(
        !debug.contains(&made.token_phrase) && !debug.contains("example.org"),
        "{debug}"
    );
}

async fn names_and_addresses_are_unique(bench: Bench) {
    let new = |name: &str, email: Option<&str>| NewClient {
        name: name.to_owned(),
        email: email.map(str::to_owned),
        phone: None,
    };
    bench
        .catalog
        .create_client(new("one", Some("one@example.org")))
        .await
        .unwrap();
    bench
        .catalog
        .create_client(new("none", None))
        .await
        .unwrap();
    let other = bench
        .catalog
        .create_client(new("no address either", None))
        .await
        .unwrap();
    assert!(matches!(
        bench.catalog.create_client(new("one", None)).await,
        Err(StoreError::ClientNameTaken)
    ));
    assert!(matches!(
        bench
            .catalog
            .create_client(new("two", Some("ONE@example.org")))
            .await,
        Err(StoreError::ClientEmailTaken)
    ));
    let update = ClientUpdate {
        name: Some("one".to_owned()),
        ..ClientUpdate::default()
    };
    assert!(matches!(
        bench.catalog.update_client(other.id, update).await,
        Err(StoreError::ClientNameTaken)
    ));
}

async fn phrases_rotate(bench: Bench) {
    let (one, two) = (bench.account("one").await, bench.account("two").await);
    let rotated = bench.catalog.rotate_token_phrase(one.id).await.unwrap();
    assert_ne!(rotated.token_phrase, one.token_phrase);
    assert_eq!(
        (one.tokens_from, rotated.tokens_from),
        (None, Some(rotated.updated_at))
    );
    assert_eq!(
        bench
            .catalog
            .client(one.id)
            .await
            .unwrap()
            .unwrap()
            .token_phrase,
        rotated.token_phrase
    );
    assert_eq!(bench.catalog.client(two.id).await.unwrap(), Some(two));
    assert!(matches!(
        bench.catalog.rotate_token_phrase(ClientId::random()).await,
        Err(StoreError::ClientNotFound)
    ));
}

async fn disable(bench: Bench) {
    let (one, two) = (bench.account("one").await, bench.account("two").await);
    assert!(
        bench
            .catalog
            .set_client_disabled(one.id, true)
            .await
            .unwrap()
            .disabled
    );
    assert!(
        bench
            .catalog
            .client(one.id)
            .await
            .unwrap()
            .unwrap()
            .disabled
    );
    assert!(
        !bench
            .catalog
            .client(two.id)
            .await
            .unwrap()
            .unwrap()
            .disabled
    );
    assert!(
        !bench
            .catalog
            .set_client_disabled(one.id, false)
            .await
            .unwrap()
            .disabled
    );
    assert!(matches!(
        bench
            .catalog
            .set_client_disabled(ClientId::random(), true)
            .await,
        Err(StoreError::ClientNotFound)
    ));
}

async fn update(bench: Bench) {
    let one = bench.account("one").await;
    let settings = |json: serde_json::Value| Some(json.as_object().unwrap().clone());
    let update = ClientUpdate {
        email: Some(Some("New@Example.org".to_owned())),
        settings: settings(json!({"company": "C", "address": "A"})),
        ..ClientUpdate::default()
    };
    bench.catalog.update_client(one.id, update).await.unwrap();
    let update = ClientUpdate {
        phone: Some(Some("1".to_owned())),
        settings: settings(json!({"company": "D", "address": null})),
        ..ClientUpdate::default()
    };
    let now = bench.catalog.update_client(one.id, update).await.unwrap();
    assert_eq!(
        (
            now.name.as_str(),
            now.email.as_deref(),
            now.phone.as_deref()
        ),
        ("one", Some("new@example.org"), Some("1"))
    );
    assert_eq!(now.settings, json!({"company": "D"}));
    assert!(now.updated_at >= one.updated_at);
    assert_eq!(now.token_phrase, one.token_phrase);
    let now = bench
        .catalog
        .update_client(
            one.id,
            ClientUpdate {
                email: Some(None),
                ..ClientUpdate::default()
            },
        )
        .await
        .unwrap();
    assert_eq!(now.email, None);
    assert!(matches!(
        bench
            .catalog
            .update_client(ClientId::random(), ClientUpdate::default())
            .await,
        Err(StoreError::ClientNotFound)
    ));
}

async fn updates_do_not_undo_each_other(bench: Bench) {
    let one = bench.account("one").await;
    let updates = (0..20).map(|number| {
        let catalog = bench.catalog.clone();
        let settings = json!({format!("key{number}"): number}).as_object().cloned();
        tokio::spawn(async move {
            catalog
                .update_client(
                    one.id,
                    ClientUpdate {
                        settings,
                        ..ClientUpdate::default()
                    },
                )
                .await
                .unwrap()
        })
    });
    for update in updates.collect::<Vec<_>>() {
        update.await.unwrap();
    }
    assert_eq!(
        bench
            .catalog
            .client(one.id)
            .await
            .unwrap()
            .unwrap()
            .settings
            .as_object()
            .unwrap()
            .len(),
        20
    );
}

async fn reopen(bench: Bench) {
    let one = bench.account("one").await;
    let node = bench.another_node().await;
    assert_eq!(node.client(one.id).await.unwrap(), Some(one));
    node.close().await;
    assert!(matches!(node.ping().await, Err(StoreError::Unavailable(_))));
    bench.catalog.ping().await.unwrap();
}
