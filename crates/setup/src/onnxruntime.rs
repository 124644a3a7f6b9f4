//! ONNX Runtime's shared library: one that the user names, else the cache's, else out of the wheel on the package index.
//! Its terms are put beside it.

use std::{
    env::consts::{ARCH, OS},
    fs::{self, File},
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, ensure};

use super::{
    cache::{PART, prepare},
    download::extract,
    pip,
    place::{Expected, check, place},
};
use crate::report;

/// The version that `ort` 2.0.0-rc.15 is written for; it loads any from 1.17 on.
pub(crate) const VERSION: &str = "1.31.1";

/// The wheel of one platform. Any Python's wheel holds the same library; one is pinned.
#[derive(Debug)]
struct Wheel {
    package: &'static str,
    os: &'static str,
    arch: &'static str,
    platform: &'static str,
    sha256: &'static str,
    library: &'static str,
    library_sha256: &'static str,
}

const WHEELS: &[Wheel] = &[
    Wheel {
        package: "onnxruntime",
        os: "linux",
        arch: "x86_64",
        platform: "manylinux_2_28_x86_64",
        sha256: "1f3dea47f2f0e5117c2404cea7d21fd253ae7836a3bf167a501cdfbb2600d536",
        library: "libonnxruntime.so.1.31.1",
        library_sha256: "fc44112fbe06d7d689c57e11d3862031f64711007e4ee020f8eed5185fd2c1d3",
    },
    Wheel {
        package: "onnxruntime",
        os: "linux",
        arch: "aarch64",
        platform: "manylinux_2_28_aarch64",
        sha256: "0b9a492176886992e0e875f06bc0367e333f5fff11711a2d642e18b02f3009cc",
        library: "libonnxruntime.so.1.31.1",
        library_sha256: "8aa3b76b28c778a2b1dd660d34161adb1d508c9ccd04ff9dc80e26eca5df8467",
    },
    Wheel {
        package: "onnxruntime",
        os: "macos",
        arch: "aarch64",
        platform: "macosx_14_0_arm64",
        sha256: "96dd2564b10ea7153ad9c207e7cd8e5917cb3ba521e0e0a62ac03486fdc8d56c",
        library: "libonnxruntime.1.31.1.dylib",
        library_sha256: "d586cbe89effc085a09d3341b3cfbd5c322517f9d397aeb20814af21433f2b36",
    },
];

/// The wheel for NVIDIA GPUs: CUDA 13, cuDNN 9. There is none for 64-bit Arm.
const GPU: Wheel = Wheel {
    package: "onnxruntime-gpu",
    os: "linux",
    arch: "x86_64",
    platform: "manylinux_2_28_x86_64",
    sha256: "05d548956197b9d01f59b625de740e0d6be3593f874e241a12dc0362650ecdf7",
    library: "libonnxruntime.so.1.31.1",
    library_sha256: "5104254339ecadae808da771bd0b63b240f0dbd466514234905e54372435c303",
};

/// What the library for GPUs loads, from the folder that it is in.
const PROVIDERS: [&str; 2] = [
    "libonnxruntime_providers_shared.so",
    "libonnxruntime_providers_cuda.so",
];

/// Its terms, and those of what is in it.
const TERMS: [&str; 2] = ["LICENSE", "ThirdPartyNotices.txt"];

fn own_wheel() -> Result<&'static Wheel> {
    let own = WHEELS
        .iter()
        .find(|wheel| (wheel.os, wheel.arch) == (OS, ARCH));
    own.with_context(|| {
        format!(
            "there is no ONNX Runtime to fetch for {OS} on {ARCH}: install it and set ORT_DYLIB_PATH to its shared library"
        )
    })
}

/// The user's own library at `path`, which `name` named; nothing when it is not there.
pub(crate) fn own(name: &str, path: &Path) -> Option<PathBuf> {
    if path.is_file() {
        report::line(format_args!(
            "  ONNX Runtime from {name}: {}",
            path.display()
        ));
        return Some(path.to_owned());
    }
    report::line(format_args!(
        "  note: {name} names {}, which is not there; it is ignored",
        path.display()
    ));
    None
}

/// The library to use, installed in `cache` if need be; what it loads and its terms lie beside it. Call with the cache's
/// lock held.
///
/// # Errors
/// One sentence that says what to do.
pub(crate) fn provide(cache: &Path, gpu: bool) -> Result<PathBuf> {
    let wheel = if gpu { &GPU } else { own_wheel()? };
    ensure!(
        (wheel.os, wheel.arch) == (OS, ARCH),
        "there is no ONNX Runtime for GPUs to fetch for {OS} on {ARCH}"
    );
    let folder = cache.join(wheel.package).join(VERSION);
    prepare(&folder)?;
    let library = folder.join(wheel.library);
    let expected = Expected {
        sha256: wheel.library_sha256,
        bytes: None,
    };
    let whole = check(&library, expected).is_ok();
    let beside = members(gpu, &folder);
    if !whole || beside.iter().any(|(file, _)| !file.is_file()) {
        if library.exists() && !whole {
            report::line("  ONNX Runtime is damaged; it is fetched again");
        }
        match fetch(wheel, &folder, &library, expected, &beside) {
            // It works without its terms, which an older set-up did not put there.
            Err(fault) if whole && !gpu => {
                report::line(format_args!("  note: its terms are missing ({fault:#})"));
            }
            fetched => fetched?,
        }
    }
    report::line(format_args!(
        "  ONNX Runtime {VERSION}: {}",
        library.display()
    ));
    Ok(library)
}

/// What goes with the library: where it is to lie, and its name in the wheel.
fn members(gpu: bool, folder: &Path) -> Vec<(PathBuf, String)> {
    let providers: &[&str] = if gpu { &PROVIDERS } else { &[] };
    let providers = providers.iter().map(|name| (name, "onnxruntime/capi"));
    let terms = TERMS.iter().map(|name| (name, "onnxruntime"));
    providers
        .chain(terms)
        .map(|(name, inside)| (folder.join(name), format!("{inside}/{name}")))
        .collect()
}

fn fetch(
    wheel: &Wheel,
    folder: &Path,
    library: &Path,
    expected: Expected<'_>,
    beside: &[(PathBuf, String)],
) -> Result<()> {
    let scratch = tempfile::Builder::new()
        .prefix(PART)
        .tempdir_in(folder)
        .context("the cache cannot be written")?;
    let archive = download(wheel, scratch.path())?;
    for (file, name) in beside {
        // The wheel was checked; unfinished, it must not stand under its name.
        let part = scratch.path().join("part");
        let mut target = File::create(&part).context("the cache cannot be written")?;
        extract(&archive, |member| member == name, &mut target)
            .with_context(|| format!("{name} cannot be unpacked from its wheel"))?;
        target.sync_all().context("the cache cannot be written")?;
        fs::rename(&part, file).context("the cache cannot be written")?;
    }
    // Last: with it everything is there.
    place(library, expected, |file| {
        extract(
            &archive,
            |name| name == format!("onnxruntime/capi/{}", wheel.library),
            file,
        )
    })
    .context("ONNX Runtime cannot be unpacked from its wheel")
}

/// Lets pip download the wheel into `folder`, and checks it.
fn download(wheel: &Wheel, folder: &Path) -> Result<PathBuf> {
    let wheel = pip::Wheel {
        what: "ONNX Runtime",
        package: wheel.package,
        version: VERSION,
        python: "3.12",
        platform: wheel.platform,
        sha256: wheel.sha256,
        hint: "install Python 3 with pip, or set ORT_DYLIB_PATH to an ONNX Runtime library of your own",
    };
    pip::download(&wheel, folder)
}
