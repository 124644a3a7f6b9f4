//! What can be wrong with a model.

/// Why a model cannot be converted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The JSON is not that of a TensorFlow.js model.
    #[error("it is not a TensorFlow.js model: {0}")]
    Format(String),
    /// A weight is missing, too short, or not of the shape that its use needs.
    #[error("the weight {name}: {reason}")]
    Weight {
        /// Its name.
        name: String,
        /// What is wrong.
        reason: String,
    },
    /// A node uses what is not translated.
    #[error("the node {node} ({op}): {reason}")]
    Node {
        /// Its name.
        node: String,
        /// Its operator.
        op: String,
        /// What is wrong.
        reason: String,
    },
}

impl Error {
    pub(crate) fn weight(name: &str, reason: impl Into<String>) -> Self {
        Self::Weight {
            name: name.to_owned(),
            reason: reason.into(),
        }
    }
}
