//! Labelled data: who is in which picture, which pairs are compared, and which group a person belongs to.

mod folder;
mod groups;
mod pairs;

pub use folder::{DataSet, Picture};
pub use groups::{Groups, MAX_GROUPS};
pub use pairs::{Pair, PairList};

pub(crate) use folder::{file_name, pictures_in, sub_folders};
