//! Who is there and holds what, and what follows from it.

use std::time::Duration;

use gallery::{Held, PARTS, Scope};
use sha2::{Digest as _, Sha256};
use store::Node;

use crate::config::Hold;

/// Another node.
#[derive(Debug, Clone)]
pub(crate) struct Peer {
    /// Where it is asked; also its name.
    pub(crate) address: String,
    /// What its settings let it hold.
    pub(crate) hold: Held,
    /// What it holds.
    pub(crate) serves: Held,
    /// Since when it has been silent.
    pub(crate) age: Duration,
    /// Whether that is not long.
    pub(crate) alive: bool,
}

impl Peer {
    /// `None` for a row that another version wrote in another way.
    pub(super) fn new(node: Node, node_timeout: Duration) -> Option<Self> {
        Some(Self {
            hold: Hold::try_from(node.said.hold).ok()?.held(),
            serves: node.said.serves.parse().ok()?,
            address: node.said.address,
            age: node.age,
            alive: node.age < node_timeout,
        })
    }
}

/// The other nodes at a moment.
#[derive(Debug, Default)]
pub(crate) struct View {
    peers: Vec<Peer>,
    known: bool,
}

/// This node, where it comes to who takes what over.
#[derive(Debug)]
pub(super) struct Me<'a> {
    pub(super) address: &'a str,
    pub(super) hold: &'a Held,
    /// What it holds now.
    pub(super) serves: &'a Held,
    /// Whether it has been in touch with the database for long enough to judge who is gone.
    pub(super) settled: bool,
    pub(super) take_over_after: Duration,
}

impl View {
    pub(super) fn new(peers: Vec<Peer>) -> Self {
        Self { peers, known: true }
    }

    /// Whether it was ever read.
    pub(crate) fn is_known(&self) -> bool {
        self.known
    }

    /// How many other nodes are alive.
    pub(crate) fn alive(&self) -> usize {
        self.peers.iter().filter(|peer| peer.alive).count()
    }

    /// A node that holds a scope, one of `avoided` only where there is no other; where there are several, any of them.
    pub(crate) fn server(&self, scope: Scope, avoided: &[String]) -> Option<&str> {
        let all = self
            .peers
            .iter()
            .filter(|peer| peer.alive && peer.serves.covers(scope));
        let (avoided, fresh): (Vec<_>, Vec<_>) =
            all.partition(|peer| avoided.contains(&peer.address));
        let among = if fresh.is_empty() { avoided } else { fresh };
        let number = among.len().checked_sub(1)?;
        let any = among.get(rand::random_range(0..=number))?;
        Some(&any.address)
    }

    /// What a node is to hold: what its settings say; of what no node's settings say that is there, or was until lately, the parts
    /// that it is the first to take; and what it holds until another node does that comes before it.
    pub(super) fn target(&self, me: &Me<'_>) -> Held {
        let mut target = me.hold.clone();
        for part in (0..PARTS).filter(|part| !me.hold.has(*part)) {
            let owned = self
                .peers
                .iter()
                .any(|peer| peer.age < me.take_over_after && peer.hold.has(part));
            let takes = me.settled && !owned && self.comes_first(part, me);
            let keeps = me.serves.has(part) && !self.is_served_before(part, me);
            if takes || keeps {
                target.add(part);
            }
        }
        target
    }

    fn comes_first(&self, part: usize, me: &Me<'_>) -> bool {
        let own = rank(part, me.address);
        self.peers
            .iter()
            .filter(|peer| peer.alive)
            .all(|peer| rank(part, &peer.address) < own)
    }

    fn is_served_before(&self, part: usize, me: &Me<'_>) -> bool {
        self.peers.iter().any(|peer| {
            peer.alive
                && peer.serves.has(part)
                && (peer.hold.has(part) || rank(part, &peer.address) > rank(part, me.address))
        })
    }
}

