//! How much of the machine reaches the models: requests per second beside the limit that the stages of one request imply.

use std::{collections::BTreeMap, io::Cursor, path::Path, time::Duration};

use anyhow::{Context as _, Result};
use image::{ExtendedColorType, codecs::jpeg::JpegEncoder, imageops::FilterType};

use super::{
    Args, bodies,
    client::Request,
    closed::{self, Load, Turn, Until},
    cores,
    figures::{accepted, percentile},
    fill::Filled,
    peer,
    process::{self, Server},
};

/// Turns on one thread, after as many again to warm up.
const ALONE: usize = 60;
/// The same for each large photograph.
const ALONE_LARGE: usize = 15;
/// Requests under way per core, when as many as can be are served: so many that each process of the Python server has some.
const PER_CORE: usize = 4;
/// The account.
const ACCOUNT: &str = "bench";

/// Prints the tables.
pub(crate) fn run(args: &Args) -> Result<()> {
    let data = tempfile::tempdir()?;
    let runtime = tokio::runtime::Runtime::new()?;
    let filled = runtime.block_on(Filled::new(data.path(), &args.pack, ACCOUNT, args.faces))?;
    let token = process::token(data.path(), &args.pack, ACCOUNT)?;
    let picture = bodies::base64(&bodies::composite())?;
    let request = |call: &&str| {
        let body = bodies::body(call, &picture, &filled.collection);
        Request::post(&bodies::path(call), &token, &body)
    };
    let mut turns: Vec<Turn> = Vec::new();
    turns.extend(bodies::CALLS.iter().map(|call| vec![request(call)]));
    turns.push(bodies::SIGN_UP.iter().map(request).collect());
    drop((filled, runtime));

    // All of them at once, idle unless asked: what else the machine does meets each in turn, not the one that is measured last.
    let one = [("ROSTRO_INFERENCE__WORKERS", "1")];
    let single = Server::start(data.path(), &args.pack, &one)?;
    let server = Server::start(data.path(), &args.pack, &[])?;
    let peer = match args.alone {
        true => None,
        false => Some(peer::start(&args.pack, args.faces)?),
    };
    let time = Duration::from_secs(args.seconds);
    let mut calls = Vec::new();
    for turn in &turns {
        Alone::of(&single, turn, ALONE)?;
        for server in [Some(&server), peer.as_ref()].into_iter().flatten() {
            saturate(server, turn, Duration::from_secs(2))?;
        }
        let rounds =
            (0..args.rounds).map(|_| Round::of(&single, &server, peer.as_ref(), turn, time));
        calls.push(rounds.collect::<Result<Vec<_>>>()?);
    }
    print_rounds(&args.pack, &calls, peer.is_some());
    decoding(&single, &token)?;
    drop((single, server, peer));
    if args.alone {
        return Ok(());
    }
    beside_insightface(args)
}

/// What the tables call each turn.
fn names() -> impl Iterator<Item = &'static str> {
    bodies::CALLS
        .into_iter()
        .chain(["all four about one selfie"])
}

/// One turn, by one worker alone, by the whole machine, and by the Python server, one right after the other.
struct Round {
    alone: Alone,
    ours: Load,
    /// Milliseconds of CPU a request, beside the workers.
    beside: f64,
    peer: Option<Load>,
}

impl Round {
    fn of(
        single: &Server,
        server: &Server,
        peer: Option<&Server>,
        turn: &Turn,
        time: Duration,
    ) -> Result<Self> {
        let alone = Alone::of(single, turn, ALONE)?;
        let (_, before) = server.cpu()?;
        let ours = saturate(server, turn, time)?;
        let (_, after) = server.cpu()?;
        let beside = after.saturating_sub(before).as_secs_f64() * 1000.0;
        Ok(Self {
            alone,
            beside: beside / ours.seen.len() as f64,
            ours,
            peer: peer.map(|peer| saturate(peer, turn, time)).transpose()?,
        })
    }

    /// Requests per second that the stages of one request would allow.
    fn limit(&self) -> f64 {
        cores() as f64 * 1000.0 / self.alone.sum()
    }
}

/// The median of what the rounds came to, and from where to where they came out.
fn median(rounds: &[Round], figure: impl Fn(&Round) -> f64) -> (f64, f64, f64) {
    let mut figures: Vec<f64> = rounds.iter().map(figure).collect();
    figures.sort_unstable_by(f64::total_cmp);
    let at = |part: usize| figures.get(part).copied().unwrap_or(f64::NAN);
    let last = figures.len().saturating_sub(1);
    (at(last / 2), at(0), at(last))
}

/// Milliseconds that this part of the requests took at most.
fn within(load: &Load, part: f64) -> f64 {
    percentile(accepted(&load.seen), part)
}

