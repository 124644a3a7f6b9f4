//! API keys and login codes.

use store::{ApiKeyId, ClientId, CodeCheck, LoginChannel, NewApiKey, StoreError};
use time::{Duration, OffsetDateTime};

use crate::harness::{Bench, on_both};

on_both! { api_keys, login_codes, login_codes_count_every_try }

fn key(byte: u8) -> NewApiKey {
    NewApiKey {
        hash: [byte; 32],
        label: format!("key {byte}"),
        prefix: "rk_12".to_owned(),
    }
}

async fn api_keys(bench: Bench) {
    let owner = bench.account("one").await;
    let first = bench
        .catalog
        .create_api_key(owner.id, key(1))
        .await
        .unwrap();
    let second = bench
        .catalog
        .create_api_key(owner.id, key(2))
        .await
        .unwrap();
    assert!(matches!(
        bench.catalog.create_api_key(owner.id, key(1)).await,
        Err(StoreError::ApiKeyTaken)
    ));
    assert!(matches!(
        bench
            .catalog
            .create_api_key(ClientId::random(), key(3))
            .await,
        Err(StoreError::ClientNotFound)
    ));
    assert_eq!(
        bench.catalog.client_of_api_key([1; 32]).await.unwrap(),
        Some((first.clone(), owner.clone()))
    );
    assert_eq!(first.last_used_at, None);
    bench.catalog.note_api_key_use(first.id).await.unwrap();
    bench
        .catalog
        .note_api_key_use(ApiKeyId::random())
        .await
        .unwrap();
    let (first, _) = bench
        .catalog
        .client_of_api_key([1; 32])
        .await
        .unwrap()
        .unwrap();
    assert!(first.last_used_at.is_some_and(|at| at >= first.created_at));
    assert_eq!(
        bench.catalog.client_of_api_key([9; 32]).await.unwrap(),
        None
    );
    let mut keys = bench.catalog.api_keys(owner.id).await.unwrap();
    keys.sort_by_key(|key| key.label.clone());
    assert_eq!(keys, [first.clone(), second]);
    let rehash = async |id, byte: u8| bench.catalog.rehash_api_key(id, [byte; 32]).await;
    rehash(first.id, 7).await.unwrap();
    rehash(ApiKeyId::random(), 8).await.unwrap();
    assert!(matches!(
        rehash(first.id, 2).await,
        Err(StoreError::ApiKeyTaken)
    ));
    let by_hash = async |byte: u8| bench.catalog.client_of_api_key([byte; 32]).await.unwrap();
    assert_eq!(by_hash(1).await, None);
    assert_eq!(by_hash(7).await, Some((first.clone(), owner.clone())));
    assert!(
        bench
            .catalog
            .revoke_api_key(owner.id, first.id)
            .await
            .unwrap()
    );
    assert!(
        !bench
            .catalog
            .revoke_api_key(owner.id, first.id)
            .await
            .unwrap()
    );
    assert!(
        !bench
            .catalog
            .revoke_api_key(owner.id, ApiKeyId::random())
            .await
            .unwrap()
    );
    assert_eq!(by_hash(7).await, None);
    assert!(
        bench
            .catalog
            .client_of_api_key([2; 32])
            .await
            .unwrap()
            .is_some()
    );
}

async fn login_codes(bench: Bench) {
    use LoginChannel::{Email, Phone};
    let owner = bench.account("one").await.id;
    let later = OffsetDateTime::now_utc() + Duration::minutes(10);
    let try_code = async |channel, byte| {
        bench
            .catalog
            .try_login_code(owner, channel, [byte; 32], 5)
            .await
            .unwrap()
    };
    assert_eq!(try_code(Email, 1).await, CodeCheck::Refused);
    bench
        .catalog
        .put_login_code(owner, Email, [1; 32], later)
        .await
        .unwrap();
    assert_eq!(try_code(Phone, 1).await, CodeCheck::Refused);
    assert_eq!(try_code(Email, 2).await, CodeCheck::Refused);
    assert_eq!(try_code(Email, 1).await, CodeCheck::Accepted);
    // Only once.
    assert_eq!(try_code(Email, 1).await, CodeCheck::Refused);
    // A new one takes the place of the old one.
    bench
        .catalog
        .put_login_code(owner, Email, [1; 32], later)
        .await
        .unwrap();
    bench
        .catalog
        .put_login_code(owner, Email, [2; 32], later)
        .await
        .unwrap();
    assert_eq!(try_code(Email, 1).await, CodeCheck::Refused);
    assert_eq!(try_code(Email, 2).await, CodeCheck::Accepted);
    // Too old.
    bench
        .catalog
        .put_login_code(
            owner,
            Email,
            [1; 32],
            OffsetDateTime::now_utc() - Duration::SECOND,
        )
        .await
        .unwrap();
    bench
        .catalog
        .put_login_code(owner, Phone, [1; 32], later)
        .await
        .unwrap();
    assert_eq!(try_code(Email, 1).await, CodeCheck::Refused);
    assert_eq!(bench.catalog.prune_login_codes().await.unwrap(), 1);
    assert_eq!(try_code(Phone, 1).await, CodeCheck::Accepted);
    let unknown = bench
        .catalog
        .put_login_code(ClientId::random(), Email, [1; 32], later)
        .await;
    assert!(matches!(unknown, Err(StoreError::ClientNotFound)));
}

async fn login_codes_count_every_try(bench: Bench) {
    let owner = bench.account("one").await.id;
    let later = OffsetDateTime::now_utc() + Duration::minutes(10);
    bench
        .catalog
        .put_login_code(owner, LoginChannel::Email, [1; 32], later)
        .await
        .unwrap();
    let guesses: Vec<_> = (0..20)
        .map(|_| {
            let catalog = bench.catalog.clone();
            tokio::spawn(async move {
                catalog
                    .try_login_code(owner, LoginChannel::Email, [2; 32], 5)
                    .await
                    .unwrap()
            })
        })
        .collect();
    for guess in guesses {
        assert_eq!(guess.await.unwrap(), CodeCheck::Refused);
    }
    let right = bench
        .catalog
        .try_login_code(owner, LoginChannel::Email, [1; 32], 5)
        .await
        .unwrap();
    assert_eq!(right, CodeCheck::Refused);
}
