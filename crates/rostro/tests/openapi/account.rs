//! The account, its tokens, and login by one-time code.

use std::time::Duration;

use axum::http::HeaderMap;
use serde_json::{Value, json};
use tokio::sync::mpsc::UnboundedReceiver;

use crate::{api::Api, sinks::Mail};

/// Where codes end up.
pub(crate) struct Sinks {
    pub(crate) mails: UnboundedReceiver<Mail>,
    pub(crate) texts: UnboundedReceiver<(HeaderMap, Value)>,
}

/// The address of an account.
pub(crate) const ANA: &str = "ana@example.com";

async fn next<T>(sink: &mut UnboundedReceiver<T>) -> T {
    tokio::time::timeout(Duration::from_secs(60), sink.recv())
        .await
        .expect("a message")
        .unwrap()
}

pub(crate) async fn all(api: &Api<'_>, mut sinks: Sinks) {
    let own = format!("/v2/clients/{}", api.server.account.id);
    profile(api, &own).await;
    by_mail(api, &mut sinks).await;
    by_phone(api, &own, &mut sinks).await;
    sessions(api).await;
}

async fn profile(api: &Api<'_>, own: &str) {
    const ME: &str = "/v2/clients/me";
    api.ask(200, "GET", ME, None).await;
    api.ask_as_nobody(401, "GET", ME, None).await;
    let change = json!({ "name": "Tester", "company": "ACME", "countryCode": "57" });
    for path in [ME, own] {
        api.ask(200, "PUT", path, Some(&change)).await;
        api.ask(409, "PUT", path, Some(&json!({ "email": "ana" })))
            .await;
        api.ask_as_nobody(401, "PUT", path, Some(&change)).await;
    }
    let other = "/v2/clients/65b9592267cc4f096dbe743d";
    api.ask(403, "PUT", other, Some(&change)).await;
}

async fn by_mail(api: &Api<'_>, sinks: &mut Sinks) {
    const LOGIN: &str = "/v2/projects/email-login";
    let confirm = format!("{LOGIN}/confirm");
    api.ask_as_nobody(404, "POST", LOGIN, Some(&json!({ "email": "ana" })))
        .await;
    api.ask_as_nobody(409, "POST", LOGIN, Some(&json!({})))
        .await;
    api.ask_as_nobody(200, "POST", LOGIN, Some(&json!({ "email": ANA })))
        .await;
    let mail = next(&mut sinks.mails).await.text;
    let (_, text) = mail.split_once("\r\n\r\n").unwrap();
    let mut words = text.split(|c: char| !c.is_ascii_digit());
    let code = words.find(|word| word.len() == 6).expect("a code");
    let wrong = json!({ "email": ANA, "otp": if code == "111111" { "222222" } else { "111111" } });
    api.ask_as_nobody(400, "POST", &confirm, Some(&wrong)).await;
    let right = json!({ "email": ANA, "otp": code });
    api.ask_as_nobody(200, "POST", &confirm, Some(&right)).await;
}

async fn by_phone(api: &Api<'_>, own: &str, sinks: &mut Sinks) {
    const LOGIN: &str = "/v2/projects/phone-login";
    let confirm = format!("{LOGIN}/confirm");
    let phone = json!({ "phone": "3001234567", "countryCode": "57" });
    api.ask(200, "PUT", own, Some(&phone)).await;
    api.ask_as_nobody(409, "POST", LOGIN, Some(&json!({})))
        .await;
    let who = json!({ "countryCode": "57", "phone": "3001234567", "type": "login" });
    api.ask_as_nobody(200, "POST", LOGIN, Some(&who)).await;
    let (_, text) = next(&mut sinks.texts).await;
    let code = text["code"].as_str().unwrap();
    let otp = |code: &str| json!({ "countryCode": "57", "phone": "3001234567", "otp": code });
    let wrong = otp(if code == "111111" { "222222" } else { "111111" });
    api.ask_as_nobody(400, "POST", &confirm, Some(&wrong)).await;
    api.ask_as_nobody(200, "POST", &confirm, Some(&otp(code)))
        .await;
}

/// The account's token is worth nothing after this.
async fn sessions(api: &Api<'_>) {
    const SESSION: &str = "/v2/auth/session";
    const REVOKE: &str = "/v2/auth/renew-and-revoke";
    for query in ["?origin=refresh&expiresIn=2", "?origin=app"] {
        api.ask(200, "GET", &format!("{SESSION}{query}"), None)
            .await;
    }
    api.ask(409, "GET", &format!("{SESSION}?expiresIn=0"), None)
        .await;
    api.ask(200, "POST", SESSION, Some(&json!({ "origin": "refresh" })))
        .await;
    api.ask(409, "POST", SESSION, Some(&json!({ "expiresIn": 0 })))
        .await;
    for path in [SESSION, REVOKE] {
        api.ask_as_nobody(409, "POST", path, None).await;
    }
    api.ask(200, "POST", REVOKE, None).await;
    api.ask(401, "POST", REVOKE, None).await;
    api.ask(401, "GET", SESSION, None).await;
}
