//! The HTTP dialects. Each is a translator only: extract, call one function of [`service`], render. Dialects never
//! call each other; what the two `x-api-key` dialects share is in `opencv`.

mod faults;
pub(crate) mod headers;
pub(crate) mod json;
mod open;
pub(crate) mod opencv;
pub mod opencv_cloud;
pub mod opencv_onpremise;
mod refusal;
pub mod verifik;

pub(crate) use open::{OpenRoutes, SMALL_BODY};
pub(crate) use refusal::{Dialect, Refusal};

/// For tests: a picture that breaks this requirement.
#[cfg(test)]
pub(crate) fn finding(fault: inference::CaptureFault) -> inference::Finding {
    inference::Finding {
        fault,
        figure: inference::Figure::Pupils,
        measured: 31.2,
        limit: 50.0,
    }
}
