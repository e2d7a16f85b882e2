//! Requests that no client should send: each kind gets the documented error or a clean close, and the next is served.

use std::net::SocketAddr;

use rstest::rstest;

use crate::support::{Client, Harness, Reply, Request, Server, described, mailjet};

/// A server, and a connection to it that a test writes bytes to.
struct Visit {
    server: Server,
    client: Client,
    asked: Request,
}

impl Visit {
    fn to(flags: &[(&str, &str)]) -> Self {
        let server = Server::start(flags);
        let client = Client::connect(server.ce.address());
        let asked = Request::raw("GET", "/");
        Visit {
            server,
            client,
            asked,
        }
    }

    fn address(&self) -> SocketAddr {
        self.server.ce.address()
    }

    fn write(&mut self, bytes: impl AsRef<[u8]>) -> &mut Self {
        if let Some(request) = asked(bytes.as_ref()) {
            self.asked = request;
        }
        self.client.write(bytes.as_ref());
        self
    }

    /// The next reply, held against the description of what was asked last.
    fn reply(&mut self) -> Reply {
        let reply = self.client.reply("GET");
        described::check(&self.asked, &reply);
        reply
    }

    /// The last reply of the connection: an error, which announces the close and is followed by it.
    fn assert_refused_for_good(&mut self, status: u16, rule: &str) {
        let reply = self.reply();
        assert_eq!(reply.verdict(), (status, rule), "{}", reply.text());
        reply.assert_error_shape();
        assert!(reply.closes());
        self.client.half_close();
        self.client.assert_closed();
        self.assert_next_is_served();
    }

    /// Somebody else is served as if nothing had happened.
    fn assert_next_is_served(&mut self) {
        let mut next = Client::connect(self.address());
        let reply = next.ask(&Request::post("/instances", mailjet("next")));
        assert_eq!(reply.verdict(), (200, "create"));
    }

    /// The same connection goes on.
    fn assert_goes_on(&mut self) {
        let reply = self
            .client
            .ask(&Request::post("/instances", mailjet("next")));
        assert_eq!(reply.verdict(), (200, "create"));
    }
}

/// The request that begins with these bytes, if they begin one.
fn asked(bytes: &[u8]) -> Option<Request> {
    let text = String::from_utf8_lossy(bytes);
    let (method, rest) = text.lines().next()?.split_once(' ')?;
    let target = rest.strip_suffix(" HTTP/1.1")?;
    Some(Request::raw(method, target))
}

const HEAD: &str = "POST /elements/api-v2/instances HTTP/1.1\r\nhost: mock\r\n\
                    authorization: User u, Organization o\r\ncontent-type: application/json\r\n";

fn nested(levels: usize) -> Vec<u8> {
    let payload = mailjet("n").replace("\"v\"", &("[".repeat(levels) + &"]".repeat(levels)));
    payload.into_bytes()
}

