//! Tests with an account, on each database.

use crate::{
    account::Account,
    common::{TestServer, database::Kind, keyed, shared},
};

/// Runs `test` with an account of the server on this kind of database that all tests share.
pub(crate) fn on(kind: Kind, test: impl AsyncFnOnce(&Account<'_>)) {
    shared::on(kind, async move |server: &TestServer| {
        test(&Account::new(server).await).await;
    });
}

/// Runs `test` with an account of a server of its own, on SQLite.
pub(crate) fn with_own_server(
    change: impl FnOnce(&mut service::Config),
    test: impl AsyncFnOnce(&Account<'_>),
) {
    keyed::with_own_server(change, async move |owner| {
        test(&Account::new(owner.server).await).await;
    });
}

/// `on_both! { test_function, ... }`: each `async fn(&Account)` as a test on SQLite and as one on Postgres.
macro_rules! on_both {
    ($($test:ident),* $(,)?) => {
        mod sqlite {
            $(#[test]
            fn $test() {
                crate::harness::on(crate::common::database::Kind::Sqlite, super::$test);
            })*
        }
        mod postgres {
            $(#[test]
            fn $test() {
                crate::harness::on(crate::common::database::Kind::Postgres, super::$test);
            })*
        }
    };
}
pub(crate) use on_both;
