//! Messages to the owners of accounts. What is sent, and to whom, never reaches a log: errors say only what kind they are.

mod mail;
mod sms;

pub use mail::Mailer;
pub use sms::{PhoneNumber, SmsHook};

/// A message was not taken. The text is safe to log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the message was not taken: {0}")]
pub struct SendError(String);

impl SendError {
    fn new(kind: impl Into<String>) -> Self {
        Self(kind.into())
    }
}
