//! Seed files changed at random, the same way every time: the short, blind brother of the fuzzer, for `cargo test`.

use std::{fs, io, path::Path};

use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};

/// Where all choices start: two runs are the same.
const SEED: u64 = 20_261_121;
/// Most changes of one file.
const MOST: usize = 6;
/// Longest piece that is repeated, moved or taken out, in bytes.
const PIECE: usize = 64;
/// Numbers at the edges of what fields hold.
const EDGES: [u64; 8] = [0, 1, 0x7F, 0x80, 0xFFFF, 0x7FFF_FFFF, 0xFFFF_FFFF, u64::MAX];

/// Files to start from.
#[derive(Debug)]
pub struct Mutator {
    seeds: Vec<Vec<u8>>,
}

impl Mutator {
    /// All files of a folder.
    ///
    /// # Errors
    /// It cannot be read, or is empty.
    pub fn of_folder(folder: &Path) -> io::Result<Self> {
        let mut paths: Vec<_> = fs::read_dir(folder)?
            .map(|entry| Ok(entry?.path()))
            .collect::<io::Result<_>>()?;
        // Folders have no order of their own.
        paths.sort();
        let seeds: Vec<_> = paths.iter().map(fs::read).collect::<io::Result<_>>()?;
        if seeds.is_empty() {
            return Err(io::Error::new(
                io::ErrorKind::NotFound,
                "the folder of seeds is empty",
            ));
        }
        Ok(Self { seeds })
    }

    /// Gives `target` every seed as it is, then `rounds` changed ones.
    pub fn run(&self, rounds: usize, target: fn(&[u8])) {
        self.seeds.iter().for_each(|seed| target(seed));
        let mut random = StdRng::seed_from_u64(SEED);
        for round in 0..rounds {
            let Some(seed) = self.seeds.get(round % self.seeds.len()) else {
                return;
            };
            let mut bytes = seed.clone();
            for _ in 0..random.random_range(1..=MOST) {
                self.change(&mut bytes, &mut random);
            }
            target(&bytes);
        }
    }

    fn change(&self, bytes: &mut Vec<u8>, random: &mut StdRng) {
        if bytes.is_empty() {
            bytes.push(random.random());
            return;
        }
        let at = random.random_range(0..bytes.len());
        let end = (at + random.random_range(1..=PIECE)).min(bytes.len());
        match random.random_range(0..8) {
            0 => bytes[at] ^= 1 << random.random_range(0..8),
            1 => bytes[at] = random.random(),
            2 => drop(bytes.drain(at..end)),
            3 => bytes.truncate(at),
            4 => {
                let piece = bytes[at..end].to_vec();
                let to = random.random_range(0..=bytes.len());
                bytes.splice(to..to, piece);
            }
            5 => {
                let edge = EDGES[random.random_range(0..EDGES.len())].to_be_bytes();
                let width = 1 << random.random_range(0..4);
                for (byte, value) in bytes[at..].iter_mut().zip(&edge[8 - width..]) {
                    *byte = *value;
                }
            }
            6 => {
                // Numbers in texts grow.
                let digits = random.random_range(1..24);
                bytes.splice(at..at, std::iter::repeat_n(b'9', digits));
            }
            _ => {
                let other = &self.seeds[random.random_range(0..self.seeds.len())];
                let from = random.random_range(0..=other.len());
                bytes.truncate(at);
                bytes.extend_from_slice(&other[from..]);
            }
        }
    }
}
