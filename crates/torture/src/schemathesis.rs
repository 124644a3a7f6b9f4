//! `cargo xtask schemathesis`: requests made from the OpenAPI documents, right and wrong ones, against a real server, with every check on.
//! What does not hold by contract is in `fuzz/schemathesis/schemathesis.toml`.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, ExitCode, Stdio},
};

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::Value;

use crate::{
    report,
    server::{self, Launcher},
    setup,
    workspace::{Workspace, absolute_path},
};

const VERSION: &str = "4.32.5";
const ACCOUNT: &str = "schemathesis";

/// Each document, by its path; the first holds all.
const DOCUMENTS: [&str; 4] = [
    "/openapi.json",
    "/openapi/verifik.json",
    "/openapi/opencv-onpremise.json",
    "/openapi/opencv-cloud.json",
];

/// Makes every token worthless, that of the run too: it comes last, by itself.
const REVOKES: &str = "/v2/auth/renew-and-revoke";

/// How to ask.
#[derive(Debug, clap::Args)]
#[group(skip)]
pub(crate) struct Args {
    /// Requests of each operation in each phase, at most
    #[arg(long, value_name = "N", default_value_t = 30)]
    max_examples: u32,
    /// Folder that holds model files, asked before the internet [default: ROSTRO_MODELS_MIRROR]
    #[arg(long, value_name = "DIR")]
    mirror: Option<PathBuf>,
    /// One document by its path, such as /openapi/verifik.json [default: all]
    #[arg(long, value_name = "PATH")]
    document: Option<String>,
    /// Ask this server program instead of building one
    #[arg(long, value_name = "FILE")]
    program: Option<PathBuf>,
    /// Given to schemathesis
    #[arg(last = true, value_name = "ARGS")]
    rest: Vec<String>,
}

/// How a document fared.
#[derive(Debug)]
pub(crate) struct Asked {
    /// Its path.
    pub(crate) document: String,
    /// Requests sent.
    pub(crate) requests: u64,
    /// Answers that were not as it says.
    pub(crate) failures: u64,
}

/// Asks; fails on any mismatch.
///
/// # Errors
/// When the server or schemathesis cannot be run.
pub(crate) fn run(workspace: &Workspace, args: &Args) -> Result<ExitCode> {
    let asked = ask(workspace, args)?;
    Ok(match asked.iter().all(|one| one.failures == 0) {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    })
}

/// All documents.
///
/// # Errors
/// When the server or schemathesis cannot be run.
pub(crate) fn all(
    workspace: &Workspace,
    mirror: Option<&Path>,
    examples: u32,
) -> Result<Vec<Asked>> {
    let args = Args {
        max_examples: examples,
        mirror: mirror.map(Path::to_owned),
        document: None,
        program: None,
        rest: Vec::new(),
    };
    ask(workspace, &args)
}

fn ask(workspace: &Workspace, args: &Args) -> Result<Vec<Asked>> {
    let documents = match &args.document {
        Some(one) => vec![one.as_str()],
        None => DOCUMENTS.to_vec(),
    };
    let program = provide(&workspace.target()?.join("schemathesis"))?;
    let wanted = setup::Args {
        mirror: args.mirror.clone(),
        ..setup::Args::default()
    };
    let rostro = match &args.program {
        Some(program) => absolute_path(program)?,
        None => server::build(workspace, false)?,
    };
    let fetched = setup::fetch(workspace, &rostro, &wanted)?;
    let data = tempfile::Builder::new()
        .prefix("rostro-schemathesis-")
        .tempdir()
        .context("no temporary folder can be made")?;
    let mut launcher = Launcher::new(rostro, &fetched, data.path().to_owned(), None);
    // Requests with a bad token come by the hundred, and all from here; no address of the documents' examples is to be asked.
    launcher.set("ROSTRO_LIMITS__FAILED_AUTH_PER_MINUTE", "0");
    launcher.set("ROSTRO_FETCH__ENABLED", "false");
    launcher.set("ROSTRO_VERIFIK__DEMO_ROUTES", "true");
    // Codes of logins go to nobody.
    launcher.set("ROSTRO_SMS__URL", "http://127.0.0.1:9/");
    launcher.set("ROSTRO_MAIL__SERVER", "127.0.0.1");
    launcher.set("ROSTRO_MAIL__TLS", "none");
    launcher.set("ROSTRO_MAIL__PORT", "9");
    launcher.set("ROSTRO_MAIL__FROM", "rostro@example.com");
    let mut server = launcher.spawn()?;
    let base = server.ready()?;
    let asking = Asking {
        workspace,
        program: &program,
        launcher: &launcher,
        base: &base,
        data: data.path(),
        examples: args.max_examples,
        rest: &args.rest,
    };
    let mut asked = Vec::new();
    for document in documents {
        let mut one = asking.about(document, &["--exclude-path", REVOKES])?;
        if one.revokes {
            let last = asking.about(document, &["--include-path", REVOKES])?;
            one.asked.requests += last.asked.requests;
            one.asked.failures += last.asked.failures;
        }
        report::line(format_args!(
            "  {document}: {} requests, {} mismatches",
            one.asked.requests, one.asked.failures
        ));
        asked.push(one.asked);
        ensure!(
            server.is_alive()?,
            "the server ended; its log: {}",
            launcher.log().display()
        );
    }
    Ok(asked)
}

