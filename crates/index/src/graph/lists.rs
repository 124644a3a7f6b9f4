//! Neighbour lists that searches read while the builder writes them, without a lock for the readers.

use super::points::Id;
use std::sync::atomic::{AtomicU32, Ordering};

/// Lists of point ids, each with the same room.
///
/// A reader beside a writer may meet an old and a new link at once, or miss one: every id in a list is that of a point, so
/// that costs a look at a point too many or too few and nothing else. Writers of one list take turns (`Graph::turn`).
pub(super) struct Lists {
    room: usize,
    /// Per list: how many links, then the links.
    cells: Box<[AtomicU32]>,
}

impl Lists {
    /// `lists` empty lists with room for `room` links each.
    pub(super) fn new(lists: usize, room: usize) -> Self {
        Self {
            room,
            cells: (0..lists * (room + 1)).map(|_| AtomicU32::new(0)).collect(),
        }
    }

    fn cells(&self, list: usize) -> Option<(&AtomicU32, &[AtomicU32])> {
        let start = list * (self.room + 1);
        self.cells.get(start..=start + self.room)?.split_first()
    }

    /// Replaces the content of `into` by the links of a list (by none when there is no such list).
    pub(super) fn read(&self, list: usize, into: &mut Vec<Id>) {
        into.clear();
        if let Some((count, links)) = self.cells(list) {
            let count = count.load(Ordering::Acquire) as usize;
            let links = links.iter().take(count);
            into.extend(links.map(|link| link.load(Ordering::Relaxed)));
        }
    }

    /// Adds a link; false when the list is full.
    pub(super) fn push(&self, list: usize, id: Id) -> bool {
        let Some((count, links)) = self.cells(list) else {
            return false;
        };
        let used = count.load(Ordering::Relaxed);
        match links.get(used as usize) {
            Some(link) => {
                link.store(id, Ordering::Relaxed);
                count.store(used + 1, Ordering::Release);
                true
            }
            None => false,
        }
    }

    /// Replaces a list; links beyond its room are left out.
    pub(super) fn write(&self, list: usize, ids: impl IntoIterator<Item = Id>) {
        if let Some((count, links)) = self.cells(list) {
            let mut used = 0;
            for (link, id) in links.iter().zip(ids) {
                link.store(id, Ordering::Relaxed);
                used += 1;
            }
            count.store(used, Ordering::Release);
        }
    }

    /// Bytes of the lists.
    pub(super) fn bytes(&self) -> usize {
        self.cells.len() * size_of::<AtomicU32>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_fill_are_replaced_and_stay_apart() {
        let lists = Lists::new(2, 3);
        let read = |list| {
            let mut ids = vec![9];
            lists.read(list, &mut ids);
            ids
        };
        assert!(lists.push(0, 4) && lists.push(0, 5) && lists.push(1, 6) && lists.push(0, 7));
        assert!(!lists.push(0, 8), "full");
        assert_eq!(
            (read(0), read(1), read(2)),
            (vec![4, 5, 7], vec![6], vec![])
        );
        lists.write(0, [1, 2, 3, 4]);
        assert_eq!((read(0), read(1)), (vec![1, 2, 3], vec![6]));
        lists.write(0, [8]);
        assert!(lists.push(0, 9) && !lists.push(2, 1));
        assert_eq!(read(0), [8, 9]);
    }
}
