//! What can be wrong with an evaluation; each message is one sentence for whoever runs it.

use std::{io, path::PathBuf};

/// Why there is no result.
#[derive(Debug, thiserror::Error)]
pub enum EvalError {
    /// A file or folder cannot be read.
    #[error("{path} cannot be read: {source}")]
    Read {
        /// What was being read.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// A file or folder cannot be written.
    #[error("{path} cannot be written: {source}")]
    Write {
        /// What was being written.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// The folder holds no pictures of anybody.
    #[error("{0} has no sub-folder with pictures: one per person is needed")]
    NoPeople(PathBuf),
    /// There are no two people to tell apart.
    #[error(
        "{0} has pictures of one person only: strangers are needed to measure how often they match"
    )]
    OnePerson(PathBuf),
    /// Hardly any picture gave a template.
    #[error(
        "faces of fewer than two people were found in the {pictures} pictures: nobody can be compared"
    )]
    TooFewTemplates {
        /// Pictures that were looked at.
        pictures: usize,
    },
    /// A list of pairs is not one.
    #[error("the pairs file {path}, line {line}: {fault}")]
    Pairs {
        /// The file.
        path: PathBuf,
        /// Line number, from 1.
        line: u64,
        /// What is wrong.
        fault: String,
    },
    /// No pair is left to measure.
    #[error(
        "{path} names no pair of pictures that are in the folder; the first that is missing is {missing}"
    )]
    NoPairs {
        /// The file.
        path: PathBuf,
        /// A picture that it names.
        missing: String,
    },
    /// The table of people cannot be used.
    #[error("the table of people {path}: {fault}")]
    People {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        fault: String,
    },
    /// There is nothing to measure liveness on.
    #[error(
        "{path} has no pictures in {missing}: live faces belong into live/, attacks into spoof/KIND/"
    )]
    NoPresentations {
        /// The folder.
        path: PathBuf,
        /// What is not there.
        missing: &'static str,
    },
    /// None of the pictures of one side could be judged.
    #[error("none of the {pictures} pictures in {folder} could be judged, {reason}")]
    NoneJudged {
        /// `live` or `spoof`.
        folder: &'static str,
        /// Pictures that were looked at.
        pictures: usize,
        /// Why the first could not.
        reason: String,
    },
    /// The engine cannot go on.
    #[error(transparent)]
    Engine(#[from] inference::EngineError),
    /// The templates do not fit together.
    #[error("the templates cannot be compared: {0}")]
    Templates(#[from] index::IndexError),
    /// A background task died.
    #[error("a task of the evaluation failed")]
    Task,
}

impl EvalError {
    pub(crate) fn read(path: &std::path::Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Read { path, source }
    }

    pub(crate) fn write(path: &std::path::Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Write { path, source }
    }
}
