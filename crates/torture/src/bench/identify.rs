//! `cargo xtask bench identify`: 1:N search as a client sees it. People of LFW with two pictures are enrolled by the first and
//! looked for by the second; people with one picture, who are not enrolled, are looked for as well.

mod client;
mod people;
pub(super) mod strangers;

use std::{fs, process::ExitCode};

use anyhow::{Context as _, Result};

use super::Args;
use crate::{
    report,
    server::{self, Launcher},
    setup::Fetched,
    workspace::{Workspace, env_path},
};
use client::{Client, Found, Mode};
use people::{People, Person};

/// The score from which a person counts as recognised: a false match rate of 1e-5 for one comparison.
const THRESHOLD: f64 = 0.81;

/// Measures every installed pack, and prints a table.
///
/// # Errors
/// When LFW is not there, the server does not build or start, or does not answer as a server does.
pub(super) fn run(workspace: &Workspace, fetched: &Fetched, args: &Args) -> Result<ExitCode> {
    let faces = env_path("ROSTRO_FACES")?.context("ROSTRO_FACES does not say where LFW is")?;
    let people = People::of(&faces.join("lfw"))?;
    let mut rows = Vec::new();
    with_each_pack(workspace, fetched, args, |pack, client| {
        rows.extend(measure(client, pack, &people)?);
        Ok(())
    })?;
    println!("{}", Row::HEAD);
    rows.iter().for_each(|row| println!("{}", row.text()));
    Ok(ExitCode::SUCCESS)
}

/// Does `work` with a new account of a new server of each installed pack.
fn with_each_pack(
    workspace: &Workspace,
    fetched: &Fetched,
    args: &Args,
    mut work: impl FnMut(&str, &Client) -> Result<()>,
) -> Result<()> {
    let program = server::build(workspace, !args.debug)?;
    let packs = args
        .pack
        .clone()
        .map_or_else(|| packs(fetched), |pack| Ok(vec![pack]));
    for pack in packs? {
        let fetched = Fetched {
            onnxruntime: fetched.onnxruntime.clone(),
            models: fetched.models.clone(),
            pack: pack.clone(),
        };
        let data = tempfile::tempdir().context("no temporary folder can be made")?;
        let launcher = Launcher::new(program.clone(), &fetched, data.path().to_owned(), None);
        let token = launcher.issue_token("identify")?;
        let mut running = launcher.spawn()?;
        let client = Client::new(&running.ready()?, &token)?;
        work(&pack, &client)?;
    }
    Ok(())
}

/// The installed packs, by name.
fn packs(fetched: &Fetched) -> Result<Vec<String>> {
    let entries = fs::read_dir(&fetched.models).context("the installed packs cannot be read")?;
    let mut names: Vec<String> = entries
        .filter_map(|entry| {
            let path = entry.ok()?.path();
            let installed = path.join("pack.toml").is_file();
            installed.then(|| Some(path.file_name()?.to_str()?.to_owned()))?
        })
        .collect();
    names.sort();
    Ok(names)
}

/// What one pack does in one mode.
struct Row {
    pack: String,
    mode: Mode,
    enrolled: usize,
    first: usize,
    recognised: usize,
    /// Probes of enrolled people, those that gave no template included.
    probes: usize,
    taken: usize,
    /// Probes of strangers that gave a template.
    strangers: usize,
    refused: usize,
}

impl Row {
    const HEAD: &str = "| pack | mode | enrolled | found first, of all probes | found first at 0.81 | strangers taken for somebody at 0.81 | pictures refused |\n|---|---|---|---|---|---|---|";

    fn text(&self) -> String {
        let percent = |part: usize, whole: usize| 100.0 * part as f64 / whole.max(1) as f64;
        format!(
            "| `{}` | {} | {} | {:.2} % ({} of {}) | {:.2} % | {:.2} % ({} of {}) | {} |",
            self.pack,
            self.mode.name(),
            self.enrolled,
            percent(self.first, self.probes),
            self.first,
            self.probes,
            percent(self.recognised, self.probes),
            percent(self.taken, self.strangers),
            self.taken,
            self.strangers,
            self.refused,
        )
    }
}

fn measure(client: &Client, pack: &str, people: &People) -> Result<Vec<Row>> {
    let bar = report::count_bar(&format!("{pack}: enrolling"), people.known.len());
    let ids = client::for_each(&people.known, &bar, |one| {
        client.enrol(&one.name, &one.first)
    })?;
    let enrolled: Vec<(&Person, &String)> = people
        .known
        .iter()
        .zip(&ids)
        .filter_map(|(one, id)| Some((one, id.as_ref()?)))
        .collect();
    let unfit = people.known.len() - enrolled.len();
    let mut rows = Vec::new();
    for mode in [Mode::Fast, Mode::Accurate] {
        let bar = report::count_bar(&format!("{pack} {}: known", mode.name()), enrolled.len());
        let known = client::for_each(&enrolled, &bar, |(one, id)| {
            Ok((client.search(&one.second, mode, None)?, *id))
        })?;
        let name = format!("{pack} {}: strangers", mode.name());
        let bar = report::count_bar(&name, people.strangers.len());
        let strangers = client::for_each(&people.strangers, &bar, |file| {
            client.search(file, mode, None)
        })?;

        let right = |least: f64| {
            let hit = |(found, id): &&(Found, &String)| matches!(found, Found::Somebody { id: first, score } if first == *id && *score >= least);
            known.iter().filter(hit).count()
        };
        let refused = |found: &&Found| matches!(found, Found::Refused);
        let unfit_strangers = strangers.iter().filter(refused).count();
        let taken =
            |found: &&Found| matches!(found, Found::Somebody { score, .. } if *score >= THRESHOLD);
        rows.push(Row {
            pack: pack.to_owned(),
            mode,
            enrolled: enrolled.len(),
            first: right(0.0),
            recognised: right(THRESHOLD),
            probes: known.len(),
            taken: strangers.iter().filter(taken).count(),
            strangers: strangers.len() - unfit_strangers,
            refused: unfit
                + unfit_strangers
                + known.iter().map(|(found, _)| found).filter(refused).count(),
        });
    }
    Ok(rows)
}
