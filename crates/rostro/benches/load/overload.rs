//! More requests than can be served, and accounts that ask for more than their share.

use std::time::Duration;

use anyhow::{Result, ensure};

use super::{
    Args, bodies,
    client::Request,
    closed::{self, Until},
    cores,
    figures::{Seen, accepted, percentile},
    open::{self, Stream},
    process::{self, Server},
};

/// The rate that counts as calm, of what can be served.
const CALM: f64 = 0.8;
/// The rate that is too much.
const TOO_MUCH: f64 = 5.0;

/// Prints what happens.
pub(crate) fn run(args: &Args) -> Result<()> {
    let data = tempfile::tempdir()?;
    let picture = bodies::base64(&bodies::composite())?;
    let body = bodies::body("compare", &picture, "");
    let mut requests = Vec::new();
    for account in ["one", "two"] {
        let token = process::token(data.path(), &args.pack, account)?;
        requests.push(vec![Request::post(&bodies::path("compare"), &token, &body)]);
    }
    let [first, second] = requests.as_slice() else {
        unreachable!("two accounts")
    };
    let (one, two) = (&first[0], &second[0]);
    let server = Server::start(data.path(), &args.pack, &[])?;
    let time = Duration::from_secs(args.seconds);
    let most = closed::run(
        server.address,
        std::slice::from_ref(first),
        cores() * 2,
        Until::Time(time),
    )?
    .rate();
    println!("compare, one account, closed loop: {most:.1} requests/s\n");
    let alone = |rate: f64, time| -> Result<Vec<Seen>> {
        let stream = Stream {
            request: one,
            rate: rate * most,
        };
        Ok(open::run(server.address, &[stream], time)?.remove(0))
    };
    let calm = alone(CALM, time)?;
    println!("{:.0} % of that: {}", 100.0 * CALM, text(&calm));
    let before = server.resident()?;
    let flood = alone(TOO_MUCH, time)?;
    let after = server.resident()?;
    println!("{TOO_MUCH} x: {}", text(&flood));
    let p99 = |seen: &[Seen]| percentile(accepted(seen), 0.99);
    println!(
        "  p99 of the accepted: {:.2} x that when calm",
        p99(&flood) / p99(&calm)
    );
    println!("  resident memory: {before:.0} MB before, {after:.0} MB after");
    let later = alone(CALM, time.min(Duration::from_secs(10)))?;
    let (first, rest): (Vec<Seen>, Vec<Seen>) = later
        .iter()
        .partition(|seen| seen.at < Duration::from_secs(1));
    println!("calm again, the first second: {}", text(&first));
    println!("  the rest: {}\n", text(&rest));

    let both = |greedy: f64| -> Result<Vec<Seen>> {
        let streams = [(one, greedy), (two, CALM / 2.0)].map(|(request, rate)| Stream {
            request,
            rate: rate * most,
        });
        Ok(open::run(server.address, &streams, time)?.remove(1))
    };
    let fair = both(CALM / 2.0)?;
    println!(
        "two accounts, each at half of {CALM}: the second one {}",
        text(&fair)
    );
    let beside = both(10.0 * CALM / 2.0)?;
    println!(
        "the first one at 10 x its share: the second one {}",
        text(&beside)
    );
    println!("  its p99: {:.2} x that before", p99(&beside) / p99(&fair));
    ensure!(after < before * 2.0, "the memory doubled under load");
    Ok(())
}

/// How many were accepted, how soon, and how the others were refused.
fn text(seen: &[Seen]) -> String {
    let refused: Vec<&Seen> = seen.iter().filter(|one| !one.accepted()).collect();
    let told = refused.iter().filter(|one| one.retry_after).count();
    let mut statuses: Vec<u16> = refused.iter().map(|one| one.status).collect();
    statuses.sort_unstable();
    statuses.dedup();
    let times = |part: f64| percentile(accepted(seen), part);
    let mut text = format!(
        "{} accepted, p50 {:.0} ms, p99 {:.0} ms",
        seen.len() - refused.len(),
        times(0.5),
        times(0.99)
    );
    if !refused.is_empty() {
        let slowest = percentile(refused.iter().map(|one| one.took), 0.99);
        text += &format!(
            "; {} refused with {statuses:?}, {told} of them with Retry-After, p99 {slowest:.0} ms",
            refused.len()
        );
    }
    text
}