/// Rendezvous hashing: of the nodes that are there, the one with the highest rank takes a part. When one goes, only its parts move.
fn rank(part: usize, address: &str) -> [u8; 32] {
    let hash = Sha256::new()
        .chain_update(part.to_be_bytes())
        .chain_update(address);
    hash.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LATE: Duration = Duration::from_secs(30);

    fn peer(number: usize, of: usize, age: u64) -> Peer {
        let held = Held::range(number, of);
        let alive = age < 5;
        Peer {
            address: format!("http://10.0.0.{number}"),
            hold: held.clone(),
            serves: held,
            age: Duration::from_secs(age),
            alive,
        }
    }

    /// What node `number` of three is to hold when it sees `others`.
    fn target(number: usize, serves: &Held, settled: bool, others: Vec<Peer>) -> Held {
        let me = Me {
            address: &format!("http://10.0.0.{number}"),
            hold: &Held::range(number, 3),
            serves,
            settled,
            take_over_after: LATE,
        };
        View::new(others).target(&me)
    }

    #[test]
    fn everybody_there_holds_what_the_settings_say() {
        let own = Held::range(1, 3);
        let others = vec![peer(2, 3, 0), peer(3, 3, 1)];
        assert_eq!(target(1, &own, true, others), own);
        // Alone, but not for long enough to know.
        assert_eq!(target(1, &own, false, vec![]), own);
        // Silent, but not for long enough to be gone: a restart, say.
        let silent = vec![peer(2, 3, 0), peer(3, 3, 20)];
        assert_eq!(target(1, &own, true, silent), own);
    }

    #[test]
    fn what_a_lost_node_held_is_divided_among_the_others() {
        let (one, two) = (Held::range(1, 3), Held::range(2, 3));
        let lost = || peer(3, 3, 40);
        let first = target(1, &one, true, vec![peer(2, 3, 0), lost()]);
        let second = target(2, &two, true, vec![peer(1, 3, 0), lost()]);
        for part in 0..PARTS {
            let takers = [&first, &second]
                .iter()
                .filter(|held| held.has(part))
                .count();
            assert_eq!(takers, 1, "part {part}");
        }
        let more = first.parts() - one.parts();
        assert!((100..240).contains(&more), "about half each, not {more}");
    }

    #[test]
    fn what_was_taken_over_is_kept_until_its_owner_serves_it() {
        let (own, all) = (Held::range(1, 3), Held::all());
        let mut back = peer(3, 3, 0);
        back.serves = Held::nothing();
        let kept = target(1, &all, true, vec![peer(2, 3, 0), back.clone()]);
        assert!(
            (0..PARTS)
                .filter(|part| Held::range(3, 3).has(*part))
                .all(|part| kept.has(part))
        );
        assert!(!(0..PARTS).any(|part| Held::range(2, 3).has(part) && kept.has(part)));
        back.serves = Held::range(3, 3);
        assert_eq!(target(1, &all, true, vec![peer(2, 3, 0), back]), own);
    }

    #[test]
    fn of_two_that_took_one_part_over_exactly_one_keeps_it() {
        let mut others = [peer(1, 3, 0), peer(2, 3, 0)];
        for other in &mut others {
            other.serves = Held::all();
        }
        let gone = || peer(3, 3, 40);
        let first = target(1, &Held::all(), true, vec![others[1].clone(), gone()]);
        let second = target(2, &Held::all(), true, vec![others[0].clone(), gone()]);
        for part in (0..PARTS).filter(|part| Held::range(3, 3).has(*part)) {
            assert!(first.has(part) != second.has(part), "part {part}");
        }
    }

    #[test]
    fn a_silent_node_is_not_asked() {
        let scope = Scope::Loose(store::ClientId::from([1; 12]));
        let at = |age| {
            let mut peer = peer(1, 1, age);
            peer.address = format!("http://10.0.0.9:{age}");
            peer
        };
        assert_eq!(View::new(vec![at(6)]).server(scope, &[]), None);
        let view = View::new(vec![at(6), at(1), at(2)]);
        let avoided = ["http://10.0.0.9:1".to_owned()];
        assert_eq!(view.server(scope, &avoided), Some("http://10.0.0.9:2"));
        let only = View::new(vec![at(1)]);
        assert_eq!(only.server(scope, &avoided), Some("http://10.0.0.9:1"));
    }
}
