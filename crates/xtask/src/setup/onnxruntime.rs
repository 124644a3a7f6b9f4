//! ONNX Runtime's shared library: one that the user names, else the cache's, else out of the wheel on the package index.

use std::{
    env::consts::{ARCH, OS},
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, Result, bail};

use super::{
    cache::{PART, prepare},
    download::extract,
    place::{Expected, check, place},
};
use crate::{report, workspace::env_path};

/// The version that `ort` 2.0.0-rc.15 is written for; it loads any from 1.17 on.
const VERSION: &str = "1.31.1";

/// The wheel of one platform. Any Python's wheel holds the same library; one is pinned.
#[derive(Debug)]
struct Wheel {
    os: &'static str,
    arch: &'static str,
    platform: &'static str,
    sha256: &'static str,
    library: &'static str,
    library_sha256: &'static str,
}

const WHEELS: &[Wheel] = &[
    Wheel {
        os: "linux",
        arch: "x86_64",
        platform: "manylinux_2_28_x86_64",
        sha256: "1f3dea47f2f0e5117c2404cea7d21fd253ae7836a3bf167a501cdfbb2600d536",
        library: "libonnxruntime.so.1.31.1",
        library_sha256: "fc44112fbe06d7d689c57e11d3862031f64711007e4ee020f8eed5185fd2c1d3",
    },
    Wheel {
        os: "linux",
        arch: "aarch64",
        platform: "manylinux_2_28_aarch64",
        sha256: "0b9a492176886992e0e875f06bc0367e333f5fff11711a2d642e18b02f3009cc",
        library: "libonnxruntime.so.1.31.1",
        library_sha256: "8aa3b76b28c778a2b1dd660d34161adb1d508c9ccd04ff9dc80e26eca5df8467",
    },
    Wheel {
        os: "macos",
        arch: "aarch64",
        platform: "macosx_14_0_arm64",
        sha256: "96dd2564b10ea7153ad9c207e7cd8e5917cb3ba521e0e0a62ac03486fdc8d56c",
        library: "libonnxruntime.1.31.1.dylib",
        library_sha256: "d586cbe89effc085a09d3341b3cfbd5c322517f9d397aeb20814af21433f2b36",
    },
];

/// The library to use, installed in `cache` if need be. Call with the cache's lock held.
///
/// # Errors
/// One sentence that says what to do.
pub(crate) fn ensure(cache: &Path) -> Result<PathBuf> {
    for name in ["ROSTRO_INFERENCE__ONNXRUNTIME", "ORT_DYLIB_PATH"] {
        if let Some(path) = env_path(name)? {
            if path.is_file() {
                report::line(format_args!(
                    "  ONNX Runtime from {name}: {}",
                    path.display()
                ));
                return Ok(path);
            }
            report::line(format_args!(
                "  note: {name} names {}, which is not there; it is ignored",
                path.display()
            ));
        }
    }
    let Some(wheel) = WHEELS
        .iter()
        .find(|wheel| (wheel.os, wheel.arch) == (OS, ARCH))
    else {
        bail!(
            "there is no ONNX Runtime to fetch for {OS} on {ARCH}: install it and set ORT_DYLIB_PATH to its shared library"
        );
    };
    let folder = cache.join("onnxruntime").join(VERSION);
    prepare(&folder)?;
    let library = folder.join(wheel.library);
    let expected = Expected {
        sha256: wheel.library_sha256,
        bytes: None,
    };
    if check(&library, expected).is_err() {
        if library.exists() {
            report::line("  ONNX Runtime is damaged; it is fetched again");
        }
        let scratch = tempfile::Builder::new()
            .prefix(PART)
            .tempdir_in(&folder)
            .context("the cache cannot be written")?;
        let archive = download(wheel, scratch.path())?;
        place(&library, expected, |file| {
            extract(
                &archive,
                |name| name == format!("onnxruntime/capi/{}", wheel.library),
                file,
            )
        })
        .context("ONNX Runtime cannot be unpacked from its wheel")?;
    }
    report::line(format_args!(
        "  ONNX Runtime {VERSION}: {}",
        library.display()
    ));
    Ok(library)
}

/// Lets pip download the wheel into `folder`, and checks it.
fn download(wheel: &Wheel, folder: &Path) -> Result<PathBuf> {
    let hint =
        "install Python 3 with pip, or set ORT_DYLIB_PATH to an ONNX Runtime library of your own";
    let spinner = report::spinner(&format!("ONNX Runtime {VERSION} by pip"));
    // The tags are given, so that the system's own Python may be older or newer than the wheel's.
    let output = Command::new("python3")
        .args([
            "-m",
            "pip",
            "download",
            "--quiet",
            "--disable-pip-version-check",
            "--no-deps",
            "--only-binary=:all:",
        ])
        .args([
            "--implementation",
            "cp",
            "--python-version",
            "3.12",
            "--abi",
            "cp312",
            "--platform",
            wheel.platform,
            "--dest",
        ])
        .arg(folder)
        .arg(format!("onnxruntime=={VERSION}"))
        .output();
    spinner.finish_and_clear();
    let output = output.with_context(|| {
        format!("ONNX Runtime cannot be fetched, because python3 cannot be run: {hint}")
    })?;
    if !output.status.success() {
        let text = String::from_utf8_lossy(&output.stderr);
        let reason = text
            .lines()
            .rev()
            .find(|line| !line.trim().is_empty())
            .unwrap_or("no reason given")
            .trim()
            .to_owned();
        bail!("ONNX Runtime cannot be fetched by pip ({reason}): {hint}");
    }
    let found = folder
        .read_dir()
        .ok()
        .and_then(|mut files| files.find_map(|file| Some(file.ok()?.path())));
    let archive = found.context("pip said it downloaded ONNX Runtime, but left no file")?;
    check(
        &archive,
        Expected {
            sha256: wheel.sha256,
            bytes: None,
        },
    )
    .context("the wheel of ONNX Runtime is not the one that is pinned")?;
    Ok(archive)
}
