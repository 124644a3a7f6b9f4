//! What operators ask; ends with a database that is away.

use crate::api::Api;

pub(crate) async fn all(api: &Api<'_>) {
    api.ask_as_nobody(200, "GET", "/", None).await;
    api.ask_as_nobody(200, "GET", "/healthz", None).await;
    api.ask_as_nobody(200, "GET", "/readyz", None).await;
    metrics(api).await;
    api.server.app().store.close().await;
    api.ask_as_nobody(503, "GET", "/readyz", None).await;
}

/// The one answer that is no JSON.
async fn metrics(api: &Api<'_>) {
    let request = api.server.http.get(api.server.url("/metrics"));
    let response = request.send().await.unwrap();
    assert_eq!(response.status().as_u16(), 200);
    let operation = api.document.operation("GET", "/metrics");
    let promised = &api.document.0["paths"]["/metrics"]["get"]["responses"]["200"]["content"];
    let kind = response.headers()["content-type"].to_str().unwrap();
    let kind = kind.split(';').next().unwrap();
    assert!(promised.get(kind).is_some(), "{kind}: {promised}");
    assert!(
        response
            .text()
            .await
            .unwrap()
            .contains("rostro_search_ready ")
    );
    api.note(operation, 200);
}
