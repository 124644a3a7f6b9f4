//! Pictures by address, without letting a client reach the inside of the network.
//!
//! Every address is resolved here, checked, and connected to as checked: nothing resolves again in between. Every
//! redirect goes through the same gate.

mod address;
mod error;
mod fetcher;
mod gate;
mod target;
mod turns;

pub use error::FetchError;
pub use fetcher::Fetcher;