/// Rules `json-malformed`, `member-types`: bodies that are no payload; the connection goes on.
#[rstest]
#[case::invalid_utf8(b"{\"name\": \"\xff\xfe\"}".to_vec(), "json-malformed")]
#[case::cut_utf8(b"{\"name\": \"\xe2\x80\"}".to_vec(), "json-malformed")]
#[case::nothing_but_nul(vec![0; 1000], "json-malformed")]
#[case::utf16(b"\xff\xfe{\0}\0".to_vec(), "json-malformed")]
#[case::byte_order_mark("\u{feff}{}".into(), "json-malformed")]
#[case::open_arrays("[".repeat(10_000).into(), "json-malformed")]
#[case::open_objects("{\"a\":".repeat(10_000).into(), "json-malformed")]
#[case::deep_but_whole(nested(10_000), "json-malformed")]
#[case::deep_below_the_limit(nested(100), "member-types")]
#[case::number_as_name(mailjet("n").replace("\"n\"", "12").into(), "member-types")]
#[case::number_as_key(mailjet("n").replace("\"mailjet\"", "12").into(), "member-types")]
#[case::number_as_tag(mailjet("n").replace("\"name\"", "\"tags\":[1e3],\"name\"").into(), "member-types")]
#[case::number_beyond_all(mailjet("n").replace("\"n\"", "1e999").into(), "json-malformed")]
#[case::twice_the_same_member(mailjet("n").replace("\"name\"", "\"name\":\"m\",\"name\"").into(), "json-malformed")]
#[case::twice_the_same_entry(mailjet("n").replace("api.secret", "api.key").into(), "json-malformed")]
#[case::lone_surrogate(mailjet("\\ud800").into(), "json-malformed")]
fn a_body_that_is_no_payload_is_refused(#[case] body: Vec<u8>, #[case] rule: &str) {
    let mut visit = Visit::to(&[]);
    let reply = visit.client.ask(&Request::post("/instances", body));
    assert_eq!(reply.verdict(), (400, rule), "{}", reply.text());
    reply.assert_error_shape();
    visit.assert_goes_on();
}

/// Rule `json-malformed`: the member that appears twice is named.
#[test]
fn a_repeated_member_is_named() {
    let payload = mailjet("n").replace("\"name\"", "\"name\":\"m\",\"name\"");
    let reply = Server::start(&[]).ask(Request::post("/instances", payload));
    assert!(
        reply
            .message()
            .contains("the member \"name\" appears twice"),
        "{}",
        reply.message()
    );
}

/// Rule `configuration-extra`: a number in the place of an entry's text is kept as that text.
#[test]
fn a_number_as_an_entry_is_text() {
    let mut server = Server::start(&[]);
    let reply = server.ask(Request::post(
        "/instances",
        mailjet("n").replace("\"v\"", "5.50"),
    ));
    assert_eq!(reply.status, 200);
    let kept = &server.ce.instances()[0].configuration["mailjet.api.key"];
    assert_eq!(kept.parse::<f64>().unwrap(), 5.5);
}

/// Rule `http-malformed`: a length that promises more than comes; the client goes away, and so does the connection.
#[rstest]
#[case::some("{\"name\"")]
#[case::none("")]
fn a_body_shorter_than_its_length_closes_the_connection(#[case] body: &str) {
    let mut visit = Visit::to(&[]);
    visit.write(format!("{HEAD}content-length: 1000\r\n\r\n{body}"));
    visit.client.half_close();
    if let Some(reply) = visit.client.reply_or_close("POST") {
        reply.assert_error_shape();
    }
    visit.client.assert_closed();
    visit.assert_next_is_served();
    assert_eq!(
        visit.server.ce.instances().len(),
        1,
        "half a request makes no instance"
    );
}

/// Rule `http-malformed`: a body that breaks off is told from one that breaks its own framing.
#[rstest]
#[case::before_its_length("content-length: 1000\r\n\r\n{\"name\"", CUT_SHORT)]
#[case::before_its_first_byte("content-length: 1000\r\n\r\n", CUT_SHORT)]
#[case::within_a_chunk("transfer-encoding: chunked\r\n\r\n9\r\n{\"name\"", CUT_SHORT)]
#[case::after_a_chunk("transfer-encoding: chunked\r\n\r\n2\r\n{}\r\n", CUT_SHORT)]
#[case::no_chunk(
    "transfer-encoding: chunked\r\n\r\nzz\r\n{}",
    "The request is not valid HTTP/1.1"
)]
fn a_body_that_breaks_off_is_told_to_be_cut_short(#[case] rest: &str, #[case] message: &str) {
    let mut visit = Visit::to(&[]);
    visit.write(format!("{HEAD}{rest}"));
    visit.client.half_close();
    let reply = visit.reply();
    assert_eq!(reply.verdict(), (400, "http-malformed"));
    assert_eq!(reply.message(), message);
    visit.client.assert_closed();
}

