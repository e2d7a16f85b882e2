//! The recorder as a proxy: what it must pass on, and what it must not.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};

use flate2::Compression;
use flate2::write::GzEncoder;
use http::{Method, StatusCode};
use mock_ce::MockCe;
use mock_ce::recorder::Recorder;
use rstest::rstest;

use super::stand::{Caller, Canned, Room, Tls, answer, load, member, mock_ce, raw, text};

#[test]
fn headers_of_a_connection_stay_with_it() {
    let room = Room::new();
    let upstream = Canned::answering([answer(
        "200 OK",
        "keep-alive: timeout=5\r\nx-mine: 1\r\nconnection: x-mine\r\n",
        "[]",
    )]);
    let recorder = Recorder::to(upstream.url(), room.cassette()).start();
    let reply = raw(
        recorder.address(),
        "GET /a?b=c HTTP/1.1\r\nHost: me\r\nConnection: close, X-Hop\r\nX-Hop: 1\r\nTE: trailers\r\nUpgrade: h2c\r\nX-End: 2\r\n\r\n",
    );
    let asked = upstream.asked().to_lowercase();
    assert!(asked.starts_with("get /a?b=c http/1.1\r\n"), "{asked}");
    assert!(
        asked.contains(&format!(
            "host: {}\r\n",
            upstream.url().trim_start_matches("http://")
        )),
        "{asked}"
    );
    assert!(
        asked.contains("x-end: 2") && asked.contains("via: 1.1 mock-ce"),
        "{asked}"
    );
    for gone in ["x-hop", "te:", "upgrade", "connection"] {
        assert!(!asked.contains(gone), "{gone}: {asked}");
    }
    let reply = reply.to_lowercase();
    assert!(
        !reply.contains("x-mine") && !reply.contains("keep-alive:"),
        "{reply}"
    );
    assert!(reply.ends_with("[]"), "{reply}");
}

