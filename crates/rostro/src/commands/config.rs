//! `rostro config`.

use anyhow::Result;

use super::print;
use service::Config;

/// Prints the settings in force, secrets masked.
pub(super) fn run(settings: &Config) -> Result<()> {
    print(&settings.to_toml()?);
    Ok(())
}