/// What one run needs.
struct Asking<'a> {
    workspace: &'a Workspace,
    program: &'a Path,
    launcher: &'a Launcher,
    base: &'a str,
    data: &'a Path,
    examples: u32,
    rest: &'a [String],
}

struct Done {
    asked: Asked,
    /// Whether the document has the operation that revokes tokens.
    revokes: bool,
}

impl Asking<'_> {
    fn about(&self, document: &str, which: &[&str]) -> Result<Done> {
        let url = format!("{}{document}", self.base);
        let text = reqwest::blocking::Client::builder()
            .no_proxy()
            .build()?
            .get(&url)
            .send()?
            .error_for_status()?
            .text()?;
        // It looks for its files in the current folder, and leaves others there.
        for file in ["schemathesis.toml", "hooks.py"] {
            let from = self.workspace.root.join("fuzz/schemathesis").join(file);
            fs::copy(&from, self.data.join(file))
                .with_context(|| format!("{} cannot be copied", from.display()))?;
        }
        let events = self.data.join("events.json");
        let status = Command::new(self.program)
            .arg("--config-file")
            .arg("schemathesis.toml")
            .arg("run")
            .arg(&url)
            .args([
                "--max-examples",
                &self.examples.to_string(),
                "--seed",
                "1",
                // Longer than the server's own limit for a request: a busy machine is no mismatch.
                "--request-timeout",
                "60",
                "--no-color",
                "--warnings",
                "off",
            ])
            .arg("--report-json-path")
            .arg(&events)
            .args(which)
            .args(self.rest)
            .env(
                "ROSTRO_PICTURES",
                self.workspace.root.join("crates/rostro/tests/data"),
            )
            .env("ROSTRO_TOKEN", self.launcher.issue_token(ACCOUNT)?)
            .env("ROSTRO_KEY", self.launcher.create_key(ACCOUNT)?)
            .current_dir(self.data)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .output()
            .context("schemathesis cannot be run")?;
        let said = String::from_utf8_lossy(&status.stdout);
        let Some((requests, failures)) = counts(&fs::read_to_string(&events).unwrap_or_default())
        else {
            bail!(
                "schemathesis did not report: {}{}",
                said,
                String::from_utf8_lossy(&status.stderr)
            );
        };
        if failures > 0 || !status.status.success() {
            report::line(said.trim());
        }
        // An error of its own is no success either.
        let failures = failures.max(u64::from(!status.status.success()));
        Ok(Done {
            asked: Asked {
                document: document.to_owned(),
                requests,
                failures,
            },
            revokes: text.contains(REVOKES) && which.contains(&"--exclude-path"),
        })
    }
}

/// Requests and failures, from its report.
fn counts(report: &str) -> Option<(u64, u64)> {
    let report: Value = serde_json::from_str(report).ok()?;
    let cases = &report["test_cases"];
    let failures = cases["unique_failures"].as_u64()? + cases["errored"].as_u64()?;
    Some((cases["generated"].as_u64()?, failures))
}

/// The program, in a Python environment of its own in `home`.
fn provide(home: &Path) -> Result<PathBuf> {
    let program = home.join("bin/schemathesis");
    let version = Command::new(&program)
        .arg("--version")
        .stderr(Stdio::null())
        .output();
    if version.is_ok_and(|output| String::from_utf8_lossy(&output.stdout).contains(VERSION)) {
        return Ok(program);
    }
    report::line(format_args!(
        "  installing schemathesis {VERSION} from PyPI, once"
    ));
    let made = Command::new("python3")
        .args(["-m", "venv"])
        .arg(home)
        .status();
    ensure!(
        made.is_ok_and(|status| status.success()),
        "python3 -m venv does not work: install Python with venv"
    );
    let installed = Command::new(home.join("bin/pip"))
        .args(["install", "--quiet", &format!("schemathesis=={VERSION}")])
        .status();
    ensure!(
        installed.is_ok_and(|status| status.success()),
        "schemathesis cannot be installed: is PyPI within reach?"
    );
    Ok(program)
}
