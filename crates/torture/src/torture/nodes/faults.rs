//! What goes wrong while the clients work.

use std::{
    fmt::Write as _,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result};

use super::{cluster::Cluster, tally::Tally, watch::Watch};
use crate::{
    postgres::{self, Stop},
    torture::{
        api::{Answer, Api},
        client::Scene,
    },
};

/// The gateway that something happens to, where it is one.
const VICTIM: usize = 1;
/// How often to look for the moment in which a gateway holds the lock that all writers wait for.
const LOOKS: u32 = 300;

/// One of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Fault {
    /// A gateway stands still (SIGSTOP)
    Stopped,
    /// A gateway stands still while it holds the lock that puts all commits into order
    StoppedWithLock,
    /// A gateway is killed (SIGKILL) and started again
    Killed,
    /// Postgres is restarted in order
    PostgresRestarted,
    /// Postgres crashes and is started again
    PostgresCrashed,
    /// The line between a gateway and Postgres is silent
    Cut,
    /// All gateways are restarted in turn (SIGTERM), and clients ask only those that are ready
    Rolling,
}

/// How it went.
#[derive(Debug)]
pub(in crate::torture) struct Strike {
    /// From the end of the fault until all is well; of a rolling restart the longest of a gateway from SIGTERM on.
    pub(in crate::torture) recovery: Duration,
    /// What else is worth telling.
    pub(super) note: String,
}

impl Fault {
    /// All of them.
    pub(super) const ALL: [Self; 7] = [
        Self::Stopped,
        Self::StoppedWithLock,
        Self::Killed,
        Self::PostgresRestarted,
        Self::PostgresCrashed,
        Self::Cut,
        Self::Rolling,
    ];

    /// In words.
    pub(in crate::torture) fn words(self) -> &'static str {
        match self {
            Self::Stopped => "one gateway stands still (SIGSTOP)",
            Self::StoppedWithLock => "one gateway stands still and holds the lock of all writers",
            Self::Killed => "one gateway is killed (kill -9) and restarted",
            Self::PostgresRestarted => "Postgres is restarted",
            Self::PostgresCrashed => "Postgres crashes and restarts",
            Self::Cut => "the network between one gateway and Postgres is silent",
            Self::Rolling => "rolling restart",
        }
    }

    /// As it is chosen on the command line.
    pub(in crate::torture) fn name(self) -> String {
        let value = clap::ValueEnum::to_possible_value(&self);
        value.map_or_else(String::new, |value| value.get_name().to_owned())
    }

    /// Which of so many gateways it may cost answers.
    pub(super) fn affected(self, nodes: usize) -> Vec<usize> {
        match self {
            Self::Stopped | Self::StoppedWithLock | Self::Killed | Self::Cut => vec![VICTIM],
            Self::PostgresRestarted | Self::PostgresCrashed => (0..nodes).collect(),
            Self::Rolling => Vec::new(),
        }
    }

    /// Lets it happen, for about `hold` where it has a length; returns when all is well again.
    ///
    /// # Errors
    /// When it cannot be made to happen, or all does not get well.
    pub(super) fn strike(
        self,
        cluster: &mut Cluster,
        watch: &Watch,
        tally: &Tally,
        scene: &Scene,
        hold: Duration,
    ) -> Result<Strike> {
        let mut note = String::new();
        let affected = self.affected(watch.len());
        tally.strike(self != Self::StoppedWithLock);
        let healed = match self {
            Self::Stopped => {
                cluster.node(VICTIM)?.running()?.signal("STOP")?;
                thread::sleep(hold);
                let healed = Instant::now();
                cluster.node(VICTIM)?.running()?.signal("CONT")?;
                healed
            }
            Self::StoppedWithLock => {
                let held = stop_with_lock(cluster)?;
                let _infallible = match held {
                    Some(looks) => write!(note, "caught with the lock at look {looks}"),
                    None => write!(note, "not caught with the lock in {LOOKS} looks"),
                };
                tally.strike(true);
                thread::sleep(hold);
                let healed = Instant::now();
                cluster.node(VICTIM)?.running()?.signal("CONT")?;
                healed
            }
            Self::Killed => {
                cluster.node(VICTIM)?.kill()?;
                thread::sleep(hold / 5);
                let healed = Instant::now();
                cluster.node(VICTIM)?.start()?;
                healed
            }
            Self::PostgresRestarted | Self::PostgresCrashed => {
                let how = match self {
                    Self::PostgresCrashed => Stop::Crash,
                    _ => Stop::Fast,
                };
                cluster.postgres.halt(how)?;
                thread::sleep(hold / 5);
                cluster.postgres.revive()?;
                Instant::now()
            }
            Self::Cut => {
                cluster.node(VICTIM)?.line.cut();
                let begun = Instant::now();
                alone(cluster, watch, tally, scene, hold)?;
                thread::sleep(hold.saturating_sub(begun.elapsed()));
                cluster.node(VICTIM)?.line.heal();
                Instant::now()
            }
            Self::Rolling => {
                let recovery = roll(cluster, watch, tally)?;
                tally.strike(false);
                return Ok(Strike { recovery, note });
            }
        };
        tally.strike(false);
        let recovery = watch.recovered(&affected, tally.newest(), healed)?;
        Ok(Strike { recovery, note })
    }
}

