//! What has been kept long enough.

use std::time::Duration;

use async_trait::async_trait;

use crate::error::StoreError;
use crate::ids::{ClientId, PersonId};

/// What is kept for a time only.
#[async_trait]
pub trait Retention {
    /// At most `limit` persons, of any account, whom nobody has changed for `age`; the oldest first.
    async fn expired_persons(
        &self,
        age: Duration,
        limit: u32,
    ) -> Result<Vec<(ClientId, PersonId)>, StoreError>;
}
