//! The end of what is kept for a time.

use std::time::Duration;

use serde_json::json;
use store::{Detached, PersonId, StoreError};

use super::{Call, ServiceError, audit::Audited, persons::delete_person};
use crate::AppState;

/// Persons deleted between two looks.
const BATCH: u32 = 200;

/// Whose time is over.
struct Expired(PersonId);

impl Audited for Expired {
    fn details(&self) -> serde_json::Value {
        json!({})
    }

    fn persons(&self) -> Vec<PersonId> {
        vec![self.0]
    }
}

/// Deletes the persons of all accounts whom nobody has changed for `age`; how many. Each leaves a record in the audit.
///
/// # Errors
/// The database, or searches that do not see a deletion in time.
pub(crate) async fn purge_expired(app: &AppState, age: Duration) -> Result<u64, ServiceError> {
    let mut all = 0;
    loop {
        let expired = app.store.expired_persons(age, BATCH).await?;
        if expired.is_empty() {
            return Ok(all);
        }
        for (client, person) in expired {
            match delete_person(app, client, person, None).await {
                Ok(Detached::Deleted | Detached::Kept) => all += 1,
                // Another node was quicker.
                Err(ServiceError::Store(StoreError::PersonNotFound)) => continue,
                Err(error) => return Err(error),
            }
            let call = Call::of_server(client);
            app.audit.record(&call, "retention", Expired(person));
        }
    }
}
