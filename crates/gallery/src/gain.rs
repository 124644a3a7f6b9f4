//! Reading scopes that are to be held besides those that are.
//!
//! The follower reads on from one state of the database, a batch at a time, and goes on applying changes in between. Whoever a change
//! touched since that state was taken is as the follower put it, which is newer: the batches leave it out.

use std::{
    collections::{BTreeSet, HashSet},
    sync::Arc,
};

use futures_util::{StreamExt as _, stream::BoxStream};
use store::{ClientId, PersonId, StoreError, Template};

use crate::{
    Held, Shared,
    follow::{BATCH, compute},
    place::{by_person, place},
    roster::Roster,
};

/// A read under way.
pub(crate) struct Gain {
    /// What is held once it is done.
    wanted: Held,
    batches: BoxStream<'static, Result<Vec<Template>, StoreError>>,
    touched: HashSet<PersonId>,
}

impl Gain {
    /// Begins to read; no change may be applied meanwhile.
    pub(crate) async fn start(shared: &Shared, wanted: Held) -> Result<Self, StoreError> {
        let scan = shared
            .store
            .scan_templates(shared.options.model, BATCH)
            .await?;
        tracing::info!(scopes = ?wanted, faces = scan.faces, "taking more collections into the search indexes");
        Ok(Self {
            wanted,
            batches: scan.batches,
            touched: HashSet::new(),
        })
    }

    /// Notes whom the follower has put where they are now.
    pub(crate) fn note(&mut self, touched: &BTreeSet<(ClientId, PersonId)>) {
        self.touched
            .extend(touched.iter().map(|(_, person)| person));
    }

    /// Reads a batch; whether that was the end, from which on everything that was wanted is held.
    pub(crate) async fn step(
        &mut self,
        shared: &Arc<Shared>,
        roster: &mut Roster,
    ) -> Result<bool, StoreError> {
        let Some(batch) = self.batches.next().await.transpose()? else {
            shared.shelves.serve(self.wanted.clone());
            tracing::info!(scopes = ?self.wanted, "the search indexes have them");
            return Ok(true);
        };
        let mut persons = by_person(batch);
        persons.retain(|(_, person), _| !self.touched.contains(person));
        let (held, shared) = (self.wanted.clone(), Arc::clone(shared));
        let mut moved = std::mem::take(roster);
        *roster = compute(move || {
            for (person, templates) in persons {
                place(&mut moved, &shared.shelves, &held, person, &templates);
            }
            moved
        })
        .await;
        Ok(false)
    }
}
