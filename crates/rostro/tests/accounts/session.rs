//! Tokens: renewal, revocation, refusal.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    common::{TestServer, answer, database::Kind},
    on, on_both,
};

const DAY: u64 = 86_400;

on_both! { a_session_is_renewed, renewing_and_revoking_holds_at_once_everywhere, strangers_are_refused }

fn claims(token: &Value) -> Value {
    let payload = token.as_str().unwrap().split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
}

fn life_in_days(token: &Value) -> u64 {
    let claims = claims(token);
    (claims["expiresAt"].as_u64().unwrap() - claims["iat"].as_u64().unwrap()) / DAY
}

async fn ask(server: &TestServer, method: Method, path: &str, token: &str) -> (u16, Value) {
    let request = server.http.request(method, server.url(path));
    answer(request.bearer_auth(token)).await
}

async fn a_session_is_renewed(kind: Kind) {
    on(
        kind,
        |_| (),
        async |server: TestServer| {
            let path = "/v2/auth/session?origin=refresh&expiresIn=2";
            let (status, body) = ask(&server, Method::GET, path, &server.token).await;
            assert_eq!(status, 200, "{body}");
            let keys: Vec<&String> = body.as_object().unwrap().keys().collect();
            assert_eq!(keys, ["accessToken", "tokenType"]);
            assert_eq!(body["tokenType"], "bearer");
            assert_eq!(life_in_days(&body["accessToken"]), 60);
            // The new token works, and so does the old one.
            for token in [body["accessToken"].as_str().unwrap(), &server.token] {
                assert_eq!(
                    ask(&server, Method::GET, "/v2/clients/me", token).await.0,
                    200
                );
            }
            let (status, body) = server
                .call(
                    "/v2/auth/session",
                    &json!({"origin": "refresh", "expiresIn": "3"}),
                )
                .await;
            assert_eq!((status, life_in_days(&body["accessToken"])), (200, 90));
            let (_, body) = server.call("/v2/auth/session", &json!({})).await;
            assert_eq!(life_in_days(&body["accessToken"]), 30);

            let (status, body) = ask(
                &server,
                Method::GET,
                "/v2/auth/session?origin=app",
                &server.token,
            )
            .await;
            assert_eq!(status, 200);
            assert_eq!(body["user"]["_id"], server.account.id.to_string());
            assert_eq!(
                (&body["user"]["name"], &body["user"]["staff"]),
                (&json!("tester"), &json!(false))
            );
            assert!(body["settings"].is_object() && body["user"]["credits"].is_number());
            assert!(
                !body.to_string().contains(&server.account.token_phrase),
                "the phrase stays inside"
            );

            for (months, message) in [
                ("0", "\"expiresIn\" must be greater than or equal to 1"),
                ("121", "\"expiresIn\" must be less than or equal to 120"),
                ("1.5", "\"expiresIn\" must be an integer"),
                ("soon", "\"expiresIn\" must be a number"),
            ] {
                let path = format!("/v2/auth/session?expiresIn={months}");
                let (status, body) = ask(&server, Method::GET, &path, &server.token).await;
                assert_eq!((status, &body["message"]), (409, &json!(message)));
            }
            server
        },
    )
    .await;
}

async fn renewing_and_revoking_holds_at_once_everywhere(kind: Kind) {
    on(
        kind,
        |_| (),
        async |server: TestServer| {
            let (_, other) = server.call("/v2/auth/session", &json!({})).await;
            let (status, body) = server.call("/v2/auth/renew-and-revoke", &json!({})).await;
            assert_eq!(status, 200, "{body}");
            assert_eq!(body["token"], body["accessToken"]);
            let earlier = [
                server.token.clone(),
                other["accessToken"].as_str().unwrap().to_owned(),
            ];
            let routes = server.app_routes().await;
            assert!(routes.len() > 12, "{routes:?}");
            for token in &earlier {
                for (method, path) in &routes {
                    let (status, body) = ask(&server, method.clone(), path, token).await;
                    assert_eq!(status, 401, "{method} {path}: {body}");
                }
            }
            let new = body["token"].as_str().unwrap();
            assert_eq!(
                ask(&server, Method::GET, "/v2/clients/me", new).await.0,
                200
            );
            // Also when the database goes away right after.
            server.app().store.close().await;
            let face = json!({"os": "DESKTOP", "image": "abc"});
            let (status, _) = server.call("/v2/face-recognition/liveness", &face).await;
            assert_eq!(status, 401, "a revoked token does not come back");
            let request = server
                .http
                .post(server.url("/v2/face-recognition/liveness"));
            let (status, _) = answer(request.bearer_auth(new).json(&face)).await;
            assert_eq!(status, 412, "a good one goes on");
            server
        },
    )
    .await;
}

async fn strangers_are_refused(kind: Kind) {
    on(kind, |_| (), async |server: TestServer| {
        let old = server.app().tokens.issue(&server.account, std::time::Duration::ZERO).unwrap();
        for path in ["/v2/auth/session", "/v2/auth/renew-and-revoke"] {
            let (status, body) = answer(server.http.post(server.url(path))).await;
            assert_eq!((status, body), (409, json!({"code": "MissingParameter", "message": "missing Authorization header"})));
            for token in [&old, "nonsense"] {
                let (status, body) = ask(&server, Method::POST, path, token).await;
                assert_eq!((status, &body["code"], &body["message"]), (401, &json!("Unauthorized"), &json!("Invalid or expired token.")));
                assert_eq!(body["signature"]["message"], "Certified by Verifik.co");
            }
        }
        let (status, body) = answer(server.http.get(server.url("/v2/clients/me"))).await;
        assert_eq!((status, &body["error"], &body["message"]), (401, &json!("Unauthorized"), &json!("Authentication required")));
        let (status, body) = ask(&server, Method::GET, "/v2/clients/me", &old).await;
        assert_eq!((status, &body["error"], &body["message"]), (403, &json!("Forbidden"), &json!("expired_token")));

        server.app().store.set_client_disabled(server.account.id, true).await.unwrap();
        for (method, path) in server.app_routes().await {
            let (status, body) = ask(&server, method.clone(), &path, &server.token).await;
            assert_eq!((status, &body["message"]), (403, &json!("Access forbidden")), "{method} {path}");
        }
        server.app().store.set_client_disabled(server.account.id, false).await.unwrap();
        assert_eq!(ask(&server, Method::GET, "/v2/clients/me", &server.token).await.0, 200);
        server
    })
    .await;
}

impl TestServer {
    /// Every route that asks for a token, out of the server's own document.
    async fn app_routes(&self) -> Vec<(Method, String)> {
        let (_, api) = answer(self.http.get(self.url("/openapi.json"))).await;
        let mut routes = Vec::new();
        for (path, methods) in api["paths"].as_object().unwrap() {
            for (method, operation) in methods.as_object().unwrap() {
                let guarded = operation["security"][0]["bearer"].is_array();
                if guarded {
                    let method = method.to_uppercase().parse().unwrap();
                    let path = path
                        .replace("{id}", "676194953a7502baafacc887")
                        .replace("{type}", "login");
                    routes.push((method, path));
                }
            }
        }
        routes
    }
}
