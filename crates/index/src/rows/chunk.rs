//! A few thousand rows in contiguous planes: what one lock guards and one scan step reads.

use crate::Hit;
use crate::kernels::{Kernel, Line};
use crate::quantise::{self, Probe, Row};
use crate::rows::Slot;
use crate::sketch::Nearest;
use crate::top::BestGroups;

/// Rows per chunk. A scan holds a chunk's lock for some 0.1 ms, which is what a write may have to wait.
pub(crate) const CHUNK_ROWS: usize = 4096;
/// Rows whose rough scores are computed at once (their sums stay in the first-level cache).
const STEP_ROWS: usize = 512;
/// Rows that one test passes over.
const LOOK: usize = 32;
/// Rough error of a removed row: its upper bound is below every floor, so scans need no second test.
const REMOVED: f32 = f32::NEG_INFINITY;

/// The stamp of a slot without a row.
pub(crate) const NO_STAMP: u64 = 0;

/// Rows in planes of whole cache lines; a row is named by its offset in the chunk.
pub(crate) struct Chunk {
    /// Cache lines per row and plane.
    lines: usize,
    base: Vec<Line>,
    fine: Vec<Line>,
    /// Words per sketch.
    words: usize,
    sketches: Vec<u64>,
    scales: Vec<f32>,
    errors: Vec<f32>,
    keys: Vec<u128>,
    groups: Vec<u128>,
    /// When each row was written ([`NO_STAMP`]: never, or removed).
    stamps: Vec<u64>,
}

impl Chunk {
    /// A chunk that grows by doubling: small indexes stay small.
    pub(crate) fn growing(lines: usize, words: usize) -> Self {
        Self {
            lines,
            words,
            sketches: Vec::new(),
            base: Vec::new(),
            fine: Vec::new(),
            scales: Vec::new(),
            errors: Vec::new(),
            keys: Vec::new(),
            groups: Vec::new(),
            stamps: Vec::new(),
        }
    }

    /// A chunk with all its room: large indexes never copy rows to grow.
    pub(crate) fn full_size(lines: usize, words: usize) -> Self {
        let mut chunk = Self::growing(lines, words);
        chunk.make_room(CHUNK_ROWS);
        chunk
    }

    /// Slots in use, removed rows among them.
    pub(crate) fn len(&self) -> usize {
        self.stamps.len()
    }

    /// Bytes that the planes and columns hold, spare room included.
    pub(crate) fn bytes(&self) -> usize {
        (self.base.capacity() + self.fine.capacity()) * size_of::<Line>()
            + self.sketches.capacity() * size_of::<u64>()
            + (self.scales.capacity() + self.errors.capacity()) * size_of::<f32>()
            + (self.keys.capacity() + self.groups.capacity()) * size_of::<u128>()
            + self.stamps.capacity() * size_of::<u64>()
    }

    /// Writes a row at `offset`: over what was there, or at the end when `offset` is the length.
    pub(crate) fn put(
        &mut self,
        offset: usize,
        row: &Row,
        sketch: &[u64],
        (key, group): (u128, u128),
        stamp: u64,
    ) {
        if offset == self.len() {
            self.reserve();
            self.sketches.extend_from_slice(sketch);
            self.base.extend_from_slice(&row.base);
            self.fine.extend_from_slice(&row.fine);
            self.scales.push(row.scale);
            self.errors.push(row.error);
            self.keys.push(key);
            self.groups.push(group);
            self.stamps.push(stamp);
            return;
        }
        let lines = self.lines * offset..self.lines * (offset + 1);
        self.base[lines.clone()].copy_from_slice(&row.base);
        self.fine[lines].copy_from_slice(&row.fine);
        self.sketches[self.words * offset..self.words * (offset + 1)].copy_from_slice(sketch);
        self.scales[offset] = row.scale;
        self.errors[offset] = row.error;
        self.keys[offset] = key;
        self.groups[offset] = group;
        self.stamps[offset] = stamp;
    }