fn print_rounds(pack: &str, calls: &[Vec<Round>], peer: bool) {
    let count = calls.first().map_or(0, Vec::len);
    println!(
        "\nOne request at a time on one worker, ms (pack {pack}; medians of {count} rounds):\n"
    );
    println!(
        "| call | {} | sum of the stages | the whole request |",
        STAGES.join(" | ")
    );
    println!("|---|{}---|---|", "---|".repeat(STAGES.len()));
    for (call, rounds) in names().zip(calls) {
        let stages = STAGES.map(|stage| median(rounds, |round| round.alone.stage(stage)).0);
        let stages: Vec<String> = stages.iter().map(|ms| format!("{ms:.2}")).collect();
        println!(
            "| {call} | {} | {:.2} | {:.2} |",
            stages.join(" | "),
            median(rounds, |round| round.alone.sum()).0,
            median(rounds, |round| round.alone.whole).0,
        );
    }
    println!(
        "\nAs much as it can on {} cores; in brackets the least and the most of the rounds:\n",
        cores()
    );
    println!(
        "| call | requests/s | limit by the stages | ratio | p50 ms | p99 ms | CPU beside the workers, ms a request |"
    );
    println!("|---|---|---|---|---|---|---|");
    for (call, rounds) in names().zip(calls) {
        let (ratio, least, most) = median(rounds, |round| round.ours.rate() / round.limit());
        println!(
            "| {call} | {:.1} | {:.1} | {ratio:.2} ({least:.2} to {most:.2}) | {:.1} | {:.1} | {:.2} |",
            median(rounds, |round| round.ours.rate()).0,
            median(rounds, Round::limit).0,
            median(rounds, |round| within(&round.ours, 0.5)).0,
            median(rounds, |round| within(&round.ours, 0.99)).0,
            median(rounds, |round| round.beside).0,
        );
    }
    if !peer {
        return;
    }
    println!("\nThe Python server (benches/peer), the same requests in the same rounds:\n");
    println!("| call | requests/s | p50 ms | p99 ms | ours: throughput | p99 |");
    println!("|---|---|---|---|---|---|");
    for (call, rounds) in names().zip(calls) {
        let of = |figure: &dyn Fn(&Load) -> f64| {
            median(rounds, |round| round.peer.as_ref().map_or(f64::NAN, figure)).0
        };
        let beside = |figure: &dyn Fn(&Load) -> f64| {
            let ratio = |round: &Round| {
                let peer = round.peer.as_ref().map_or(f64::NAN, figure);
                figure(&round.ours) / peer
            };
            let (ratio, least, most) = median(rounds, ratio);
            format!("{ratio:.2} x ({least:.2} to {most:.2})")
        };
        println!(
            "| {call} | {:.1} | {:.1} | {:.1} | {} | {} |",
            of(&Load::rate),
            of(&|load| within(load, 0.5)),
            of(&|load| within(load, 0.99)),
            beside(&Load::rate),
            beside(&|load| within(load, 0.99)),
        );
    }
}

/// `compare` with a detector that insightface can run too, and what insightface does of it: two pictures to two templates.
fn beside_insightface(args: &Args) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let (pack, data) = (folder.path().join("both"), folder.path().join("data"));
    if !peer::pack_for_insight(&args.pack, &pack)? {
        println!("\n(insightface: left out, its detector is not in ROSTRO_MODELS_MIRROR)");
        return Ok(());
    }
    std::fs::create_dir(&data)?;
    let models = folder.path().to_str().context("a path that is no text")?;
    let token = process::token(&data, &args.pack, ACCOUNT)?;
    let body = bodies::body("compare", &bodies::base64(&bodies::composite())?, "");
    let turn = vec![Request::post(&bodies::path("compare"), &token, &body)];
    let settings = [
        ("ROSTRO_MODELS__DIR", models),
        ("ROSTRO_MODELS__PACK", "both"),
    ];
    let server = Server::start(&data, &args.pack, &settings)?;
    let time = Duration::from_secs(args.seconds);
    saturate(&server, &turn, Duration::from_secs(2))?;
    let ours = saturate(&server, &turn, time)?;
    drop(server);
    let Some([rate, p50, p99]) = peer::insight(&pack, &bodies::composite(), time)? else {
        return Ok(());
    };
    let own = |part| percentile(accepted(&ours.seen), part);
    println!(
        "\ninsightface's API (no HTTP) beside `compare` over HTTP, the same SCRFD detector and embedder:\n"
    );
    println!("| | pairs/s | p50 ms | p99 ms |\n|---|---|---|---|");
    println!(
        "| rostro | {:.1} | {:.1} | {:.1} |",
        ours.rate(),
        own(0.5),
        own(0.99)
    );
    println!("| insightface, a process a core | {rate:.1} | {p50:.1} | {p99:.1} |");
    println!(
        "| | {:.2} x | | {:.2} x |",
        ours.rate() / rate,
        own(0.99) / p99
    );
    Ok(())
}

fn saturate(server: &Server, turn: &Turn, time: Duration) -> Result<Load> {
    let connections = cores() * PER_CORE;
    let load = closed::run(
        server.address,
        std::slice::from_ref(turn),
        connections,
        Until::Time(time),
    )?;
    load.sound()
}