#[test]
fn a_compressed_body_passes_and_is_recorded_as_it_was_before() {
    let room = Room::new();
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(br#"{"plain": 7}"#).unwrap();
    let headers = "content-encoding: gzip\r\ncontent-type: application/json\r\n";
    let upstream = Canned::answering([answer("200 OK", headers, encoder.finish().unwrap())]);
    let recorder = Recorder::to(upstream.url(), room.cassette()).start();
    let reply = Caller::of(recorder.address(), "user-secret", "organization-secret").call(
        Method::GET,
        "/x",
        "",
    );
    assert_eq!(reply.headers["content-encoding"], "gzip");
    assert_eq!(text(&reply.body), r#"{"plain": 7}"#);
    recorder.finish().unwrap();
    let cassette = std::fs::read_to_string(room.cassette()).unwrap();
    assert!(cassette.contains("\"plain\": 7"), "{cassette}");
    assert!(!cassette.contains("gzip"), "{cassette}");
}

#[test]
fn a_body_over_the_limit_passes_and_is_not_recorded() {
    let room = Room::new();
    let large = vec![b'a'; 100_000];
    let upstream = Canned::answering([answer("200 OK", "", &large), answer("200 OK", "", "small")]);
    let recorder = Recorder::to(upstream.url(), room.cassette())
        .body_limit(99_999)
        .start();
    let mut caller = Caller::of(recorder.address(), "user-secret", "organization-secret");
    assert_eq!(caller.call(Method::GET, "/large", "").body, large);
    caller.call(Method::GET, "/small", "");
    let summary = recorder.finish().unwrap();
    assert_eq!((summary.recorded, summary.kept_out), (1, 1));
}

#[test]
fn an_answer_that_breaks_off_is_not_recorded() {
    let room = Room::new();
    let cut = b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf".to_vec();
    let upstream = Canned::answering([cut]);
    let recorder = Recorder::to(upstream.url(), room.cassette()).start();
    let reply = raw(
        recorder.address(),
        "GET /x HTTP/1.1\r\nHost: me\r\nConnection: close\r\n\r\n",
    );
    assert!(reply.ends_with("half"), "{reply}");
    let summary = recorder.finish().unwrap();
    assert_eq!((summary.recorded, summary.kept_out), (0, 1));
}

#[test]
fn a_redirect_is_passed_on_and_does_not_leave_the_recorder() {
    let room = Room::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let elsewhere = format!("http://{}/there", listener.local_addr().unwrap());
    let away = answer("302 Found", &format!("location: {elsewhere}\r\n"), "");
    let upstream = Canned::answering([away]);
    let recorder = Recorder::to(upstream.url(), room.cassette()).start();
    let mut caller = Caller::of(recorder.address(), "user-secret", "organization-secret");
    let reply = caller.call(Method::GET, "/x", "");
    assert_eq!(reply.status, StatusCode::FOUND);
    assert_eq!(reply.headers["location"], elsewhere.as_str());
    listener.set_nonblocking(true).unwrap();
    assert!(listener.accept().is_err(), "somebody followed the redirect");
}

/// Rule `upstream-failed`
#[test]
fn an_upstream_that_fails_is_502_in_the_error_shape_and_not_recorded() {
    let room = Room::new();
    let closed = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let recorder = Recorder::to(format!("http://{closed}"), room.cassette()).start();
    let mut caller = Caller::of(recorder.address(), "user-secret", "organization-secret");
    let reply = caller.call(Method::GET, "/instances", "");
    assert_eq!(reply.status, StatusCode::BAD_GATEWAY);
    assert_eq!(
        member(&reply, "requestId").as_str().unwrap(),
        reply.headers["elements-request-id"]
    );
    let message = member(&reply, "message");
    assert!(
        message.as_str().unwrap().contains("cannot be reached"),
        "{message}"
    );
    assert_eq!(recorder.finish().unwrap().recorded, 0);
    assert!(!room.cassette().exists() || load(&room.cassette()).interactions().is_empty());
}

/// Rule `http-malformed`
#[rstest]
#[case::at_once("")]
#[case::after_an_answer("GET /x HTTP/1.1\r\nHost: me\r\n\r\n")]
fn what_is_no_http_is_refused_in_the_error_shape(#[case] before: &str) {
    let room = Room::new();
    let upstream = Canned::answering([answer("200 OK", "", "ok")]);
    let recorder = Recorder::to(upstream.url(), room.cassette()).start();
    let reply = raw(recorder.address(), &format!("{before}no HTTP\r\n\r\n"));
    let at = reply.find("HTTP/1.1 400").unwrap_or(reply.len());
    assert_eq!(&reply[..at].is_empty(), &before.is_empty(), "{reply}");
    let (head, body) = reply[at..].split_once("\r\n\r\n").unwrap();
    assert!(head.contains("mock-ce-because: http-malformed"), "{reply}");
    let body = mock_ce::Json::parse(body.as_bytes()).unwrap();
    let message = body.get("message").unwrap().as_str().unwrap();
    assert_eq!(message, "The request is not valid HTTP/1.1");
    let id = body.get("requestId").unwrap().as_str().unwrap();
    assert!(
        head.contains(&format!("elements-request-id: {id}")),
        "{reply}"
    );
    drop(upstream);
}

/// Rule `upstream-failed`: the recorder forwards no `Upgrade`, so a 101 answers nothing.
#[test]
fn an_unsolicited_switch_of_protocols_is_a_failed_upstream() {
    let room = Room::new();
    let switch = b"HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n";
    let upstream = Canned::answering([switch.to_vec()]);
    let recorder = Recorder::to(upstream.url(), room.cassette()).start();
    let mut caller = Caller::of(recorder.address(), "user-secret", "organization-secret");
    let reply = caller.call(Method::GET, "/instances", "");
    assert_eq!(reply.status, StatusCode::BAD_GATEWAY);
    let message = member(&reply, "message");
    assert!(
        message.as_str().unwrap().contains("answered 101"),
        "{message}"
    );
    let summary = recorder.finish().unwrap();
    assert_eq!((summary.recorded, summary.kept_out), (0, 1));
    assert!(summary.all_failed());
}

/// Rule `upstream-failed`: a client that takes the recorder for its proxy does not tell the upstream another host's secrets.
#[rstest]
#[case::of_the_recorder_by_name("LOCALHOST:PORT", None)]
#[case::of_the_recorder("127.0.0.1:PORT", None)]
#[case::of_the_upstream("UPSTREAM", None)]
#[case::of_another_service_here(
    "127.0.0.1:1",
    Some("it is for 127.0.0.1, and the recorder asks http://")
)]
#[case::of_another_host(
    "api.example.com",
    Some("it is for api.example.com, and the recorder asks http://")
)]
#[case::of_a_user_at_another_host(
    "u:secret@api.example.com:80",
    Some("it is for api.example.com, and")
)]
fn a_request_for_another_host_is_not_forwarded(#[case] host: &str, #[case] refused: Option<&str>) {
    let room = Room::new();
    let ce = MockCe::start();
    let upstream = format!("http://{}", ce.address());
    let recorder = Recorder::to(upstream, room.cassette()).start();
    let port = recorder.address().port().to_string();
    let host = host
        .replace("PORT", &port)
        .replace("UPSTREAM", &ce.address().to_string());
    let asked = format!(
        "GET http://{host}/elements/api-v2/elements/6 HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
    );
    let reply = raw(recorder.address(), &asked);
    let is_refused = reply.starts_with("HTTP/1.1 502");
    assert_eq!(is_refused, refused.is_some(), "{reply}");
    assert!(reply.contains(refused.unwrap_or_default()), "{reply}");
    assert!(!reply.contains("secret"), "{reply}");
    let forwarded = ce.journal(&mock_ce::Predicate::default()).requests.len();
    assert_eq!(forwarded, usize::from(refused.is_none()));
    recorder.finish().unwrap();
}

