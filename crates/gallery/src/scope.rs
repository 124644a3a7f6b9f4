//! Which faces a shelf holds, and into which part of all shelves it falls.

use sha2::{Digest as _, Sha256};
use store::{ClientId, CollectionId};

/// Which faces a shelf holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// Those of the persons in one collection.
    Collection(CollectionId),
    /// Those of an account's persons that are in no collection.
    Loose(ClientId),
}

/// Into so many parts all scopes fall, by a hash of their ids: what nodes divide among themselves.
pub const PARTS: usize = 1024;

impl Scope {
    /// Its part, below [`PARTS`]: the same on every node and for ever.
    #[must_use]
    pub fn part(self) -> usize {
        let hash = Sha256::new().chain_update(b"rostro scope, version 1\0");
        let hash = match self {
            Self::Collection(id) => hash.chain_update(b"c").chain_update(id.bytes()),
            Self::Loose(id) => hash.chain_update(b"l").chain_update(id.bytes()),
        };
        let hash = hash.finalize();
        // PARTS is a power of two, so that none is likelier than another.
        usize::from(u16::from_be_bytes([hash[0], hash[1]])) % PARTS
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Nodes of two versions must agree, so that these figures never change.
    #[test]
    fn parts_are_the_same_for_ever() {
        let of = |byte: u8| {
            [
                Scope::Collection(CollectionId::from([byte; 12])).part(),
                Scope::Loose(ClientId::from([byte; 12])).part(),
            ]
        };
        assert_eq!(
            [of(0), of(1), of(255)],
            [[263, 820], [512, 885], [1004, 793]]
        );
    }

    #[test]
    fn scopes_are_spread_evenly() {
        let mut count = [0_usize; 8];
        for number in 0..8000_u64 {
            let mut id = [0; 12];
            id[4..].copy_from_slice(&number.to_be_bytes());
            count[Scope::Collection(CollectionId::from(id)).part() * 8 / PARTS] += 1;
        }
        assert!(
            count.iter().all(|one| (850..1150).contains(one)),
            "{count:?}"
        );
    }
}
