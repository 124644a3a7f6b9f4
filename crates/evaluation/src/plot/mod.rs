//! Plots as SVG.

mod bars;
mod curves;
mod det;
mod lines;
mod probit;
mod svg;

pub(crate) use bars::scores;
pub(crate) use curves::Curves;
pub(crate) use det::det;
pub(crate) use lines::{Series, lines};

/// Colour of what concerns strangers, and attacks.
pub(crate) const RED: &str = "#b3402a";
/// Colour of what concerns same persons, and live faces.
pub(crate) const BLUE: &str = "#24689c";
/// Colour of remarks.
const GREY: &str = "#777777";
