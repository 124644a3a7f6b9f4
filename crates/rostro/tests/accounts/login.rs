//! Login by one-time code.

use std::time::Duration;

use serde_json::{Value, json};
use service::{
    Config,
    config::{MailTls, Secret},
};
use store::{ClientUpdate, NewClient};

use crate::{
    common::{TestServer, answer, database::Kind},
    on, on_both,
    sinks::{self, Mail},
};

on_both! { by_mail, by_phone, codes_cannot_be_guessed, nobody_learns_whether_an_address_exists, codes_die, too_many_codes }

const ASK: &str = "/v2/projects/email-login";
const CONFIRM: &str = "/v2/projects/email-login/confirm";
const ANA: &str = "ana@example.com";

fn with_mail(port: u16) -> impl FnOnce(&mut Config) {
    move |config| {
        config.mail.server = "127.0.0.1".to_owned();
        config.mail.port = port;
        config.mail.tls = MailTls::None;
        config.mail.from = "Face login <no-reply@example.com>".to_owned();
    }
}

async fn ana(server: &TestServer) -> store::Client {
    let ana = NewClient {
        name: "ana".to_owned(),
        email: Some(ANA.to_owned()),
        phone: None,
    };
    server.app().store.create_client(ana).await.unwrap()
}

async fn call(server: &TestServer, path: &str, body: &Value) -> (u16, Value) {
    answer(server.http.post(server.url(path)).json(body)).await
}

fn code(text: &str) -> String {
    let digits: Vec<&str> = text
        .split(|c: char| !c.is_ascii_digit())
        .filter(|part| part.len() == 6)
        .collect();
    assert_eq!(digits.len(), 1, "{text}");
    digits[0].to_owned()
}

async fn next<T>(sink: &mut tokio::sync::mpsc::UnboundedReceiver<T>) -> T {
    tokio::time::timeout(Duration::from_secs(20), sink.recv())
        .await
        .expect("a message")
        .unwrap()
}

/// The code in the next mail.
async fn mailed_code(mails: &mut tokio::sync::mpsc::UnboundedReceiver<sinks::Mail>) -> String {
    let mail = next(mails).await;
    let (_, body) = mail.text.split_once("\r\n\r\n").unwrap();
    code(body)
}

/// Another code than this one.
fn wrong(code: &str, nth: u32) -> String {
    let number: u32 = code.parse().unwrap();
    (100_000 + (number - 100_000 + nth + 1) % 900_000).to_string()
}

async fn by_mail(kind: Kind) {
    let (port, mut mails) = sinks::smtp().await;
    on(kind, with_mail(port), async |server: TestServer| {
        let ana = ana(&server).await;
        let (status, body) = answer(
            server
                .http
                .post(server.url(&format!("{ASK}?email=Ana%40example.com"))),
        )
        .await;
        assert_eq!(
            (status, &body["data"]["status"], &body["data"]["email"]),
            (200, &json!("sent"), &json!("Ana@example.com")),
            "{body}"
        );
        assert!(
            body["data"]["expiresAt"].as_str().unwrap().ends_with('Z')
                && body["id"].as_str().unwrap().len() == 5
        );
        let Mail { from, to, text } = next(&mut mails).await;
        assert!(
            from.contains("no-reply@example.com") && to == [format!("<{ANA}>")],
            "{from} {to:?}"
        );
        assert!(
            text.contains("Subject: Your login code")
                && text.contains("From: \"Face login\" <no-reply@example.com>"),
            "{text}"
        );
        let code = code(text.split_once("\r\n\r\n").unwrap().1);

        let (status, body) = call(
            &server,
            CONFIRM,
            &json!({"email": ANA, "otp": code.parse::<u32>().unwrap()}),
        )
        .await;
        assert_eq!(
            (status, &body["data"]["tokenType"]),
            (200, &json!("bearer")),
            "{body}"
        );
        let token = body["data"]["accessToken"].as_str().unwrap();
        let (_, me) = answer(
            server
                .http
                .get(server.url("/v2/clients/me"))
                .bearer_auth(token),
        )
        .await;
        assert_eq!(me["data"]["_id"], ana.id.to_string());
        // Once only.
        let (status, body) = call(&server, CONFIRM, &json!({"email": ANA, "otp": code})).await;
        assert_eq!(
            (status, body),
            (400, json!({"code": "ERROR", "message": "invalid_otp"}))
        );
        server
    })
    .await;
}

