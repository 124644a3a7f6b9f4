//! The coded data as a stream of bits.

use memchr::memchr;

/// Zeros behind the data, so that reading ahead needs no care.
const PADDING: usize = 16;

/// The data without its stuffing, in the intervals between restart markers.
pub(super) struct Data {
    bytes: Vec<u8>,
    /// Where each interval ends.
    ends: Vec<usize>,
}

impl Data {
    /// Takes the data up to the first marker that is no restart; `None` when there is none.
    pub(super) fn unstuffed(mut coded: &[u8]) -> Option<Self> {
        let (mut bytes, mut ends) = (Vec::with_capacity(coded.len() + PADDING), Vec::new());
        loop {
            let at = memchr(0xFF, coded)?;
            bytes.extend_from_slice(&coded[..at]);
            let (skipped, ended) = match *coded.get(at + 1)? {
                0x00 => {
                    bytes.push(0xFF);
                    (2, false)
                }
                0xD0..=0xD7 => {
                    ends.push(bytes.len());
                    (2, false)
                }
                // Fill before a marker.
                0xFF => (1, false),
                _ => (0, true),
            };
            if ended {
                break;
            }
            coded = &coded[at + skipped..];
        }
        ends.push(bytes.len());
        bytes.extend_from_slice(&[0; PADDING]);
        Some(Self { bytes, ends })
    }

    /// The intervals, in order.
    pub(super) fn intervals(&self) -> impl Iterator<Item = Bits<'_>> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts.zip(&self.ends).map(|(start, end)| Bits {
            bytes: &self.bytes,
            at: start,
            end: *end,
            word: 0,
            ready: 0,
        })
    }
}

/// A place in one interval. Reading over its end gives bits that mean nothing, and [`Bits::sound`] says so.
#[derive(Clone, Copy)]
pub(super) struct Bits<'a> {
    bytes: &'a [u8],
    at: usize,
    end: usize,
    /// The next bits, from the top.
    word: u64,
    /// How many of them.
    ready: u32,
}

impl Bits<'_> {
    /// Makes at least 56 bits ready: more than a code with its value takes, which is 31.
    #[inline(always)]
    pub(super) fn refill(&mut self) {
        if let Some(next) = self
            .bytes
            .get(self.at..)
            .and_then(|rest| rest.first_chunk())
        {
            self.word |= u64::from_be_bytes(*next) >> self.ready;
            self.at += (63 - self.ready as usize) >> 3;
            self.ready |= 56;
        } else {
            // Behind the padding: zeros for ever, and not sound.
            self.at = self.at.max(self.bytes.len());
            self.ready |= 56;
        }
    }

    /// The next `count` bits, 1 to 16.
    #[inline(always)]
    pub(super) fn peek(&self, count: u32) -> u32 {
        (self.word >> (64 - count)) as u32
    }

    /// Passes over `count` bits that are ready.
    #[inline(always)]
    pub(super) fn skip(&mut self, count: u32) {
        self.word <<= count;
        self.ready -= count;
    }

    /// The next `size` bits (0 to 15) as a coefficient: the lower half of the values stands for negative ones.
    #[inline(always)]
    pub(super) fn value(&mut self, size: u32) -> i32 {
        // No bits are 0, without a branch that nobody can foretell.
        let raw = ((self.word >> 1) >> (63 - size)) as i32;
        self.skip(size);
        let negative = i32::from(raw < (1 << size) >> 1);
        raw - (negative * ((1 << size) - 1))
    }

    /// Whether nothing was read over the end.
    pub(super) fn sound(&self) -> bool {
        let unread = self.ready as usize / 8;
        self.at <= self.end + unread
    }
}
