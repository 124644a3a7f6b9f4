//! What the types of the settings do not rule out.

use std::time::Duration;

use bytesize::ByteSize;

use super::Config;

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);

/// Least length of a signing secret, in bytes: that of an HS256 key.
pub const MIN_SECRET: usize = 32;

/// Longest life of a token.
pub const MAX_TOKEN_LIFE: Duration = Duration::from_secs(3650 * 86_400);

/// What the settings of a section's `capture` are called, in the order of the fields.
macro_rules! capture_keys {
    ($section:literal) => {
        [
            concat!($section, ".capture.min_face"),
            concat!($section, ".capture.min_face_share"),
            concat!($section, ".capture.min_margin"),
            concat!($section, ".capture.min_pupils"),
            concat!($section, ".capture.max_angle"),
            concat!($section, ".capture.max_roll"),
        ]
    };
}

/// The first setting that cannot be, with the reason: "`key` `reason`" reads as a sentence.
pub(super) fn fault(config: &Config) -> Option<(&'static str, String)> {
    let (server, limits, fetch, onpremise) = (
        &config.server,
        &config.limits,
        &config.fetch,
        &config.opencv_onpremise,
    );
    None.or_else(|| {
            let wrong = !server.operators_listen.is_empty() && server.operators_listen().is_none();
            wrong.then(|| ("server.operators_listen", "must be empty, or an address and port such as \"127.0.0.1:9090\"".to_owned()))
        })
        .or_else(|| size("server.max_body", server.max_body, ByteSize::kib(64)))
        .or_else(|| {
            let least = 2 * server.max_body.as_u64();
            (server.body_memory() < least)
                .then(|| ("server.body_memory", format!("must be 0, or at least twice server.max_body: {}", ByteSize::b(least))))
        })
        .or_else(|| duration("server.request_timeout", server.request_timeout, SECOND, 10 * MINUTE))
        .or_else(|| duration("server.shutdown_delay", server.shutdown_delay, Duration::ZERO, 10 * MINUTE))
        .or_else(|| duration("server.idle_timeout", server.idle_timeout, SECOND, 10 * MINUTE))
        .or_else(|| duration("server.drain_timeout", server.drain_timeout, SECOND, 60 * MINUTE))
        .or_else(|| {
            (server.drain_timeout <= server.request_timeout)
                .then(|| ("server.drain_timeout", "must be longer than server.request_timeout".to_owned()))
        })
        .or_else(|| range("server.max_in_flight", server.max_in_flight, 1..=65_536))
        .or_else(|| origins(&server.cors_origins))
        .or_else(|| server.tls.fault())
        .or_else(|| duration("server.tls.hsts", server.tls.hsts, Duration::ZERO, 3650 * 1440 * MINUTE))
        .or_else(|| duration("server.tls.reload", server.tls.reload, SECOND, 1440 * MINUTE))
        .or_else(|| range("limits.failed_auth_per_minute", limits.failed_auth_per_minute, 0..=100_000))
        .or_else(|| range("limits.account_rate", limits.account_rate, 0.0..=1e6))
        .or_else(|| range("limits.account_burst", limits.account_burst, 1..=1_000_000))
        .or_else(|| range("limits.account_share", limits.account_share, 0.01..=1.0))
        .or_else(|| range("limits.open_per_minute", limits.open_per_minute, 0..=100_000))
        .or_else(|| range("limits.open_places", limits.open_places, 1..=65_536))
        .or_else(|| {
            let length = config.auth.secret.expose().len();
            (length > 0 && length < MIN_SECRET).then(|| ("auth.secret", format!("must have at least {MIN_SECRET} bytes, or be empty")))
        })
        .or_else(|| {
            let short = config.auth.previous_secrets.iter().any(|secret| secret.expose().len() < MIN_SECRET);
            short.then(|| ("auth.previous_secrets", format!("must each have at least {MIN_SECRET} bytes")))
        })
        .or_else(|| duration("auth.clock_skew", config.auth.clock_skew, Duration::ZERO, 10 * MINUTE))
        .or_else(|| config.auth.identity_provider.fault())
        .or_else(|| duration("auth.identity_provider.refresh", config.auth.identity_provider.refresh, 10 * SECOND, 1440 * MINUTE))
        .or_else(|| duration("auth.token_life", config.auth.token_life, MINUTE, MAX_TOKEN_LIFE))
        .or_else(|| duration("login.code_life", config.login.code_life, SECOND, 60 * MINUTE))
        .or_else(|| range("login.codes_per_hour", config.login.codes_per_hour, 1..=1000))
        .or_else(|| config.mail.fault())
        .or_else(|| config.sms.fault())
        .or_else(|| database_url(config.database.url.expose()))
        .or_else(|| range("database.max_connections", config.database.max_connections, 1..=1000))
        .or_else(|| duration("database.keep_changes", config.database.keep_changes, 10 * MINUTE, 3650 * 1440 * MINUTE))
        .or_else(|| encryption(&config.encryption, config.database.url.expose()))
        .or_else(|| duration("retention.audit", config.retention.audit, Duration::ZERO, 36_500 * 1440 * MINUTE))
        .or_else(|| duration("retention.persons", config.retention.persons, Duration::ZERO, 36_500 * 1440 * MINUTE))
        .or_else(|| pack(&config.models.pack))
        .or_else(|| range("inference.workers", config.inference.workers, 0..=1024))
        .or_else(|| range("inference.queue", config.inference.queue, 0..=1_000_000))
        .or_else(|| duration("inference.job_time", config.inference.job_time, SECOND, 10 * MINUTE))
        .or_else(|| duration("inference.remember", config.inference.remember, Duration::ZERO, 10 * MINUTE))
        .or_else(|| size("images.max_bytes", config.images.max_bytes, ByteSize::kib(1)))
        .or_else(|| range("images.max_pixels", config.images.max_pixels, 10_000..=1_000_000_000))
        .or_else(|| range("images.max_faces", config.images.max_faces, 1..=500))
        .or_else(|| {
            let comparable = config.faces.comparable;
            (!(comparable > 0.0 && comparable <= 1.0)).then(|| ("faces.comparable", format!("must be above 0 and at most 1, not {comparable}")))
        })
        .or_else(|| range("faces.look_alike_score", config.faces.look_alike_score, 0.0..=1.0))
        .or_else(|| pgvector(config))
        .or_else(|| range("search.partition_threshold", config.search.partition_threshold, 1_000..=1_000_000_000))
        .or_else(|| range("search.graph_threshold", config.search.graph_threshold, 1_000..=1_000_000_000))
        .or_else(|| duration("search.visible_within", config.search.visible_within, SECOND, 10 * MINUTE))
        .or_else(|| size("fetch.max_bytes", fetch.max_bytes, ByteSize::kib(1)))
        .or_else(|| range("fetch.max_connections", fetch.max_connections, 1..=65_536))
        .or_else(|| range("fetch.account_connections", fetch.account_connections, 1..=65_536))
        .or_else(|| range("fetch.host_connections", fetch.host_connections, 1..=65_536))
        .or_else(|| duration("fetch.timeout", fetch.timeout, Duration::from_millis(100), 5 * MINUTE))
        .or_else(|| range("fetch.max_redirects", fetch.max_redirects, 0..=10))
        .or_else(|| config.quality.fault())
        .or_else(|| config.enrolment.capture.fault(capture_keys!("enrolment")))
        .or_else(|| config.verifik.capture.fault(capture_keys!("verifik")))
        .or_else(|| onpremise.capture.fault(capture_keys!("opencv_onpremise")))
        .or_else(|| config.opencv_cloud.capture.fault(capture_keys!("opencv_cloud")))
        .or_else(|| duration("opencv_onpremise.bulk_timeout", onpremise.bulk_timeout, SECOND, 60 * MINUTE))
        .or_else(|| range("opencv_onpremise.liveness_min_score", onpremise.liveness_min_score, 0.0..=1.0))
        .or_else(|| range("opencv_onpremise.detectable_face", onpremise.detectable_face, 0.0..=1.0))
        .or_else(|| {
            config
                .log
                .level
                .parse::<tracing_subscriber::filter::Targets>()
                .is_err()
                .then(|| ("log.level", "must be a level (error, warn, info, debug, trace) or a filter such as info,gateway=debug".to_owned()))
        })
}

