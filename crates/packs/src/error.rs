//! What can be wrong with a pack.

use std::{io, path::PathBuf};

/// Why a pack cannot be used; each message is one sentence for an operator.
#[derive(Debug, thiserror::Error)]
pub enum PackError {
    /// There is no manifest at this place.
    #[error("there is no model pack at {0}: run `rostro setup`, or set models.dir and models.pack")]
    Missing(PathBuf),
    /// The manifest is not readable as one.
    #[error("the manifest {path} is not valid: {reason}")]
    Manifest {
        /// The manifest.
        path: PathBuf,
        /// What is wrong, with the line.
        reason: String,
    },
    /// A file that the manifest names is not there.
    #[error("the model file {0} is missing: run `rostro setup` again")]
    FileMissing(PathBuf),
    /// A file is none of the artefacts that the manifest names.
    #[error(
        "the model file {path} has SHA-256 {found}, which its manifest does not name: it is damaged or another model; delete it and run `rostro setup` again"
    )]
    WrongFile {
        /// The file.
        path: PathBuf,
        /// Its SHA-256.
        found: String,
    },
    /// Reading failed.
    #[error("{path} cannot be read: {source}")]
    Io {
        /// What was being read.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
}
