//! No route is left out of the document.

use std::collections::{BTreeMap, BTreeSet};

use service::observe::Metrics;

use gateway::server::router;
use reqwest::Method;

use crate::{
    common::{TestServer, shared::RUNTIME},
    document::Document,
};

/// Their last word may also be a person's id, which is documented with the path of ids.
const WORDS_AND_IDS: [&str; 2] = ["/opencv-fr/person/crops", "/opencv-fr/person/images"];

/// The pages that show the document.
const PAGES: [&str; 7] = [
    "/docs",
    "/docs/",
    "/docs/{*rest}",
    "/openapi.json",
    "/openapi/opencv-cloud.json",
    "/openapi/opencv-onpremise.json",
    "/openapi/verifik.json",
];

/// The paths of all routes, which the router shows only to those who debug it.
fn paths(server: &TestServer) -> BTreeSet<String> {
    let app = server.app_state().clone();
    let shown = format!("{:#?}", router(app, Metrics::start().unwrap(), None).all);
    // After them come those that answer what has no route.
    let routes = shown.split("fallback_router").next().unwrap_or_default();
    let lines = routes.lines().filter_map(|line| {
        let path = line.trim().strip_suffix("\",")?.split_once(": \"")?.1;
        path.starts_with('/').then(|| path.to_owned())
    });
    lines.collect()
}

/// The methods of a path: whoever asks with another one is told.
async fn methods(server: &TestServer, path: &str) -> BTreeSet<String> {
    let path = path
        .replace("{id}", "65b9592267cc4f096dbe743d")
        .replace("{person_id}", "65b9592267cc4f096dbe743d")
        .replace("{type}", "login");
    let brew = Method::from_bytes(b"BREW").unwrap();
    let asked = server.http.request(brew, server.url(&path));
    let response = asked.send().await.unwrap();
    assert_eq!(response.status().as_u16(), 405, "{path}");
    let allowed = response.headers()["allow"].to_str().unwrap();
    let allowed = allowed.split(',').map(|one| one.trim().to_lowercase());
    // It comes with `get`.
    allowed.filter(|method| method != "head").collect()
}

#[test]
fn every_route_is_documented() {
    RUNTIME.block_on(async {
        let server = TestServer::start_with(|config| config.verifik.demo_routes = true);
        let Some(server) = server.await else { return };
        let mut documented: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (operation, _) in Document::of(&server).await.operations() {
            let methods = documented.entry(operation.path).or_default();
            methods.insert(operation.method);
        }
        let mut served = BTreeMap::new();
        let paths = paths(&server);
        for page in PAGES {
            assert!(paths.contains(page), "{page} is not among {paths:?}");
        }
        for path in paths {
            if !PAGES.contains(&path.as_str()) {
                let mut methods = methods(&server, &path).await;
                if WORDS_AND_IDS.contains(&path.as_str()) {
                    methods.retain(|method| !["get", "delete"].contains(&method.as_str()));
                }
                served.insert(path, methods);
            }
        }
        assert!(served.len() > 30, "{served:?}");
        assert_eq!(served, documented);
        server.stop().await;
    });
}
