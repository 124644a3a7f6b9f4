//! The rows themselves: chunks that searches read while writes go on, and the tables that find rows by key and group.
//!
//! A row never moves while a search may run over it (a search that meets rows in order would miss one that moved to a
//! place it has passed): removal leaves a hole that a later insert fills, and [`RowStore::compact`] writes a new list of
//! chunks and leaves the old one to the searches that hold it.
//!
//! Every write gives its row the next *stamp*. A graph that knows all rows below a stamp needs only the rows at or
//! above it to be scanned, whatever happened in between: see `graph`.

pub(crate) mod chunk;

use crate::kernels::Kernel;
use crate::quantise::{self, Probe, Row};
use crate::sketch::{Nearest, Sketcher};
use crate::top::BestGroups;
use crate::{Hit, IndexError};
use chunk::{CHUNK_ROWS, Chunk, NO_STAMP};
use hashbrown::HashMap;
use parking_lot::{Mutex, MutexGuard, RwLock};
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

/// Where a row is: the chunk's number times [`CHUNK_ROWS`] plus the offset.
pub(crate) type Slot = u32;

/// The list of chunks as one search sees it.
pub(crate) type Chunks = Arc<Vec<Arc<Cell>>>;

/// A chunk with its lock.
pub(crate) struct Cell {
    pub(crate) chunk: RwLock<Chunk>,
    /// Highest stamp written here: searches skip chunks that have nothing new for them.
    newest: AtomicU64,
}

impl Cell {
    fn new(chunk: Chunk, newest: u64) -> Arc<Self> {
        Arc::new(Self {
            chunk: RwLock::new(chunk),
            newest: AtomicU64::new(newest),
        })
    }

    /// Whether any row here was written at `from` or later.
    pub(crate) fn has_since(&self, from: u64) -> bool {
        self.newest.load(Ordering::Acquire) >= from
    }
}

/// What only writers see.
struct Tables {
    slots: HashMap<u128, Slot>,
    groups: HashMap<u128, Vec<Slot>>,
    /// Holes, filled from the front so that the end empties.
    holes: BinaryHeap<Reverse<Slot>>,
    /// The first slot that was never used.
    end: usize,
}

/// All rows of one index.
pub(crate) struct RowStore {
    dimension: usize,
    kernel: Kernel,
    sketcher: Sketcher,
    tables: Mutex<Tables>,
    chunks: RwLock<Chunks>,
    next_stamp: AtomicU64,
    rows: AtomicUsize,
    groups: AtomicUsize,
    holes: AtomicUsize,
}

/// The chunk and offset of a slot.
fn place(slot: Slot) -> (usize, usize) {
    (slot as usize / CHUNK_ROWS, slot as usize % CHUNK_ROWS)
}

impl RowStore {
    pub(crate) fn new(dimension: usize) -> Self {
        Self {
            dimension,
            kernel: Kernel::detect(),
            sketcher: Sketcher::new(dimension),
            tables: Mutex::new(Tables {
                slots: HashMap::new(),
                groups: HashMap::new(),
                holes: BinaryHeap::new(),
                end: 0,
            }),
            chunks: RwLock::new(Arc::new(Vec::new())),
            next_stamp: AtomicU64::new(NO_STAMP + 1),
            rows: AtomicUsize::new(0),
            groups: AtomicUsize::new(0),
            holes: AtomicUsize::new(0),
        }
    }

    pub(crate) fn dimension(&self) -> usize {
        self.dimension
    }

    /// Rows that searches can find.
    pub(crate) fn len(&self) -> usize {
        self.rows.load(Ordering::Acquire)
    }

    /// Groups with at least one row.
    pub(crate) fn group_count(&self) -> usize {
        self.groups.load(Ordering::Acquire)
    }

    /// Slots of removed rows that wait for new ones.
    pub(crate) fn hole_count(&self) -> usize {
        self.holes.load(Ordering::Acquire)
    }

    /// Every write so far has a stamp below this one.
    pub(crate) fn next_stamp(&self) -> u64 {
        self.next_stamp.load(Ordering::Acquire)
    }

    /// Like [`RowStore::next_stamp`], but waits for a write in progress: all rows below the answer can be read.
    pub(crate) fn settled_stamp(&self) -> u64 {
        let _writers = self.tables.lock();
        self.next_stamp()
    }

    /// The chunks, for one search.
    pub(crate) fn chunks(&self) -> Chunks {
        Arc::clone(&self.chunks.read())
    }

    pub(crate) fn probe(&self, vector: &[f32]) -> Result<Probe, IndexError> {
        Probe::new(vector, self.dimension)
    }

