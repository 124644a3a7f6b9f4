//! Data keys, and what is sealed with them: AES-256-GCM with a random nonce.
//!
//! Sealed bytes are a version (1), a nonce of 12 bytes, the ciphertext, and a tag of 16 bytes. What they are and whose they are is
//! authenticated with them ([`Purpose`]): a thumbnail cannot be put into the place of another one, or of a template.

use std::fmt;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use zeroize::Zeroizing;

use crate::error::{Cause, StoreError};
use crate::ids::{FaceId, ModelId, PersonId};

const VERSION: u8 = 1;
const NONCE: usize = 12;
const TAG: usize = 16;
const HEAD: usize = 1 + NONCE;

/// The bytes of a key.
pub(crate) type KeyBytes = Zeroizing<[u8; 32]>;

/// A data key: the twelve bytes of its person's id, so that the keys of persons who are read together lie together, and four random
/// ones, because a person who was deleted may come back and then gets another key.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct DataKeyId([u8; 16]);

impl DataKeyId {
    pub(super) fn of_person(person: PersonId) -> Self {
        let mut id = [0; 16];
        id[..12].copy_from_slice(person.bytes());
        id[12..].copy_from_slice(&rand::random::<[u8; 4]>());
        Self(id)
    }

    /// A key of the installation as a whole. No person has an id of zeros.
    pub(super) const fn of_installation(name: [u8; 4]) -> Self {
        let mut id = [0; 16];
        (id[12], id[13], id[14], id[15]) = (name[0], name[1], name[2], name[3]);
        Self(id)
    }

    /// Whose it is.
    pub(crate) fn person(&self) -> PersonId {
        let mut id = [0; 12];
        id.copy_from_slice(&self.0[..12]);
        PersonId::from(id)
    }

    pub(crate) fn bytes(&self) -> &[u8; 16] {
        &self.0
    }

    pub(crate) fn read(bytes: Vec<u8>) -> Result<Self, StoreError> {
        let id = bytes.try_into().map(Self);
        id.map_err(|_| StoreError::Corrupt("the id of a data key"))
    }
}

impl fmt::Debug for DataKeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DataKeyId(")?;
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))?;
        f.write_str(")")
    }
}

/// What is sealed.
#[derive(Clone, Copy)]
pub(crate) enum Purpose {
    Person(PersonId),
    Template(FaceId, ModelId),
    Thumbnail(FaceId),
    Crop(FaceId),
    Landmarks(FaceId),
    Original(FaceId),
    /// A data key, by a master key.
    Key(DataKeyId),
    /// A person as a line of an archive.
    Archive(PersonId),
}

impl Purpose {
    fn bytes(self) -> Vec<u8> {
        let (tag, id): (u8, Vec<u8>) = match self {
            Self::Person(person) => (1, person.bytes().to_vec()),
            Self::Template(face, model) => {
                let mut id = face.uuid().as_bytes().to_vec();
                id.extend_from_slice(model.digest());
                (2, id)
            }
            Self::Thumbnail(face) => (3, face.uuid().as_bytes().to_vec()),
            Self::Crop(face) => (4, face.uuid().as_bytes().to_vec()),
            Self::Landmarks(face) => (5, face.uuid().as_bytes().to_vec()),
            Self::Original(face) => (6, face.uuid().as_bytes().to_vec()),
            Self::Key(key) => (7, key.0.to_vec()),
            Self::Archive(person) => (8, person.bytes().to_vec()),
        };
        let mut bytes = vec![tag];
        bytes.extend(id);
        bytes
    }
}

/// A key that seals. The library wipes its own copy.
pub(crate) struct SealingKey(LessSafeKey);

impl SealingKey {
    pub(crate) fn new(bytes: &[u8; 32]) -> Result<Self, StoreError> {
        let key = UnboundKey::new(&AES_256_GCM, bytes).map_err(|_| failed())?;
        Ok(Self(LessSafeKey::new(key)))
    }

    pub(crate) fn seal(&self, purpose: Purpose, clear: &[u8]) -> Result<Vec<u8>, StoreError> {
        let mut nonce = [0; NONCE];
        aws_lc_rs::rand::fill(&mut nonce).map_err(|_| failed())?;
        let mut sealed = Vec::with_capacity(HEAD + clear.len() + TAG);
        sealed.push(VERSION);
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(clear);
        let nonce = Nonce::assume_unique_for_key(nonce);
        let tag = self
            .0
            .seal_in_place_separate_tag(nonce, Aad::from(purpose.bytes()), &mut sealed[HEAD..])
            .map_err(|_| failed())?;
        sealed.extend_from_slice(tag.as_ref());
        Ok(sealed)
    }

