//! Any bytes on a socket: a well-formed answer, or a clean close.

use std::sync::LazyLock;
use std::time::Duration;

use mock_ce::MockCe;
use proptest::prelude::*;

use crate::abuse;

/// One server for all cases, so that what one of them breaks shows in the next.
static SERVER: LazyLock<MockCe> = LazyLock::new(|| {
    MockCe::builder()
        .body_limit(4096)
        .request_timeout(Duration::from_secs(10))
        .start()
});

/// A piece of something like HTTP, or not.
fn piece() -> impl Strategy<Value = Vec<u8>> {
    let text = |text: &'static str| Just(text.as_bytes().to_vec());
    prop_oneof![
        4 => text("\r\n"),
        3 => text("\r\n\r\n"),
        2 => text("GET /elements/api-v2/elements/keys HTTP/1.1\r\n"),
        2 => text("POST /your_moms/api-v2/instances HTTP/1.1\r\n"),
        1 => text("GET / HTTP/1.0\r\n"),
        1 => text("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
        1 => text("CONNECT h:1 HTTP/1.1\r\n"),
        2 => text("authorization: User u, Organization o\r\ncontent-type: application/json\r\n"),
        2 => text("transfer-encoding: chunked\r\n\r\n"),
        1 => text("expect: 100-continue\r\n"),
        1 => text("connection: close\r\n"),
        1 => text("connection: upgrade\r\nupgrade: h2c\r\n"),
        2 => text("0\r\n\r\n"),
        2 => text("{\"name\":"),
        2 => (0..5000_u32).prop_map(|length| format!("content-length: {length}\r\n\r\n").into_bytes()),
        1 => (0..5000_u32).prop_map(|size| format!("{size:x}\r\n").into_bytes()),
        2 => Just(abuse::create().into_bytes()),
        1 => Just(abuse::GET.as_bytes().to_vec()),
        3 => prop::collection::vec(any::<u8>(), 0..40),
        1 => (any::<u8>(), 0..6000_usize).prop_map(|(byte, count)| vec![byte; count]),
    ]
}

proptest! {
    #![proptest_config(super::cases(500))]

    #[test]
    fn any_bytes_are_answered_well_or_end_in_a_clean_close(pieces in prop::collection::vec(piece(), 0..12)) {
        let bytes = pieces.concat();
        for answer in abuse::answers(&SERVER, &bytes) {
            answer.assert_documented();
            prop_assert!(answer.status < 500);
        }
        let next = abuse::answers(&SERVER, abuse::GET);
        prop_assert_eq!(next.len(), 1);
        prop_assert_eq!(next[0].status, 200);
    }
}
