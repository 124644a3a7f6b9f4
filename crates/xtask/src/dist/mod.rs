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
mod parts;
mod sbom;

use std::{
    env::consts::{ARCH, OS},
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context as _, Result, ensure};

use crate::{
    report, setup,
    workspace::{Workspace, absolute_path},
};

/// What to pack.
#[derive(Debug, clap::Args)]
#[group(skip)]
pub(crate) struct Args {
    #[command(flatten)]
    setup: setup::Args,
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
    let fetched = setup::fetch(workspace, &args.setup)?;
    let runtime = setup::runtime_files(workspace, args.gpu)?;
    let program = match &args.program {
        Some(program) => absolute_path(program)?,
        None => build(workspace)?,
    };
    let crates = parts::crates(workspace)?;

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
    let pack = fetched.models.join(&fetched.pack);
    let installed = packs::InstalledPack::open(&pack)?;
    for file in installed.files.values() {
        let to = format!("models/{}/{}", fetched.pack, file_name(&file.path)?);
        layout.copy(&file.path, &to)?;
    }
    let manifest = format!("models/{}/{}", fetched.pack, packs::MANIFEST_FILE);
    layout.copy(&pack.join(packs::MANIFEST_FILE), &manifest)?;

    let deploy = workspace.root.join("deploy");
    for file in ["rostro.service", "install.sh", "INSTALL.md"] {
        layout.copy(&deploy.join(file), file)?;
    }
    let runtime_name = runtime.first().map(|path| file_name(path)).transpose()?;
    let settings = fs::read_to_string(deploy.join("rostro.toml"))?
        .replace("{pack}", &fetched.pack)
        .replace("{onnxruntime}", runtime_name.unwrap_or_default())
        .replace("{provider}", if args.gpu { "cuda" } else { "cpu" });
    layout.write("rostro.toml", &settings)?;
    layout.copy(
        &workspace.root.join("config/rostro.toml"),
        "rostro.reference.toml",
    )?;
    layout.write("licences/MODELS.txt", &licences::of_models(&installed))?;
    layout.write("licences/CRATES.txt", &licences::of_crates(&crates)?)?;
    layout.write("sbom.cdx.json", &sbom::text(&crates, &installed)?)?;
    archive::checksums(&folder)?;
    report::line(format_args!("  {}", folder.display()));
    if !args.no_archive {
        let file = archive::pack(&folder, &name)?;
        let bytes = file.metadata()?.len();
        report::line(format_args!(
            "  {}  {}",
            file.display(),
            report::size(bytes)
        ));
    }
    Ok(ExitCode::SUCCESS)
}

/// The program in release.
fn build(workspace: &Workspace) -> Result<PathBuf> {
    let mut build = workspace.cargo();
    build.args([
        "build",
        "--release",
        "--locked",
        "--package",
        "gateway",
        "--bin",
        "rostro",
    ]);
    ensure!(
        build.status().context("cargo cannot be run")?.success(),
        "the server does not build: see above"
    );
    Ok(workspace.target()?.join("release/rostro"))
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
