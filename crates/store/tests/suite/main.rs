//! One suite over both databases. The Postgres half needs `ROSTRO_TEST_POSTGRES_URL`, the address of a server and a user
//! that may create schemas; every test gets a fresh schema.

mod access;
mod accounts;
mod backup;
mod changes;
mod collections;
mod concurrency;
mod enrolment;
mod faces;
mod harness;
mod listing;
mod outage;
mod persons;
mod separation;