    /// Doubles the room when it is used up, but never beyond a full chunk.
    fn reserve(&mut self) {
        let rows = self.len();
        if rows == self.scales.capacity() {
            self.make_room(rows.clamp(8, CHUNK_ROWS.saturating_sub(rows).max(8)));
        }
    }

    fn make_room(&mut self, more: usize) {
        self.base.reserve_exact(more * self.lines);
        self.fine.reserve_exact(more * self.lines);
        self.sketches.reserve_exact(more * self.words);
        self.scales.reserve_exact(more);
        self.errors.reserve_exact(more);
        self.keys.reserve_exact(more);
        self.groups.reserve_exact(more);
        self.stamps.reserve_exact(more);
    }

    /// Removes the row at `offset`. The vector is overwritten: a removed template does not stay in memory.
    pub(crate) fn clear(&mut self, offset: usize) {
        let lines = self.lines * offset..self.lines * (offset + 1);
        self.base[lines.clone()].fill(Line([0; 64]));
        self.fine[lines].fill(Line([0; 64]));
        self.sketches[self.words * offset..self.words * (offset + 1)].fill(0);
        self.scales[offset] = 0.0;
        self.errors[offset] = REMOVED;
        self.keys[offset] = 0;
        self.groups[offset] = 0;
        self.stamps[offset] = NO_STAMP;
    }

    /// The stamp of the row at `offset`, [`NO_STAMP`] where there is none.
    pub(crate) fn stamp(&self, offset: usize) -> u64 {
        self.stamps.get(offset).copied().unwrap_or(NO_STAMP)
    }

    pub(crate) fn group(&self, offset: usize) -> u128 {
        self.groups[offset]
    }

