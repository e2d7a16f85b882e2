//! The address of a callback, judged before anything is sent (rule `event-callback-reach`).

use http::Uri;
use http::uri::Scheme;

use crate::settings::Callbacks;
use crate::wire::host::is_loopback;

/// An address that may be called.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Destination {
    pub(crate) is_https: bool,
    pub(crate) host: String,
    pub(crate) port: u16,
    /// For the header `Host`.
    pub(crate) authority: String,
    pub(crate) path: String,
}

impl Destination {
    /// Reads an address that may be called, or says why this one may not.
    pub(crate) fn parse(callback: &str, callbacks: Callbacks) -> Result<Self, String> {
        let no_url = || "the callback is no URL; write http://HOST[:PORT]/PATH".to_owned();
        let uri: Uri = callback.trim().parse().map_err(|_| no_url())?;
        let authority = uri.authority().ok_or_else(no_url)?;
        let is_https = match uri.scheme() {
            Some(scheme) if *scheme == Scheme::HTTP => false,
            Some(scheme) if *scheme == Scheme::HTTPS && cfg!(feature = "tls") => true,
            Some(scheme) if *scheme == Scheme::HTTPS => {
                return Err(
                    "the callback is https, which needs the feature `tls` of this crate; the binary has it"
                        .to_owned(),
                );
            }
            _ => return Err(no_url()),
        };
        if authority.as_str().contains('@') {
            return Err("the callback has credentials in it; leave them out".to_owned());
        }
        let host = authority.host().trim_matches(['[', ']']);
        if callbacks == Callbacks::Loopback && !is_loopback(host) {
            return Err(format!(
                "{host} is not this machine; start with --callbacks anywhere to call it"
            ));
        }
        Ok(Destination {
            is_https,
            host: host.to_owned(),
            port: authority
                .port_u16()
                .unwrap_or(if is_https { 443 } else { 80 }),
            authority: authority.to_string(),
            path: uri
                .path_and_query()
                .map_or("/", |path| path.as_str())
                .to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    /// Rule `event-callback-reach`.
    #[rstest]
    #[case::address("http://127.0.0.1:8080/hook?a=1", "127.0.0.1", 8080, "/hook?a=1")]
    #[case::name("http://LOCALHOST", "LOCALHOST", 80, "/")]
    #[case::version_6("http://[::1]:81/", "::1", 81, "/")]
    #[cfg_attr(
        feature = "tls",
        case::tls("https://localhost/", "localhost", 443, "/")
    )]
    #[case::mapped("http://[::ffff:127.0.0.1]/", "::ffff:127.0.0.1", 80, "/")]
    fn an_address_of_this_machine_may_be_called(
        #[case] callback: &str,
        #[case] host: &str,
        #[case] port: u16,
        #[case] path: &str,
    ) {
        let found = Destination::parse(callback, Callbacks::Loopback).unwrap();
        assert_eq!((&*found.host, found.port, &*found.path), (host, port, path));
    }

    /// Rule `event-callback-reach`.
    #[rstest]
    #[case::elsewhere("http://example.com/", "example.com is not this machine")]
    #[case::looks_local("http://localhost.example.com/", "is not this machine")]
    #[case::decimal("http://2130706433/", "is not this machine")]
    #[case::private("http://10.0.0.1/", "is not this machine")]
    #[case::unspecified("http://0.0.0.0/", "is not this machine")]
    #[case::credentials("http://u:PLANTED@127.0.0.1/", "credentials")]
    #[cfg_attr(
        feature = "tls",
        case::tls("https://example.com/", "is not this machine")
    )]
    #[cfg_attr(not(feature = "tls"), case::tls("https://127.0.0.1/", "feature `tls`"))]
    #[case::other_scheme("ftp://127.0.0.1/", "no URL")]
    #[case::relative("/hook", "no URL")]
    #[case::text("not a url", "no URL")]
    fn another_is_refused_with_a_word(#[case] callback: &str, #[case] word: &str) {
        let reason = Destination::parse(callback, Callbacks::Loopback).unwrap_err();
        assert!(reason.contains(word), "{reason}");
        assert!(!reason.contains("PLANTED"), "{reason}");
    }

    /// Rule `event-callback-reach`: on demand.
    #[test]
    fn other_machines_may_be_called_on_demand() {
        let found = Destination::parse("http://example.com:81/a", Callbacks::Anywhere).unwrap();
        assert_eq!(
            (&*found.host, &*found.authority),
            ("example.com", "example.com:81")
        );
    }
}
