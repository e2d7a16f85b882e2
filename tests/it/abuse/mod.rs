//! Attacks of hostile and broken clients on a server, through bare sockets; it must serve the next client.
//!
//! Nothing sleeps: a test reads until the server ends the connection, and a generous timeout of the socket turns a
//! server that never does into a failure.

mod bodies;
mod crowd;
#[cfg(feature = "cli")]
mod exhaustion;
mod framing;
mod grammar;
mod numbers;
mod pace;
mod pipeline;
#[cfg(feature = "cli")]
#[path = "../../../benches/soak/server.rs"]
mod process;
pub(crate) mod raw;
#[cfg(feature = "cli")]
mod soak;
mod steering;

use mock_ce::MockCe;
use raw::Raw;

/// A creation that is good.
pub(crate) const CREATE: &str = "POST /elements/api-v2/instances HTTP/1.1\r\nhost: h\r\n\
    authorization: User u, Organization o\r\ncontent-type: application/json\r\n";

/// The body of that creation.
pub(crate) const BODY: &str = r#"{"element":{"key":"mailjet"},"name":"Test","configuration":{"mailjet.api.key":"k","mailjet.api.secret":"s"}}"#;

/// A request without a body that is good.
pub(crate) const GET: &str = "GET /elements/api-v2/elements/keys HTTP/1.1\r\nhost: h\r\n\r\n";

/// A whole creation that is good.
pub(crate) fn create() -> String {
    format!("{CREATE}content-length: {}\r\n\r\n{BODY}", BODY.len())
}

/// The server serves the next client as if nothing had happened.
#[track_caller]
pub(crate) fn assert_serves(ce: &MockCe) {
    let before = ce.instances().len();
    let mut raw = Raw::open(ce);
    raw.send(create());
    assert_eq!(raw.answer().expect("an answer").status, 200);
    assert_eq!(ce.instances().len(), before + 1);
}

/// Sends `bytes` and nothing more; what is answered until the server closes, which it must do without a reset.
#[track_caller]
pub(crate) fn answers(ce: &MockCe, bytes: impl AsRef<[u8]>) -> Vec<raw::Answer> {
    let mut raw = Raw::open(ce);
    raw.send(bytes);
    raw.finish();
    raw.answers()
}

/// The statuses of what is answered to `bytes`, each error in the documented shape; the server serves on.
#[track_caller]
pub(crate) fn statuses(ce: &MockCe, bytes: impl AsRef<[u8]>) -> Vec<u16> {
    let answers = answers(ce, bytes);
    for answer in &answers {
        answer.assert_documented();
    }
    assert_serves(ce);
    answers.iter().map(|answer| answer.status).collect()
}
