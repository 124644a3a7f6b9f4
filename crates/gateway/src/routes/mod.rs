//! The HTTP dialects. Each is a translator only: extract, call one function of [`crate::service`], render. Dialects never
//! call each other.

pub mod verifik;
