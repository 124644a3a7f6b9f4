//! Where a code is sent.

use std::fmt;

use lettre::Address;
use store::LoginChannel;

use super::LoginError;
use crate::messages::PhoneNumber;

/// Longest e-mail address that is taken, in bytes (RFC 5321).
const LONGEST_EMAIL: usize = 254;

/// An e-mail address or a phone number, in one spelling.
#[derive(Clone, PartialEq, Eq, Hash)]
pub enum LoginAddress {
    /// In lower case.
    Email(Address),
    /// Digits only.
    Phone(PhoneNumber),
}

impl LoginAddress {
    /// An e-mail address.
    ///
    /// # Errors
    /// [`LoginError::InvalidEmail`].
    pub fn email(text: &str) -> Result<Self, LoginError> {
        let text = text.trim().to_lowercase();
        let address = text.parse().map_err(|_| LoginError::InvalidEmail)?;
        if text.len() > LONGEST_EMAIL {
            return Err(LoginError::InvalidEmail);
        }
        Ok(Self::Email(address))
    }

    /// A phone number.
    ///
    /// # Errors
    /// [`LoginError::InvalidPhone`].
    pub fn phone(country: &str, number: &str) -> Result<Self, LoginError> {
        PhoneNumber::parse(country, number)
            .map(Self::Phone)
            .ok_or(LoginError::InvalidPhone)
    }

    /// How it is reached.
    #[must_use]
    pub fn channel(&self) -> LoginChannel {
        match self {
            Self::Email(_) => LoginChannel::Email,
            Self::Phone(_) => LoginChannel::Phone,
        }
    }
}

// Personal data.
impl fmt::Debug for LoginAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LoginAddress({:?})", self.channel())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn e_mail_addresses() {
        let one = LoginAddress::email("ana@example.com").unwrap();
        assert_eq!(LoginAddress::email(" Ana@Example.COM\n").unwrap(), one);
        let long = format!("{}@example.com", "a".repeat(300));
        for text in [
            "",
            "ana",
            "ana@",
            "@example.com",
            "ana@example.com\r\nRCPT TO:<eve@example.com>",
            "ana@example.com, eve@example.com",
            long.as_str(),
        ] {
            assert!(LoginAddress::email(text).is_err(), "{text}");
        }
        assert!(!format!("{one:?}").contains("ana"));
    }
}
