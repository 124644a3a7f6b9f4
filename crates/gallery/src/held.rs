//! Which scopes a node holds.

use std::{collections::BTreeSet, fmt, str::FromStr};

use store::CollectionId;

use crate::scope::{PARTS, Scope};

const WORDS: usize = PARTS / 64;

/// A set of scopes: whole parts of all of them, and single collections.
#[derive(Clone, PartialEq, Eq)]
pub struct Held {
    parts: [u64; WORDS],
    collections: BTreeSet<CollectionId>,
}

impl Held {
    /// Every scope.
    #[must_use]
    pub fn all() -> Self {
        Self {
            parts: [u64::MAX; WORDS],
            collections: BTreeSet::new(),
        }
    }

    /// No scope.
    #[must_use]
    pub fn nothing() -> Self {
        Self {
            parts: [0; WORDS],
            collections: BTreeSet::new(),
        }
    }

    /// The `number`th, from 1 on, of `of` equal ranges of parts. Nothing when there is no such range.
    #[must_use]
    pub fn range(number: usize, of: usize) -> Self {
        let mut held = Self::nothing();
        if (1..=of).contains(&number) && of <= PARTS {
            for part in (number - 1) * PARTS / of..number * PARTS / of {
                held.add(part);
            }
        }
        held
    }

    /// These collections.
    #[must_use]
    pub fn of(collections: impl IntoIterator<Item = CollectionId>) -> Self {
        Self {
            collections: collections.into_iter().collect(),
            ..Self::nothing()
        }
    }

    /// Whether a scope is among them.
    #[must_use]
    pub fn covers(&self, scope: Scope) -> bool {
        // Most nodes hold all, and need not hash for it.
        self.is_all()
            || self.has(scope.part())
            || matches!(scope, Scope::Collection(id) if self.collections.contains(&id))
    }

    /// Whether every scope is among them.
    #[must_use]
    pub fn is_all(&self) -> bool {
        self.parts == [u64::MAX; WORDS]
    }

    /// Whether a whole part is among them, by its number below [`PARTS`].
    #[must_use]
    pub fn has(&self, part: usize) -> bool {
        self.parts
            .get(part / 64)
            .is_some_and(|word| word >> (part % 64) & 1 == 1)
    }

    /// Adds a whole part, by its number below [`PARTS`].
    pub fn add(&mut self, part: usize) {
        if let Some(word) = self.parts.get_mut(part / 64) {
            *word |= 1 << (part % 64);
        }
    }

    /// How many whole parts there are.
    #[must_use]
    pub fn parts(&self) -> usize {
        self.parts
            .iter()
            .map(|word| word.count_ones() as usize)
            .sum()
    }

    /// How many single collections there are besides.
    #[must_use]
    pub fn collections(&self) -> usize {
        self.collections.len()
    }

    /// What is surely in both.
    pub(crate) fn and(&self, other: &Self) -> Self {
        let mut both = self.clone();
        for (word, more) in both.parts.iter_mut().zip(other.parts) {
            *word &= more;
        }
        both.collections.retain(|id| other.collections.contains(id));
        both
    }
}

/// Hexadecimal digits of the parts, then the ids of the collections, with commas: for the table of nodes.
impl fmt::Display for Held {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for word in self.parts {
            write!(f, "{word:016x}")?;
        }
        for id in &self.collections {
            write!(f, ",{id}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Held {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (parts, collections) = (self.parts(), self.collections.len());
        write!(f, "Held({parts} parts, {collections} collections)")
    }
}

/// The text of no set of scopes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a set of scopes")]
pub struct NotHeldText;

impl FromStr for Held {
    type Err = NotHeldText;

    fn from_str(text: &str) -> Result<Self, NotHeldText> {
        let mut pieces = text.split(',');
        let digits = pieces.next().unwrap_or_default().as_bytes();
        if digits.len() != WORDS * 16 {
            return Err(NotHeldText);
        }
        let mut held = Self::nothing();
        for (word, digits) in held.parts.iter_mut().zip(digits.chunks_exact(16)) {
            let digits = std::str::from_utf8(digits).map_err(|_| NotHeldText)?;
            *word = u64::from_str_radix(digits, 16).map_err(|_| NotHeldText)?;
        }
        for id in pieces {
            held.collections
                .insert(id.parse().map_err(|_| NotHeldText)?);
        }
        Ok(held)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_part_all_scopes_without_gap_or_overlap() {
        for of in [1, 2, 3, 7, 100, PARTS] {
            let ranges: Vec<_> = (1..=of).map(|number| Held::range(number, of)).collect();
            for part in 0..PARTS {
                let holders = ranges.iter().filter(|held| held.has(part)).count();
                assert_eq!(holders, 1, "part {part} of {of} ranges");
            }
        }
        assert_eq!(Held::range(1, 1), Held::all());
        for (number, of) in [(0, 3), (4, 3), (1, PARTS + 1)] {
            assert_eq!(Held::range(number, of), Held::nothing());
        }
    }

    #[test]
    fn a_set_is_written_and_read() {
        let listed = Held::of([CollectionId::from([7; 12]), CollectionId::from([9; 12])]);
        for held in [Held::all(), Held::nothing(), Held::range(2, 3), listed] {
            assert_eq!(held.to_string().parse(), Ok(held));
        }
        for wrong in ["", "ff", &"g".repeat(256), &format!("{},x", Held::all())] {
            assert_eq!(wrong.parse::<Held>(), Err(NotHeldText), "{wrong:?}");
        }
    }

    #[test]
    fn a_collection_is_held_by_name_or_by_its_part() {
        let id = CollectionId::from([7; 12]);
        let scope = Scope::Collection(id);
        assert!(Held::of([id]).covers(scope) && Held::all().covers(scope));
        assert!(!Held::of([CollectionId::from([8; 12])]).covers(scope));
        let holders = (1..=3).filter(|number| Held::range(*number, 3).covers(scope));
        assert_eq!(holders.count(), 1);
        assert!(!Held::of([id]).and(&Held::nothing()).covers(scope));
    }
}