pub(super) type Fault = Option<(&'static str, String)>;

impl super::CaptureConfig {
    /// As [`fault`]; `keys` are what the settings are called, in the order of the fields.
    fn fault(&self, keys: [&'static str; 6]) -> Fault {
        let [face, share, margin, pupils, angle, roll] = keys;
        let pixels = 0.0..=10_000.0;
        range(face, self.min_face, pixels.clone())
            .or_else(|| range(share, self.min_face_share, 0.0..=1.0))
            .or_else(|| range(margin, self.min_margin, pixels.clone()))
            .or_else(|| range(pupils, self.min_pupils, pixels))
            .or_else(|| range(angle, self.max_angle, 0.0..=90.0))
            .or_else(|| range(roll, self.max_roll, 0.0..=180.0))
    }
}

impl super::QualityConfig {
    /// As [`fault`].
    fn fault(&self) -> Fault {
        let part = 0.0..=1.0;
        range("quality.min_sharpness", self.min_sharpness, part.clone())
            .or_else(|| range("quality.min_brightness", self.min_brightness, part.clone()))
            .or_else(|| range("quality.max_brightness", self.max_brightness, part))
            .or_else(|| range("quality.max_contrast", self.max_contrast, 1.0..=1000.0))
    }
}

fn range<T: PartialOrd + std::fmt::Display>(
    key: &'static str,
    value: T,
    allowed: std::ops::RangeInclusive<T>,
) -> Fault {
    (!allowed.contains(&value)).then(|| {
        (
            key,
            format!(
                "must be from {} to {}, not {value}",
                allowed.start(),
                allowed.end()
            ),
        )
    })
}

fn size(key: &'static str, value: ByteSize, least: ByteSize) -> Fault {
    (value < least || value > ByteSize::gib(1))
        .then(|| (key, format!("must be from {least} to 1 GiB, not {value}")))
}

fn duration(key: &'static str, value: Duration, least: Duration, most: Duration) -> Fault {
    let text = humantime::format_duration;
    (value < least || value > most).then(|| {
        (
            key,
            format!(
                "must be from {} to {}, not {}",
                text(least),
                text(most),
                text(value)
            ),
        )
    })
}

fn origins(origins: &[String]) -> Fault {
    let bad = origins.iter().find(|origin| {
        let parsed = url::Url::parse(origin).ok();
        *origin != "*" && parsed.is_none_or(|url| url.origin().ascii_serialization() != **origin)
    });
    match bad {
        Some(origin) => Some((
            "server.cors_origins",
            format!("has {origin:?}, which is not an origin such as \"https://app.example.com\""),
        )),
        None => (origins.len() > 1 && origins.iter().any(|origin| origin == "*")).then(|| {
            (
                "server.cors_origins",
                "has \"*\" beside others: it already allows all".to_owned(),
            )
        }),
    }
}

fn database_url(url: &str) -> Fault {
    let known = ["sqlite:", "postgres://", "postgresql://"]
        .iter()
        .any(|scheme| url.starts_with(scheme));
    (!known).then(|| {
        (
            "database.url",
            "must start with sqlite:// or postgres://".to_owned(),
        )
    })
}

fn encryption(encryption: &super::EncryptionConfig, database: &str) -> Fault {
    let keys = encryption.keys.expose();
    if keys == database {
        return Some((
            "encryption.keys",
            "must be another database than database.url: copies of that are to hold no keys"
                .to_owned(),
        ));
    }
    if !keys.is_empty() && database_url(keys).is_some() {
        return Some((
            "encryption.keys",
            "must be empty, or start with sqlite:// or postgres://".to_owned(),
        ));
    }
    (!encryption.command.is_empty() && !encryption.master_key.is_empty()).then(|| {
        (
            "encryption.command",
            "must be empty when encryption.master_key is set".to_owned(),
        )
    })
}

/// What searching in the database asks of the other settings.
fn pgvector(config: &Config) -> Fault {
    let search = &config.search;
    if search.engine != super::SearchEngine::Pgvector {
        return None;
    }
    if !config.database.url.expose().starts_with("postgres") {
        return Some((
            "search.engine",
            "can be \"pgvector\" only with a Postgres (database.url)".to_owned(),
        ));
    }
    (config.encryption.enabled && !search.templates_in_the_clear).then(|| {
        (
            "search.templates_in_the_clear",
            "must be true where search.engine is \"pgvector\" and encryption.enabled is true: Postgres can only compare templates that are not encrypted"
                .to_owned(),
        )
    })
}

// The name becomes a folder below models.dir.
fn pack(name: &str) -> Fault {
    // Empty is the one that is installed.
    let plain = !name.starts_with('.') && !name.contains(['/', '\\']);
    (!plain).then(|| {
        (
            "models.pack",
            format!("must be the name of a folder in models.dir, not {name:?}"),
        )
    })
}
