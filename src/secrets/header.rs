//! Headers whose values are secret.

use super::name::names_secret;

/// Tells whether the value of this header is a secret: credentials, cookies, and whatever is named like a secret.
///
/// `Authorization` is one of them; [`authorization_parts`](super::authorization_parts) tells its words from its
/// secrets.
pub(crate) fn is_secret_header(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    !OPEN_HEADERS.contains(&lower.as_str()) && (lower.contains("auth") || names_secret(&lower))
}

/// Headers that look secret and are part of the protocol.
const OPEN_HEADERS: &[&str] = &[
    "elements-next-page-token",
    "www-authenticate",
    "proxy-authenticate",
];

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("Authorization", true)]
    #[case("proxy-authorization", true)]
    #[case("Cookie", true)]
    #[case("set-cookie", true)]
    #[case("X-Api-Key", true)]
    #[case("X-Auth", true)]
    #[case("X-Amz-Security-Token", true)]
    #[case("Elements-Webhook-Signature", true)]
    #[case("Elements-Next-Page-Token", false)]
    #[case("WWW-Authenticate", false)]
    #[case("Content-Type", false)]
    #[case("Elements-Request-Id", false)]
    fn headers_are_judged_by_name(#[case] name: &str, #[case] is_secret: bool) {
        assert_eq!(is_secret_header(name), is_secret);
    }
}