/// Rule `upstream-failed`: a client for which the recorder is a proxy is told what that takes.
#[test]
fn a_tunnel_is_neither_opened_nor_asked_for() {
    let room = Room::new();
    let ce = MockCe::start();
    let upstream = format!("http://{}", ce.address());
    let recorder = Recorder::to(upstream, room.cassette()).start();
    let target = "api.cloud-elements.com:443";
    let asked = format!("CONNECT {target} HTTP/1.1\r\nHost: {target}\r\nConnection: close\r\n\r\n");
    let reply = raw(recorder.address(), &asked);
    assert!(reply.starts_with("HTTP/1.1 502"), "{reply}");
    assert!(reply.contains("needs --intercept HOST"), "{reply}");
    assert_eq!(ce.journal(&mock_ce::Predicate::default()).requests.len(), 0);
    let summary = recorder.finish().unwrap();
    assert_eq!((summary.recorded, summary.kept_out), (0, 1));
}

#[test]
fn a_certificate_that_nobody_vouches_for_is_refused() {
    let (room, other) = (Room::new(), Room::new());
    let ce = MockCe::start();
    let tls = Tls::before(ce.address(), &room);
    let stranger = Tls::before(ce.address(), &other);
    let recorder = Recorder::to(tls.url(), room.cassette())
        .ca(&stranger.ca)
        .start();
    let mut caller = Caller::of(recorder.address(), "user-secret", "organization-secret");
    assert_eq!(
        caller.call(Method::GET, "/elements", "").status,
        StatusCode::BAD_GATEWAY
    );
    assert_eq!(ce.journal(&mock_ce::Predicate::default()).requests.len(), 0);
}

#[rstest]
#[case("http://api.example", "in the clear")]
#[case("https://u:p@api.example", "credentials")]
#[case("api.example/path", "is no address")]
#[case("ftp://api.example", "in the clear")]
fn an_upstream_that_cannot_be_recorded_is_refused(#[case] upstream: &str, #[case] reason: &str) {
    let room = Room::new();
    let refused = Recorder::to(upstream, room.cassette())
        .try_start()
        .unwrap_err();
    assert!(refused.to_string().contains(reason), "{refused}");
}

