//! Where the settings come from: the embedded defaults, then a file, then the environment.

use std::{fmt::Write as _, path::Path};

use figment::{
    Figment, Metadata, Profile, Provider,
    error::{Actual, Kind},
    value::{Dict, Map, Value},
};

use super::{Config, check, gone};

/// The documented reference, which holds every setting with its default.
const DEFAULTS: &str = include_str!("../../../../config/rostro.toml");

/// Start of the environment variables that are settings.
const PREFIX: &str = "ROSTRO_";

/// End of the variables that name a file with the value.
const FILE: &str = "_FILE";

/// Settings whose value is never shown, not even in an error about it.
const SECRETS: [&str; 6] = [
    "auth.secret",
    "auth.previous_secrets",
    "database.url",
    "database.password",
    "server.tls.certificate",
    "server.tls.key",
];

/// What is wrong with the settings: one sentence that names the key and where its value came from.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ConfigError(pub(super) String);

/// The settings in force: the embedded defaults, overridden by `file`, overridden by the process's environment.
///
/// # Errors
/// A file that cannot be read or is not TOML; an unknown, mistyped or impossible setting.
pub fn load(file: Option<&Path>) -> Result<Config, ConfigError> {
    read(
        file,
        std::env::vars_os()
            .filter_map(|(key, value)| Some((key.into_string().ok()?, value.into_string().ok()?))),
    )
}

/// As [`load`], with the environment given.
pub(super) fn read(
    file: Option<&Path>,
    environment: impl Iterator<Item = (String, String)>,
) -> Result<Config, ConfigError> {
    let defaults: toml::Table = DEFAULTS
        .parse()
        .map_err(|error| ConfigError(format!("the built-in defaults are not TOML: {error}")))?;
    let mut figment = Figment::from(Layer::new("the built-in defaults", &defaults)?);
    if let Some(path) = file {
        figment = figment.merge(Layer::new(
            format!("the file {}", path.display()),
            &parse_file(path)?,
        )?);
    }
    // Other variables begin with the prefix too (ROSTRO_CONFIG, ...): a setting always has two levels.
    let mut settings: Vec<(String, String)> = environment
        .filter(|(name, _)| {
            name.strip_prefix(PREFIX)
                .is_some_and(|rest| rest.contains("__"))
        })
        .collect();
    settings.sort();
    for (name, value) in settings {
        let (name, value) = from_file(name, value)?;
        let table = from_variable(&name, &value, &defaults)?;
        figment = figment.merge(Layer::new(
            format!("the environment variable {name}"),
            &table,
        )?);
    }
    let config = figment
        .extract::<Config>()
        .map_err(|error| ConfigError(sentence(&figment, &error)))?;
    match check::fault(&config) {
        None => Ok(config),
        Some((key, reason)) => Err(ConfigError(format!(
            "{key} {reason} (from {})",
            origin(&figment, key)
        ))),
    }
}

fn parse_file(path: &Path) -> Result<toml::Table, ConfigError> {
    let text = std::fs::read_to_string(path).map_err(|error| {
        ConfigError(format!(
            "the configuration file {} cannot be read: {error}",
            path.display()
        ))
    })?;
    // The parser's own text quotes the line, which may hold a secret.
    text.parse().map_err(|error: toml::de::Error| {
        let line = error.span().map_or(1, |span| {
            text.bytes()
                .take(span.start)
                .filter(|byte| *byte == b'\n')
                .count()
                + 1
        });
        ConfigError(format!(
            "the configuration file {} is not TOML: {} in line {line}",
            path.display(),
            one_line(error.message())
        ))
    })
}

/// What a variable says: of one that ends with [`FILE`], the text of the file that it names. No setting ends so.
fn from_file(name: String, value: String) -> Result<(String, String), ConfigError> {
    let Some(setting) = name.strip_suffix(FILE) else {
        return Ok((name, value));
    };
    let text = std::fs::read_to_string(&value).map_err(|error| {
        ConfigError(format!(
            "the file {value} (from the environment variable {name}) cannot be read: {error}"
        ))
    })?;
    // Editors and `echo` end a file with a line break.
    Ok((setting.to_owned(), text.trim_end().to_owned()))
}

