//! Hosts that are this machine for certain.

use std::net::IpAddr;

/// Tells whether a host, without its port, is this machine: a name other than `localhost` may be resolved to anything.
pub(crate) fn is_loopback(host: &str) -> bool {
    let address = host.trim_matches(['[', ']']).parse::<IpAddr>();
    host.eq_ignore_ascii_case("localhost")
        || address.is_ok_and(|address| address.to_canonical().is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    /// Rules `control` and `event-callback-reach`.
    #[rstest]
    #[case("127.0.0.1", true)]
    #[case("127.9.9.9", true)]
    #[case("localhost", true)]
    #[case("LOCALHOST", true)]
    #[case("::1", true)]
    #[case("[::1]", true)]
    #[case("[::ffff:127.0.0.1]", true)]
    #[case("localhost.", false)]
    #[case("localhost.example.com", false)]
    #[case("2130706433", false)]
    #[case("0.0.0.0", false)]
    #[case("10.0.0.1", false)]
    #[case("[::ffff:10.0.0.1]", false)]
    #[case("", false)]
    fn a_host_is_this_machine(#[case] host: &str, #[case] expected: bool) {
        assert_eq!(is_loopback(host), expected);
    }
}
