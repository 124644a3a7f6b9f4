//! The log: text for people or one JSON object a line, always on stderr.

use tracing::Subscriber;
use tracing_subscriber::{
    Layer,
    filter::{LevelFilter, Targets},
    fmt::MakeWriter,
    layer::SubscriberExt as _,
    registry,
    util::SubscriberInitExt as _,
};

use crate::config::{LogConfig, LogFormat};

/// Starts the process's log on stderr. A second call changes nothing.
pub fn start(config: &LogConfig) {
    // Fails only when a log is running already, and then that one goes on.
    let _ = subscriber(config, std::io::stderr).try_init();
}

/// A log that writes to `writer`.
pub fn subscriber<W>(config: &LogConfig, writer: W) -> impl Subscriber + Send + Sync + use<W>
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    // The settings were checked; should the filter not parse after all, the default level does.
    let filter: Targets = config
        .level
        .parse()
        .unwrap_or_else(|_| Targets::new().with_default(LevelFilter::INFO));
    let lines = tracing_subscriber::fmt::layer().with_writer(writer);
    let lines = match config.format {
        LogFormat::Text => lines
            .with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr()))
            .boxed(),
        LogFormat::Json => lines.json().flatten_event(true).with_ansi(false).boxed(),
    };
    registry().with(filter).with(lines)
}