const CUT_SHORT: &str = "The request was cut short: the connection ended before the body did";

/// Rule `http-malformed`: a length that promises less than comes; the rest is no request.
#[test]
fn a_body_longer_than_its_length_ends_where_its_length_says() {
    let mut visit = Visit::to(&[]);
    let payload = mailjet("n");
    visit.write(format!(
        "{HEAD}content-length: {}\r\n\r\n{payload} \u{1}rest\r\n\r\n",
        payload.len()
    ));
    assert_eq!(visit.reply().verdict(), (200, "create"));
    visit.assert_refused_for_good(400, "http-malformed");
}

/// Rule `json-malformed`: a length in the middle of the text.
#[test]
fn a_body_cut_by_its_length_is_malformed() {
    let mut visit = Visit::to(&[]);
    visit.write(format!("{HEAD}content-length: 5\r\n\r\n{}", mailjet("n")));
    assert_eq!(visit.reply().verdict(), (400, "json-malformed"));
    visit.assert_refused_for_good(400, "http-malformed");
}

/// Rule `base-path`: a target in absolute form is its path.
#[rstest]
#[case(
    "http://api.cloud-elements.com/elements/api-v2/elements/keys",
    200,
    "element-list"
)]
#[case(
    "http://127.0.0.1:1/elements/api-v2/instances?pageSize=1",
    404,
    "empty-list"
)]
#[case("http://mock/nowhere", 404, "unknown-route")]
#[case("http://mock", 404, "unknown-route")]
fn an_absolute_target_is_its_path(#[case] target: &str, #[case] status: u16, #[case] rule: &str) {
    let mut visit = Visit::to(&[]);
    let request = Request::raw("GET", target).header("authorization", "User u, Organization o");
    assert_eq!(visit.client.ask(&request).verdict(), (status, rule));
    visit.assert_goes_on();
}

/// Rule `unknown-route`: an encoded letter is that letter; dots, slashes and bytes that are no text lead nowhere.
#[rstest]
#[case::letter("/elements/api-v2/%69nstances", "empty-list")]
#[case::id("/elements/api-v2/instances/%31234", "instance-get")]
#[case::text_as_id("/elements/api-v2/instances/%2e%2e", "instance-get")]
#[case::slash_in_an_id("/elements/api-v2/instances/1%2F2", "instance-get")]
#[case::no_utf8("/elements/api-v2/instances/%ff", "instance-get")]
#[case::nul("/elements/api-v2/elements/%00", "element-get")]
#[case::half_an_escape("/elements/api-v2/instances/%4", "instance-get")]
#[case::dot("/elements/api-v2/./instances", "unknown-route")]
#[case::dots("/elements/api-v2/elements/../instances", "element-get")]
#[case::dots_to_the_root("/elements/api-v2/../../../etc/passwd", "unknown-route")]
#[case::encoded_dots("/elements/api-v2/%2e%2e/instances", "unknown-route")]
#[case::encoded_slash("/elements/api-v2%2Finstances", "unknown-route")]
#[case::empty_segments("//elements//api-v2//instances", "unknown-route")]
#[case::star("*", "unknown-route")]
#[case::long_key("/elements/api-v2/elements/LONG", "element-get")]
#[case::long("/elements/api-v2/LONG", "unknown-route")]
fn a_strange_path_is_refused_in_the_documented_shape(#[case] target: &str, #[case] rule: &str) {
    let mut visit = Visit::to(&[]);
    let target = target.replace("LONG", &"x".repeat(20_000));
    let request = Request::raw("GET", &target).header("authorization", "User u, Organization o");
    let reply = visit.client.ask(&request);
    assert_eq!(reply.rule(), rule, "{}", reply.text());
    assert!(matches!(reply.status, 400 | 404));
    assert!(
        reply.message().len() < 1000,
        "a message repeats no more than it must"
    );
    visit.assert_goes_on();
}

