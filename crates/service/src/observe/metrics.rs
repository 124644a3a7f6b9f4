//! The metrics, in Prometheus's text form. Labels have few values each: route templates, never paths.

use std::{
    sync::{Arc, OnceLock},
    time::{Duration, Instant},
};

use http::{Method, StatusCode};
use metrics::{counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use time::OffsetDateTime;

use crate::App;

const REQUESTS: &str = "rostro_http_requests_total";
const REQUEST_SECONDS: &str = "rostro_http_request_seconds";
const IN_FLIGHT: &str = "rostro_http_in_flight";
const REJECTED: &str = "rostro_rejected_total";
const STAGE_SECONDS: &str = "rostro_inference_stage_seconds";
const QUEUE: &str = "rostro_inference_queue";
const QUEUE_LIMIT: &str = "rostro_inference_queue_limit";
const WORKERS: &str = "rostro_inference_workers";
const REMEMBERED: &str = "rostro_inference_remembered";
const SEARCH_ENGINE: &str = "rostro_search_engine";
const SEARCH_READY: &str = "rostro_search_ready";
const SEARCH_ROWS: &str = "rostro_search_rows";
const SEARCH_INDEXES: &str = "rostro_search_indexes";
const SEARCH_GRAPHS: &str = "rostro_search_graphs";
const SEARCH_REVISION: &str = "rostro_search_revision";
const SEARCH_LAG: &str = "rostro_search_lag";
const SEARCH_SKETCHES: &str = "rostro_search_sketches";
const SEARCH_RECALL: &str = "rostro_search_recall";

const REEMBED_WAITING: &str = "rostro_reembed_waiting";
const REEMBEDDED: &str = "rostro_reembedded_total";
const AUDIT_DROPPED: &str = "rostro_audit_dropped_total";
const HANDSHAKES: &str = "rostro_tls_handshakes_total";
const CERTIFICATE_EXPIRY: &str = "rostro_tls_certificate_expiry_seconds";

/// Upper bounds of the buckets, in seconds: from one model's run to the longest request.
const REQUEST_BUCKETS: [f64; 14] = [
    0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0,
];
const STAGE_BUCKETS: [f64; 12] = [
    0.000_1, 0.000_5, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0,
];

/// The process's metrics.
#[derive(Clone)]
pub struct Metrics(PrometheusHandle);

/// The recorder is one per process; servers that run side by side (tests) share it.
static INSTALLED: OnceLock<Result<Metrics, String>> = OnceLock::new();

impl Metrics {
    /// Starts counting, or joins what counts already.
    ///
    /// # Errors
    /// Another recorder is installed in this process.
    pub fn start() -> Result<Self, String> {
        INSTALLED.get_or_init(install).clone()
    }

    /// Everything counted so far, as Prometheus reads it; `expires`: when the certificate in use
    /// ends, where the server speaks TLS itself.
    #[must_use]
    pub fn render(&self, app: &App, expires: Option<OffsetDateTime>) -> String {
        gauge!(QUEUE).set(app.engine.queued() as f64);
        gauge!(QUEUE_LIMIT).set(app.engine.info().queue as f64);
        gauge!(WORKERS).set(app.engine.info().workers as f64);
        gauge!(REMEMBERED).set(app.engine.remembered() as f64);
        gauge!(SEARCH_ENGINE, "engine" => app.gallery.engine().name()).set(1.0);
        search(&app.gallery.status(), app.store.watch().borrow().number());
        gauge!(REEMBED_WAITING).set(app.reembedding.waiting() as f64);
        if let Some(expires) = expires {
            let left = expires - OffsetDateTime::now_utc();
            gauge!(CERTIFICATE_EXPIRY).set(left.as_seconds_f64());
        }
        self.0.render()
    }

    /// Frees what the histograms have gathered; to be called now and then, whether anybody reads the metrics or not.
    pub fn upkeep(&self) {
        self.0.run_upkeep();
    }
}

/// `newest`: the newest revision that this node has heard of.
fn search(status: &gallery::Status, newest: i64) {
    let revision = status.revision.number();
    let ready = status.phase == gallery::Phase::Following;
    gauge!(SEARCH_READY).set(f64::from(u8::from(ready)));
    gauge!(SEARCH_ROWS).set(status.rows as f64);
    gauge!(SEARCH_INDEXES).set(status.shelves as f64);
    gauge!(SEARCH_SKETCHES).set(status.sketches as f64);
    gauge!(SEARCH_GRAPHS).set(status.graphs as f64);
    gauge!(SEARCH_REVISION).set(revision as f64);
    gauge!(SEARCH_LAG).set(newest.saturating_sub(revision).max(0) as f64);
    if let Some(recall) = status.recall {
        gauge!(SEARCH_RECALL).set(f64::from(recall));
    }
}

fn install() -> Result<Metrics, String> {
    let builder = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Full(REQUEST_SECONDS.to_owned()), &REQUEST_BUCKETS)
        .and_then(|builder| {
            builder.set_buckets_for_metric(Matcher::Full(STAGE_SECONDS.to_owned()), &STAGE_BUCKETS)
        })
        .map_err(|error| error.to_string())?;
    let recorder = builder.build_recorder();
    let handle = recorder.handle();
    metrics::set_global_recorder(recorder).map_err(|error| error.to_string())?;
    describe_counter!(
        REQUESTS,
        "Requests answered, by route template, method and status."
    );
    describe_histogram!(
        REQUEST_SECONDS,
        "Seconds from a request's headers to its answer, by route template."
    );
    describe_gauge!(IN_FLIGHT, "Requests in work.");
    describe_counter!(REJECTED, "Requests and pictures refused, by reason.");
    describe_histogram!(
        STAGE_SECONDS,
        "Seconds of one stage on a worker, by stage: load (base64), decode, detect, align, embed, liveness, quality, search."
    );
    describe_gauge!(QUEUE, "Jobs that wait for an inference worker.");
    describe_gauge!(QUEUE_LIMIT, "Jobs that may wait for an inference worker.");
    describe_gauge!(WORKERS, "Inference workers.");
    describe_gauge!(
        REMEMBERED,
        "Pictures of which it is remembered for a moment what the models said."
    );
    describe_gauge!(
        SEARCH_ENGINE,
        "1 for where faces are compared: embedded (this node's memory) or pgvector (the database)."
    );
    describe_gauge!(SEARCH_READY, "1 once the search indexes are built, else 0.");
    describe_gauge!(
        SEARCH_ROWS,
        "Faces in the search indexes; one counts once for each collection of its person."
    );
    describe_gauge!(SEARCH_INDEXES, "Search indexes.");
    describe_gauge!(
        SEARCH_SKETCHES,
        "Search indexes whose FAST searches go by sketches."
    );
    describe_gauge!(
        SEARCH_GRAPHS,
        "Search indexes whose FAST searches go by a graph."
    );
    describe_gauge!(
        SEARCH_REVISION,
        "Revision of the database that searches see."
    );
    describe_gauge!(
        SEARCH_LAG,
        "Changes that this node has heard of and searches do not see yet."
    );
    describe_gauge!(
        SEARCH_RECALL,
        "Lowest recall of FAST searches when last compared with the exact scan; absent until measured."
    );
    describe_gauge!(
        REEMBED_WAITING,
        "Faces of another model pack that wait for a template: searches do not find them yet."
    );
    describe_counter!(
        REEMBEDDED,
        "Faces of another model pack that were re-embedded, by outcome."
    );
    describe_counter!(
        AUDIT_DROPPED,
        "Audit records that were not written, because the database was away for too long."
    );
    describe_counter!(HANDSHAKES, "TLS handshakes, by outcome.");
    describe_gauge!(
        CERTIFICATE_EXPIRY,
        "Seconds until the certificate in use expires, below 0 once it has; absent without TLS."
    );
    counter!(AUDIT_DROPPED).absolute(0);
    Ok(Metrics(handle))
}

