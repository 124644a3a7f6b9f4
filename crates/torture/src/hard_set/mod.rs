//! `cargo xtask hard-set`: LFW with every picture made worse, to measure what helps with bad pictures.
//!
//! The layout is LFW's (`images/NAME/NAME_0001.jpg` and `pairs.txt`), so that whatever evaluates LFW evaluates this; `hard.csv` says what
//! was done to each picture. The same seed makes the same pictures, in whatever order.

mod damage;

use std::{
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context as _, Result, ensure};
use image::{ImageReader, codecs::jpeg::JpegEncoder};
use sha2::{Digest as _, Sha256};

use self::damage::{Damage, Kind};
use crate::report;

/// Quality of the pictures that are written, where the damage is not that.
const QUALITY: u8 = 95;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Folder to write; must be empty or not there.
    #[arg(long)]
    out: PathBuf,
    /// Folder of LFW, with `images/` and `pairs.txt`; `lfw` in the folder that ROSTRO_FACES names, if not given.
    #[arg(long)]
    lfw: Option<PathBuf>,
    /// Another seed makes another choice of damages and angles.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Do this to every picture, instead of one of all kinds to each.
    #[arg(long)]
    kind: Option<Kind>,
}

pub(crate) fn run(args: &Args) -> Result<ExitCode> {
    let lfw = match &args.lfw {
        Some(folder) => folder.clone(),
        None => PathBuf::from(
            std::env::var_os("ROSTRO_FACES")
                .context("name the folder of LFW with --lfw, or set ROSTRO_FACES")?,
        )
        .join("lfw"),
    };
    let pictures = pictures(&lfw)?;
    let empty = !args.out.exists() || args.out.read_dir()?.next().is_none();
    ensure!(empty, "{} is not empty", args.out.display());
    let images = args.out.join("images");
    fs::create_dir_all(&images)?;
    let mut list = "file,kind,amount\n".to_owned();
    for (done, name) in pictures.iter().enumerate() {
        let damage = Damage::choose(&chance(args.seed, name), args.kind);
        let picture = ImageReader::open(lfw.join("images").join(name))?
            .decode()
            .with_context(|| format!("{name} cannot be read"))?
            .to_rgb8();
        let to = images.join(name);
        fs::create_dir_all(to.parent().unwrap_or(&images))?;
        let mut jpeg = Vec::new();
        let quality = damage.jpeg_quality().unwrap_or(QUALITY);
        damage
            .apply(&picture)
            .write_with_encoder(JpegEncoder::new_with_quality(&mut jpeg, quality))?;
        fs::write(&to, jpeg).with_context(|| format!("{} cannot be written", to.display()))?;
        list.push_str(&format!("{name},{damage}\n"));
        if (done + 1) % 1000 == 0 {
            report::line(format_args!("  {} of {}", done + 1, pictures.len()));
        }
    }
    fs::copy(lfw.join("pairs.txt"), args.out.join("pairs.txt"))?;
    fs::write(args.out.join("hard.csv"), list)?;
    report::line(format_args!(
        "  {}: {} pictures",
        args.out.display(),
        pictures.len()
    ));
    Ok(ExitCode::SUCCESS)
}

/// `NAME/NAME_0001.jpg` of every picture, sorted.
fn pictures(lfw: &Path) -> Result<Vec<String>> {
    let images = lfw.join("images");
    let unreadable = || format!("{} cannot be read", images.display());
    let mut names = Vec::new();
    for person in images.read_dir().with_context(unreadable)? {
        let person = person?;
        if !person.file_type()?.is_dir() {
            continue;
        }
        for file in person.path().read_dir().with_context(unreadable)? {
            let names_of = (person.file_name(), file?.file_name());
            if let (Some(person), Some(file)) = (names_of.0.to_str(), names_of.1.to_str()) {
                names.push(format!("{person}/{file}"));
            }
        }
    }
    ensure!(!names.is_empty(), "{} has no pictures", images.display());
    names.sort();
    Ok(names)
}

/// What chance has for a picture: bytes that depend on the seed and its name alone.
fn chance(seed: u64, name: &str) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(seed.to_le_bytes());
    hash.update(name.as_bytes());
    hash.finalize().into()
}