/// Rule `http-malformed`: what is no HTTP/1.1 request.
#[rstest]
#[case::verb_alone("GET\r\n\r\n")]
#[case::no_version("GET /elements/api-v2/elements\r\n\r\n")]
#[case::other_version("GET / HTTP/9.9\r\n\r\n")]
#[case::words("this is not a request at all\r\n\r\n")]
#[case::space_in_the_target("GET /elements /api HTTP/1.1\r\n\r\n")]
#[case::no_colon("GET / HTTP/1.1\r\nhost\r\n\r\n")]
#[case::space_in_a_name("GET / HTTP/1.1\r\nho st: x\r\n\r\n")]
#[case::nul_in_a_value("GET / HTTP/1.1\r\nhost: a\0b\r\n\r\n")]
#[case::two_lengths("POST / HTTP/1.1\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{}")]
#[case::no_length("POST / HTTP/1.1\r\ncontent-length: two\r\n\r\n{}")]
#[case::negative_length("POST / HTTP/1.1\r\ncontent-length: -2\r\n\r\n{}")]
#[case::unknown_coding("POST / HTTP/1.1\r\ntransfer-encoding: brew\r\n\r\n")]
#[case::http2("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")]
#[case::tls("\u{16}\u{3}\u{1}\u{2}\0\u{1}\0\u{1}\u{3}\u{3}abcdefgh\r\n\r\n")]
#[case::smtp("EHLO mock\r\nMAIL FROM: x\r\n\r\n")]
fn what_is_no_request_is_refused_for_good(#[case] bytes: &str) {
    Visit::to(&[])
        .write(bytes)
        .assert_refused_for_good(400, "http-malformed");
}

/// Rule `http-malformed`: a head over the limits is 431.
#[rstest]
#[case::headers("GET / HTTP/1.1\r\n".to_owned() + &"x: y\r\n".repeat(101) + "\r\n")]
#[case::one_long_header(format!("GET / HTTP/1.1\r\nx: {}\r\n\r\n", "y".repeat(70_000)))]
#[case::never_ending_header(format!("GET / HTTP/1.1\r\nx: {}", "y".repeat(200_000)))]
#[case::never_ending_target(format!("GET /{}", "y".repeat(200_000)))]
fn a_head_over_the_limits_is_refused_for_good(#[case] bytes: String) {
    Visit::to(&[])
        .write(bytes)
        .assert_refused_for_good(431, "http-malformed");
}

/// Rule `http-malformed`: the limits are settings, and their edge is exact.
#[rstest]
#[case::at_the_limit(9, 404)]
#[case::one_more(10, 431)]
fn the_number_of_headers_is_a_setting(#[case] headers: usize, #[case] status: u16) {
    let mut visit = Visit::to(&[("header-limit", "9")]);
    let others = "x: y\r\n".repeat(headers - 1);
    visit.write(format!(
        "GET /nowhere HTTP/1.1\r\nhost: mock\r\n{others}\r\n"
    ));
    let reply = visit.reply();
    assert_eq!(reply.status, status);
    reply.assert_error_shape();
}

/// Rule `too-large`: announced, so that nothing of it is read.
#[test]
fn a_length_over_the_limit_is_refused_at_once() {
    let mut visit = Visit::to(&[]);
    visit.write(format!("{HEAD}content-length: 8388609\r\n\r\n"));
    visit.assert_refused_for_good(429, "too-large");
}

/// Rule `too-large`: a length that no machine has.
#[test]
fn an_absurd_length_is_refused_at_once() {
    let mut visit = Visit::to(&[]);
    visit.write(format!("{HEAD}content-length: 9223372036854775807\r\n\r\n"));
    visit.assert_refused_for_good(429, "too-large");
}

fn chunk(size: usize) -> String {
    format!("{size:x}\r\n{}\r\n", " ".repeat(size))
}

