//! An address that a client gave, taken apart and checked before anything is resolved.

use url::{Host, Url};

use super::FetchError;

/// Longest address that is looked at, in bytes.
const LONGEST: usize = 4096;

/// Ports below this belong to system services; of those only the web's own are asked.
const FIRST_FREE_PORT: u16 = 1024;

/// An address that may be asked as far as its text says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Target(Url);

impl Target {
    /// Takes `text` apart as browsers do: a host written in decimal, octal, hex or full-width digits becomes the address it is.
    pub(super) fn parse(text: &str, allow_http: bool) -> Result<Self, FetchError> {
        if text.len() > LONGEST {
            return Err(FetchError::InvalidUrl);
        }
        Self::check(
            Url::parse(text).map_err(|_| FetchError::InvalidUrl)?,
            allow_http,
        )
    }

    /// Where a redirect to `location` leads.
    pub(super) fn redirected(&self, location: &str, allow_http: bool) -> Result<Self, FetchError> {
        if location.len() > LONGEST {
            return Err(FetchError::InvalidUrl);
        }
        Self::check(
            self.0.join(location).map_err(|_| FetchError::InvalidUrl)?,
            allow_http,
        )
    }

    fn check(url: Url, allow_http: bool) -> Result<Self, FetchError> {
        match url.scheme() {
            "https" => {}
            "http" if allow_http => {}
            "http" => return Err(FetchError::InsecureScheme),
            _ => return Err(FetchError::Unsupported),
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(FetchError::Unsupported);
        }
        match url.port() {
            None | Some(80 | 443 | FIRST_FREE_PORT..) => {}
            Some(_) => return Err(FetchError::Unsupported),
        }
        if url.host().is_none() {
            return Err(FetchError::InvalidUrl);
        }
        Ok(Self(url))
    }

    /// The host.
    pub(super) fn host(&self) -> Option<Host<&str>> {
        self.0.host()
    }

    /// The address, for the request.
    pub(super) fn url(&self) -> Url {
        self.0.clone()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn host(text: &str) -> Result<String, FetchError> {
        Target::parse(text, true).map(|target| {
            target
                .host()
                .map(|host| host.to_string())
                .unwrap_or_default()
        })
    }

    #[test]
    fn disguised_hosts_are_seen_through() {
        let loopback = [
            "http://127.0.0.1/",
            "http://2130706433/",
            "http://0x7f000001/",
            "http://0177.0.0.1/",
            "http://0x7f.1/",
            "http://127.1/",
            "http://127.0.0.1./",
            "http://①②⑦.⓪.⓪.①/",
            "http://１２７.０.０.１/",
            "http://127.0.0.1:8080/",
            "http:\\\\127.0.0.1\\",
            "http:127.0.0.1",
            "http://%31%32%37.0.0.1/",
            " http://127.0.0.1/",
            "ht\ntp://127.0.0.1/",
            "http:///127.0.0.1/",
        ];
        for text in loopback {
            assert_eq!(host(text).as_deref(), Ok("127.0.0.1"), "{text}");
        }
        for text in [
            "http://[::ffff:127.0.0.1]/",
            "http://[::ffff:7f00:1]/",
            "http://[0:0:0:0:0:ffff:127.0.0.1]/",
        ] {
            assert_eq!(host(text).as_deref(), Ok("[::ffff:7f00:1]"), "{text}");
        }
        assert_eq!(host("http://localhost。/").as_deref(), Ok("localhost."));
        assert_eq!(
            host("http://EXAMPLE.com#@127.0.0.1/").as_deref(),
            Ok("example.com")
        );
        assert_eq!(
            host("http://example.com\\@127.0.0.1/").as_deref(),
            Ok("example.com")
        );
    }

    #[test]
    fn what_is_not_asked() {
        for text in [
            "https://user@example.com/",
            "https://user:pass@example.com/",
            "https://example.com@127.0.0.1/",
            "https://example.com:22/",
            "https://example.com:0/",
            "https://example.com:25/",
            "ftp://example.com/",
            "file:///etc/passwd",
            "gopher://example.com/",
            "data:image/png;base64,AAAA",
            "javascript:alert(1)",
            "unix:/run/x.sock",
        ] {
            assert_eq!(host(text), Err(FetchError::Unsupported), "{text}");
        }
        for text in [
            "",
            "https://",
            "https:///",
            "//example.com/a",
            "https://exa mple.com/",
            "https://[::1",
            "https://256.0.0.1/",
            "https://example.com:65536/",
            "https://0x100000000/",
        ] {
            assert_eq!(host(text), Err(FetchError::InvalidUrl), "{text}");
        }
        assert_eq!(
            Target::parse("http://example.com/", false),
            Err(FetchError::InsecureScheme)
        );
        assert_eq!(
            host(&format!("https://example.com/{}", "a".repeat(LONGEST))),
            Err(FetchError::InvalidUrl)
        );
    }

    #[test]
    fn a_redirect_goes_through_the_same_gate() {
        let start = Target::parse("https://example.com/a/b", false).unwrap();
        assert_eq!(
            start.redirected("../c", false).unwrap().url().as_str(),
            "https://example.com/c"
        );
        assert_eq!(
            start
                .redirected("//127.0.0.1/", false)
                .unwrap()
                .host()
                .unwrap()
                .to_string(),
            "127.0.0.1"
        );
        assert_eq!(
            start.redirected("http://example.com/", false),
            Err(FetchError::InsecureScheme)
        );
        assert_eq!(
            start.redirected("file:///etc/passwd", true),
            Err(FetchError::Unsupported)
        );
    }

    proptest! {
        #[test]
        fn any_text_is_taken_apart_or_refused(text in ".{0,200}") {
            if let Ok(target) = Target::parse(&text, false) {
                let url = target.url();
                prop_assert_eq!(url.scheme(), "https");
                prop_assert!(target.host().is_some());
            }
        }

        #[test]
        fn every_v4_address_is_recognised_in_every_base(bits in any::<u32>()) {
            let wanted = std::net::Ipv4Addr::from(bits).to_string();
            for text in [format!("{bits}"), format!("{bits:#x}"), format!("0{bits:o}"), format!("{wanted}.")] {
                prop_assert_eq!(host(&format!("https://{text}/")), Ok(wanted.clone()), "{}", text);
            }
        }
    }
}
