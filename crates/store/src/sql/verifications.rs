//! The audit of biometric calls.

use crate::db::{Tx, sql};
use crate::error::StoreError;
use crate::verification::Verification;

pub(super) async fn insert(tx: &mut Tx<'_>, verification: Verification) -> Result<(), StoreError> {
    let statement = sql(
        "INSERT INTO verifications (id, client_id, kind, details, request_id, created_at)
                         SELECT $1, id, $3, $4, $5, $6 FROM clients WHERE id = $2",
    )
    .bind(verification.id.to_string())
    .bind(verification.client.to_string())
    .bind(verification.kind)
    .bind(verification.details)
    .bind(verification.request_id)
    .bind(verification.created_at);
    if tx.run(statement).await? == 0 {
        Err(StoreError::ClientNotFound)
    } else {
        Ok(())
    }
}
