//! Templates and whose they are.

use index::AllPairs;
use inference::Embedding;

use crate::{EvalError, stats::pairs_of};

/// Templates in the order of their people.
pub(crate) struct Subjects {
    /// The templates' rows.
    pub(crate) rows: AllPairs,
    /// For each row, whose it is: numbers from 0 without gaps, rising.
    pub(crate) person: Vec<usize>,
    /// For each row, its picture's place in the data set.
    pub(crate) picture: Vec<usize>,
    /// For each person the place in the data set's people.
    pub(crate) names: Vec<usize>,
    /// For each person, where the rows begin; one entry more for the end.
    starts: Vec<usize>,
}

impl Subjects {
    /// `templates`: picture's place, person's place in the data set (rising), template.
    pub(crate) fn new(templates: &[(usize, usize, &Embedding)]) -> Result<Self, EvalError> {
        let dimension = templates
            .first()
            .map_or(1, |(_, _, template)| template.as_slice().len());
        let rows = AllPairs::new(
            dimension,
            templates.iter().map(|(_, _, template)| template.as_slice()),
        )?;
        let mut names: Vec<usize> = Vec::new();
        let (mut person, mut starts) = (Vec::new(), Vec::new());
        for (row, (_, name, _)) in templates.iter().enumerate() {
            if names.last() != Some(name) {
                names.push(*name);
                starts.push(row);
            }
            person.push(names.len() - 1);
        }
        starts.push(templates.len());
        let picture = templates.iter().map(|(picture, _, _)| *picture).collect();
        Ok(Self {
            rows,
            person,
            picture,
            names,
            starts,
        })
    }

    /// People with a template.
    pub(crate) fn people(&self) -> usize {
        self.names.len()
    }

    /// Rows of each person.
    pub(crate) fn sizes(&self) -> impl Iterator<Item = u64> + '_ {
        self.starts.windows(2).map(|ends| match ends {
            [start, end] => (end - start) as u64,
            _ => 0,
        })
    }

    /// Where the rows of the person of row `row` end.
    pub(crate) fn end_of_person(&self, row: usize) -> usize {
        let person = self.person.get(row).copied().unwrap_or_default();
        self.starts.get(person + 1).copied().unwrap_or_default()
    }

    /// All pairs.
    pub(crate) fn pairs(&self) -> u64 {
        pairs_of(self.rows.len() as u64)
    }
}
