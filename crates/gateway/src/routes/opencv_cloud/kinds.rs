//! Kinds of values that several routes of this dialect have.

use inference::Effort;
use store::{CollectionCode, CollectionRef, FaceId, Gender};
use uuid::Uuid;

use crate::routes::opencv::body::{Input, Reader, Rule, number_or_text, one_of, rate, text};

/// Pictures of one person that a request may have.
pub(super) const PICTURES: (usize, usize) = (1, 3);

/// From this score on two faces are one person's, if a request does not say (contract, 2.2).
pub(super) const MIN_SCORE: f64 = 0.81;

/// The platforms. Liveness has one model for all of them.
const PLATFORMS: &[&str] = &["DESKTOP", "ANDROID", "IOS"];

/// A collection's id: 36 characters. One that is no UUID names nothing, which is told where the store says so.
pub(super) fn code(input: &Input<'_, '_>) -> Result<CollectionRef, Rule> {
    text(36..=36)(input).map(|text| collection(&text))
}

/// The collection of this id.
pub(super) fn collection(id: &str) -> CollectionRef {
    let nowhere = CollectionCode::from(Uuid::nil());
    CollectionRef::Code(id.parse().unwrap_or(nowhere))
}

/// The face of this thumbnail's id, likewise.
pub(super) fn face(id: &str) -> FaceId {
    id.parse().unwrap_or(FaceId::from(Uuid::nil()))
}

/// A person's id, chosen by the caller or by the server.
pub(super) fn person_id(input: &Input<'_, '_>) -> Result<String, Rule> {
    text(1..=100)(input)
}

/// `M` or `F`.
pub(super) fn gender(input: &Input<'_, '_>) -> Result<Gender, Rule> {
    one_of(&["M", "F"], &[Gender::Male, Gender::Female])(input)
}

/// `FAST` or `ACCURATE`.
pub(super) fn effort(input: &Input<'_, '_>) -> Result<Effort, Rule> {
    one_of(&["FAST", "ACCURATE"], &[Effort::Fast, Effort::Accurate])(input)
}

/// The client's platform, which only has to be one of those that there are.
pub(super) fn platform(reader: &Reader<'_, '_>) -> Option<()> {
    reader.or("os", (), one_of(PLATFORMS, &[(), (), ()]))
}

/// The least score of whoever passes, `least` or more.
pub(super) fn min_score(reader: &Reader<'_, '_>, least: f64) -> Option<f64> {
    reader.or("min_score", MIN_SCORE, number_or_text(least..=1.0))
}

/// `min_score`, which is `least` or more, and `max_fpir`. With the second alone no score is too low for the first.
pub(super) fn limits(reader: &Reader<'_, '_>, least: f64) -> Option<(f64, Option<f64>)> {
    let min_score = reader.optional("min_score", number_or_text(least..=1.0));
    let max_fpir = reader.optional("max_fpir", rate);
    let (min_score, max_fpir) = (min_score?, max_fpir?);
    let unsaid = max_fpir.map_or(MIN_SCORE, |_| least);
    Some((min_score.unwrap_or(unsaid), max_fpir))
}
