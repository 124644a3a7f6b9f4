//! One suite over both databases. The Postgres half needs `ROSTRO_TEST_POSTGRES_URL`, the address of a server and a user
//! that may create schemas; every test gets a fresh schema.

mod accounts;
mod harness;
