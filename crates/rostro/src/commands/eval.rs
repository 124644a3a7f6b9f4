//! `rostro eval`.

mod liveness;
mod matching;

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use clap::{Args, ValueEnum};
use inference::Effort;
use packs::InstalledPack;
use time::{OffsetDateTime, macros::format_description};

use super::print;
use service::Config;

#[derive(Debug, Args)]
#[command(after_help = AFTER)]
pub(super) struct Eval {
    /// Folder with one sub-folder of pictures per person; LFW's layout (images/, pairs.txt) is recognised
    #[arg(required_unless_present = "pad")]
    folder: Option<PathBuf>,
    /// Pairs to compare: LFW's format, or CSV with the columns first, second (PERSON/FILE) and same (yes, no)
    #[arg(long, value_name = "FILE")]
    pairs: Option<PathBuf>,
    /// Split the error rates by this column of the table of people
    #[arg(long, value_name = "FIELD", requires = "people")]
    by: Option<String>,
    /// Table of people: CSV with a column person, named as the sub-folders, and others
    #[arg(long, value_name = "FILE", requires = "by")]
    people: Option<PathBuf>,
    /// Measure liveness instead: a folder with live/ and spoof/KIND/
    #[arg(long, value_name = "FOLDER", conflicts_with_all = ["folder", "pairs", "by", "people", "effort", "cache"])]
    pad: Option<PathBuf>,
    /// How closely pictures are looked at: as in requests with search_mode FAST, or ACCURATE
    #[arg(long, value_enum, default_value_t)]
    effort: EffortName,
    /// The model pack to measure, in place of models.pack
    #[arg(long, value_name = "NAME")]
    pack: Option<String>,
    /// Folder for the report as JSON and the plots
    #[arg(long, value_name = "FOLDER", default_value = "evaluation")]
    out: PathBuf,
    /// Folder for templates, so that an interrupted run goes on; by default `cache` in the folder of --out
    #[arg(long, value_name = "FOLDER")]
    cache: Option<PathBuf>,
    /// Put the calibration that comes out into the pack's manifest; servers use it after their next start
    #[arg(long)]
    write: bool,
}

#[derive(Debug, Clone, Copy, Default, ValueEnum)]
enum EffortName {
    #[default]
    Fast,
    Accurate,
}

impl From<EffortName> for Effort {
    fn from(name: EffortName) -> Self {
        match name {
            EffortName::Fast => Self::Fast,
            EffortName::Accurate => Self::Accurate,
        }
    }
}

impl Eval {
    /// The pack to measure takes the place of the one in the settings.
    pub(super) fn choose_pack(&self, settings: &mut Config) {
        if let Some(pack) = &self.pack {
            settings.models.pack.clone_from(pack);
        }
    }
}

const AFTER: &str = "\
Pictures are looked at as `compare` does, with the face rules of the settings. Those without a face, with several of
comparable size, and unreadable ones are listed and left out; so is a file that is there twice.
The cache holds templates, which are personal data: delete it when you are done.
docs/ACCURACY.md explains the figures.";

/// Measures.
pub(super) async fn run(mut settings: Config, eval: Eval) -> Result<()> {
    // All cores, whatever the server takes.
    (settings.inference.workers, settings.inference.queue) = (0, 0);
    match &eval.pad {
        Some(folder) => liveness::run(&settings, &eval, folder).await,
        None => matching::run(&settings, &eval).await,
    }
}

/// The pack in use, checked.
async fn open_pack(settings: &Config) -> Result<InstalledPack> {
    settings.demand_models()?;
    let dir = settings.models.pack_dir();
    // Hashing the models takes a while.
    Ok(tokio::task::spawn_blocking(move || InstalledPack::open(&dir)).await??)
}

/// Today as `YYYY-MM-DD`, UTC.
fn today() -> Result<String> {
    let today = OffsetDateTime::now_utc().date();
    today
        .format(format_description!("[year]-[month]-[day]"))
        .context("the date cannot be written")
}

fn tell_files(files: &[PathBuf]) {
    let names: Vec<String> = files
        .iter()
        .map(|file| file.display().to_string())
        .collect();
    print(&format!("\nwrote {}", names.join(", ")));
}

fn tell_written(pack: &Path) {
    print(&format!(
        "wrote the calibration into {}: servers use it after their next start",
        pack.join(packs::MANIFEST_FILE).display()
    ));
}