    /// Offsets of the rows written at `from` or later, with their stamps.
    pub(crate) fn written_since(&self, from: u64) -> impl Iterator<Item = (usize, u64)> + '_ {
        let from = from.max(NO_STAMP + 1);
        let stamped = self.stamps.iter().copied().enumerate();
        stamped.filter(move |(_, stamp)| *stamp >= from)
    }

    /// The components of the row at `offset`, padding included.
    pub(crate) fn components(&self, offset: usize) -> impl Iterator<Item = f32> + '_ {
        let lines = self.lines * offset..self.lines * (offset + 1);
        quantise::rebuilt(
            &self.base[lines.clone()],
            &self.fine[lines],
            self.scales[offset],
        )
    }

    /// The largest component, by its size, of the row at `offset`.
    pub(crate) fn peak(&self, offset: usize) -> f32 {
        self.scales[offset] * 127.0
    }

    /// Copies the row at `offset` to the end of `target`, under a new stamp.
    pub(crate) fn copy_to(&self, offset: usize, target: &mut Self, stamp: u64) {
        target.reserve();
        let lines = self.lines * offset..self.lines * (offset + 1);
        target.base.extend_from_slice(&self.base[lines.clone()]);
        target.fine.extend_from_slice(&self.fine[lines]);
        let words = self.words * offset..self.words * (offset + 1);
        target.sketches.extend_from_slice(&self.sketches[words]);
        target.scales.push(self.scales[offset]);
        target.errors.push(self.errors[offset]);
        target.keys.push(self.keys[offset]);
        target.groups.push(self.groups[offset]);
        target.stamps.push(stamp);
    }

    pub(crate) fn key(&self, offset: usize) -> u128 {
        self.keys[offset]
    }

    /// The row at `offset` scored by both planes.
    pub(crate) fn hit(&self, kernel: Kernel, offset: usize, probe: &Probe) -> Hit {
        let lines = self.lines * offset..self.lines * (offset + 1);
        Hit {
            key: self.keys[offset],
            group: self.groups[offset],
            cosine: quantise::cosine(
                kernel,
                probe,
                &self.base[lines.clone()],
                &self.fine[lines],
                self.scales[offset],
            ),
        }
    }

    /// Offers every row by its sketch; the chunk's first row is in `first`.
    pub(crate) fn near(
        &self,
        kernel: Kernel,
        sketch: &[u64],
        first: Slot,
        nearest: &mut Nearest<(Slot, u64)>,
    ) {
        let mut bits = [0_u32; STEP_ROWS];
        for start in (0..self.len()).step_by(STEP_ROWS) {
            let rows = start..(start + STEP_ROWS).min(self.len());
            let bits = &mut bits[..rows.len()];
            kernel.differences(
                sketch,
                &self.sketches[self.words * rows.start..self.words * rows.end],
                bits,
            );
            for (part, bits) in bits.chunks(LOOK).enumerate() {
                // As in `scan`: nearly always none, in a loop without branches.
                let cutoff = nearest.cutoff();
                if !bits.iter().fold(false, |any, bits| any | (*bits <= cutoff)) {
                    continue;
                }
                for (offset, bits) in (rows.start + part * LOOK..).zip(bits) {
                    if self.stamps[offset] != NO_STAMP {
                        nearest.offer(*bits, (first + offset as Slot, self.stamps[offset]));
                    }
                }
            }
        }
    }

    /// Offers every row written at `from` or later that may still be a hit. `floors[n]` is a score below which nothing
    /// can be a hit of probe `n`, known from elsewhere (-inf when unknown).
    pub(crate) fn scan<const N: usize>(
        &self,
        kernel: Kernel,
        probes: [&Probe; N],
        from: u64,
        floors: [f32; N],
        best: &mut [BestGroups; N],
    ) {
        let wide = probes.map(Probe::wide);
        let mut sums = [[0_i32; STEP_ROWS]; N];
        let mut highest = [0.0_f32; STEP_ROWS];
        let mut likely: Vec<(f32, usize)> = Vec::new();
        for start in (0..self.len()).step_by(STEP_ROWS) {
            let rows = start..(start + STEP_ROWS).min(self.len());
            let all = from <= NO_STAMP + 1;
            if !all && !self.stamps[rows.clone()].iter().any(|stamp| *stamp >= from) {
                continue;
            }
            let lines = self.lines * rows.start..self.lines * rows.end;
            let out = sums.each_mut().map(|sums| &mut sums[..rows.len()]);
            kernel.dots(wide, &self.base[lines], out);
            let (scales, errors) = (&self.scales[rows.clone()], &self.errors[rows.clone()]);
            for (n, (probe, best)) in probes.iter().zip(best.iter_mut()).enumerate() {
                let floor = |best: &BestGroups| best.floor().max(floors[n]) - probe.slack();
                let lowest = floor(best);
                let columns = scales.iter().zip(errors).zip(&sums[n]);
                for (highest, ((scale, error), sum)) in highest.iter_mut().zip(columns) {
                    *highest = *sum as f32 * (scale * probe.unit()) + error;
                }
                likely.clear();
                for (part, highest) in highest[..rows.len()].chunks(LOOK).enumerate() {
                    // Nearly always none: a loop without branches, for the compiler's SIMD.
                    if !highest
                        .iter()
                        .fold(false, |any, score| any | (*score >= lowest))
                    {
                        continue;
                    }
                    let offsets = rows.start + part * LOOK..;
                    let scored = highest.iter().copied().zip(offsets);
                    likely.extend(scored.filter(|(score, offset)| {
                        *score >= lowest && (all || self.stamps[*offset] >= from)
                    }));
                }
                // The likeliest first: they raise the floor, and most of the others need no second look.
                likely.sort_unstable_by(|a, b| b.0.total_cmp(&a.0));
                for (highest, offset) in &likely {
                    if *highest < floor(best) {
                        break;
                    }
                    best.offer(self.hit(kernel, *offset, probe));
                }
            }
        }
    }
}