    /// Adds a row, or replaces the row of that key.
    pub(crate) fn insert(&self, key: u128, group: u128, vector: &[f32]) -> Result<(), IndexError> {
        // The costly part, outside the lock.
        let row = Row::new(vector, self.dimension)?;
        let sketch = self.sketcher.sketch(vector.iter().copied());
        let mut tables = self.tables.lock();
        let slot = match tables.slots.get(&key) {
            Some(&slot) => {
                let (chunk, offset) = place(slot);
                let old = self
                    .chunks()
                    .get(chunk)
                    .map(|cell| cell.chunk.read().group(offset));
                if let Some(old) = old
                    && old != group
                {
                    tables.leave(old, slot);
                    tables.groups.entry(group).or_default().push(slot);
                }
                slot
            }
            None => {
                let slot = match tables.holes.pop() {
                    Some(Reverse(slot)) => slot,
                    None => Slot::try_from(tables.end).map_err(|_| IndexError::Full)?,
                };
                tables.end = tables.end.max(slot as usize + 1);
                tables.slots.insert(key, slot);
                tables.groups.entry(group).or_default().push(slot);
                slot
            }
        };
        let stamp = self.next_stamp();
        let (chunk, offset) = place(slot);
        let cell = self.cell(chunk);
        // First, so that a search that no longer meets a replaced row's old stamp looks for the new one.
        cell.newest.store(stamp, Ordering::Release);
        let owner = (key, group);
        cell.chunk.write().put(offset, &row, &sketch, owner, stamp);
        self.next_stamp.store(stamp + 1, Ordering::Release);
        self.publish(&tables);
        Ok(())
    }

    /// The chunk of that number, made when it is the next one. Called by the one writer at a time.
    fn cell(&self, chunk: usize) -> Arc<Cell> {
        let chunks = self.chunks();
        if let Some(cell) = chunks.get(chunk) {
            return Arc::clone(cell);
        }
        let lines = quantise::lines(self.dimension);
        let words = self.sketcher.words();
        let new = if chunks.is_empty() {
            Chunk::growing(lines, words)
        } else {
            Chunk::full_size(lines, words)
        };
        let cell = Cell::new(new, NO_STAMP);
        let mut longer = Vec::with_capacity(chunks.len() + 1);
        longer.extend(chunks.iter().cloned());
        longer.push(Arc::clone(&cell));
        *self.chunks.write() = Arc::new(longer);
        cell
    }

    fn publish(&self, tables: &MutexGuard<'_, Tables>) {
        self.rows.store(tables.slots.len(), Ordering::Release);
        self.groups.store(tables.groups.len(), Ordering::Release);
        self.holes.store(tables.holes.len(), Ordering::Release);
    }

    /// Removes a row; false when there is none of that key.
    pub(crate) fn remove(&self, key: u128) -> bool {
        let mut tables = self.tables.lock();
        let Some(slot) = tables.slots.remove(&key) else {
            return false;
        };
        let group = self.clear(slot);
        if let Some(group) = group {
            tables.leave(group, slot);
        }
        tables.holes.push(Reverse(slot));
        self.publish(&tables);
        true
    }

    /// Removes all rows of a group; answers how many there were.
    pub(crate) fn remove_group(&self, group: u128) -> usize {
        let mut tables = self.tables.lock();
        let slots = tables.groups.remove(&group).unwrap_or_default();
        let chunks = self.chunks();
        for &slot in &slots {
            let (chunk, offset) = place(slot);
            if let Some(cell) = chunks.get(chunk) {
                let key = cell.chunk.read().key(offset);
                tables.slots.remove(&key);
            }
            self.clear(slot);
            tables.holes.push(Reverse(slot));
        }
        self.publish(&tables);
        slots.len()
    }

    /// Wipes the row at `slot` and answers the group it was in.
    fn clear(&self, slot: Slot) -> Option<u128> {
        let (chunk, offset) = place(slot);
        let chunks = self.chunks();
        let mut chunk = chunks.get(chunk)?.chunk.write();
        let group = chunk.group(offset);
        chunk.clear(offset);
        Some(group)
    }

    /// Whether holes are so many that [`RowStore::compact`] pays.
    pub(crate) fn wants_compaction(&self) -> bool {
        self.hole_count() >= CHUNK_ROWS.max(self.len())
    }

    /// Writes the rows anew without holes. Writers wait; searches go on. Every row gets a new stamp, so that a graph of
    /// the old slots is known to be out of date.
    pub(crate) fn compact(&self) {
        let mut tables = self.tables.lock();
        let (lines, words) = (quantise::lines(self.dimension), self.sketcher.words());
        let mut stamp = self.next_stamp();
        let (mut cells, mut slots, mut groups) = (Vec::new(), HashMap::new(), HashMap::new());
        let mut target = Chunk::growing(lines, words);
        let mut slot: Slot = 0;
        for cell in self.chunks().iter() {
            let source = cell.chunk.read();
            for (offset, _) in source.written_since(NO_STAMP + 1) {
                if target.len() == CHUNK_ROWS {
                    cells.push(Cell::new(
                        std::mem::replace(&mut target, Chunk::full_size(lines, words)),
                        stamp,
                    ));
                }
                source.copy_to(offset, &mut target, stamp);
                slots.insert(source.key(offset), slot);
                let members: &mut Vec<Slot> = groups.entry(source.group(offset)).or_default();
                members.push(slot);
                stamp += 1;
                slot += 1;
            }
        }
        if target.len() > 0 {
            cells.push(Cell::new(target, stamp));
        }
        *tables = Tables {
            slots,
            groups,
            holes: BinaryHeap::new(),
            end: slot as usize,
        };
        // Before the new chunks can be read: whoever sees them sees that their stamps are new.
        self.next_stamp.store(stamp, Ordering::Release);
        *self.chunks.write() = Arc::new(cells);
        self.publish(&tables);
    }

