//! The settings, one struct per concern. The documented reference is `config/rostro.toml`, which is embedded: a field
//! here and its line there always come together.

mod auth;
mod capture;
mod check;
mod database;
mod duration;
mod encryption;
mod fetch;
mod gone;
mod images;
mod limits;
mod login;
mod models;
mod observe;
mod opencv;
mod retention;
mod search;
mod secret;
mod server;
mod source;
mod tls;
mod verifik;

use serde::{Deserialize, Serialize};

pub use auth::{AuthConfig, IdentityProviderConfig, SignatureAlgorithm};
pub use capture::{CaptureConfig, EnrolmentConfig, QualityConfig};
pub use check::{MAX_TOKEN_LIFE, MIN_SECRET};
pub use database::DatabaseConfig;
pub use encryption::EncryptionConfig;
pub use fetch::FetchConfig;
pub use images::{FacesConfig, ImagesConfig};
pub use limits::LimitsConfig;
pub use login::{LoginConfig, MailConfig, MailTls, SmsConfig};
pub use models::{InferenceConfig, ModelsConfig, NotInstalled, ProviderName};
pub use observe::{DocsConfig, LogConfig, LogFormat, MetricsConfig};
pub use opencv::{OpencvCloudConfig, OpencvOnpremiseConfig};
pub use retention::RetentionConfig;
pub use search::{SearchConfig, SearchEngine};
pub use secret::Secret;
pub use server::ServerConfig;
pub use source::{ConfigError, load};
pub use tls::{TlsConfig, TlsVersion};
pub use verifik::{ActiveUserAnswer, ExpiredToken, VerifikConfig};

/// Every setting in force. Serialising it masks the secrets.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Listening and limits of requests.
    pub server: ServerConfig,
    /// How much one address and one account may ask for.
    pub limits: LimitsConfig,
    /// Account tokens.
    pub auth: AuthConfig,
    /// Login by one-time code.
    pub login: LoginConfig,
    /// Codes by e-mail.
    pub mail: MailConfig,
    /// Codes by text message.
    pub sms: SmsConfig,
    /// The database.
    pub database: DatabaseConfig,
    /// Encryption at rest.
    pub encryption: EncryptionConfig,
    /// How long what is stored is kept.
    pub retention: RetentionConfig,
    /// Which models.
    pub models: ModelsConfig,
    /// How the models run.
    pub inference: InferenceConfig,
    /// Limits on pictures.
    pub images: ImagesConfig,
    /// Which faces count.
    pub faces: FacesConfig,
    /// How a face should be lit and focused.
    pub quality: QualityConfig,
    /// What enrolment asks of a picture.
    pub enrolment: EnrolmentConfig,
    /// How enrolled persons are searched.
    pub search: SearchConfig,
    /// Pictures given as an address.
    pub fetch: FetchConfig,
    /// The Verifik dialect.
    pub verifik: VerifikConfig,
    /// The on-premise `x-api-key` dialect.
    pub opencv_onpremise: OpencvOnpremiseConfig,
    /// The cloud `x-api-key` dialect.
    pub opencv_cloud: OpencvCloudConfig,
    /// The log.
    pub log: LogConfig,
    /// `/metrics`.
    pub metrics: MetricsConfig,
    /// `/docs` and `/openapi.json`.
    pub docs: DocsConfig,
}

impl Config {
    /// The embedded defaults alone.
    ///
    /// # Errors
    /// Never, while `config/rostro.toml` is valid; a test holds that.
    pub fn defaults() -> Result<Self, ConfigError> {
        source::read(None, std::iter::empty())
    }

    /// The settings in force as TOML, secrets masked.
    ///
    /// # Errors
    /// A value that TOML cannot write.
    pub fn to_toml(&self) -> Result<String, toml::ser::Error> {
        toml::to_string_pretty(self)
    }
}
