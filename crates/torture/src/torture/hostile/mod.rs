//! `cargo xtask torture --hostile`: strangers and accounts that mean harm, in random combinations, while an honest account asks for liveness
//! once a second. None of its requests may fail, nor wait for long, and the server's memory stays below a bound and comes back.

mod attacks;
mod host;
mod pictures;
mod watch;

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result};
use rand::{SeedableRng as _, rngs::StdRng};

use crate::{
    report,
    server::{self, Launcher},
    setup,
    workspace::{Workspace, absolute_path},
};
use attacks::{Target, attack};
use host::Host;
use pictures::Pictures;
use watch::{Honest, Memory};

/// Accounts that mean harm, and clients that do, with or without one of them.
const ACCOUNTS: usize = 4;
const CLIENTS: usize = 16;
/// How long it is quiet before.
const QUIET: Duration = Duration::from_secs(30);
/// After this time what was taken is given back.
const BACK: Duration = Duration::from_secs(60);
/// How many times the quiet median the median may be.
const TIMES: u32 = 3;
/// What of the memory may be left behind.
const LEFT: f64 = 0.10;
/// Memory for bodies, as the server is set.
const BODIES: u64 = 512 << 20;
/// Memory that one worker may take for a picture of 50 megapixels with 16 bits a colour, its file and what it is turned into, and for those
/// that stand still meanwhile.
const WORKER: u64 = 1536 << 20;

/// How long, and against what.
#[derive(Debug, clap::Args)]
#[group(skip)]
pub(crate) struct Args {
    /// Clients that mean harm instead, with and without accounts, while an honest one is served
    #[arg(long)]
    pub(super) hostile: bool,
    /// With --hostile: how long
    #[arg(
        long,
        value_name = "SECONDS",
        default_value_t = 600,
        requires = "hostile"
    )]
    hostile_seconds: u64,
    /// With --hostile: this server program instead of a new build with optimisation
    #[arg(long, value_name = "FILE", requires = "hostile")]
    hostile_program: Option<PathBuf>,
}

/// What came out.
struct Verdict {
    quiet: Honest,
    besieged: Honest,
    longest_decode: Duration,
    memory: [u64; 3],
    bound: u64,
}

/// Besieges a server; fails when a promise was broken.
///
/// # Errors
/// What set-up, the build or starting the server fails with.
pub(super) fn run(
    workspace: &Workspace,
    args: &super::Args,
    interrupted: &(dyn Fn() -> bool + Sync),
) -> Result<ExitCode> {
    let program = match &args.hostile.hostile_program {
        Some(program) => absolute_path(program)?,
        // Times without optimisation say nothing.
        None => server::build(workspace, true)?,
    };
    let fetched = setup::fetch(workspace, &program, &super::wanted(args))?;
    let seed = args.seed.unwrap_or_else(rand::random);
    report::line(format_args!("The choices: --seed {seed}"));
    let time = Duration::from_secs(args.hostile.hostile_seconds);
    let data = workspace.root.join("crates/rostro/tests/data");
    let verdict = besiege(&program, &fetched, &data, time, seed, interrupted)?;
    Ok(match told(&verdict) {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    })
}

