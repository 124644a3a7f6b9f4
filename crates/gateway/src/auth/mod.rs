//! Who asks: account tokens (JWT HS256) as the Verifik dialect has them, tokens of an identity provider ([`IdentityProvider`]), and API keys
//! for the `x-api-key` dialects ([`Keys`]).
//!
//! A token takes two steps: [`Tokens::verify`] is pure (signature, shape, expiry); [`Accounts::check`] asks the database whether the
//! token still stands, and falls back to the last known account when the database is away.

mod accounts;
mod claims;
mod code;
mod error;
mod extract;
mod header;
mod identity;
mod keys;
mod remembered;
mod secret;
mod tokens;

pub use accounts::{Accounts, find_or_create};
pub use claims::Claims;
pub use code::{CodeKey, LoginCode};
pub use error::AuthError;
use error::StoreAway;
pub use extract::AuthClient;
pub(crate) use extract::{
    Knock, authenticated, authenticated_own, keyed, knock_with_key, knock_with_token,
};
pub use header::bearer;
pub use identity::{Identity, IdentityProvider};
pub use keys::{API_KEY, ApiKeyText, KeyError, KeyHasher, Keyed, Keys, key_of};
pub(crate) use secret::is_exposed;
pub use secret::{SecretError, Secrets, SigningSecret};
pub use tokens::Tokens;

#[cfg(test)]
mod tests {
    use zeroize::ZeroizeOnDrop;

    use super::*;
    use crate::config::Secret;

    #[test]
    fn what_holds_a_secret_wipes_it() {
        fn wipes<T: ZeroizeOnDrop>() {}
        wipes::<Secret>();
        wipes::<SigningSecret>();
        wipes::<ApiKeyText>();
        wipes::<KeyHasher>();
        wipes::<CodeKey>();
        wipes::<LoginCode>();
    }

    #[test]
    fn what_holds_a_secret_does_not_show_it() {
        let text = "0123456789abcdef0123456789abcdef";
        let mut config = crate::Config::defaults().unwrap();
        config.auth.secret = Secret::new(text);
        config.auth.previous_secrets = vec![Secret::new(text.replace('a', "g"))];
        let secrets = Secrets::load(&config.auth, std::path::Path::new("")).unwrap();
        let shown = format!(
            "{config:?} {secrets:?} {:?} {:?} {:?} {}",
            KeyHasher::new(secrets.current()),
            CodeKey::new(secrets.current()),
            crate::service::seal_keys(&secrets),
            config.to_toml().unwrap(),
        );
        // As text, and as a list of bytes.
        assert!(
            !shown.contains("0123456789") && !shown.contains("48, 49, 50"),
            "{shown}"
        );
        assert_eq!(secrets.all().count(), 2);
    }
}
