//! What every request shares.

use std::sync::Arc;

use crate::{
    Config, InstalledModels, Login, Readiness, Recorder, Reembedding, auth, fetch, limits::Limits,
};

/// The running server's parts.
pub struct App {
    /// The settings in force.
    pub config: Config,
    /// The inference worker pool.
    pub engine: inference::Engine,
    /// The database.
    pub store: Arc<dyn store::Catalog>,
    /// The searchable faces, kept in step with the database.
    pub gallery: Arc<gallery::Gallery>,
    /// Fetches pictures by URL without letting a client reach the inside of the network.
    pub fetcher: fetch::Fetcher,
    /// Issues and verifies account tokens; needs no database.
    pub tokens: auth::Tokens,
    /// Verifies tokens of the company's own identity provider, if there is one.
    pub identity_provider: Option<auth::IdentityProvider>,
    /// Checks a verified token against its account; outlives a lost database.
    pub accounts: auth::Accounts,
    /// Checks API keys against their accounts, likewise.
    pub keys: auth::Keys,
    /// How much one address and one account may ask for.
    pub limits: Arc<Limits>,
    /// Writes the audit records of biometric calls in the background.
    pub audit: Recorder,
    /// Login by one-time code.
    pub login: Login,
    /// What is known of the installed model packs.
    pub models: InstalledModels,
    /// How far faces of another pack are re-embedded.
    pub reembedding: Arc<Reembedding>,
    /// What `/readyz` says beyond the engine and the database.
    pub readiness: Readiness,
}

/// The state of the axum routers.
pub type AppState = Arc<App>;
