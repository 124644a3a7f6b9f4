//! `cargo xtask bench strangers`: half of the people of LFW are enrolled, in galleries of three sizes; pictures of the other half are looked
//! for. How many find somebody, beside the rate that the server announces for a search with `max_fpir`.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context as _, Result};

use super::{
    client::{self, Aim, Client, Found, Mode},
    people::everybody,
    with_each_pack,
};
use crate::{
    bench::Args,
    report,
    setup::Fetched,
    workspace::{Workspace, env_path},
};

/// What is asked for.
const RATES: [f64; 4] = [0.01, 0.03, 0.1, 0.3];

/// People in the smaller galleries.
const FEW: [usize; 2] = [100, 1000];

/// Pictures that are looked for: at a rate of 1 %, twenty find somebody.
const MOST_PROBES: usize = 2000;

/// Pictures of one person that an enrolment takes.
const MOST_PICTURES: usize = 3;

/// Measures every installed pack, and prints a table.
///
/// # Errors
/// When LFW is not there, the server does not build or start, or does not answer as a server does.
pub(in crate::bench) fn run(
    workspace: &Workspace,
    fetched: &Fetched,
    args: &Args,
) -> Result<ExitCode> {
    let faces = env_path("ROSTRO_FACES")?.context("ROSTRO_FACES does not say where LFW is")?;
    let people = Halves::of(&faces.join("lfw"))?;
    let mut rows = Vec::new();
    with_each_pack(workspace, fetched, args, |pack, client| {
        rows.extend(measure(client, pack, &people)?);
        Ok(())
    })?;
    println!("{}", Row::HEAD);
    rows.iter().for_each(|row| println!("{}", row.text()));
    Ok(ExitCode::SUCCESS)
}

/// Everybody, in two halves, the same in every run.
struct Halves {
    enrolled: Vec<(String, Vec<PathBuf>)>,
    /// Pictures of the others.
    probes: Vec<PathBuf>,
}

impl Halves {
    fn of(lfw: &Path) -> Result<Self> {
        let mut people = everybody(lfw)?;
        // By a hash: the order of names is one of languages, too.
        people.sort_by_key(|(name, _)| fnv(name));
        let enrolled = people.split_off(people.len() / 2);
        let probes = people.into_iter().flat_map(|(_, pictures)| pictures);
        Ok(Self {
            enrolled,
            probes: probes.take(MOST_PROBES).collect(),
        })
    }
}

/// FNV-1a.
fn fnv(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// One pack, gallery and rate.
struct Row {
    pack: String,
    gallery: String,
    asked: f64,
    aim: Aim,
    probes: usize,
    taken: usize,
}

impl Row {
    const HEAD: &str = "| pack | enrolled | faces | `max_fpir` | least score | its FMR | announced FPIR | measured FPIR | measured / announced |\n|---|---|---|---|---|---|---|---|---|";

    fn text(&self) -> String {
        let Aim {
            min_score,
            fmr,
            fpir,
            faces,
        } = self.aim;
        let measured = self.taken as f64 / self.probes.max(1) as f64;
        format!(
            "| `{}` | {} | {faces} | {} | {min_score:.4} | {fmr:.1e} | {:.2} % | {:.2} % ({} of {}) | {:.2} |",
            self.pack,
            self.gallery,
            self.asked,
            100.0 * fpir,
            100.0 * measured,
            self.taken,
            self.probes,
            measured / fpir,
        )
    }
}

/// A collection, and who is in it.
struct Gallery {
    name: String,
    people: usize,
    pictures: usize,
    code: String,
}

fn galleries(client: &Client, everybody: usize) -> Result<Vec<Gallery>> {
    let few = FEW.map(|people| (format!("{people} people"), people, 1));
    let all = [
        (format!("all {everybody}"), everybody, 1),
        (
            format!("all {everybody}, up to {MOST_PICTURES} pictures each"),
            everybody,
            MOST_PICTURES,
        ),
    ];
    let make = |(name, people, pictures): (String, usize, usize)| {
        let code = client.collection(&name)?;
        Ok(Gallery {
            name,
            people,
            pictures,
            code,
        })
    };
    few.into_iter().chain(all).map(make).collect()
}

fn measure(client: &Client, pack: &str, people: &Halves) -> Result<Vec<Row>> {
    let galleries = galleries(client, people.enrolled.len())?;
    enrol(client, pack, people, &galleries)?;
    let mut rows = Vec::new();
    for gallery in &galleries {
        let name = format!("{pack}: strangers, {} people", gallery.people);
        let bar = report::count_bar(&name, people.probes.len());
        let code = Some(gallery.code.as_str());
        let found = client::for_each(&people.probes, &bar, |picture| {
            client.search(picture, Mode::Fast, code)
        })?;
        let refused = |one: &&Found| matches!(one, Found::Refused);
        let probes = found.len() - found.iter().filter(refused).count();
        for asked in RATES {
            let aim = aim(client, people, gallery, asked)?;
            let taken = found.iter().filter(
                |one| matches!(one, Found::Somebody { score, .. } if *score >= aim.min_score),
            );
            rows.push(Row {
                pack: pack.to_owned(),
                gallery: gallery.name.clone(),
                asked,
                aim,
                probes,
                taken: taken.count(),
            });
        }
    }
    Ok(rows)
}

/// Enrols each person once by one picture, for all galleries of one picture, and once more by several.
fn enrol(client: &Client, pack: &str, people: &Halves, galleries: &[Gallery]) -> Result<()> {
    let numbered: Vec<_> = people.enrolled.iter().enumerate().collect();
    for pictures in [1, MOST_PICTURES] {
        let bar = report::count_bar(&format!("{pack}: enrolling"), numbered.len());
        client::for_each(&numbered, &bar, |(number, (name, files))| {
            let of_these = |one: &&Gallery| one.pictures == pictures && *number < one.people;
            let codes = galleries.iter().filter(of_these);
            let codes: Vec<&str> = codes.map(|one| one.code.as_str()).collect();
            let files: Vec<&Path> = files.iter().take(pictures).map(PathBuf::as_path).collect();
            // A picture that is refused is one person less.
            client.enrol_in(&codes, name, &files)
        })?;
    }
    Ok(())
}

/// What the server announces: for the first picture that it takes.
fn aim(client: &Client, people: &Halves, gallery: &Gallery, asked: f64) -> Result<Aim> {
    let mut last = None;
    for picture in people.probes.iter().take(10) {
        match client.aim(picture, &gallery.code, asked) {
            Ok(aim) => return Ok(aim),
            Err(error) => last = Some(error),
        }
    }
    Err(last.context("there are no probes")?)
}
