//! Accounts and their tokens.

use service::auth::{SigningSecret, Tokens};

use crate::{Home, on_both};

on_both! { accounts_come_and_go, tokens_are_revoked }

async fn accounts_come_and_go(home: &Home) {
    home.ok(&[
        "client",
        "add",
        "acme",
        "--email",
        "Ana@Example.com",
        "--phone",
        "300 123 4567",
        "--country-code",
        "57",
    ]);
    home.ok(&["client", "add", "beta"]);
    let store = home.store().await;
    let acme = store.client_by_name("acme").await.unwrap().unwrap();
    assert_eq!(
        (acme.email.as_deref(), acme.phone.as_deref()),
        (Some("ana@example.com"), Some("3001234567"))
    );
    assert_eq!(acme.settings["countryCode"], "+57");
    store.close().await;
    for (arguments, part) in [
        (
            vec!["client", "add", "acme"],
            "an account of this name exists",
        ),
        (
            vec!["client", "add", "gamma", "--email", "ana@example.com"],
            "e-mail address exists",
        ),
        (
            vec!["client", "add", "gamma", "--email", "ana"],
            "not an e-mail address",
        ),
        (vec!["client", "add", " "], "needs a name"),
        (
            vec!["client", "disable", "nobody"],
            "there is no account \"nobody\"",
        ),
    ] {
        let text = home.fails(&arguments);
        assert!(text.contains(part), "{text}");
    }
    home.ok(&["client", "disable", "acme"]);
    let list = home.ok(&["client", "list"]);
    let states: Vec<Vec<&str>> = list
        .lines()
        .map(|line| line.split_whitespace().collect())
        .collect();
    assert_eq!(
        (
            states[0][0],
            states[1][0],
            states[1][2],
            states[2][0],
            states[2][2]
        ),
        ("NAME", "acme", "disabled", "beta", "active")
    );
    assert!(
        home.fails(&["token", "issue", "--client", "acme"])
            .contains("disabled")
    );
    home.ok(&["client", "enable", "acme"]);
    home.ok(&["token", "issue", "--client", "acme"]);
}

async fn tokens_are_revoked(home: &Home) {
    let token = home.ok(&["token", "issue", "--client", "acme"]);
    let secret =
        SigningSecret::load(&service::config::Secret::new(""), &home.path().join("data")).unwrap();
    let claims = Tokens::new(&secret.into(), std::time::Duration::ZERO)
        .verify(token.trim())
        .unwrap();
    let store = home.store().await;
    let accounts = service::auth::Accounts::new(store.clone());
    assert!(accounts.check(&claims).await.is_ok());
    home.ok(&["token", "revoke-all", "--client", "acme"]);
    assert_eq!(
        accounts.check(&claims).await.unwrap_err(),
        service::auth::AuthError::Revoked
    );
    store.close().await;
    assert!(
        home.fails(&["token", "revoke-all", "--client", "nobody"])
            .contains("nobody")
    );
}