    pub(crate) fn open(
        &self,
        purpose: Purpose,
        mut sealed: Vec<u8>,
    ) -> Result<Vec<u8>, StoreError> {
        const BROKEN: StoreError = StoreError::Corrupt("sealed bytes that their key does not open");
        if sealed.len() < HEAD + TAG || sealed[0] != VERSION {
            return Err(BROKEN);
        }
        let nonce = Nonce::try_assume_unique_for_key(&sealed[1..HEAD]).map_err(|_| BROKEN)?;
        let opened = self
            .0
            .open_within(nonce, Aad::from(purpose.bytes()), &mut sealed, HEAD..)
            .map_err(|_| BROKEN)?;
        let length = opened.len();
        sealed.truncate(length);
        Ok(sealed)
    }
}

/// The key of one person.
pub(crate) struct DataKey {
    pub(crate) id: DataKeyId,
    pub(super) sealing: SealingKey,
}

impl DataKey {
    pub(super) fn new(id: DataKeyId, bytes: &[u8; 32]) -> Result<Self, StoreError> {
        let sealing = SealingKey::new(bytes)?;
        Ok(Self { id, sealing })
    }

    pub(crate) fn seal(&self, purpose: Purpose, clear: &[u8]) -> Result<Vec<u8>, StoreError> {
        self.sealing.seal(purpose, clear)
    }

    pub(crate) fn open(&self, purpose: Purpose, sealed: Vec<u8>) -> Result<Vec<u8>, StoreError> {
        self.sealing.open(purpose, sealed)
    }
}

impl fmt::Debug for DataKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.id.fmt(f)
    }
}

/// What a row holds, of a person who has this key (or is still in the clear).
pub(crate) fn unseal(
    key: Option<&DataKey>,
    purpose: Purpose,
    stored: Vec<u8>,
) -> Result<Vec<u8>, StoreError> {
    match key {
        Some(key) => key.open(purpose, stored),
        None => Ok(stored),
    }
}

/// What to store, of a person who has this key, or is to be in the clear.
pub(crate) fn seal(
    key: Option<&DataKey>,
    purpose: Purpose,
    clear: Vec<u8>,
) -> Result<Vec<u8>, StoreError> {
    match key {
        Some(key) => key.seal(purpose, &clear),
        None => Ok(clear),
    }
}

/// Random bytes for a new key.
pub(super) fn random_key() -> Result<KeyBytes, StoreError> {
    let mut bytes = Zeroizing::new([0; 32]);
    aws_lc_rs::rand::fill(bytes.as_mut_slice()).map_err(|_| failed())?;
    Ok(bytes)
}

pub(super) fn failed() -> StoreError {
    StoreError::Database(Cause::new("the cryptographic library failed"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(seed: u8) -> DataKey {
        DataKey::new(DataKeyId::of_person(PersonId::random()), &[seed; 32]).unwrap()
    }

    #[test]
    fn what_is_sealed_opens_and_looks_different_each_time() {
        let (key, face) = (key(1), FaceId::random());
        for clear in [&b""[..], b"x", &[7; 5000]] {
            let once = key.seal(Purpose::Crop(face), clear).unwrap();
            let again = key.seal(Purpose::Crop(face), clear).unwrap();
            assert_ne!(once, again);
            assert_eq!(once.len(), clear.len() + HEAD + TAG);
            assert_eq!(key.open(Purpose::Crop(face), once).unwrap(), clear);
        }
    }

    #[test]
    fn nothing_else_opens_it() {
        let (face, model) = (FaceId::random(), ModelId::from([7; 32]));
        let sealed = key(1).seal(Purpose::Thumbnail(face), b"picture").unwrap();
        let wrong = [
            Purpose::Thumbnail(FaceId::random()),
            Purpose::Crop(face),
            Purpose::Original(face),
            Purpose::Template(face, model),
        ];
        for purpose in wrong {
            assert!(key(1).open(purpose, sealed.clone()).is_err());
        }
        assert!(
            key(2)
                .open(Purpose::Thumbnail(face), sealed.clone())
                .is_err()
        );
        for place in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[place] ^= 1;
            assert!(key(1).open(Purpose::Thumbnail(face), changed).is_err());
        }
        for length in 0..sealed.len() {
            let cut = sealed[..length].to_vec();
            assert!(key(1).open(Purpose::Thumbnail(face), cut).is_err());
        }
    }

    #[test]
    fn nothing_of_a_key_is_shown() {
        let key = key(0xab);
        assert!(format!("{key:?}").starts_with("DataKeyId("));
        assert!(!format!("{key:?}").contains("abababab"));
    }
}
