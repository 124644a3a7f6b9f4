//! Vectors in Postgres: for each model a table, partitioned by scope (a collection, or an account's persons in none).
//!
//! A row is a face in a scope. `embedding` has 16 bits a component, which is what is scanned and indexed; `exact` has 32, out of line,
//! and only settles the order and the scores of the few rows that come first. Rows go with their faces by a foreign key, whoever
//! deletes those; triggers keep count.

mod fill;
mod find;
mod keep;
mod parts;
mod tables;

use async_trait::async_trait;

use crate::db::{Database, sql};
use crate::error::StoreError;
use crate::ids::ModelId;
use crate::vectors::{VectorAnswer, VectorFill, VectorQuery, VectorStats, Vectors};

pub(super) use keep::{Touched, keep};
use tables::Table;
pub(crate) use tables::Tables;
pub(super) use tables::read;

/// There is no table of a model whose templates are asked for.
fn absent() -> StoreError {
    StoreError::Vectors("there is no table of vectors of this model".to_owned())
}

impl Database {
    async fn vector_table(&self, model: ModelId) -> Result<Table, StoreError> {
        if let Some(table) = self.vector_tables().of(model) {
            return Ok(table);
        }
        let tables = self.read(|tx| Box::pin(tables::read(tx))).await?;
        let found = tables.of(model).ok_or_else(absent);
        self.learn_vector_tables(tables);
        found
    }
}

#[async_trait]
impl Vectors for Database {
    async fn prepare_vectors(&self, model: ModelId, dimension: usize) -> Result<(), StoreError> {
        let made = self.write(move |tx| Box::pin(tables::prepare(tx, model, dimension)));
        self.learn_vector_tables(made.await?);
        Ok(())
    }

    async fn fill_vectors(&self, model: ModelId, limit: u32) -> Result<VectorFill, StoreError> {
        let table = self.vector_table(model).await?;
        self.write(move |tx| {
            let table = table.clone();
            Box::pin(async move { fill::some(tx, &table, limit).await })
        })
        .await
    }

    async fn search_vectors(&self, query: VectorQuery) -> Result<VectorAnswer, StoreError> {
        let table = self.vector_table(query.model).await?;
        self.read(move |tx| {
            let (table, query) = (table.clone(), query.clone());
            Box::pin(async move { find::find(tx, &table, &query).await })
        })
        .await
    }

    async fn vector_stats(&self, model: ModelId) -> Result<VectorStats, StoreError> {
        let table = self.vector_table(model).await?;
        self.read(move |tx| {
            let table = table.clone();
            Box::pin(async move { parts::stats(tx, &table).await })
        })
        .await
    }

    async fn tend_vectors(&self, model: ModelId, threshold: u64) -> Result<bool, StoreError> {
        let table = self.vector_table(model).await?;
        let own = table.clone();
        self.write(move |tx| {
            let table = own.clone();
            Box::pin(async move { parts::sum_up(tx, &table).await })
        })
        .await?;
        self.write_at_length(move |tx| {
            let table = table.clone();
            Box::pin(async move {
                tx.run(sql("SET LOCAL statement_timeout = 0")).await?;
                tx.run(sql("SET LOCAL idle_in_transaction_session_timeout = 0"))
                    .await?;
                parts::split_one(tx, &table, threshold).await
            })
        })
        .await
    }
}