/// Rule `too-large`: in chunks, which never say how much will come.
#[test]
fn chunks_over_the_limit_are_refused() {
    let mut visit = Visit::to(&[("body-limit", "1000")]);
    visit.write(format!(
        "{HEAD}transfer-encoding: chunked\r\n\r\n{}",
        chunk(400).repeat(3)
    ));
    visit.assert_refused_for_good(429, "too-large");
}

/// Rule `create`: chunks below the limit are a body like any other.
#[test]
fn chunks_are_a_body_like_any_other() {
    let mut visit = Visit::to(&[]);
    let payload = mailjet("in pieces");
    let (first, second) = payload.split_at(40);
    visit.write(format!(
        "{HEAD}transfer-encoding: chunked\r\n\r\n28\r\n{first}\r\n"
    ));
    visit.write(format!("{:x}\r\n{second}\r\n0\r\n\r\n", second.len()));
    assert_eq!(visit.reply().verdict(), (200, "create"));
    visit.assert_goes_on();
}

/// Rule `http-malformed`: chunks without a size close the connection.
#[rstest]
#[case("zz\r\n{}\r\n0\r\n\r\n")]
#[case("ffffffffffffffffff\r\n{}\r\n")]
#[case("-1\r\n{}\r\n")]
fn broken_chunks_close_the_connection(#[case] chunks: &str) {
    let mut visit = Visit::to(&[]);
    visit.write(format!("{HEAD}transfer-encoding: chunked\r\n\r\n{chunks}"));
    visit.client.half_close();
    if let Some(reply) = visit.client.reply_or_close("POST") {
        reply.assert_error_shape();
    }
    visit.client.assert_closed();
    visit.assert_next_is_served();
    assert_eq!(visit.server.ce.instances().len(), 1);
}

/// Rule `auth-grammar`: bytes that are no text in a header are a refusal, not the end.
#[test]
fn a_header_that_is_no_text_is_refused() {
    let mut visit = Visit::to(&[]);
    visit.write(b"GET /elements/api-v2/instances HTTP/1.1\r\nhost: mock\r\nauthorization: User \xff, Organization \xfe\r\naccept: \xff\r\n\r\n");
    let reply = visit.reply();
    assert_eq!(reply.status, 401);
    reply.assert_error_shape();
    visit.assert_goes_on();
}

/// Rule `base-path`: requests that come in one piece are answered one after the other.
#[test]
fn requests_that_do_not_wait_are_answered_in_order() {
    let mut visit = Visit::to(&[]);
    let requests =
        ["one", "two", "three"].map(|name| Request::post("/instances", mailjet(name)).to_bytes());
    visit.write(requests.concat());
    let names = [(); 3].map(|()| visit.reply().member("name"));
    assert_eq!(names, ["one", "two", "three"]);
    visit.assert_goes_on();
}

/// Rule `base-path`: an old client is answered too.
#[test]
fn a_request_of_http_1_0_is_answered_and_closed() {
    let mut visit = Visit::to(&[]);
    visit.write("GET /elements/api-v2/elements/keys HTTP/1.0\r\n\r\n");
    let mut text = String::new();
    std::io::Read::read_to_string(&mut visit.client.into_stream(), &mut text).unwrap();
    assert!(
        text.starts_with("HTTP/1.0 200 OK\r\n") && text.ends_with("\"mailjet\"]"),
        "{text}"
    );
}

/// A client that says nothing at all, or goes away in the middle of a word.
#[rstest]
#[case("")]
#[case("POST /elem")]
#[case("POST / HTTP/1.1\r\nhost: m")]
fn a_client_that_goes_away_leaves_nothing(#[case] bytes: &str) {
    let mut visit = Visit::to(&[]);
    visit.write(bytes);
    visit.client.half_close();
    if let Some(reply) = visit.client.reply_or_close("GET") {
        reply.assert_error_shape();
    }
    visit.client.assert_closed();
    visit.assert_next_is_served();
}
