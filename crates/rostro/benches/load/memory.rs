//! Resident memory.

use std::path::PathBuf;

use anyhow::Result;

use super::{
    Args, bodies,
    client::Request,
    closed::{self, Until},
    cores,
    process::{self, Server},
};

/// Requests after which memory should have its size.
const SETTLED: usize = 1000;
/// Pictures of several sizes, in turn; those of the repository come first.
const PICTURES: [&str; 4] = [
    "face_recognition/obama.jpg",
    "face_recognition/obama3.jpg",
    "human/groups/group-5.jpg",
    "compreface/004_A.jpg",
];
/// Calls with a small picture to one with a large one.
const SMALL: usize = 12;

/// Prints the sizes.
pub(crate) fn run(args: &Args) -> Result<()> {
    let data = tempfile::tempdir()?;
    let token = process::token(data.path(), &args.pack, "bench")?;
    let small = bodies::base64(&bodies::composite())?;
    let mut turns = Vec::new();
    let calls = ["compare", "liveness", "detect"];
    let mut post = |call: &str, picture: &str| {
        let body = bodies::body(call, picture, "");
        turns.push(vec![Request::post(&bodies::path(call), &token, &body)]);
    };
    let large: Vec<PathBuf> = PICTURES
        .iter()
        .filter_map(|file| bodies::labelled(file))
        .collect();
    for (number, file) in large.iter().enumerate() {
        for turn in 0..SMALL {
            post(calls[turn % calls.len()], &small);
        }
        post(calls[number % calls.len()], &bodies::base64(file)?);
    }
    if large.is_empty() {
        calls.iter().for_each(|call| post(call, &small));
    }
    let server = Server::start(data.path(), &args.pack, &[])?;
    println!("idle, nobody enrolled: {:.0} MB", server.resident()?);
    let ask = |count: usize| {
        let connections = cores() * 2;
        closed::run(server.address, &turns, connections, Until::Turns(count))
    };
    let (mut done, mut settled) = (0, None);
    for target in [
        SETTLED,
        args.requests / 10,
        args.requests / 3,
        args.requests,
    ] {
        if target <= done {
            continue;
        }
        ask(target - done)?.sound()?;
        done = target;
        let resident = server.resident()?;
        let base = *settled.get_or_insert(resident);
        println!(
            "after {done} requests: {resident:.0} MB, {:.3} x",
            resident / base
        );
    }
    Ok(())
}
