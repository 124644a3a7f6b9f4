//! `[database]`.

use std::{path::Path, time::Duration};

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{Deserialize, Serialize, Serializer};
use url::Url;

use super::{Secret, duration};

/// The database.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DatabaseConfig {
    /// Where it is; may hold a password, which printing masks.
    #[serde(serialize_with = "masked")]
    pub url: Secret,
    /// Its password, when the address has none.
    pub password: Secret,
    /// Most connections of the pool.
    pub max_connections: u32,
    /// How long the record of changes, which nodes follow, is kept.
    #[serde(with = "duration")]
    pub keep_changes: Duration,
}

impl DatabaseConfig {
    /// The address with `{data}` and the password filled in: never log it; see [`DatabaseConfig::display_url`].
    #[must_use]
    pub fn url(&self, data: &Path) -> String {
        let url = self
            .url
            .expose()
            .replace("{data}", &data.display().to_string());
        self.with_password(&url).unwrap_or(url)
    }

    /// `url` with the password of its own setting; `None` when that has none, or none is wanted.
    pub fn with_password(&self, url: &str) -> Option<String> {
        if self.password.is_empty() {
            return None;
        }
        let mut url = Url::parse(url).ok()?;
        let lacks = matches!(url.scheme(), "postgres" | "postgresql") && url.password().is_none();
        // All of it that is no letter or digit: `set_password` leaves a percent sign alone.
        let password = utf8_percent_encode(self.password.expose(), NON_ALPHANUMERIC).to_string();
        (lacks && url.set_password(Some(&password)).is_ok()).then(|| url.into())
    }

    /// The address with its password masked, for people.
    #[must_use]
    pub fn display_url(&self) -> String {
        mask_password(self.url.expose())
    }
}

/// Writes an address with its password masked.
pub(super) fn masked<S: Serializer>(url: &Secret, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&mask_password(url.expose()))
}

/// `url` with its password, and the values of query parameters that may be one, replaced by `***`. What does not parse as an
/// address is masked whole, unless it is an SQLite path.
fn mask_password(url: &str) -> String {
    if url.is_empty() || url.starts_with("sqlite:") {
        return url.to_owned();
    }
    let parsed = Url::parse(url)
        .ok()
        .filter(|url| matches!(url.scheme(), "postgres" | "postgresql") && url.has_host());
    let Some(mut parsed) = parsed else {
        return "***".to_owned();
    };
    if parsed.password().is_some() && parsed.set_password(Some("***")).is_err() {
        return "***".to_owned();
    }
    let pairs: Vec<(String, String)> = parsed.query_pairs().into_owned().collect();
    if pairs
        .iter()
        .any(|(key, _)| key.to_ascii_lowercase().contains("pass"))
    {
        parsed
            .query_pairs_mut()
            .clear()
            .extend_pairs(pairs.iter().map(|(key, value)| {
                (
                    key,
                    if key.to_ascii_lowercase().contains("pass") {
                        "***"
                    } else {
                        value
                    },
                )
            }));
    }
    parsed.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_masked_wherever_they_stand() {
        assert_eq!(
            mask_password("postgres://rostro:hunter2@db/rostro"),
            "postgres://rostro:***@db/rostro"
        );
        assert_eq!(
            mask_password("postgres://db/rostro?user=a&password=hunter2"),
            "postgres://db/rostro?user=a&password=***"
        );
        assert_eq!(
            mask_password("postgres://db/rostro?sslmode=require"),
            "postgres://db/rostro?sslmode=require"
        );
        assert_eq!(mask_password("rostro:hunter2@db"), "***");
        assert_eq!(mask_password("host=db password=hunter2"), "***");
        assert_eq!(
            mask_password("sqlite://{data}/rostro.db"),
            "sqlite://{data}/rostro.db"
        );
    }

    #[test]
    fn the_data_folder_is_filled_in() {
        let config = DatabaseConfig {
            url: Secret::new("sqlite://{data}/rostro.db"),
            password: Secret::new(""),
            max_connections: 1,
            keep_changes: Duration::ZERO,
        };
        assert_eq!(
            config.url(Path::new("/var/lib/rostro")),
            "sqlite:///var/lib/rostro/rostro.db"
        );
    }

    #[test]
    fn the_password_goes_where_none_is() {
        let url = |url: &str, password: &str| {
            let config = DatabaseConfig {
                url: Secret::new(url),
                password: Secret::new(password),
                max_connections: 1,
                keep_changes: Duration::ZERO,
            };
            config.url(Path::new("data"))
        };
        assert_eq!(
            url("postgres://rostro@db/rostro?sslmode=require", "a/b:c@d%"),
            "postgres://rostro:a%2Fb%3Ac%40d%25@db/rostro?sslmode=require"
        );
        for unchanged in ["postgres://rostro:own@db/rostro", "sqlite://data/rostro.db"] {
            assert_eq!(url(unchanged, "x"), unchanged);
        }
        assert_eq!(
            url("postgres://rostro@db/rostro", ""),
            "postgres://rostro@db/rostro"
        );
    }
}
