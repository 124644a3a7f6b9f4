//! What is for operators, apart from what is for clients; and what ships to keep both apart.

use crate::common::{TestServer, answer};

const FOR_OPERATORS: [&str; 4] = [
    "/metrics",
    "/docs/",
    "/openapi.json",
    "/openapi/verifik.json",
];
const FOR_ALL: [&str; 2] = ["/healthz", "/readyz"];

async fn statuses(server: &TestServer, base: &str, paths: &[&str]) -> Vec<u16> {
    let mut statuses = Vec::new();
    for path in paths {
        let asked = server.http.get(format!("{base}{path}")).send();
        statuses.push(asked.await.unwrap().status().as_u16());
    }
    statuses
}

#[tokio::test]
async fn metrics_and_documents_can_be_served_apart() {
    let apart = TestServer::start_with(|config| {
        config.server.operators_listen = "127.0.0.1:0".to_owned();
    });
    let Some(server) = apart.await else {
        return;
    };
    let address = server.operators_address().unwrap();
    let operators = format!("http://{address}");
    assert_eq!(
        statuses(&server, &server.base, &FOR_OPERATORS).await,
        [404; 4]
    );
    assert_eq!(
        statuses(&server, &operators, &FOR_OPERATORS).await,
        [200; 4]
    );
    assert_eq!(statuses(&server, &server.base, &FOR_ALL).await, [200; 2]);
    assert_eq!(statuses(&server, &operators, &FOR_ALL).await, [200; 2]);
    // Nothing of the clients' is there.
    let asked = server
        .http
        .get(format!("{operators}/v2/clients/me"))
        .bearer_auth(&server.token);
    assert_eq!(answer(asked).await.0, 404);
    server.stop().await;
}

#[tokio::test]
async fn without_that_setting_they_are_together() {
    let Some(server) = TestServer::start().await else {
        return;
    };
    assert_eq!(server.operators_address(), None);
    assert_eq!(
        statuses(&server, &server.base, &FOR_OPERATORS).await,
        [200; 4]
    );
}

#[test]
fn memory_goes_back_to_the_system_however_it_is_installed() {
    let image = include_str!("../../../../Dockerfile");
    let unit = include_str!("../../../../deploy/rostro.service");
    for setting in [
        "MALLOC_ARENA_MAX=4",
        "MALLOC_MMAP_THRESHOLD_=1048576",
        "MALLOC_TRIM_THRESHOLD_=1048576",
    ] {
        assert!(
            image.contains(setting) && unit.contains(setting),
            "{setting}"
        );
    }
}

/// Lines without what stands around them.
fn lines(text: &str) -> Vec<&str> {
    text.lines().map(str::trim).collect()
}

#[test]
fn two_nodes_believe_the_proxy_alone_and_the_proxy_believes_nobody() {
    let compose = include_str!("../../../../docker-compose.two-nodes.yml");
    let proxy = include_str!("../../../../deploy/haproxy.cfg");
    let compose = lines(compose);
    let address = compose
        .iter()
        .find_map(|line| line.strip_prefix("outside: { ipv4_address: "))
        .and_then(|line| line.strip_suffix(" }"))
        .unwrap();
    let trusted = format!("ROSTRO_SERVER__TRUSTED_PROXIES: '[\"{address}/32\"]'");
    assert!(compose.contains(&trusted.as_str()), "{trusted}");
    let proxy = lines(proxy);
    assert!(proxy.contains(&"http-request set-header X-Forwarded-For %[src]"));
    assert!(!proxy.contains(&"option forwardfor"));
}

#[test]
fn no_process_that_holds_pictures_leaves_a_core_file() {
    let unit = include_str!("../../../../deploy/rostro.service");
    assert!(lines(unit).contains(&"LimitCORE=0"));
    let compose = include_str!("../../../../docker-compose.yml");
    let services = compose
        .split("\n  ")
        .filter(|part| part.contains("restart:"));
    let restarted = compose.matches("restart: unless-stopped").count();
    assert!(restarted >= 2 && services.count() > 0);
    assert_eq!(compose.matches("ulimits: { core: 0 }").count(), restarted);
}