async fn by_phone(kind: Kind) {
    let (url, mut calls) = sinks::hook().await;
    let change = |config: &mut Config| {
        config.sms.url = Secret::new(url);
        config.sms.secret = Secret::new("of the hook");
    };
    on(kind, change, async |server: TestServer| {
        let phone = |number: &str, country: &str| ClientUpdate {
            phone: Some(Some(number.to_owned())),
            settings: Some(json!({"countryCode": country}).as_object().unwrap().clone()),
            ..ClientUpdate::default()
        };
        let store = &server.app().store;
        store.update_client(server.account.id, phone("3001234567", "+57")).await.unwrap();
        // A later account that names the same number does not get in the way, nor does one of another country.
        for (name, country) in [("later", "+57"), ("abroad", "+1")] {
            let client = store.create_client(NewClient { name: name.to_owned(), ..NewClient::default() }).await.unwrap();
            store.update_client(client.id, phone("3001234567", country)).await.unwrap();
        }
        let who = json!({"countryCode": "+57", "phone": "3001234567", "type": "login"});
        let (status, body) = call(&server, "/v2/projects/phone-login", &who).await;
        assert_eq!((status, &body["data"]["status"], &body["data"]["phone"]), (200, &json!("sent"), &json!("3001234567")), "{body}");
        let (headers, sent) = next(&mut calls).await;
        assert_eq!((&headers["x-rostro-secret"], &sent["to"]), (&"of the hook".parse().unwrap(), &json!("+573001234567")));
        assert_eq!(code(sent["message"].as_str().unwrap()), sent["code"]);
        let (status, body) = call(&server, "/v2/projects/phone-login/confirm", &json!({"countryCode": "57", "phone": "300 123 4567", "otp": sent["code"]})).await;
        assert_eq!(status, 200, "{body}");
        let token = body["data"]["accessToken"].as_str().unwrap();
        let (_, me) = answer(server.http.get(server.url("/v2/clients/me")).bearer_auth(token)).await;
        assert_eq!(me["data"]["_id"], server.account.id.to_string());

        let (status, body) = call(&server, "/v2/projects/phone-login", &json!({})).await;
        assert_eq!((status, body), (409, json!({"code": "MissingParameter", "message": "missing countryCode\n. missing phone\n"})));
        // No mail server is set.
        let (status, body) = call(&server, ASK, &json!({"email": ANA})).await;
        assert_eq!((status, body), (501, json!({"code": "NotImplemented", "message": "email_login_not_configured"})));
        server
    })
    .await;
}

async fn codes_cannot_be_guessed(kind: Kind) {
    let (port, mut mails) = sinks::smtp().await;
    on(kind, with_mail(port), async |server: TestServer| {
        ana(&server).await;
        call(&server, ASK, &json!({"email": ANA})).await;
        let right = mailed_code(&mut mails).await;
        // Twenty at once: no more than five are looked at.
        let tries = (0..20).map(|nth| {
            let body = json!({"email": ANA, "otp": wrong(&right, nth)});
            let server = &server;
            async move { call(server, CONFIRM, &body).await.0 }
        });
        for status in futures_util::future::join_all(tries).await {
            assert_eq!(status, 400);
        }
        let (status, _) = call(&server, CONFIRM, &json!({"email": ANA, "otp": right})).await;
        assert_eq!(status, 400, "the code is dead, also for its owner");
        // A new one lives, and four wrong tries do not kill it.
        call(&server, ASK, &json!({"email": ANA})).await;
        let right = mailed_code(&mut mails).await;
        for nth in 0..4 {
            assert_eq!(
                call(
                    &server,
                    CONFIRM,
                    &json!({"email": ANA, "otp": wrong(&right, nth)})
                )
                .await
                .0,
                400
            );
        }
        assert_eq!(
            call(&server, CONFIRM, &json!({"email": ANA, "otp": right}))
                .await
                .0,
            200
        );
        server
    })
    .await;
}

