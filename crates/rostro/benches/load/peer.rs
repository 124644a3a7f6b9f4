//! The Python server of `benches/peer`, set up and started.

use std::{
    net::TcpListener,
    os::unix::process::CommandExt as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

use anyhow::{Context as _, Result, ensure};

use packs::InstalledPack;

use super::{
    cores,
    process::{self, Server},
};

/// Starts it with one process a core and so many random templates to search; what it needs is installed by pip first.
pub(crate) fn start(pack: &str, rows: usize) -> Result<Server> {
    let folder = folder()?;
    let python = environment(&folder, "requirements.txt")?;
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    drop(listener);
    let child = Command::new(python)
        .args([
            "-m",
            "uvicorn",
            "server:app",
            "--no-access-log",
            "--log-level",
            "warning",
        ])
        .args(["--loop", "uvloop", "--http", "httptools"])
        .args(["--workers", &cores().to_string()])
        .args(["--port", &address.port().to_string()])
        .current_dir(&folder)
        .env("PEER_PACK", process::models()?.join(pack))
        .env("PEER_ROWS", rows.to_string())
        // One thread a process: the processes share the cores.
        .env("OMP_NUM_THREADS", "1")
        .env("OPENBLAS_NUM_THREADS", "1")
        .stdin(Stdio::null())
        .process_group(0)
        .spawn()
        .context("the Python server cannot be run")?;
    Server::of_group(child, address)
}

/// The detector that both insightface and the server can run.
const DETECTOR: &str = "scrfd_2.5g_kps.onnx";

/// What insightface's own API reaches without HTTP: pairs of pictures per second, then the median and the 99th percentile in
/// milliseconds. Nothing where the model is not in `ROSTRO_MODELS_MIRROR`.
pub(crate) fn insight(pack: &Path, picture: &Path, time: Duration) -> Result<Option<[f64; 3]>> {
    if !pack.join(DETECTOR).exists() {
        return Ok(None);
    }
    let folder = folder()?;
    let manifest = InstalledPack::open(pack)?;
    let embedder = manifest.files.get(&manifest.manifest.embedder.file);
    let output = Command::new(environment(&folder, "requirements-insight.txt")?)
        .arg(folder.join("insight.py"))
        .arg(pack.join(DETECTOR))
        .arg(&embedder.context("no embedder")?.path)
        .arg(picture)
        .args([time.as_secs().to_string(), cores().to_string()])
        .env("OMP_NUM_THREADS", "1")
        .env("OPENBLAS_NUM_THREADS", "1")
        .output()?;
    ensure!(
        output.status.success(),
        "insightface: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    let text = String::from_utf8(output.stdout)?;
    let last = text.lines().last().unwrap_or_default();
    let figures: Vec<f64> = last
        .split(' ')
        .map(str::parse)
        .collect::<Result<_, _>>()
        .with_context(|| format!("insightface said {last:?}"))?;
    Ok(figures.try_into().ok())
}

/// In `target`, the pack `pack` with a detector that insightface can run too; nothing where that is not in `ROSTRO_MODELS_MIRROR`.
pub(crate) fn pack_for_insight(pack: &str, target: &Path) -> Result<bool> {
    let mirror = std::env::var_os("ROSTRO_MODELS_MIRROR").map(PathBuf::from);
    let Some(detector) = mirror.map(|mirror| mirror.join(DETECTOR)) else {
        return Ok(false);
    };
    if !detector.is_file() {
        return Ok(false);
    }
    let source = process::models()?.join(pack);
    std::fs::create_dir_all(target)?;
    for file in std::fs::read_dir(&source)? {
        let file = file?;
        std::fs::copy(file.path(), target.join(file.file_name()))?;
    }
    std::fs::copy(detector, target.join(DETECTOR))?;
    let manifest = target.join("pack.toml");
    let mut text: toml::Table = std::fs::read_to_string(&manifest)?.parse()?;
    let role = toml::toml! {
        file = "scrfd"
        decoder = "scrfd"
        tensor = { channels = "rgb", mean = 127.5, scale = 0.0078125 }
        score = 0.5
        nms = 0.4
    };
    let file = toml::toml! {
        name = "scrfd_2.5g_kps.onnx"
        license = "for this measurement only"
        commercial = false
        origin = "ROSTRO_MODELS_MIRROR"
    };
    text.insert("detector".to_owned(), role.into());
    let files = text.get_mut("files").and_then(toml::Value::as_table_mut);
    files
        .context("a pack without files")?
        .insert("scrfd".to_owned(), file.into());
    std::fs::write(manifest, text.to_string())?;
    Ok(true)
}

fn folder() -> Result<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    Ok(root.join("benches/peer").canonicalize()?)
}

/// The Python of an environment in the target folder with what this list names.
fn environment(folder: &Path, requirements: &str) -> Result<PathBuf> {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("peer");
    let python = target.join("venv/bin/python");
    if !python.exists() {
        run(Command::new("python3")
            .args(["-m", "venv"])
            .arg(target.join("venv")))?;
    }
    run(Command::new(&python)
        .args([
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "-r",
        ])
        .arg(folder.join(requirements)))?;
    Ok(python)
}

fn run(command: &mut Command) -> Result<()> {
    let status = command.status().context("python3 cannot be run")?;
    ensure!(status.success(), "{command:?} failed");
    Ok(())
}
