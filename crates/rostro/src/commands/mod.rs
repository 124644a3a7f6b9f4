//! The command line of `rostro`: one file per command.

mod audit;
mod banner;
mod client;
mod config;
mod eval;
mod export;
mod health;
mod import;
mod key;
mod models;
mod receipt;
mod reembed;
mod secret;
mod serve;
mod setup;
mod table;
mod token;

use std::{io::Write as _, path::PathBuf, process::ExitCode};

use anyhow::Result;
use clap::{Parser, Subcommand};
use indicatif::{ProgressBar, ProgressStyle};

use service::config::load;

/// Self-hosted face recognition.
#[derive(Debug, Parser)]
#[command(name = "rostro", version, arg_required_else_help = true, after_help = AFTER)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    /// Settings that override the built-in ones (TOML)
    #[arg(long, global = true, value_name = "FILE", env = "ROSTRO_CONFIG")]
    config: Option<PathBuf>,
}

const AFTER: &str = "\
Settings come from the built-in defaults, then --config FILE, then environment variables:
  ROSTRO_SERVER__LISTEN=0.0.0.0:8080 is `listen` in [server].
`rostro config` prints what is in force.";

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the server until SIGTERM or Ctrl-C
    Serve,
    /// Fetch ONNX Runtime and a model pack, check them, and put them where the server finds them
    Setup(setup::Setup),
    /// Accounts
    #[command(subcommand)]
    Client(client::Command),
    /// Tokens of accounts
    #[command(subcommand)]
    Token(token::Command),
    /// API keys of accounts, for the `x-api-key` dialects
    #[command(subcommand)]
    Key(key::Command),
    /// Receipts of deletions
    #[command(subcommand)]
    Receipt(receipt::Command),
    /// The secrets that sign tokens
    #[command(subcommand)]
    Secret(secret::Command),
    /// The audit: who read or wrote whose face, when, with which scores
    #[command(subcommand)]
    Audit(audit::Command),
    /// Enrol a folder or a CSV file of pictures, or restore an account's archive
    Import(import::Import),
    /// Write a whole account into one file: the backup, and the way to another database
    Export(export::Export),
    /// After (or before) a change of models.pack: make the templates of all faces that it lacks
    Reembed,
    /// Succeed if the server of these settings is ready (on this machine): for health checks
    Health,
    /// Print the settings in force as TOML, secrets masked
    Config,
    /// Measure on labelled pictures what the scores mean: error rates, calibration, differences between groups, liveness
    Eval(eval::Eval),
    /// List the installed model packs: files, licences, origins, calibration
    Models(models::Models),
}

/// Runs the command line of this process.
#[must_use]
pub fn main() -> ExitCode {
    match run(Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&error);
            ExitCode::FAILURE
        }
    }
}

fn run(cli: Cli) -> Result<()> {
    let mut settings = load(cli.config.as_deref())?;
    match &cli.command {
        // It must know what is set, and not what it put down the last time.
        Command::Setup(_) => (),
        Command::Eval(eval) => {
            eval.choose_pack(&mut settings);
            settings.find_installed();
        }
        _ => settings.find_installed(),
    }
    match cli.command {
        Command::Serve => block_on(serve::run(settings)),
        Command::Client(command) => block_on(client::run(settings, command)),
        Command::Import(import) => block_on(import::run(settings, import)),
        Command::Export(export) => block_on(export::run(settings, export)),
        Command::Token(command) => block_on(token::run(settings, command)),
        Command::Key(command) => block_on(key::run(settings, command)),
        Command::Receipt(command) => block_on(receipt::run(settings, command)),
        Command::Secret(command) => secret::run(&settings, command),
        Command::Audit(command) => block_on(audit::run(settings, command)),
        Command::Reembed => block_on(reembed::run(settings)),
        Command::Health => block_on(health::run(settings)),
        Command::Config => config::run(&settings),
        Command::Eval(eval) => block_on(eval::run(settings, eval)),
        Command::Models(models) => models::run(&settings, &models),
        Command::Setup(setup) => setup::run(&settings, &setup),
    }
}

fn block_on(work: impl Future<Output = Result<()>>) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let done = runtime.block_on(work);
    // A look-up of a name that hangs must not hold up the exit.
    runtime.shutdown_background();
    done
}

#[expect(
    clippy::print_stderr,
    reason = "the error of a command line belongs on stderr"
)]
fn complain(error: &anyhow::Error) {
    eprintln!("error: {error:#}");
}

/// Says something beside what the command was asked for.
#[expect(clippy::print_stderr, reason = "it is not the output")]
fn note(text: &str) {
    eprintln!("note: {text}");
}

/// Progress towards a known end. Shown on a terminal only.
fn bar(total: u64, what: &str) -> ProgressBar {
    let style = ProgressStyle::with_template(
        "{wide_bar} {human_pos}/{human_len} {msg}, {per_sec}, {eta} left",
    );
    ProgressBar::new(total)
        .with_message(what.to_owned())
        .with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

/// Prints what the command was asked for.
fn print(text: &str) {
    // A reader that has seen enough (`| head`) is no fault.
    let _ = writeln!(std::io::stdout(), "{}", text.trim_end());
}