async fn nobody_learns_whether_an_address_exists(kind: Kind) {
    let (port, mut mails) = sinks::smtp().await;
    on(kind, with_mail(port), async |server: TestServer| {
        let ana = ana(&server).await;
        let unknown = "eve@example.com";
        let shape = |(status, mut body): (u16, Value)| {
            for key in ["id", "signature"] {
                body.as_object_mut().unwrap().remove(key);
            }
            for key in ["email", "expiresAt"] {
                if let Some(data) = body["data"].as_object_mut() {
                    data.insert(key.to_owned(), json!("-"));
                }
            }
            (status, body)
        };
        let known = shape(call(&server, ASK, &json!({"email": ANA})).await);
        assert_eq!(
            known,
            shape(call(&server, ASK, &json!({"email": unknown})).await)
        );
        next(&mut mails).await;
        let wrong = async |email: &str| {
            call(&server, CONFIRM, &json!({"email": email, "otp": "000000"})).await
        };
        assert_eq!(wrong(ANA).await, wrong(unknown).await);
        // A disabled account gets no code, and is not told.
        server
            .app()
            .store
            .set_client_disabled(ana.id, true)
            .await
            .unwrap();
        assert_eq!(
            known,
            shape(call(&server, ASK, &json!({"email": ANA})).await)
        );
        // Only one message went out. Stopping waits for those on their way.
        server.app().login.finish().await;
        assert!(mails.try_recv().is_err());

        for text in ["ana", "ana@", "ana@example.com\r\nBcc: eve@example.com"] {
            let (status, body) = call(&server, ASK, &json!({"email": text})).await;
            assert_eq!(
                (status, body),
                (404, json!({"code": "NotFound", "message": "invalid_email"}))
            );
        }
        let (status, body) = call(&server, CONFIRM, &json!({})).await;
        assert_eq!(
            (status, body),
            (
                409,
                json!({"code": "MissingParameter", "message": "missing email\n. missing otp\n"})
            )
        );
        server
    })
    .await;
}

async fn codes_die(kind: Kind) {
    let (port, mut mails) = sinks::smtp().await;
    let change = |config: &mut Config| {
        with_mail(port)(config);
        config.login.code_life = Duration::from_secs(1);
    };
    on(kind, change, async |server: TestServer| {
        let ana = ana(&server).await;
        call(&server, ASK, &json!({"email": ANA})).await;
        let late = mailed_code(&mut mails).await;
        tokio::time::sleep(Duration::from_millis(1100)).await;
        assert_eq!(
            call(&server, CONFIRM, &json!({"email": ANA, "otp": late}))
                .await
                .0,
            400,
            "too old"
        );
        // A mail server that refuses the address is nothing that the caller sees.
        let nobody = ClientUpdate {
            email: Some(Some("nobody@example.com".to_owned())),
            ..ClientUpdate::default()
        };
        server
            .app()
            .store
            .update_client(ana.id, nobody)
            .await
            .unwrap();
        assert_eq!(
            call(&server, ASK, &json!({"email": "nobody@example.com"}))
                .await
                .0,
            200
        );
        server
    })
    .await;
}

async fn too_many_codes(kind: Kind) {
    let (port, mut mails) = sinks::smtp().await;
    let change = |config: &mut Config| {
        with_mail(port)(config);
        config.login.codes_per_hour = 2;
    };
    on(kind, change, async |server: TestServer| {
        let ana = ana(&server).await;
        for email in [ANA, "eve@example.com"] {
            for wanted in [200, 200, 429, 429] {
                let (status, body) = call(&server, ASK, &json!({"email": email})).await;
                assert_eq!(status, wanted, "{body}");
            }
        }
        // The account's own limit holds under another address too, silently.
        let other = ClientUpdate {
            email: Some(Some("ana2@example.com".to_owned())),
            ..ClientUpdate::default()
        };
        server
            .app()
            .store
            .update_client(ana.id, other)
            .await
            .unwrap();
        assert_eq!(
            call(&server, ASK, &json!({"email": "ana2@example.com"}))
                .await
                .0,
            200
        );
        server.app().login.finish().await;
        for _ in 0..2 {
            mails.try_recv().unwrap();
        }
        assert!(mails.try_recv().is_err());
        // Nor can what is not there be confirmed.
        let (status, _) = call(
            &server,
            CONFIRM,
            &json!({"email": "ana2@example.com", "otp": "123456"}),
        )
        .await;
        assert_eq!(status, 400);
        server
    })
    .await;
}
