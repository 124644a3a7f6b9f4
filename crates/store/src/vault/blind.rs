//! Blind indexes: keyed hashes by which what is equal is found without being read. Their key never changes and is in the key store.

use aws_lc_rs::hmac;

use super::seal::KeyBytes;
use crate::ids::ClientId;

/// Bytes of an identity's hash: fewer than those of a SHA-256, so that the two are told apart, and too many for two to be equal.
pub(crate) const IDENTITY: usize = 24;

/// Makes the hashes. Each is of one kind and one account: equal texts of two accounts do not show.
pub(crate) struct Blind(hmac::Key);

impl Blind {
    pub(super) fn new(key: &KeyBytes) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, key.as_slice()))
    }

    fn hash(&self, kind: &str, client: ClientId, value: &[u8]) -> Vec<u8> {
        let mut context = hmac::Context::with_key(&self.0);
        context.update(kind.as_bytes());
        context.update(&[0]);
        context.update(client.bytes());
        context.update(value);
        context.sign().as_ref()[..IDENTITY].to_vec()
    }

    /// Of the hash of a name and a date of birth.
    pub(crate) fn identity(&self, client: ClientId, plain: &[u8]) -> Vec<u8> {
        self.hash("identity", client, plain)
    }

    /// Of a folded name.
    pub(crate) fn name(&self, client: ClientId, folded: &str) -> Vec<u8> {
        self.hash("name", client, folded.as_bytes())
    }

    /// Of the caller's own id.
    pub(crate) fn external_id(&self, client: ClientId, id: &str) -> Vec<u8> {
        self.hash("external id", client, id.as_bytes())
    }
}
