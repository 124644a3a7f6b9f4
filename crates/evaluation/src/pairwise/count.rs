//! Who errs at given thresholds: exact counts, by person and by group.

use std::ops::Range;

use super::{
    Subjects,
    sweep::{Visit, sweep},
};
use crate::{
    EvalError,
    stats::{Rate, Unit, pairs_of},
};

/// Errors at each threshold.
pub(crate) struct Counts {
    /// Groups; people without one are in another, the last.
    groups: usize,
    people: usize,
    /// For each person the group.
    group: Vec<usize>,
    /// For each person the number of pictures.
    sizes: Vec<u64>,
    /// By threshold, person and group of the other: impostor pairs that match.
    matches: Vec<u64>,
    /// By threshold and person: genuine pairs that match.
    accepted: Vec<u64>,
}

struct Counter<'a> {
    subjects: &'a Subjects,
    /// Rising.
    thresholds: &'a [f32],
    groups: usize,
    group: &'a [usize],
    matches: Vec<u64>,
    accepted: Vec<u64>,
}

impl Counter<'_> {
    /// The number of thresholds that this cosine reaches.
    fn passed(&self, cosine: f32) -> usize {
        self.thresholds
            .partition_point(|threshold| *threshold <= cosine)
    }

    fn matched(&mut self, threshold: usize, person: usize, other: usize) {
        let group = self.group.get(other).copied().unwrap_or_default();
        let place = (threshold * self.subjects.people() + person) * self.groups + group;
        if let Some(count) = self.matches.get_mut(place) {
            *count += 1;
        }
    }
}

impl Visit for Counter<'_> {
    fn genuine(&mut self, one: usize, _: Range<usize>, cosines: &[f32]) {
        let person = self.subjects.person.get(one).copied().unwrap_or_default();
        for cosine in cosines {
            let Some(highest) = self.passed(*cosine).checked_sub(1) else {
                continue;
            };
            if let Some(count) = self
                .accepted
                .get_mut(highest * self.subjects.people() + person)
            {
                *count += 1;
            }
        }
    }

    fn impostors(&mut self, one: usize, others: Range<usize>, cosines: &[f32]) {
        let lowest = self.thresholds.first().copied().unwrap_or(f32::INFINITY);
        for (other, cosine) in others.zip(cosines) {
            if *cosine < lowest {
                continue;
            }
            let person = |row: usize| self.subjects.person.get(row).copied().unwrap_or_default();
            let (first, second) = (person(one), person(other));
            let highest = self.passed(*cosine) - 1;
            self.matched(highest, first, second);
            self.matched(highest, second, first);
        }
    }
}

