//! What an evaluation found: as JSON for machines, as text for people, as pictures for both.

mod save;
mod text;

pub use save::save;
pub(crate) use save::{json, place};

use serde::Serialize;

use crate::{Anchor, Rate, plot::Curves, verification::Verification};

/// Version of the JSON's shape.
pub(crate) const FORMAT: u32 = 1;

/// What an evaluation found. Rates are of comparisons between pictures that gave a template.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// Version of this document's shape.
    pub format: u32,
    /// The model pack.
    pub pack: String,
    /// SHA-256 of its embedding model.
    pub embedder: String,
    /// `fast` or `accurate`.
    pub effort: String,
    /// The day, `YYYY-MM-DD`.
    pub date: String,
    /// What was looked at.
    pub data: Data,
    /// What should be known about the data before the figures are believed.
    pub warnings: Vec<String>,
    /// How well same persons are told from strangers.
    pub verification: Verification,
    /// Every pair of templates.
    pub all_pairs: AllPairs,
    /// Cosines at false match rates: what the calibration is made of.
    pub anchors: Vec<Anchor>,
    /// Error rates at scores, by the calibration in force.
    pub thresholds: Vec<Threshold>,
    /// Error rates by group, if asked for.
    pub groups: Option<ByGroup>,
    /// What the plots show.
    pub curves: Curves,
}

/// The pictures.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Data {
    /// Name of the folder.
    pub name: String,
    /// People with a picture.
    pub people: u64,
    /// Pictures.
    pub pictures: u64,
    /// Pictures that gave a template.
    pub templates: u64,
    /// People with a template.
    pub people_with_template: u64,
    /// People with two or more.
    pub people_with_several: u64,
    /// Pictures without a template, by reason.
    pub refused: Refused,
    /// Each of them.
    pub refused_pictures: Vec<RefusedPicture>,
}

/// Pictures without a template.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Refused {
    /// No face was found.
    pub no_face: u64,
    /// Several faces of comparable size.
    pub several_faces: u64,
    /// No picture, or not to be read.
    pub unreadable: u64,
    /// A model failed.
    pub failed: u64,
    /// Byte for byte another picture of the set.
    pub copies: u64,
}

/// One picture without a template.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RefusedPicture {
    /// `PERSON/FILE`.
    pub picture: String,
    /// Why.
    pub reason: String,
}

/// Every pair of templates.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AllPairs {
    /// Pairs of one person.
    pub genuine: u64,
    /// Pairs of two people.
    pub impostors: u64,
    /// Mean cosine of pairs of two people: score 0.
    pub impostor_mean: f64,
    /// Its standard deviation.
    pub impostor_deviation: f64,
    /// Mean cosine of pairs of one person.
    pub genuine_mean: f64,
    /// Its standard deviation.
    pub genuine_deviation: f64,
    /// Different people who look most alike: the first to check for wrong labels.
    pub closest_impostors: Vec<OddPair>,
    /// Pictures of one person that look least alike.
    pub farthest_genuine: Vec<OddPair>,
}

/// A pair that stands out.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct OddPair {
    /// `PERSON/FILE`.
    pub first: String,
    /// `PERSON/FILE`.
    pub second: String,
    /// Its cosine.
    pub cosine: f64,
    /// Its score, by the calibration in force.
    pub score: f64,
}

/// Error rates at one score.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Threshold {
    /// The score; a comparison passes from it on.
    pub score: f64,
    /// The least cosine with that score.
    pub cosine: f64,
    /// False matches among all pairs of different people.
    pub fmr: Option<Rate>,
    /// False non-matches among all pairs of one person.
    pub fnmr: Option<Rate>,
}

/// Error rates of groups of people.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ByGroup {
    /// The column of the table.
    pub field: String,
    /// Each value, with pairs within the group.
    pub groups: Vec<Group>,
    /// Pairs of people of two different groups.
    pub across: Vec<Across>,
}

/// One group.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Group {
    /// The value.
    pub name: String,
    /// People with a template.
    pub people: u64,
    /// Their templates.
    pub pictures: u64,
    /// At each score.
    pub thresholds: Vec<Threshold>,
}

/// Two groups.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Across {
    /// One value.
    pub first: String,
    /// The other.
    pub second: String,
    /// At each score; there are no pairs of one person.
    pub thresholds: Vec<Threshold>,
}