/// Stops the gateway while it holds the lock that numbers commits, if that can be caught; at which look.
fn stop_with_lock(cluster: &mut Cluster) -> Result<Option<u32>> {
    let held = format!(
        "SELECT count(*) FROM pg_locks JOIN pg_stat_activity USING (pid)
         WHERE application_name = 'node-{}' AND state = 'idle in transaction'
           AND relation = 'revision'::regclass AND mode = 'RowExclusiveLock' AND granted",
        VICTIM + 1
    );
    for look in 1..=LOOKS {
        cluster.node(VICTIM)?.running()?.signal("STOP")?;
        if postgres::ask(cluster.postgres.url(), &held)? != "0" {
            return Ok(Some(look));
        }
        if look < LOOKS {
            cluster.node(VICTIM)?.running()?.signal("CONT")?;
            thread::sleep(Duration::from_millis(7));
        }
    }
    Ok(None)
}

/// A gateway without its database says so, serves what needs none, and nothing else.
fn alone(
    cluster: &Cluster,
    watch: &Watch,
    tally: &Tally,
    scene: &Scene,
    hold: Duration,
) -> Result<()> {
    let node = cluster.nodes.get(VICTIM).context("there is no gateway")?;
    let picture = scene.pictures.first().context("there is no picture")?;
    let collection = scene
        .collections
        .first()
        .context("there is no collection")?;
    if watch.ready(VICTIM).is_some() {
        tally.complain("a gateway without its database says that it is ready".to_owned());
    }
    let patient = Api::with_patience(&node.base, &cluster.credentials, hold)?;
    for answer in patient.stateless(picture) {
        if !matches!(answer, Answer::Done(..)) {
            tally.complain(format!(
                "liveness or compare of a gateway without its database: {answer:?}"
            ));
        }
    }
    let brief = Api::with_patience(&node.base, &cluster.credentials, hold / 4)?;
    let answer = brief.find(picture, &collection.code, 1, None);
    if matches!(answer, Answer::Done(..)) {
        tally.complain("a gateway without its database searched".to_owned());
    }
    Ok(())
}

/// Restarts all gateways in turn; the longest time of one.
fn roll(cluster: &mut Cluster, watch: &Watch, tally: &Tally) -> Result<Duration> {
    let mut longest = Duration::ZERO;
    for at in 0..watch.len() {
        let begun = Instant::now();
        let node = cluster.node(at)?;
        node.stop()?;
        node.start()?;
        longest = longest.max(watch.recovered(&[at], tally.newest(), begun)?);
    }
    Ok(longest)
}