    /// Runs `read` on the row at `slot` if it is still the one written with that stamp.
    pub(crate) fn row<T>(
        chunks: &Chunks,
        slot: Slot,
        stamp: u64,
        read: impl FnOnce(&Chunk, usize) -> T,
    ) -> Option<T> {
        let (chunk, offset) = place(slot);
        let chunk = chunks.get(chunk)?.chunk.read();
        (stamp != NO_STAMP && chunk.stamp(offset) == stamp).then(|| read(&chunk, offset))
    }

    /// The row at `slot`, scored, if it is still the one written with that stamp.
    pub(crate) fn hit(
        &self,
        chunks: &Chunks,
        slot: Slot,
        stamp: u64,
        probe: &Probe,
    ) -> Option<Hit> {
        Self::row(chunks, slot, stamp, |chunk, offset| {
            chunk.hit(self.kernel, offset, probe)
        })
    }

    /// The rows whose sketches differ least from the probe's, scored and offered.
    pub(crate) fn sketch_scan(&self, probe: &Probe, view: usize, best: &mut BestGroups) {
        // Rows written from here on are scanned: one that is replaced meanwhile is not at its old stamp any more.
        let from = self.next_stamp();
        let chunks = self.chunks();
        let sketch = self.sketcher.sketch(probe.components());
        let mut nearest = Nearest::new(view);
        for (number, cell) in chunks.iter().enumerate() {
            let first = (number * CHUNK_ROWS) as Slot;
            let chunk = cell.chunk.read();
            chunk.near(self.kernel, &sketch, first, &mut nearest);
        }
        for near in nearest.into_rows() {
            let (slot, stamp) = near.row;
            if let Some(hit) = self.hit(&chunks, slot, stamp, probe) {
                best.offer(hit);
            }
        }
        let (probes, best) = ([probe], std::array::from_mut(best));
        self.scan(&self.chunks(), probes, from, None, best);
    }

    /// Scans the rows of some chunks that were written at `from` or later.
    pub(crate) fn scan<const N: usize>(
        &self,
        cells: &[Arc<Cell>],
        probes: [&Probe; N],
        from: u64,
        shared: Option<&[Floor; N]>,
        best: &mut [BestGroups; N],
    ) {
        for cell in cells.iter().filter(|cell| cell.has_since(from)) {
            let floors = std::array::from_fn(|n| match shared {
                Some(shared) => shared[n].get(),
                None => f32::NEG_INFINITY,
            });
            cell.chunk
                .read()
                .scan(self.kernel, probes, from, floors, best);
            if let Some(shared) = shared {
                for (floor, best) in shared.iter().zip(best.iter()) {
                    floor.raise(best.floor());
                }
            }
        }
    }

    /// Bytes of all rows, with an estimate of the tables.
    pub(crate) fn bytes(&self) -> usize {
        let planes: usize = self
            .chunks()
            .iter()
            .map(|cell| cell.chunk.read().bytes())
            .sum();
        let tables = self.tables.lock();
        // One control byte per bucket, and 8/7 buckets per unit of capacity.
        let bucket = |entry: usize, capacity: usize| (entry + 1) * capacity * 8 / 7;
        // An allocation per group, of four slots or more.
        let members = tables.groups.len() * 16
            + (tables.groups.len() * 4).max(tables.slots.len()) * size_of::<Slot>();
        planes
            + bucket(size_of::<(u128, Slot)>(), tables.slots.capacity())
            + bucket(size_of::<(u128, Vec<Slot>)>(), tables.groups.capacity())
            + members
            + tables.holes.capacity() * size_of::<Slot>()
    }
}

impl Tables {
    fn leave(&mut self, group: u128, slot: Slot) {
        if let Some(slots) = self.groups.get_mut(&group) {
            slots.retain(|member| *member != slot);
            if slots.is_empty() {
                self.groups.remove(&group);
            }
        }
    }
}

/// A score that no row below can be a hit, shared by the threads of one scan.
pub(crate) struct Floor(AtomicU64);

impl Floor {
    pub(crate) fn new() -> Self {
        Self(AtomicU64::new(0))
    }

    /// Cosines are -1..=1: moved by two they are positive, and positive f32 sort like their bits.
    fn raise(&self, floor: f32) {
        self.0.fetch_max(
            u64::from((floor + 2.0).max(0.0).to_bits()),
            Ordering::Relaxed,
        );
    }

    /// A hair below the highest floor so far (moving by two rounds).
    fn get(&self) -> f32 {
        f32::from_bits(self.0.load(Ordering::Relaxed) as u32) - 2.0 - 1e-6
    }
}