/// The setting that the variable `name` stands for, as a table. The default's type says how `value` is read: text as it is,
/// a list as TOML or separated by commas, anything else as TOML.
fn from_variable(
    name: &str,
    value: &str,
    defaults: &toml::Table,
) -> Result<toml::Table, ConfigError> {
    let path: Vec<String> = name
        .strip_prefix(PREFIX)
        .unwrap_or(name)
        .split("__")
        .map(str::to_ascii_lowercase)
        .collect();
    let mut default = None;
    let mut level = Some(defaults);
    for key in &path {
        default = level.and_then(|table| table.get(key));
        level = default.and_then(toml::Value::as_table);
    }
    let parsed = match default {
        Some(toml::Value::Array(_)) if !value.trim_start().starts_with('[') => toml::Value::Array(
            value
                .split(',')
                .map(str::trim)
                .filter(|item| !item.is_empty())
                .map(|item| toml::Value::String(item.to_owned()))
                .collect(),
        ),
        // Text stays text even when it looks like a number; a key that does not exist is refused by name later.
        None | Some(toml::Value::String(_)) => toml::Value::String(value.to_owned()),
        Some(_) => format!("value = {value}")
            .parse::<toml::Table>()
            .ok()
            .and_then(|mut table| table.remove("value"))
            .unwrap_or_else(|| toml::Value::String(value.to_owned())),
    };
    let mut table = toml::Table::new();
    let mut inner = parsed;
    for key in path.iter().skip(1).rev() {
        inner = toml::Value::Table(toml::Table::from_iter([(key.clone(), inner)]));
    }
    let Some(first) = path.first() else {
        return Err(ConfigError(format!(
            "the environment variable {name} names no setting"
        )));
    };
    table.insert(first.clone(), inner);
    Ok(table)
}

/// One layer of settings, with the name that errors give it.
struct Layer {
    name: String,
    values: Dict,
}

impl Layer {
    fn new(name: impl Into<String>, table: &toml::Table) -> Result<Self, ConfigError> {
        let name = name.into();
        let value = Value::serialize(table)
            .map_err(|_| ConfigError(format!("{name} cannot be read as settings")))?;
        Ok(Self {
            values: value.into_dict().unwrap_or_default(),
            name,
        })
    }
}

impl Provider for Layer {
    fn metadata(&self) -> Metadata {
        Metadata::named(self.name.clone())
    }

    fn data(&self) -> Result<Map<Profile, Dict>, figment::Error> {
        Ok(Map::from([(Profile::Default, self.values.clone())]))
    }
}

/// Name of the layer that the value of `key` comes from.
fn origin(figment: &Figment, key: &str) -> String {
    figment.find_metadata(key).map_or_else(
        || "the settings".to_owned(),
        |metadata| metadata.name.to_string(),
    )
}

fn sentence(figment: &Figment, error: &figment::Error) -> String {
    // An item of a list has its place as the last step; the setting is the list.
    let named = |step: &&String| step.parse::<usize>().is_err();
    let mut key = error
        .path
        .iter()
        .filter(named)
        .cloned()
        .collect::<Vec<_>>()
        .join(".");
    let reason = match &error.kind {
        Kind::UnknownField(field, expected) => {
            if error.path.last() != Some(field) {
                key = if key.is_empty() {
                    field.clone()
                } else {
                    format!("{key}.{field}")
                };
            }
            match gone::instead(&key) {
                Some(instead) => instead.to_owned(),
                None => {
                    let mut text = "is not a setting".to_owned();
                    if !expected.is_empty() {
                        let _ = write!(text, "; here there are {}", expected.join(", "));
                    }
                    text
                }
            }
        }
        _ if SECRETS.contains(&key.as_str()) => "must be text".to_owned(),
        Kind::UnknownVariant(found, expected) => {
            format!("cannot be {found:?}: it is one of {}", expected.join(", "))
        }
        Kind::InvalidType(found, expected) | Kind::InvalidValue(found, expected) => {
            let found = match found {
                Actual::Str(text) => format!("{text:?}"),
                other => other.to_string(),
            };
            format!("cannot be {found}: it takes {}", kind(expected))
        }
        other => format!("is not valid: {}", one_line(&other.to_string())),
    };
    format!("{key} {reason} (from {})", origin(figment, &key))
}

