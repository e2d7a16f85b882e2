//! Addresses, which may have credentials in them.

use std::ops::Range;

/// The place of the credentials in an address: of `u:p` in `https://u:p@host/path`.
pub(crate) fn credentials_in(address: &str) -> Option<Range<usize>> {
    let start = address.find("://").map_or(0, |at| at + "://".len());
    let rest = &address[start..];
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let length = rest[..end].rfind('@')?;
    Some(start..start + length)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("https://u:p@host/a@b", Some("u:p"))]
    #[case("https://u:p@x@host", Some("u:p@x"))]
    #[case("u@host", Some("u"))]
    #[case("https://host/a?b=c@d", None)]
    #[case("https://host", None)]
    #[case("", None)]
    fn credentials_stand_before_the_host(#[case] address: &str, #[case] expected: Option<&str>) {
        assert_eq!(
            credentials_in(address).map(|place| &address[place]),
            expected
        );
    }
}
