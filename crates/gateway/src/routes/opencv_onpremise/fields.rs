//! Fields that several requests have.

use gallery::Aim;
use serde_json::{Map, Value};

use super::scale;
use crate::routes::opencv::body::{Reader, boolean, number, one_of, rate, text, texts_by_name};
use service::{Config, Cutoff, Duplicates, Keep, LivenessGate, LivenessPolicy};

/// The recommended cut of the dialect's scale.
pub(super) const DEFAULT_MIN_SIMILARITY: f64 = 0.7;

/// Longest id or name of a person, in characters.
const LONGEST: usize = 300;

/// Entries of a person's metadata, and their bytes in all.
const METADATA: (usize, usize) = (100, 16 << 10);

/// The collection's name; one that no collection can have is one that is not there.
pub(super) fn collection_name(reader: &Reader<'_, '_>) -> Option<String> {
    reader.required("collection_name", text(0..=usize::MAX))
}

/// The caller's id of a person.
pub(super) fn person_id(reader: &Reader<'_, '_>) -> Option<String> {
    reader.required("person_id", text(1..=LONGEST))
}

/// A person's name.
pub(super) fn person_name(reader: &Reader<'_, '_>) -> Option<String> {
    reader.required("person_name", text(1..=LONGEST))
}

/// The caller's own data; none when absent.
pub(super) fn metadata(reader: &Reader<'_, '_>) -> Option<Map<String, Value>> {
    let (entries, bytes) = METADATA;
    reader.or("metadata", Map::new(), texts_by_name(entries, bytes))
}

/// What is kept of a picture. Required: the contract names no default, and what is kept of people should be said.
pub(super) fn storage_type(reader: &Reader<'_, '_>) -> Option<Keep> {
    let names = &["NoStorage", "StoreThumbnails", "StoreFullImage"];
    let values = &[Keep::Nothing, Keep::Thumbnail, Keep::Original];
    reader.required("face_storage_type", one_of(names, values))
}

/// The least score.
pub(super) fn min_similarity(reader: &Reader<'_, '_>, name: &str) -> Option<f64> {
    reader.or(name, DEFAULT_MIN_SIMILARITY, number(0.0..=1.0))
}

/// The least score of whoever is found and, in its place, a rate. With the second alone no score is too low for the first.
pub(super) fn limits(reader: &Reader<'_, '_>) -> Option<Limits> {
    let min_score = reader.optional("min_similarity_score", number(0.0..=1.0));
    let max_fpir = reader.optional("max_fpir", rate);
    let (min_score, max_fpir) = (min_score?, max_fpir?);
    let unsaid = max_fpir.map_or(DEFAULT_MIN_SIMILARITY, |_| 0.0);
    Some(Limits {
        min_score: min_score.unwrap_or(unsaid),
        max_fpir,
    })
}

/// What counts as found, on the dialect's scale.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    pub(super) min_score: f64,
    pub(super) max_fpir: Option<f64>,
}

impl Limits {
    /// The same on the core's scale.
    pub(super) fn cutoff(self) -> Cutoff {
        Cutoff {
            slack: scale::SLACK,
            ..Cutoff::new(scale::core(self.min_score), self.max_fpir)
        }
    }

    /// The least score that a search with this cut-off had, on the dialect's scale.
    pub(super) fn least(self, aim: &Aim) -> f64 {
        match self.max_fpir {
            Some(_) => scale::limit(aim.min_score).max(self.min_score),
            None => self.min_score,
        }
    }
}

/// `check_duplicates` with its limit, which is ignored (but read) without it.
pub(super) fn duplicates(reader: &Reader<'_, '_>) -> Option<Duplicates> {
    let wanted = reader.or("check_duplicates", false, boolean);
    let limit = min_similarity(reader, "duplicate_check_min_similarity");
    let (wanted, limit) = (wanted?, limit?);
    Some(match wanted {
        true => Duplicates::RefusedFrom(scale::core(limit)),
        false => Duplicates::Allowed,
    })
}

/// Whether liveness is asked for.
pub(super) fn check_liveness(reader: &Reader<'_, '_>) -> Option<bool> {
    reader.or("check_liveness", false, boolean)
}

/// What liveness asks of a picture, where it is asked for.
pub(super) fn gate(wanted: bool, config: &Config) -> Option<LivenessGate> {
    let settings = &config.opencv_onpremise;
    wanted.then(|| LivenessGate {
        policy: LivenessPolicy {
            min_score: settings.liveness_min_score,
            limits: settings.capture.limits(&config.quality),
            rejects: settings.capture_rejects.clone(),
        },
        detectable: settings.detectable_face,
    })
}
