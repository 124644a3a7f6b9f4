//! `cargo xtask dist`: everything that a machine without this repository needs, in one archive.
//!
//! The layout is that of `/opt/rostro`, in the archive as in the container image (the Dockerfile runs this command):
//!
//! * `bin/rostro`, `lib/libonnxruntime.so.*`, `models/PACK/`: what runs;
//! * `rostro.toml`, `rostro.service`, `install.sh`, `INSTALL.md`: what puts it there (see `deploy/` in the repository);
//! * `licences/`, `sbom.cdx.json`: whose work it is;
//! * `SHA256SUMS`: of every other file.

mod archive;
mod licences;
mod models;
mod parts;
mod sbom;

use std::{
    env::consts::{ARCH, OS},
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context as _, Result, ensure};
use xtask::{
    report, server,
    setup::{self, Args as SetupArgs},
    workspace::{Workspace, absolute_path},
};

use models::Pack;

/// What to pack.
#[derive(Debug, clap::Args)]
#[group(skip)]
pub(crate) struct Args {
    #[command(flatten)]
    setup: SetupArgs,
    /// With the ONNX Runtime for NVIDIA GPUs (CUDA 13 and cuDNN 9 must be on the machine)
    #[arg(long)]
    gpu: bool,
    /// Pack this program instead of building one
    #[arg(long, value_name = "FILE")]
    program: Option<PathBuf>,
    /// Folder to write to [default: dist in cargo's target folder]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Leave it a folder: no archive
    #[arg(long)]
    no_archive: bool,
}

/// Writes the folder, and the archive beside it.
///
/// # Errors
/// What set-up or the build fails with, or a disk that is full.
pub(crate) fn run(workspace: &Workspace, args: &Args) -> Result<ExitCode> {
    let out = match &args.out {
        Some(out) => absolute_path(out)?,
        None => workspace.target()?.join("dist"),
    };
    // First: it refuses a Cargo.lock that does not fit.
    let crates = parts::crates(workspace)?;
    let program = match &args.program {
        Some(program) => absolute_path(program)?,
        None => server::build(workspace, true)?,
    };
    let fetched = setup::fetch_to_pass_on(workspace, &program, &args.setup, args.gpu)?;
    let runtime = beside(&fetched.onnxruntime)?;
    let pack = Pack::read(&program, &fetched)?;

    let suffix = if args.gpu { "-cuda" } else { "" };
    let name = format!("rostro-{}-{ARCH}-{OS}{suffix}", env!("CARGO_PKG_VERSION"));
    let folder = out.join(&name);
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    let layout = Layout(&folder);
    layout.copy(&program, "bin/rostro")?;
    for file in &runtime {
        let name = file_name(file)?;
        let folder = if name.contains(".so") {
            "lib"
        } else {
            "licences/onnxruntime"
        };
        layout.copy(file, &format!("{folder}/{name}"))?;
    }
    for file in &pack.files {
        layout.copy(
            file,
            &format!("models/{}/{}", fetched.pack, file_name(file)?),
        )?;
    }

    let deploy = workspace.root.join("deploy");
    for file in ["rostro.service", "install.sh", "INSTALL.md"] {
        layout.copy(&deploy.join(file), file)?;
    }
    let runtime_name = file_name(&fetched.onnxruntime)?;
    let settings = fs::read_to_string(deploy.join("rostro.toml"))?
        .replace("{pack}", &fetched.pack)
        .replace("{onnxruntime}", runtime_name)
        .replace("{provider}", if args.gpu { "cuda" } else { "cpu" });
    layout.write("rostro.toml", &settings)?;
    layout.copy(
        &workspace.root.join("config/rostro.toml"),
        "rostro.reference.toml",
    )?;
    layout.write("licences/MODELS.txt", &pack.text())?;
    layout.write("licences/CRATES.txt", &licences::of_crates(&crates)?)?;
    let version = file_name(fetched.onnxruntime.parent().context("it has no folder")?)?;
    layout.write("sbom.cdx.json", &sbom::text(&crates, version, &pack)?)?;
    archive::checksums(&folder)?;
    report::line(format_args!("  {}", folder.display()));
    if !args.no_archive {
        let file = archive::pack(&folder, &name)?;
        let bytes = file.metadata()?.len();
        report::line(format_args!(
            "  {}  {:.1} MB",
            file.display(),
            bytes as f64 / 1e6
        ));
    }
    Ok(ExitCode::SUCCESS)
}

/// ONNX Runtime's library, what it loads and its terms, which set-up put into one folder.
fn beside(library: &Path) -> Result<Vec<PathBuf>> {
    let folder = library.parent().context("the library has no folder")?;
    let mut files = Vec::new();
    for entry in folder.read_dir()? {
        let path = entry?.path();
        // Folders are of a set-up that was killed.
        files.extend(path.is_file().then_some(path));
    }
    files.sort();
    ensure!(
        files.iter().any(|file| file.ends_with("LICENSE")),
        "the terms of ONNX Runtime are not beside it: delete {} and run this again",
        folder.display()
    );
    Ok(files)
}

fn file_name(path: &Path) -> Result<&str> {
    path.file_name()
        .and_then(|name| name.to_str())
        .with_context(|| format!("{} has no usable name", path.display()))
}

/// The folder that is being filled.
struct Layout<'a>(&'a Path);

impl Layout<'_> {
    /// A copy of a file, under a path in the folder.
    fn copy(&self, from: &Path, to: &str) -> Result<()> {
        let target = self.target(to)?;
        fs::copy(from, &target)
            .map(drop)
            .with_context(|| format!("{} cannot be copied", from.display()))
    }

    fn write(&self, to: &str, text: &str) -> Result<()> {
        fs::write(self.target(to)?, text).with_context(|| format!("{to} cannot be written"))
    }

    fn target(&self, to: &str) -> Result<PathBuf> {
        let target = self.0.join(to);
        let parent = target.parent().unwrap_or(self.0);
        fs::create_dir_all(parent)
            .with_context(|| format!("{} cannot be made", parent.display()))?;
        Ok(target)
    }
}
