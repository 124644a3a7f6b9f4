//! Which crates are in the program.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use xtask::{server, workspace::Workspace};

/// A crate of somebody else.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) name: String,
    pub(super) version: String,
    /// As its manifest says it, an SPDX expression mostly.
    pub(super) licence: Option<String>,
    pub(super) repository: Option<String>,
    /// Where its sources are.
    pub(super) folder: PathBuf,
}

/// All crates that `rostro` is linked from, by name and version; those of this repository are left out.
///
/// # Errors
/// When cargo does not tell.
pub(super) fn crates(workspace: &Workspace) -> Result<Vec<Part>> {
    let target = format!("{}-unknown-linux-gnu", std::env::consts::ARCH);
    let mut command = workspace.cargo();
    command.args(["metadata", "--format-version", "1", "--locked"]);
    command.args(["--filter-platform", &target]);
    let output = command.output().context("cargo cannot be run")?;
    ensure!(output.status.success(), "cargo metadata failed");
    let metadata: Value = serde_json::from_slice(&output.stdout)?;
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let text = |value: &Value| value.as_str().map(str::to_owned);

    let nodes: BTreeMap<String, Value> = list(&metadata["resolve"]["nodes"])
        .into_iter()
        .filter_map(|node| Some((text(&node["id"])?, node)))
        .collect();
    let packages = list(&metadata["packages"]);
    let root = packages
        .iter()
        .find(|package| {
            let targets = list(&package["targets"]);
            let program =
                |target: &Value| target["name"] == server::NAME && target["kind"][0] == "bin";
            package["source"].is_null() && targets.iter().any(program)
        })
        .and_then(|package| text(&package["id"]))
        .context("cargo metadata does not know the server")?;
    let mut linked = BTreeSet::new();
    let mut open = vec![root];
    while let Some(id) = open.pop() {
        let Some(node) = nodes.get(&id).filter(|_| !linked.contains(&id)) else {
            continue;
        };
        for dependency in list(&node["deps"]) {
            // Without a kind it is an ordinary one: neither for tests nor for builds.
            let ordinary = list(&dependency["dep_kinds"])
                .iter()
                .any(|kind| kind["kind"].is_null());
            open.extend(text(&dependency["pkg"]).filter(|_| ordinary));
        }
        linked.insert(id);
    }
    let mut parts: Vec<Part> = packages
        .iter()
        .filter(|package| !package["source"].is_null())
        .filter(|package| package["id"].as_str().is_some_and(|id| linked.contains(id)))
        .filter_map(|package| {
            let manifest = PathBuf::from(package["manifest_path"].as_str()?);
            Some(Part {
                name: text(&package["name"])?,
                version: text(&package["version"])?,
                licence: text(&package["license"]),
                repository: text(&package["repository"]),
                folder: manifest.parent()?.to_owned(),
            })
        })
        .collect();
    parts.sort_by(|a, b| (&a.name, &a.version).cmp(&(&b.name, &b.version)));
    ensure!(!parts.is_empty(), "cargo metadata names no dependencies");
    Ok(parts)
}
