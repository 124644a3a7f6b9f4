//! Master keys: what data keys are wrapped with. They are never stored by this crate, and never shown.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use aws_lc_rs::hmac;
use zeroize::Zeroizing;

use super::seal::{DataKeyId, KeyBytes, Purpose, SealingKey};
use crate::error::StoreError;

/// The first eight bytes of a keyed hash of the key: it tells keys apart and says nothing about them.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct MasterKeyId([u8; 8]);

impl MasterKeyId {
    pub(super) fn bytes(&self) -> Vec<u8> {
        self.0.to_vec()
    }

    pub(super) fn read(bytes: Vec<u8>) -> Result<Self, StoreError> {
        let id = bytes.try_into().map(Self);
        id.map_err(|_| StoreError::Corrupt("the id of a master key"))
    }
}

impl fmt::Display for MasterKeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for MasterKeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A master key: 32 random bytes, of which the wrapping key and the id are derived (HMAC-SHA-256).
#[derive(Clone)]
pub struct MasterKey(Arc<Derived>);

struct Derived {
    id: MasterKeyId,
    wrapping: SealingKey,
}

impl MasterKey {
    /// The key of these bytes.
    ///
    /// # Errors
    /// The cryptographic library failed.
    pub fn new(bytes: &Zeroizing<[u8; 32]>) -> Result<Self, StoreError> {
        let derive = |what: &str| {
            let key = hmac::Key::new(hmac::HMAC_SHA256, bytes.as_slice());
            let tag = hmac::sign(&key, format!("rostro master key 1: {what}").as_bytes());
            let mut derived = Zeroizing::new([0_u8; 32]);
            derived.copy_from_slice(tag.as_ref());
            derived
        };
        let mut id = [0; 8];
        id.copy_from_slice(&derive("id")[..8]);
        Ok(Self(Arc::new(Derived {
            id: MasterKeyId(id),
            wrapping: SealingKey::new(&derive("wrapping"))?,
        })))
    }

    /// What it is called.
    #[must_use]
    pub fn id(&self) -> MasterKeyId {
        self.0.id
    }

    pub(super) fn wrap(&self, id: DataKeyId, key: &KeyBytes) -> Result<Vec<u8>, StoreError> {
        self.0.wrapping.seal(Purpose::Key(id), key.as_slice())
    }

    pub(super) fn unwrap(&self, id: DataKeyId, wrapped: Vec<u8>) -> Result<KeyBytes, StoreError> {
        let opened = Zeroizing::new(self.0.wrapping.open(Purpose::Key(id), wrapped)?);
        let mut key = Zeroizing::new([0; 32]);
        if opened.len() != key.len() {
            return Err(StoreError::Corrupt("a wrapped key"));
        }
        key.copy_from_slice(&opened);
        Ok(key)
    }
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MasterKey({})", self.0.id)
    }
}

/// The master keys that are known. The first one is that to which a rotation goes; the others are those that it comes from.
#[derive(Debug, Clone)]
pub struct MasterKeys(Vec<MasterKey>);

impl MasterKeys {
    /// `current`, and those before it.
    #[must_use]
    pub fn new(current: MasterKey, earlier: impl IntoIterator<Item = MasterKey>) -> Self {
        Self(std::iter::once(current).chain(earlier).collect())
    }

    /// The first one.
    #[must_use]
    pub fn current(&self) -> &MasterKey {
        // Never empty: `new` puts one there.
        &self.0[0]
    }

    pub(super) fn get(&self, id: MasterKeyId) -> Option<&MasterKey> {
        self.0.iter().find(|key| key.id() == id)
    }

    /// What they are called, the current one first.
    pub fn ids(&self) -> impl Iterator<Item = MasterKeyId> {
        self.0.iter().map(MasterKey::id)
    }
}

/// Where master keys come from: a file, the environment, a command. Each error is one sentence for an operator that shows nothing of
/// a key.
#[async_trait]
pub trait MasterKeySource: fmt::Debug + Send + Sync {
    /// The keys that are there now; `None` when there are none. Asked again whenever a key is met that is not known.
    async fn load(&self) -> Result<Option<MasterKeys>, String>;

    /// Makes and keeps a first key, for a database that holds nothing sealed yet.
    async fn create(&self) -> Result<MasterKeys, String>;
}

/// Keys that are given and stay what they are.
#[async_trait]
impl MasterKeySource for MasterKeys {
    async fn load(&self) -> Result<Option<MasterKeys>, String> {
        Ok(Some(self.clone()))
    }

    async fn create(&self) -> Result<MasterKeys, String> {
        Ok(self.clone())
    }
}