/// The stages in the order of a request.
const STAGES: [&str; 8] = [
    "load", "decode", "detect", "align", "embed", "quality", "liveness", "search",
];

/// One turn after the other.
struct Alone {
    /// Milliseconds of a turn, by stage.
    stages: BTreeMap<String, f64>,
    /// Median of the whole.
    whole: f64,
}

impl Alone {
    fn of(server: &Server, turn: &Turn, count: usize) -> Result<Self> {
        let ask = || {
            let turns = std::slice::from_ref(turn);
            closed::run(server.address, turns, 1, Until::Turns(count))
        };
        ask()?;
        let before = server.stages()?;
        let load = ask()?.sound()?;
        let each = |(stage, sum): (String, f64)| {
            let before = before.get(&stage).copied().unwrap_or_default();
            (stage, (sum - before) * 1000.0 / count as f64)
        };
        Ok(Self {
            stages: server.stages()?.into_iter().map(each).collect(),
            whole: percentile(accepted(&load.seen), 0.5),
        })
    }

    fn sum(&self) -> f64 {
        self.stages.values().sum()
    }

    fn stage(&self, name: &str) -> f64 {
        self.stages.get(name).copied().unwrap_or_default()
    }
}

/// Photographs of 12 megapixels beside the same ones of 1 megapixel.
fn decoding(server: &Server, token: &str) -> Result<()> {
    let photographs = [
        ("compreface/004_A.jpg", Stored::Upright),
        ("compreface/004_A.jpg", Stored::OnItsSide),
        ("compreface/001_A.jpg", Stored::Upright),
    ];
    println!("\nLarge photographs, one request at a time:\n");
    println!(
        "| photograph | call | 12 megapixels: decode ms | other stages | whole ms | 1 megapixel: decode ms | other stages | whole ms | ratio |"
    );
    println!("|---|---|---|---|---|---|---|---|---|");
    for (file, stored) in photographs {
        let Some(path) = bodies::labelled(file) else {
            println!("(without ROSTRO_FACES: none)");
            return Ok(());
        };
        let sizes = [12e6, 1e6].map(|pixels| resized(&path, pixels, stored));
        let [large, small] = sizes;
        let (large, small) = (large?, small?);
        for call in ["compare", "liveness", "detect"] {
            let of = |picture: &[u8]| {
                let body = bodies::body(call, &bodies::numbered(picture), "");
                let turn = vec![Request::post(&bodies::path(call), token, &body)];
                Alone::of(server, &turn, ALONE_LARGE)
            };
            let (large_times, small_times) = (of(&large)?, of(&small)?);
            let times = |times: &Alone| {
                let decode = times.stage("decode");
                let rest = times.sum() - decode;
                format!("{decode:.1} | {rest:.1} | {:.1}", times.whole)
            };
            println!(
                "| {file}{stored}, {} and {} KB | {call} | {} | {} | {:.2} |",
                large.len() / 1000,
                small.len() / 1000,
                times(&large_times),
                times(&small_times),
                large_times.whole / small_times.whole,
            );
        }
    }
    Ok(())
}

/// How a photograph's file holds it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stored {
    Upright,
    /// As phones store what is taken upright: EXIF says how it is to be turned.
    OnItsSide,
}

impl std::fmt::Display for Stored {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Upright => "",
            Self::OnItsSide => " on its side",
        })
    }
}

/// EXIF that holds nothing but that the picture is to be turned by 90 degrees.
const ON_ITS_SIDE: &[u8] =
    b"\xFF\xE1\x00\x22Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0";

/// A photograph brought to so many pixels, as a JPEG of quality 90; upright, it is left as it is where it has about as many.
fn resized(file: &Path, pixels: f64, stored: Stored) -> Result<Vec<u8>> {
    let bytes = std::fs::read(file)?;
    let mut picture = image::load_from_memory(&bytes)
        .with_context(|| file.display().to_string())?
        .into_rgb8();
    let has = f64::from(picture.width()) * f64::from(picture.height());
    if (has / pixels - 1.0).abs() >= 0.1 {
        let factor = (pixels / has).sqrt();
        let side = |side: u32| (f64::from(side) * factor).round() as u32;
        let (width, height) = (side(picture.width()), side(picture.height()));
        picture = image::imageops::resize(&picture, width, height, FilterType::Lanczos3);
    } else if stored == Stored::Upright {
        return Ok(bytes);
    }
    if stored == Stored::OnItsSide {
        picture = image::imageops::rotate270(&picture);
    }
    let mut out = Cursor::new(Vec::new());
    JpegEncoder::new_with_quality(&mut out, 90).encode(
        &picture,
        picture.width(),
        picture.height(),
        ExtendedColorType::Rgb8,
    )?;
    let mut out = out.into_inner();
    if stored == Stored::OnItsSide {
        // Behind the first marker.
        out.splice(2..2, ON_ITS_SIDE.iter().copied());
    }
    Ok(out)
}
