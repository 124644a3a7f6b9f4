//! Every pair of templates: first what the cosines look like, then who errs at given thresholds.

mod count;
mod shape;
mod subjects;
mod sweep;

pub(crate) use count::{Counts, count};
pub(crate) use shape::{Extreme, Shape, shape};
pub(crate) use subjects::Subjects;
