//! The points of a graph: blocks that are written once and never move, so that searches need no lock to read a vector.

use super::lists::Lists;
use super::{Member, options::GraphOptions};
use crate::kernels::{Kernel, Line};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use std::sync::Arc;

/// A point: the number of its block times [`BLOCK`] plus its offset. Blocks need not be full, so not every number is a point.
pub(crate) type Id = u32;
/// Points per block at most.
pub(super) const BLOCK: usize = crate::rows::chunk::CHUNK_ROWS;
/// Layers above the ground at most.
const TOP: usize = 12;

/// Points that were linked in one go.
pub(super) struct Block {
    members: Vec<Member>,
    /// The vectors, one after another.
    planes: Vec<Line>,
    lines: usize,
    /// Shared with the block's wiped copies.
    links: Arc<Links>,
}

/// The links of a block's points.
struct Links {
    ground: Lists,
    /// The links on the layers above, for the few points that are there: list 0 is that of layer 1.
    upper: Vec<Option<Box<Lists>>>,
    levels: Vec<u8>,
    bytes: usize,
}

impl Links {
    fn new(levels: Vec<u8>, room: usize) -> Self {
        let ground = Lists::new(levels.len(), 2 * room);
        let upper: Vec<Option<Box<Lists>>> = levels
            .iter()
            .map(|level| (*level > 0).then(|| Box::new(Lists::new(usize::from(*level), room))))
            .collect();
        let above: usize = upper.iter().flatten().map(|lists| lists.bytes()).sum();
        let bytes = ground.bytes() + above + size_of_val(upper.as_slice()) + levels.len();
        Self {
            ground,
            upper,
            levels,
            bytes,
        }
    }
}

impl Block {
    /// A block of at most [`BLOCK`] points and their vectors, of the same number of lines each, without links.
    pub(super) fn new(
        options: &GraphOptions,
        points: Vec<(Member, Vec<Line>)>,
        random: &mut StdRng,
    ) -> Self {
        let room = options.connections;
        let lines = points.first().map_or(0, |(_, plane)| plane.len());
        let levels = points.iter().map(|_| level(room, random)).collect();
        // Exactly so much: a flattening `collect` would keep up to twice the room.
        let mut planes = Vec::with_capacity(lines * points.len());
        for (_, plane) in &points {
            planes.extend_from_slice(plane);
        }
        Self {
            lines,
            members: points.iter().map(|(member, _)| *member).collect(),
            planes,
            links: Arc::new(Links::new(levels, room)),
        }
    }

    /// The same block without the vectors of `dead` points; `None` when they are gone already. The points stay, as ways to
    /// others.
    pub(super) fn wiped(&self, dead: impl Fn(Member) -> bool) -> Option<Self> {
        const GONE: Line = Line([0; 64]);
        let kept = |plane: &[Line]| plane.iter().any(|line| line.0 != GONE.0);
        let vectors = self.planes.chunks_exact(self.lines.max(1));
        let wiped: Vec<bool> = self
            .members
            .iter()
            .zip(vectors)
            .map(|(member, plane)| dead(*member) && kept(plane))
            .collect();
        if !wiped.contains(&true) {
            return None;
        }
        let mut planes = self.planes.clone();
        for (plane, wiped) in planes.chunks_exact_mut(self.lines.max(1)).zip(wiped) {
            if wiped {
                plane.fill(GONE);
            }
        }
        Some(Self {
            lines: self.lines,
            members: self.members.clone(),
            planes,
            links: Arc::clone(&self.links),
        })
    }

    /// Bytes of vectors and links.
    pub(super) fn bytes(&self) -> usize {
        size_of_val(self.planes.as_slice())
            + size_of_val(self.members.as_slice())
            + self.links.bytes
    }

    pub(super) fn len(&self) -> usize {
        self.members.len()
    }
}

/// The highest layer of a new point: each layer has one in `connections` of the points below (Malkov and Yashunin, 2016,
/// section 4.1).
fn level(connections: usize, random: &mut StdRng) -> u8 {
    let mut level = 0;
    while level < TOP && random.random_range(0..connections.max(2)) == 0 {
        level += 1;
    }
    level as u8
}

/// A generator for the levels of a block: the same rows in the same order give the same layers.
pub(super) fn levels_of(block: usize) -> StdRng {
    StdRng::seed_from_u64(block as u64)
}

/// The blocks as one search or one round of linking sees them.
#[derive(Clone)]
pub(super) struct Points {
    pub(super) blocks: Arc<Vec<Arc<Block>>>,
    pub(super) kernel: Kernel,
}

/// A list of links: of which point, on which layer.
pub(super) struct ListOf<'a> {
    lists: &'a Lists,
    list: usize,
}

impl ListOf<'_> {
    pub(super) fn read(&self, into: &mut Vec<Id>) {
        self.lists.read(self.list, into);
    }

    pub(super) fn push(&self, id: Id) -> bool {
        self.lists.push(self.list, id)
    }

    pub(super) fn write(&self, ids: impl IntoIterator<Item = Id>) {
        self.lists.write(self.list, ids);
    }
}

impl Points {
    fn place(&self, id: Id) -> Option<(&Block, usize)> {
        let (block, offset) = (id as usize / BLOCK, id as usize % BLOCK);
        let block = self.blocks.get(block)?;
        (offset < block.len()).then_some((block, offset))
    }

    pub(super) fn member(&self, id: Id) -> Option<Member> {
        let (block, offset) = self.place(id)?;
        block.members.get(offset).copied()
    }

    /// The vector of a point; empty for one that this view does not have.
    pub(super) fn plane(&self, id: Id) -> &[Line] {
        self.place(id)
            .and_then(|(block, offset)| {
                block
                    .planes
                    .get(block.lines * offset..block.lines * (offset + 1))
            })
            .unwrap_or_default()
    }

    /// The dot product of a vector with a point's; `None` for a point that this view does not have.
    pub(super) fn similarity(&self, plane: &[Line], id: Id) -> Option<i32> {
        let other = self.plane(id);
        (other.len() == plane.len()).then(|| self.kernel.dot(plane, other))
    }

    /// Asks for a point's vector to be brought near.
    pub(super) fn prefetch(&self, id: Id) {
        self.kernel.prefetch(self.plane(id));
    }

    /// The highest layer that a point is on, 0 for the ground.
    pub(super) fn level(&self, id: Id) -> usize {
        let place = self.place(id);
        place.map_or(0, |(block, offset)| usize::from(block.links.levels[offset]))
    }

    /// The links of a point on a layer; `None` when it is not on it.
    pub(super) fn links(&self, id: Id, layer: usize) -> Option<ListOf<'_>> {
        let (block, offset) = self.place(id)?;
        match layer.checked_sub(1) {
            None => Some(ListOf {
                lists: &block.links.ground,
                list: offset,
            }),
            Some(list) => {
                let lists = block.links.upper.get(offset)?.as_deref()?;
                (list < usize::from(block.links.levels[offset])).then_some(ListOf { lists, list })
            }
        }
    }

    /// Numbers up to which there are points.
    pub(super) fn end(&self) -> usize {
        self.blocks.len() * BLOCK
    }
}
