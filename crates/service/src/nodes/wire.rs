//! What one node asks another, and what that answers. Of versions of the program that run beside each other both must be understood.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use gallery::Scope;
use inference::Embedding;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use store::{ClientId, CollectionId, FaceId, ModelId, PersonId};

/// Largest question and largest answer, in bytes: a thousand faces, or a hundred thousand collections.
pub(crate) const LARGEST: usize = 8 * 1024 * 1024;

/// A search. It holds templates: no `Debug`.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Question {
    /// Of which the templates are.
    pub(crate) model: ModelId,
    pub(crate) client: ClientId,
    pub(crate) within: Within,
    pub(crate) probes: Vec<Probe>,
    /// As [`gallery::Query::min_score`].
    pub(crate) min_score: f32,
    pub(crate) limit: usize,
    pub(crate) fast: bool,
    /// The least revision to answer from.
    pub(crate) since: i64,
}

/// Where to search.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub(crate) enum Within {
    /// In one collection.
    Collection(CollectionId),
    /// In all of these, as a part of the account.
    Account {
        /// The persons in no collection, too.
        loose: bool,
        collections: Vec<CollectionId>,
    },
}

impl Within {
    /// A part of the account `client`.
    pub(crate) fn scopes(scopes: &[Scope]) -> Self {
        let collections = scopes.iter().filter_map(|scope| match scope {
            Scope::Collection(id) => Some(*id),
            Scope::Loose(_) => None,
        });
        Self::Account {
            loose: scopes.iter().any(|scope| matches!(scope, Scope::Loose(_))),
            collections: collections.collect(),
        }
    }
}

/// A template, exactly as it is.
pub(crate) struct Probe(pub(crate) Embedding);

/// Little-endian 32-bit floats, in base64.
impl Serialize for Probe {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let values = self.0.as_slice().iter();
        let bytes: Vec<u8> = values.flat_map(|value| value.to_le_bytes()).collect();
        serializer.serialize_str(&STANDARD.encode(bytes))
    }
}

impl<'de> Deserialize<'de> for Probe {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let bytes = STANDARD
            .decode(text)
            .map_err(|_| D::Error::custom("not base64"))?;
        let (values, rest) = bytes.as_chunks::<4>();
        let values: Vec<f32> = values
            .iter()
            .map(|bytes| f32::from_le_bytes(*bytes))
            .collect();
        let template = Embedding::unit(&values).filter(|_| rest.is_empty());
        template
            .map(Self)
            .ok_or_else(|| D::Error::custom("not a template"))
    }
}

/// What was found.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Answer {
    /// For each probe, best first: whom, by which face, with which score.
    pub(crate) found: Vec<Vec<(PersonId, FaceId, f32)>>,
    /// Faces that were compared with each.
    pub(crate) faces: usize,
    /// What the search saw at the least.
    pub(crate) revision: i64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_arrives_as_it_was_sent() {
        let values: Vec<f32> = (0..512_u16).map(|n| f32::from(n).sin()).collect();
        let template = Embedding::normalised(&values).unwrap();
        let sent = serde_json::to_string(&Probe(template.clone())).unwrap();
        let Probe(arrived) = serde_json::from_str(&sent).unwrap();
        assert!(arrived == template);
    }

    #[test]
    fn what_is_no_template_is_refused() {
        let text = |values: &[f32]| {
            let bytes: Vec<u8> = values
                .iter()
                .flat_map(|value| value.to_le_bytes())
                .collect();
            format!("{:?}", STANDARD.encode(bytes))
        };
        let wrong = [
            text(&[]),
            text(&[f32::NAN, 1.0]),
            text(&[f32::INFINITY]),
            text(&[2.0, 0.0]),
            text(&[0.0, 0.0]),
            r#""AAAA""#.to_owned(),
            r#""?""#.to_owned(),
            "7".to_owned(),
        ];
        for wrong in wrong {
            assert!(serde_json::from_str::<Probe>(&wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_score_arrives_as_it_was_sent() {
        for bits in [0x3F7F_FFFF_u32, 0x3F00_0001, 0x3EAA_AAAB, 1] {
            let score = f32::from_bits(bits);
            let text = serde_json::to_string(&score).unwrap();
            assert_eq!(serde_json::from_str::<f32>(&text).unwrap().to_bits(), bits);
        }
    }
}