/// Neither refused nor recorded, by the library or the command.
#[rstest]
#[case("https://u:PLANTED@api.example/path", "https://api.example/path")]
#[case("http://127.0.0.1:1/path?key=PLANTED", "http://127.0.0.1:1/path")]
fn secrets_of_an_upstream_are_not_shown(#[case] upstream: &str, #[case] shown: &str) {
    let room = Room::new();
    let cassette = room.cassette();
    let recording = Recorder::to(upstream, &cassette);
    assert!(!format!("{recording:?}").contains("PLANTED"));
    let said = match recording.try_start() {
        Ok(recorder) => format!("{:?} {recorder:?}", recorder.upstream()),
        Err(error) => format!("{error} {error:?}"),
    };
    assert!(!said.contains("PLANTED") && said.contains(shown), "{said}");
    let cassette = room.join("other.json");
    let output = mock_ce(&[
        "record",
        "--upstream",
        upstream,
        "--cassette",
        cassette.to_str().unwrap(),
        "--",
        "true",
    ]);
    let said = text(&output.stdout) + &text(&output.stderr);
    assert!(!said.contains("PLANTED") && said.contains(shown), "{said}");
}

#[test]
fn the_recorder_itself_is_no_upstream() {
    let room = Room::new();
    let free = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let refused = Recorder::to(format!("http://{free}"), room.cassette())
        .listen(free)
        .try_start();
    assert!(
        refused
            .unwrap_err()
            .to_string()
            .contains("is this recorder itself")
    );
    assert_eq!(std::fs::read_dir(&*room).unwrap().count(), 0);
}

#[test]
fn what_is_not_below_the_upstreams_path_is_not_forwarded() {
    let room = Room::new();
    let ce = MockCe::start();
    let recorder = Recorder::to(ce.base_url(), room.cassette()).start();
    assert!(recorder.base_url().ends_with("/elements/api-v2"));
    let reply = raw(
        recorder.address(),
        "GET /elements/api-v23 HTTP/1.1\r\nHost: me\r\nConnection: close\r\n\r\n",
    );
    assert!(reply.starts_with("HTTP/1.1 502"), "{reply}");
    let reply = raw(
        recorder.address(),
        "GET /elements/api-v2/elements/keys HTTP/1.1\r\nHost: me\r\nConnection: close\r\n\r\n",
    );
    assert!(reply.starts_with("HTTP/1.1 200"), "{reply}");
    assert_eq!(recorder.finish().unwrap().recorded, 1);
}

#[test]
fn trailers_are_no_reason_not_to_record() {
    let room = Room::new();
    let chunked = "HTTP/1.1 200 OK\r\ntrailer: x-end\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n\
                   2\r\nok\r\n0\r\nx-end: 1\r\n\r\n";
    let upstream = Canned::answering([chunked.into(), answer("200 OK", "", "ok")]);
    let recorder = Recorder::to(upstream.url(), room.cassette()).start();
    let asked = "GET /a HTTP/1.1\r\nHost: me\r\nTE: trailers\r\nConnection: close\r\n\r\n";
    assert!(raw(recorder.address(), asked).contains("ok"));
    let asked = "POST /b HTTP/1.1\r\nHost: me\r\nConnection: close\r\nTrailer: x-end\r\n\
                 Transfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\nx-end: 1\r\n\r\n";
    assert!(raw(recorder.address(), asked).ends_with("ok"));
    let summary = recorder.finish().unwrap();
    assert_eq!((summary.recorded, summary.kept_out), (2, 0));
    let cassette = std::fs::read_to_string(room.cassette()).unwrap();
    assert!(cassette.contains("(body, 2 bytes)"), "{cassette}");
}