/// Counts at `thresholds` (rising: a pair matches from its cosine on). `group` gives each person of `subjects` one of `groups` groups, or
/// none.
pub(crate) fn count(
    subjects: &Subjects,
    thresholds: &[f32],
    group: &[Option<usize>],
    groups: usize,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<Counts, EvalError> {
    let of_person = |person| group.get(person).copied().flatten().unwrap_or(groups);
    let group: Vec<usize> = (0..subjects.people()).map(of_person).collect();
    let (people, kinds) = (subjects.people(), groups + 1);
    let make = || Counter {
        subjects,
        thresholds,
        groups: kinds,
        group: &group,
        matches: vec![0; thresholds.len() * people * kinds],
        accepted: vec![0; thresholds.len() * people],
    };
    let mut whole = make();
    for part in sweep(subjects, make, progress)? {
        add(&mut whole.matches, &part.matches);
        add(&mut whole.accepted, &part.accepted);
    }
    let Counter {
        mut matches,
        mut accepted,
        ..
    } = whole;
    // Each pair was counted at the highest threshold that it reaches; it reaches the lower ones too.
    accumulate(&mut matches, people * kinds);
    accumulate(&mut accepted, people);
    Ok(Counts {
        groups: kinds,
        people,
        group,
        sizes: subjects.sizes().collect(),
        matches,
        accepted,
    })
}

fn add(to: &mut [u64], from: &[u64]) {
    to.iter_mut().zip(from).for_each(|(to, from)| *to += from);
}

fn accumulate(counts: &mut [u64], stride: usize) {
    for place in (0..counts.len().saturating_sub(stride)).rev() {
        let above = counts.get(place + stride).copied().unwrap_or_default();
        if let Some(count) = counts.get_mut(place) {
            *count += above;
        }
    }
}

impl Counts {
    fn people_of(&self, group: Option<usize>) -> impl Iterator<Item = usize> + '_ {
        (0..self.people)
            .filter(move |person| group.is_none_or(|group| self.group.get(*person) == Some(&group)))
    }

    fn size(&self, person: usize) -> u64 {
        self.sizes.get(person).copied().unwrap_or_default()
    }

    /// People and pictures of a group, or of all.
    pub(crate) fn size_of(&self, group: Option<usize>) -> (u64, u64) {
        let people = self.people_of(group);
        people.fold((0, 0), |(people, pictures), person| {
            (people + 1, pictures + self.size(person))
        })
    }

    /// Impostor pairs that match, of `person` at threshold number `threshold`, with people of `group` or with anybody.
    fn matches(&self, threshold: usize, person: usize, group: Option<usize>) -> u64 {
        let start = (threshold * self.people + person) * self.groups;
        let counts = self
            .matches
            .get(start..start + self.groups)
            .unwrap_or_default();
        let wanted = counts
            .iter()
            .enumerate()
            .filter(|(at, _)| group.is_none_or(|group| group == *at));
        wanted.map(|(_, count)| count).sum()
    }

    /// False matches between people of one group, or between any two.
    pub(crate) fn false_matches(&self, threshold: usize, group: Option<usize>) -> Option<Rate> {
        let (people, pictures) = self.size_of(group);
        let unit = |person: usize| Unit {
            errors: self.matches(threshold, person, group),
            of: self.size(person) * (pictures - self.size(person)),
        };
        let units: Vec<Unit> = self.people_of(group).map(unit).collect();
        // Each pair was counted for both of its people.
        let total = |of: fn(&Unit) -> u64| units.iter().map(of).sum::<u64>() / 2;
        Rate::of_people(
            total(|unit| unit.errors),
            total(|unit| unit.of),
            &[&units],
            pairs_of(people),
        )
    }

    /// False matches between people of two different groups.
    pub(crate) fn false_matches_across(
        &self,
        threshold: usize,
        first: usize,
        second: usize,
    ) -> Option<Rate> {
        let units = |own: usize, other: usize| -> Vec<Unit> {
            let (_, pictures) = self.size_of(Some(other));
            let unit = |person| Unit {
                errors: self.matches(threshold, person, Some(other)),
                of: self.size(person) * pictures,
            };
            self.people_of(Some(own)).map(unit).collect()
        };
        let (ours, theirs) = (units(first, second), units(second, first));
        let total = |of: fn(&Unit) -> u64| ours.iter().map(of).sum::<u64>();
        let independent = ours.len() as u64 * theirs.len() as u64;
        Rate::of_people(
            total(|unit| unit.errors),
            total(|unit| unit.of),
            &[&ours, &theirs],
            independent,
        )
    }

    /// Pairs of one person that do not match, of a group or of all.
    pub(crate) fn false_non_matches(&self, threshold: usize, group: Option<usize>) -> Option<Rate> {
        let unit = |person: usize| {
            let of = pairs_of(self.size(person));
            let accepted = self
                .accepted
                .get(threshold * self.people + person)
                .copied()
                .unwrap_or_default();
            Unit {
                errors: of.saturating_sub(accepted),
                of,
            }
        };
        let units: Vec<Unit> = self
            .people_of(group)
            .map(unit)
            .filter(|unit| unit.of > 0)
            .collect();
        let total = |of: fn(&Unit) -> u64| units.iter().map(of).sum::<u64>();
        Rate::of_people(
            total(|unit| unit.errors),
            total(|unit| unit.of),
            &[&units],
            units.len() as u64,
        )
    }
}