/// What serde expected, in the words of the reference.
fn kind(expected: &str) -> &str {
    match expected {
        "u8" | "u16" | "u32" | "u64" | "usize" => "a whole number",
        "f32" | "f64" => "a number",
        "a boolean" | "bool" => "true or false",
        "parsable string" => "a size such as \"32 MiB\"",
        other => other,
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn with(variables: &[(&str, &str)]) -> Result<Config, ConfigError> {
        read(
            None,
            variables
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned())),
        )
    }

    fn error(variables: &[(&str, &str)]) -> String {
        with(variables).unwrap_err().to_string()
    }

    #[test]
    fn the_defaults_are_valid() {
        let config = Config::defaults().unwrap();
        assert_eq!(config.server.listen.port(), 8080);
        assert_eq!(config.auth.token_life, Duration::from_secs(30 * 86_400));
    }

    #[test]
    fn variables_override_the_file_and_the_file_the_defaults() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("own.toml");
        std::fs::write(&path, "[server]\nlisten = \"127.0.0.1:1\"\nmax_body = \"8 MiB\"\n[fetch]\nmax_redirects = 1\n").unwrap();
        let variables = [("ROSTRO_SERVER__LISTEN".to_owned(), "127.0.0.1:2".to_owned())];
        let config = read(Some(&path), variables.into_iter()).unwrap();
        assert_eq!(
            (
                config.server.listen.port(),
                config.server.max_body.as_u64(),
                config.fetch.max_redirects
            ),
            (2, 8 << 20, 1)
        );
        assert_eq!(config.models.pack, "");
    }

    #[test]
    fn a_variable_may_name_a_file_with_the_value() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("password");
        std::fs::write(&path, "a b/c\n").unwrap();
        let name = "ROSTRO_DATABASE__PASSWORD_FILE";
        let config = with(&[(name, path.to_str().unwrap())]).unwrap();
        assert_eq!(config.database.password.expose(), "a b/c");
        let missing = error(&[(name, "/not/there")]);
        assert!(
            missing.contains(name) && missing.contains("/not/there"),
            "{missing}"
        );
        let unknown = error(&[("ROSTRO_DATABASE__NOTHING_FILE", path.to_str().unwrap())]);
        assert!(unknown.contains("database.nothing"), "{unknown}");
        assert!(!unknown.contains("a b/c"), "{unknown}");
    }

    #[test]
    fn a_variable_is_read_by_its_settings_type() {
        let config = with(&[
            ("ROSTRO_AUTH__SECRET", "01234567890123456789012345678901"),
            (
                "ROSTRO_SERVER__CORS_ORIGINS",
                "https://a.example, https://b.example",
            ),
            ("ROSTRO_FETCH__ALLOW_NETWORKS", "[\"127.0.0.0/8\"]"),
            (
                "ROSTRO_FETCH__PINNED_HOSTS",
                "{ \"pictures.test\" = \"10.0.0.1\" }",
            ),
            ("ROSTRO_VERIFIK__CAPTURE__MAX_ANGLE", "20.5"),
            ("ROSTRO_VERIFIK__DEMO_ROUTES", "true"),
        ])
        .unwrap();
        assert_eq!(
            config.auth.secret.expose(),
            "01234567890123456789012345678901"
        );
        assert_eq!(
            config.server.cors_origins,
            ["https://a.example", "https://b.example"]
        );
        assert_eq!(config.fetch.allow_networks.len(), 1);
        assert_eq!(
            config.fetch.pinned_hosts["pictures.test"].to_string(),
            "10.0.0.1"
        );
        assert!(
            config.verifik.demo_routes && (config.verifik.capture.max_angle - 20.5).abs() < 1e-6
        );
    }

    #[test]
    fn other_variables_with_the_prefix_are_left_alone() {
        assert!(with(&[("ROSTRO_FACES", "/somewhere"), ("ROSTRO_CONFIG", "x")]).is_ok());
    }

    #[test]
    fn errors_name_the_key_and_its_origin_in_one_sentence() {
        let cases = [
            ("ROSTRO_SERVER__LISTN", "x"),
            ("ROSTRO_SERVER__LISTEN", "here"),
            ("ROSTRO_SERVER__REQUEST_TIMEOUT", "soon"),
            ("ROSTRO_SERVER__MAX_IN_FLIGHT", "many"),
            ("ROSTRO_SERVER__MAX_BODY", "big"),
            ("ROSTRO_SERVER__DRAIN_TIMEOUT", "2s"),
            ("ROSTRO_SERVER__CORS_ORIGINS", "app.example.com"),
            ("ROSTRO_VERIFIK__EXPIRED_TOKEN", "never"),
            ("ROSTRO_VERIFIK__CAPTURE_REJECTS", "cropped,ugly"),
            ("ROSTRO_IMAGES__MAX_PIXELS", "0"),
            ("ROSTRO_MODELS__PACK", "../elsewhere"),
            ("ROSTRO_MODELS__PACK__NAME", "x"),
            ("ROSTRO_DATABASE__URL", "mysql://db"),
            ("ROSTRO_ENCRYPTION__KEYS", "sqlite://{data}/rostro.db"),
            ("ROSTRO_NOTHING__AT_ALL", "x"),
        ];
        let errors: Vec<String> = cases.iter().map(|case| error(&[*case])).collect();
        insta::assert_snapshot!(errors.join("\n"), @r#"
        server.listn is not a setting; here there are listen, operators_listen, data, max_body, body_memory, request_timeout, idle_timeout, shutdown_delay, drain_timeout, max_in_flight, trusted_proxies, cors_origins, tls (from the environment variable ROSTRO_SERVER__LISTN)
        server.listen is not valid: invalid socket address syntax (from the environment variable ROSTRO_SERVER__LISTEN)
        server.request_timeout is not valid: "soon" is not a duration such as "30s" or "30d" (from the environment variable ROSTRO_SERVER__REQUEST_TIMEOUT)
        server.max_in_flight cannot be "many": it takes a whole number (from the environment variable ROSTRO_SERVER__MAX_IN_FLIGHT)
        server.max_body cannot be "big": it takes a size such as "32 MiB" (from the environment variable ROSTRO_SERVER__MAX_BODY)
        server.drain_timeout must be longer than server.request_timeout (from the environment variable ROSTRO_SERVER__DRAIN_TIMEOUT)
        server.cors_origins has "app.example.com", which is not an origin such as "https://app.example.com" (from the environment variable ROSTRO_SERVER__CORS_ORIGINS)
        verifik.expired_token cannot be "never": it is one of client, docs (from the environment variable ROSTRO_VERIFIK__EXPIRED_TOKEN)
        verifik.capture_rejects cannot be "ugly": it is one of several_faces, cropped, too_close, close_to_border, too_small, angle_too_large, occluded, eyes_closed, blurred, too_dark, too_bright, uneven_light (from the environment variable ROSTRO_VERIFIK__CAPTURE_REJECTS)
        images.max_pixels must be from 10000 to 1000000000, not 0 (from the environment variable ROSTRO_IMAGES__MAX_PIXELS)
        models.pack must be the name of a folder in models.dir, not "../elsewhere" (from the environment variable ROSTRO_MODELS__PACK)
        models.pack cannot be map: it takes a string (from the environment variable ROSTRO_MODELS__PACK__NAME)
        database.url must start with sqlite:// or postgres:// (from the environment variable ROSTRO_DATABASE__URL)
        encryption.keys must be another database than database.url: copies of that are to hold no keys (from the environment variable ROSTRO_ENCRYPTION__KEYS)
        nothing is not a setting; here there are server, limits, auth, login, mail, sms, database, encryption, retention, models, inference, images, faces, quality, enrolment, search, fetch, verifik, opencv_onpremise, opencv_cloud, log, metrics, docs (from the environment variable ROSTRO_NOTHING__AT_ALL)
        "#);
    }

    #[test]
    fn settings_that_are_gone_say_what_to_use_instead() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("own.toml");
        for (section, key, value) in [
            ("search", "hold", "1/3"),
            ("search", "hold", "all"),
            ("search", "node_timeout", "5s"),
            ("search", "take_over_after", "30s"),
            ("server", "advertise", "http://10.0.0.2:8080"),
        ] {
            std::fs::write(&path, format!("[{section}]\n{key} = \"{value}\"\n")).unwrap();
            let variable = format!("ROSTRO_{section}__{key}").to_ascii_uppercase();
            let in_file = read(Some(&path), std::iter::empty()).unwrap_err();
            for refused in [in_file.to_string(), error(&[(&variable, value)])] {
                assert!(
                    refused.starts_with(&format!("{section}.{key} is not a setting any more"))
                        && refused
                            .contains("several gateways that each hold all faces on one Postgres")
                        && refused.contains("search.engine = \"pgvector\""),
                    "{refused}"
                );
            }
        }
    }

    #[test]
    fn searching_in_the_database_needs_postgres_and_templates_in_the_clear() {
        let engine = ("ROSTRO_SEARCH__ENGINE", "pgvector");
        let url = ("ROSTRO_DATABASE__URL", "postgres://db/rostro");
        let clear = ("ROSTRO_SEARCH__TEMPLATES_IN_THE_CLEAR", "true");
        let refused = error(&[engine, clear]);
        assert!(
            refused.starts_with("search.engine can be \"pgvector\" only with a Postgres"),
            "{refused}"
        );
        let refused = error(&[engine, url]);
        assert!(
            refused.starts_with("search.templates_in_the_clear must be true"),
            "{refused}"
        );
        with(&[engine, url, clear]).unwrap();
        with(&[engine, url, ("ROSTRO_ENCRYPTION__ENABLED", "false")]).unwrap();
    }

    #[test]
    fn errors_about_secrets_do_not_show_them() {
        assert!(!error(&[("ROSTRO_AUTH__SECRET", "hunter2")]).contains("hunter2"));
        assert!(!error(&[("ROSTRO_DATABASE__URL", "hunter2")]).contains("hunter2"));
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("own.toml");
        for text in [
            "[auth]\nsecret = 4242424242",
            "[auth]\nsecret = hunter 4242424242",
            "[auth]\nsecret = [\"4242424242\"]",
        ] {
            std::fs::write(&path, text).unwrap();
            let error = read(Some(&path), std::iter::empty())
                .unwrap_err()
                .to_string();
            assert!(
                !error.contains("4242424242") && !error.contains('\n'),
                "{error}"
            );
        }
    }

    #[test]
    fn printing_masks_secrets() {
        let config = with(&[
            ("ROSTRO_AUTH__SECRET", "01234567890123456789012345678901"),
            (
                "ROSTRO_DATABASE__URL",
                "postgres://rostro:hunter2@db/rostro",
            ),
        ])
        .unwrap();
        for text in [config.to_toml().unwrap(), format!("{config:?}")] {
            assert!(
                !text.contains("0123456789") && !text.contains("hunter2"),
                "{text}"
            );
        }
    }

    #[test]
    fn what_is_printed_is_read_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("printed.toml");
        let printed = Config::defaults().unwrap().to_toml().unwrap();
        std::fs::write(&path, &printed).unwrap();
        assert_eq!(
            read(Some(&path), std::iter::empty())
                .unwrap()
                .to_toml()
                .unwrap(),
            printed
        );
    }
}
