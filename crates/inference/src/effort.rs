//! How hard to look.

/// The two search modes of the contracts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Effort {
    /// One pass over the picture as it is.
    #[default]
    Fast,
    /// The template is the mean over the picture and its mirror image, and the detector looks again at a higher size
    /// when the first look finds nothing.
    Accurate,
}