/// An answer that comes while the request is still being sent says nothing of the request.
#[test]
fn a_connection_that_is_still_sending_serves_no_other_request() {
    let room = Room::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let upstream = format!("http://{}", listener.local_addr().unwrap());
    let answering = std::thread::spawn(move || {
        let early = b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nearly";
        // The first connection stays open, and is not read any further.
        let open: Vec<_> = (0..2)
            .map(|_| {
                let (mut stream, _) = listener.accept().unwrap();
                stream.read_exact(&mut [0; 16]).unwrap();
                stream.write_all(early).unwrap();
                stream
            })
            .collect();
        drop(open);
    });
    let recorder = Recorder::to(upstream, room.cassette()).start();
    let mut slow = TcpStream::connect(recorder.address()).unwrap();
    slow.write_all(b"POST /slow HTTP/1.1\r\nHost: me\r\nContent-Length: 10\r\n\r\nx")
        .unwrap();
    let mut reply = [0; 1024];
    let mut length = 0;
    while !reply[..length].ends_with(b"early") {
        length += slow.read(&mut reply[length..]).unwrap();
    }
    let other = "GET /other HTTP/1.1\r\nHost: me\r\nConnection: close\r\n\r\n";
    assert!(raw(recorder.address(), other).ends_with("early"));
    answering.join().unwrap();
    drop(slow);
    let summary = recorder.finish().unwrap();
    assert_eq!((summary.recorded, summary.kept_out), (1, 1));
}

#[test]
fn a_client_that_has_closed_its_half_is_answered() {
    let room = Room::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let upstream = format!("http://{}", listener.local_addr().unwrap());
    let recorder = Recorder::to(upstream, room.cassette()).start();
    let mut client = TcpStream::connect(recorder.address()).unwrap();
    client
        .write_all(b"GET /x HTTP/1.1\r\nHost: me\r\n\r\n")
        .unwrap();
    client.shutdown(Shutdown::Write).unwrap();
    let (mut stream, _) = listener.accept().unwrap();
    stream.read_exact(&mut [0; 16]).unwrap();
    stream
        .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")
        .unwrap();
    let mut reply = String::new();
    client.read_to_string(&mut reply).unwrap();
    assert!(reply.starts_with("HTTP/1.1 200"), "{reply}");
    assert_eq!(recorder.finish().unwrap().recorded, 1);
}

/// Rule `upstream-failed` is for answers that fail; these are never given.
#[test]
fn what_is_under_way_when_a_recording_ends_is_kept_out_and_counted() {
    let room = Room::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let upstream = format!("http://{}", listener.local_addr().unwrap());
    let recorder = Recorder::to(upstream, room.cassette()).start();
    let address = recorder.address();
    let ask = || {
        let mut client = TcpStream::connect(address).unwrap();
        client
            .write_all(b"GET /x HTTP/1.1\r\nHost: me\r\n\r\n")
            .unwrap();
        let (mut stream, _) = listener.accept().unwrap();
        stream.read_exact(&mut [0; 16]).unwrap();
        (client, stream)
    };
    let unanswered: Vec<_> = (0..4).map(|_| ask()).collect();
    let half_answered: Vec<_> = (0..4)
        .map(|_| {
            let (mut client, mut stream) = ask();
            stream
                .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf")
                .unwrap();
            let mut reply = Vec::new();
            while !reply.ends_with(b"half") {
                let mut byte = [0];
                client.read_exact(&mut byte).unwrap();
                reply.extend(byte);
            }
            (client, stream)
        })
        .collect();
    let summary = recorder.finish().unwrap();
    assert_eq!((summary.recorded, summary.kept_out), (0, 8));
    drop((unanswered, half_answered));
}

/// Without the header, any encoding would do.
#[test]
fn a_client_that_reads_only_what_cannot_be_looked_at_is_answered_plainly() {
    let room = Room::new();
    let upstream = Canned::answering([answer("200 OK", "", "ok")]);
    let recorder = Recorder::to(upstream.url(), room.cassette()).start();
    let asked =
        "GET /a HTTP/1.1\r\nHost: me\r\nAccept-Encoding: br, zstd\r\nConnection: close\r\n\r\n";
    assert!(raw(recorder.address(), asked).ends_with("ok"));
    let sent = upstream.asked().to_lowercase();
    assert!(sent.contains("accept-encoding: identity\r\n"), "{sent}");
}