#[cfg(test)]
mod tests {
    use inference::Embedding;
    use proptest::prelude::*;

    use super::*;
    use crate::pairwise::shape;

    /// Templates of people by their angle in the plane, with the groups of the people.
    fn people() -> impl Strategy<Value = (Vec<(usize, f32)>, Vec<Option<usize>>)> {
        (
            prop::collection::vec((0_usize..6, 0.0_f32..6.3), 2..90),
            prop::collection::vec(prop::option::of(0_usize..2), 6),
        )
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn counts_are_those_of_brute_force((mut faces, groups) in people()) {
            faces.sort_by_key(|(person, _)| *person);
            let templates: Vec<(usize, Embedding)> = faces.iter()
                .map(|(person, angle)| (*person, Embedding::normalised(&[angle.cos(), angle.sin()]).unwrap())).collect();
            let rows: Vec<_> = templates.iter().enumerate().map(|(at, (person, template))| (at, *person, template)).collect();
            let subjects = Subjects::new(&rows).unwrap();
            let group: Vec<Option<usize>> = subjects.names.iter().map(|name| groups[*name]).collect();
            let thresholds = [-0.5, 0.3, 0.9];
            let counts = count(&subjects, &thresholds, &group, 2, &|_| ()).unwrap();
            let looks = shape(&subjects, false, &|_| ()).unwrap();

            // Cosines as the kernel gives them, so that one next to a threshold falls on the same side.
            let mut pairs = Vec::new();
            for one in 0..rows.len() {
                let mut cosines = Vec::new();
                subjects.rows.cosines(one, one + 1..rows.len(), &mut cosines);
                for (at, cosine) in cosines.into_iter().enumerate() {
                    pairs.push((faces[one].0, faces[one + 1 + at].0, cosine));
                }
            }
            let of = |keep: &dyn Fn(usize, usize) -> bool, hit: &dyn Fn(f32) -> bool| {
                let all: Vec<_> = pairs.iter().filter(|(a, b, _)| keep(*a, *b)).collect();
                (all.iter().filter(|(_, _, cosine)| hit(*cosine)).count() as u64, all.len() as u64)
            };
            let figures = |rate: Option<Rate>| rate.map_or((0, 0), |rate| (rate.errors, rate.of));
            for (number, threshold) in thresholds.into_iter().enumerate() {
                let (hit, miss) = (|cosine| cosine >= threshold, |cosine| cosine < threshold);
                prop_assert_eq!(figures(counts.false_matches(number, None)), of(&|a, b| a != b, &hit));
                prop_assert_eq!(figures(counts.false_non_matches(number, None)), of(&|a, b| a == b, &miss));
                for g in 0..2 {
                    let within = |a: usize, b: usize| groups[a] == Some(g) && groups[b] == Some(g);
                    prop_assert_eq!(figures(counts.false_matches(number, Some(g))), of(&|a, b| a != b && within(a, b), &hit));
                    prop_assert_eq!(figures(counts.false_non_matches(number, Some(g))), of(&|a, b| a == b && within(a, b), &miss));
                }
                let across = |a: usize, b: usize| {
                    (groups[a] == Some(0) && groups[b] == Some(1)) || (groups[a] == Some(1) && groups[b] == Some(0))
                };
                prop_assert_eq!(figures(counts.false_matches_across(number, 0, 1)), of(&across, &hit));
            }
            prop_assert_eq!(looks.impostors.count(), of(&|a, b| a != b, &|_| true).1);
            prop_assert_eq!(looks.genuine.count(), of(&|a, b| a == b, &|_| true).1);
            let mut strangers: Vec<f32> = pairs.iter().filter(|(a, b, _)| a != b).map(|(_, _, cosine)| *cosine).collect();
            strangers.sort_by(|a, b| b.total_cmp(a));
            strangers.truncate(20);
            let closest: Vec<f32> = looks.closest.iter().map(|pair| pair.cosine).collect();
            prop_assert_eq!(closest, strangers);
        }
    }
}
