//! The end of what is kept for a time.

use std::time::Duration;

use store::StoreError;

use super::{Call, ServiceError, persons::delete_person};
use crate::AppState;

/// Persons deleted between two looks.
const BATCH: u32 = 200;

/// Deletes the persons of all accounts whom nobody has changed for `age`; how many. Each leaves a record in the audit, of the server itself.
///
/// # Errors
/// The database, or searches that do not see a deletion in time.
pub async fn purge_expired(app: &AppState, age: Duration) -> Result<u64, ServiceError> {
    let mut all = 0;
    loop {
        let expired = app.store.expired_persons(age, BATCH).await?;
        if expired.is_empty() {
            return Ok(all);
        }
        for (client, person) in expired {
            let delete = delete_person(app, client, person, None);
            match Call::of_server(client).scope(delete).await {
                Ok(_) => all += 1,
                // Another node was quicker.
                Err(ServiceError::Store(StoreError::PersonNotFound)) => {}
                Err(error) => return Err(error),
            }
        }
    }
}
