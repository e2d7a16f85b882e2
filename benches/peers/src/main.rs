//! The peers as processes under test: each answers `POST /elements/api-v2/instances` with a constant.
//!
//! `serve NAME` prints its address and serves until standard input ends; `start NAME TIMES` and `idle NAME SERVERS`
//! print the numbers that `benches/compare` prints of the mock.

#[cfg(any(feature = "httpmock", feature = "wiremock", feature = "mockito"))]
mod measured;
#[cfg(any(feature = "httpmock", feature = "wiremock", feature = "mockito"))]
mod peer;
#[cfg(any(feature = "httpmock", feature = "wiremock", feature = "mockito"))]
#[allow(dead_code, reason = "the peers need only a part of it")]
#[path = "../../compare/process.rs"]
mod process;
#[cfg(any(feature = "httpmock", feature = "wiremock", feature = "mockito"))]
#[allow(dead_code, reason = "the peers need only a part of it")]
#[path = "../../compare/request.rs"]
mod request;
#[cfg(feature = "bare")]
#[allow(dead_code, reason = "it is only built, to be timed")]
#[path = "../../compare/yardstick.rs"]
mod yardstick;

#[cfg(any(feature = "httpmock", feature = "wiremock", feature = "mockito"))]
fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    measured::run(&words);
}

/// Only built, to be timed.
#[cfg(not(any(feature = "httpmock", feature = "wiremock", feature = "mockito")))]
fn main() {}