/// Counts something refused, under a reason of a fixed set.
pub fn rejected(reason: &'static str) {
    counter!(REJECTED, "reason" => reason).increment(1);
}

/// How a TLS handshake ended.
#[derive(Debug, Clone, Copy)]
pub enum Handshake {
    /// The connection is encrypted.
    Done,
    /// The client and the server do not agree, or the client went away.
    Failed,
    /// The client took too long.
    TooSlow,
    /// The client spoke HTTP without TLS.
    PlainHttp,
}

/// Counts a TLS handshake.
pub fn handshake(outcome: Handshake) {
    let outcome = match outcome {
        Handshake::Done => "done",
        Handshake::Failed => "failed",
        Handshake::TooSlow => "too_slow",
        Handshake::PlainHttp => "plain_http",
    };
    counter!(HANDSHAKES, "outcome" => outcome).increment(1);
}

/// Counts audit records that are lost.
pub fn audit_dropped(records: u64) {
    counter!(AUDIT_DROPPED).increment(records);
}

/// Counts faces of another model pack.
pub fn reembedded(added: u64, failed: u64) {
    counter!(REEMBEDDED, "outcome" => "added").increment(added);
    counter!(REEMBEDDED, "outcome" => "failed").increment(failed);
}

/// Records the time of every inference stage.
#[must_use]
pub fn inference_observer() -> inference::Observer {
    Arc::new(|stage, time: Duration| {
        histogram!(STAGE_SECONDS, "stage" => stage.name()).record(time.as_secs_f64())
    })
}

/// Does a step of a request on a worker that is none of the engine's, and records its time beside the stages'.
pub fn timed<R>(step: &'static str, work: impl FnOnce() -> R) -> R {
    let begun = Instant::now();
    let result = work();
    took(step, begun.elapsed());
    result
}

/// As [`timed`], of a step that is over.
pub fn took(step: &'static str, time: std::time::Duration) {
    histogram!(STAGE_SECONDS, "stage" => step).record(time.as_secs_f64());
}

/// A request in work; counts it when it is answered, and also when its client goes away first (status 499).
pub struct RequestGuard {
    method: &'static str,
    route: Arc<str>,
    begun: Instant,
    status: u16,
}

/// Counts a request as begun.
pub fn started(method: &Method, route: Arc<str>) -> RequestGuard {
    gauge!(IN_FLIGHT).increment(1.0);
    RequestGuard {
        method: method_name(method),
        route,
        begun: Instant::now(),
        status: 499,
    }
}

impl RequestGuard {
    /// Notes the answer's status, and gives the time since the request began.
    pub fn answered(&mut self, status: StatusCode) -> Duration {
        self.status = status.as_u16();
        self.begun.elapsed()
    }
}

impl Drop for RequestGuard {
    fn drop(&mut self) {
        gauge!(IN_FLIGHT).decrement(1.0);
        let (route, status) = (self.route.to_string(), self.status.to_string());
        counter!(REQUESTS, "method" => self.method, "route" => route.clone(), "status" => status)
            .increment(1);
        histogram!(REQUEST_SECONDS, "route" => route).record(self.begun.elapsed().as_secs_f64());
    }
}

// A client may invent methods; labels must not follow.
fn method_name(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::DELETE => "DELETE",
        Method::PATCH => "PATCH",
        Method::HEAD => "HEAD",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}