fn besiege(
    program: &Path,
    fetched: &setup::Fetched,
    data: &Path,
    time: Duration,
    seed: u64,
    interrupted: &(dyn Fn() -> bool + Sync),
) -> Result<Verdict> {
    report::line("Pictures that lie, and large ones, are made");
    let pictures = Pictures::make(data)?;
    let host = Host::start(pictures.honest.clone())?;
    let home = tempfile::tempdir().context("there is no place for the server's data")?;
    let mut launcher = Launcher::new(program.to_owned(), fetched, home.path().to_owned(), None);
    for (name, value) in [
        // Login by mail to nobody.
        ("ROSTRO_MAIL__SERVER", "127.0.0.1"),
        ("ROSTRO_MAIL__TLS", "none"),
        ("ROSTRO_MAIL__FROM", "rostro@example.com"),
        ("ROSTRO_SERVER__BODY_MEMORY", "512 MiB"),
        ("ROSTRO_FETCH__ALLOW_HTTP", "true"),
        ("ROSTRO_FETCH__ALLOW_NETWORKS", "[\"127.0.0.0/8\"]"),
        // As the compose files and the unit set them.
        ("MALLOC_ARENA_MAX", "4"),
        ("MALLOC_MMAP_THRESHOLD_", "1048576"),
        ("MALLOC_TRIM_THRESHOLD_", "1048576"),
    ] {
        launcher.set(name, value);
    }
    let honest = launcher.issue_token("honest")?;
    let accounts = (0..ACCOUNTS).map(|number| launcher.issue_token(&format!("hostile-{number}")));
    let accounts = accounts.collect::<Result<Vec<_>>>()?;
    let mut running = launcher.spawn()?;
    let target = Target::new(running.ready()?, accounts, host.base(), pictures)?;
    let memory = Memory::of(running.id());
    let workers = thread::available_parallelism().map_or(1, std::num::NonZero::get) as u64;

    let longest_decode = target.longest_decode(workers as usize)?;
    report::line("It is quiet");
    let quiet = Honest::ask(&target, &honest, QUIET, interrupted);
    let before = memory.now();
    let bound = before + BODIES + workers * WORKER;
    report::line(format_args!("It is besieged for {} s", time.as_secs()));
    let over = AtomicBool::new(false);
    let (besieged, most) = thread::scope(|scope| {
        for number in 0..CLIENTS {
            let (target, over) = (&target, &over);
            scope.spawn(move || {
                let mut chance = StdRng::seed_from_u64(seed ^ number as u64);
                while !over.load(Ordering::Relaxed) {
                    attack(target, &mut chance);
                }
            });
        }
        let watched = scope.spawn(|| memory.most_until(&over));
        let besieged = Honest::ask(&target, &honest, time, interrupted);
        over.store(true, Ordering::Relaxed);
        (besieged, watched.join().unwrap_or_default())
    });
    report::line("It is over; what was taken is to come back");
    let since = Instant::now();
    while since.elapsed() < BACK && !interrupted() {
        thread::sleep(Duration::from_secs(1));
    }
    let after = memory.now();
    if !running.is_alive()? {
        report::line("The server has ended.");
    }
    target.tell();
    Ok(Verdict {
        quiet,
        besieged,
        longest_decode,
        memory: [before, most, after],
        bound,
    })
}

/// Tells what came out, and whether all promises hold.
fn told(verdict: &Verdict) -> bool {
    let Verdict {
        quiet,
        besieged,
        longest_decode,
        memory: [before, most, after],
        bound,
    } = verdict;
    let median = quiet.at(50) * TIMES;
    let slowest = quiet.at(99) * TIMES + *longest_decode;
    let left = (*before as f64 * (1.0 + LEFT)) as u64;
    let mib = |bytes: u64| format!("{} MiB", bytes >> 20);
    let ms = |time: Duration| format!("{} ms", time.as_millis());
    let rows = [
        (
            besieged.failed() == 0 && besieged.asked() > 0,
            format!(
                "requests of the honest account that failed: {} of {} (0)",
                besieged.failed(),
                besieged.asked()
            ),
        ),
        (
            besieged.at(50) <= median,
            format!(
                "their median: {} (quiet {}, at most {})",
                ms(besieged.at(50)),
                ms(quiet.at(50)),
                ms(median)
            ),
        ),
        (
            besieged.at(99) <= slowest,
            format!(
                "99 of 100 of them: {} (at most {}, of which the longest decode {})",
                ms(besieged.at(99)),
                ms(slowest),
                ms(*longest_decode)
            ),
        ),
        (
            most <= bound,
            format!("the most memory: {} (at most {})", mib(*most), mib(*bound)),
        ),
        (
            *after <= left,
            format!(
                "memory a minute later: {} (before {}, at most {})",
                mib(*after),
                mib(*before),
                mib(left)
            ),
        ),
    ];
    for (held, what) in &rows {
        let word = if *held { "held  " } else { "BROKEN" };
        report::line(format_args!("{word}  {what}"));
    }
    for (status, message) in besieged.failures() {
        report::line(format_args!("        {status}: {message}"));
    }
    rows.iter().all(|(held, _)| *held)
}
