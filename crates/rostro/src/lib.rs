//! The `rostro` program as a library, so that tests start a server in their own process: the command
//! line, import and export of accounts, start-up and background work. Code map: docs/ARCHITECTURE.md.

pub mod commands;
pub mod server;
pub mod transfer;
