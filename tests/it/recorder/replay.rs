//! Which recorded answer a request gets, through the synchronous core.

use http::{Method, StatusCode};
use mock_ce::cassette::{Cassette, Exchange, Fallback, Policy, Redactor, Repeat, Replay};
use mock_ce::catalog::Catalog;
use mock_ce::recorder::Recorder;
use mock_ce::settings::Settings;
use mock_ce::{Emulator, Json, MockCe, Outcome, Request};
use rstest::rstest;

use super::stand::{Canned, Room, answer, raw, text};

const BASE: &str = "/elements/api-v2";
const CREDENTIALS: &str = "User u, Organization o";

/// A cassette of these requests, each answered with its number.
fn cassette(requests: &[(&str, &str, &str)]) -> Cassette {
    let mut redactor = Redactor::new(Policy::new(Catalog::documented()));
    let mut cassette = Cassette::new("https://api.example", "2017-03-14");
    for (index, (method, target, body)) in requests.iter().enumerate() {
        let (target, credentials) = target.split_once('|').unwrap_or((target, CREDENTIALS));
        let request = request(method, target, body, credentials);
        let exchange = Exchange {
            method: request.method,
            target: request.uri.to_string(),
            request_headers: request.headers,
            request_body: (*body).to_owned().into(),
            status: StatusCode::OK,
            response_headers: http::HeaderMap::new(),
            response_body: format!(
                "{{\"answer\":{index},\"token\":\"dG9rZW4tbnVtYmVyLTAwMDAwMDAw{index}A==\"}}"
            )
            .into(),
        };
        cassette.push(redactor.redact(&exchange).unwrap());
    }
    cassette
}

fn request(method: &str, target: &str, body: &str, credentials: &str) -> Request {
    Request::new(
        method.parse().unwrap(),
        &format!("{BASE}{target}"),
        body.to_owned(),
    )
    .header("authorization", credentials)
}

fn replaying(requests: &[(&str, &str, &str)], settings: &Settings) -> Emulator {
    Emulator::new(settings, Catalog::documented().clone()).replaying(cassette(requests), settings)
}

fn ask(emulator: &Emulator, method: &str, target: &str, body: &str) -> Outcome {
    emulator.answer(&request(method, target, body, "User me, Organization mine"))
}

fn number(outcome: &Outcome) -> Option<u64> {
    Json::parse(&outcome.reply.body)
        .unwrap()
        .get("answer")?
        .as_u64()
}

fn because(outcome: &Outcome) -> &str {
    outcome.reply.headers["mock-ce-because"].to_str().unwrap()
}

/// Rule `recorded`.
#[rstest]
#[case::as_recorded("POST", "/a?x=1&y=2", r#"{"a":1,"b":[1,2]}"#, true)]
#[case::any_order("POST", "/a?y=2&x=1", r#"{ "b": [1, 2], "a": 1.0 }"#, true)]
#[case::other_query("POST", "/a?x=1&y=3", r#"{"a":1,"b":[1,2]}"#, false)]
#[case::more_query("POST", "/a?x=1&y=2&z=", r#"{"a":1,"b":[1,2]}"#, false)]
#[case::other_items("POST", "/a?x=1&y=2", r#"{"a":1,"b":[2,1]}"#, false)]
#[case::less_body("POST", "/a?x=1&y=2", r#"{"a":1}"#, false)]
#[case::other_method("PUT", "/a?x=1&y=2", r#"{"a":1,"b":[1,2]}"#, false)]
#[case::other_path("POST", "/b?x=1&y=2", r#"{"a":1,"b":[1,2]}"#, false)]
fn a_request_is_recognised(
    #[case] method: &str,
    #[case] target: &str,
    #[case] body: &str,
    #[case] fits: bool,
) {
    let emulator = replaying(
        &[("POST", "/a?x=1&y=2", r#"{"a":1,"b":[1,2]}"#)],
        &Settings::default(),
    );
    let outcome = ask(&emulator, method, target, body);
    let expected = if fits {
        "recorded; grade=recorded"
    } else {
        "not-recorded; grade=assumed"
    };
    assert_eq!(because(&outcome), expected, "{}", text(&outcome.reply.body));
    assert_eq!(outcome.reply.status.as_u16(), if fits { 200 } else { 501 });
}

#[test]
fn any_secret_fits_where_one_was_recorded() {
    let emulator = replaying(
        &[(
            "POST",
            "/a?token=recorded-token",
            r#"{"password":"recorded","note":"by recorded-token!"}"#,
        )],
        &Settings::default(),
    );
    let body = r#"{"password":"other","note":"by another!"}"#;
    assert_eq!(
        number(&ask(&emulator, "POST", "/a?token=other", body)),
        Some(0)
    );
}

#[test]
fn identical_requests_are_answered_in_recorded_order_and_once() {
    let requests = [("GET", "/a", ""), ("GET", "/b", ""), ("GET", "/a", "")];
    let emulator = replaying(&requests, &Settings::default());
    let numbers = || number(&ask(&emulator, "GET", "/a", ""));
    assert_eq!([numbers(), numbers(), numbers()], [Some(0), Some(2), None]);
    let outcome = ask(&emulator, "GET", "/a", "");
    assert!(text(&outcome.reply.body).contains("was recorded 2 times"));
    let emulator = replaying(&requests, &Settings::default().repeat(Repeat::Last));
    let numbers = || number(&ask(&emulator, "GET", "/a", ""));
    assert_eq!(
        [numbers(), numbers(), numbers(), numbers()],
        [Some(0), Some(2), Some(2), Some(2)]
    );
}

#[test]
fn a_token_that_was_replayed_leads_to_the_requests_of_that_token() {
    let requests = [
        ("POST", "/instances", "{}"),
        ("POST", "/instances", "{}"),
        (
            "DELETE",
            "/instances|User u, Element dG9rZW4tbnVtYmVyLTAwMDAwMDAw1A==",
            "",
        ),
        (
            "DELETE",
            "/instances|User u, Element dG9rZW4tbnVtYmVyLTAwMDAwMDAw0A==",
            "",
        ),
    ];
    let emulator = replaying(&requests, &Settings::default());
    let tokens = [0, 1].map(|_| {
        let outcome = ask(&emulator, "POST", "/instances", "{}");
        let body = Json::parse(&outcome.reply.body).unwrap();
        body.get("token").unwrap().as_str().unwrap().to_owned()
    });
    let delete = |token: &str| {
        let credentials = format!("User me, Element {token}");
        number(&emulator.answer(&request("DELETE", "/instances", "", &credentials)))
    };
    assert_eq!(delete(&tokens[0]), Some(3));
    assert_eq!(delete(&tokens[1]), Some(2));
}

/// The first answer's token, wherever the client says it of its own accord: it is in its settings, not in the answer.
#[rstest]
#[case::header("GET", "/x|User u, Element dG9rZW4tbnVtYmVyLTAwMDAwMDAw0A==", "")]
#[case::path("GET", "/hubs/dG9rZW4tbnVtYmVyLTAwMDAwMDAw0A==/elements", "")]
#[case::query("GET", "/x?search=dG9rZW4tbnVtYmVyLTAwMDAwMDAw0A%3D%3D", "")]
#[case::body("POST", "/x", r#"{"name":"dG9rZW4tbnVtYmVyLTAwMDAwMDAw0A=="}"#)]
fn the_client_may_send_its_own_value_where_an_answer_had_it_before(
    #[case] method: &str,
    #[case] target: &str,
    #[case] body: &str,
) {
    let emulator = replaying(
        &[("GET", "/instances", ""), (method, target, body)],
        &Settings::default(),
    );
    assert_eq!(number(&ask(&emulator, "GET", "/instances", "")), Some(0));
    let (target, credentials) = target.split_once('|').unwrap_or((target, CREDENTIALS));
    let outcome = emulator.answer(&request(method, target, body, credentials));
    assert_eq!(number(&outcome), Some(1), "{}", text(&outcome.reply.body));
}

#[test]
fn a_recorded_text_comes_before_a_placeholder_of_an_answer() {
    let path = "/hubs/dG9rZW4tbnVtYmVyLTAwMDAwMDAw0A==/elements";
    let requests = [
        ("GET", "/instances", ""),
        ("GET", path, ""),
        ("GET", "/hubs/keys/elements", ""),
    ];
    let emulator = replaying(&requests, &Settings::default());
    assert_eq!(
        number(&ask(&emulator, "GET", "/hubs/keys/elements", "")),
        Some(2)
    );
    assert_eq!(number(&ask(&emulator, "GET", path, "")), Some(1));
}

#[test]
fn words_of_the_header_tell_alike_requests_apart() {
    let requests = [("GET", "/a|User u", ""), ("GET", "/a", "")];
    let emulator = replaying(&requests, &Settings::default());
    assert_eq!(number(&ask(&emulator, "GET", "/a", "")), Some(1));
}

/// Rule `not-recorded`.
#[test]
fn a_miss_shows_the_nearest_and_what_differs() {
    let requests = [
        ("GET", "/elements", ""),
        ("POST", "/instances", r#"{"name":"A","tags":["x"]}"#),
    ];
    let emulator = replaying(&requests, &Settings::default());
    let outcome = ask(&emulator, "POST", "/instances", r#"{"name":"B","tags":[]}"#);
    let message = Json::parse(&outcome.reply.body).unwrap();
    let message = message.get("message").unwrap().as_str().unwrap();
    let expected = "POST /elements/api-v2/instances is not recorded like this; nearest recorded: \
        [2] POST /elements/api-v2/instances (body /tags/0: recorded \"redacted-5\", now nothing);";
    assert!(message.starts_with(expected), "{message}");
}

/// A replay shows nothing that may be a secret: neither in the answer nor in the journal's copy of it.
#[rstest]
#[case::another_type("/a", r#"{"token":["PLANTED-1"]}"#)]
#[case::more("/a", r#"{"token":"t","password":"PLANTED-1"}"#)]
#[case::inside_of_more(
    "/a",
    r#"{"token":"t","configuration":{"mailjet.api.key":"PLANTED-1"}}"#
)]
#[case::repeated("/a", r#"{"token":"PLANTED-1","name":"of PLANTED-1"}"#)]
#[case::of_the_query("/a?apiKey=PLANTED-1", r#"{"token":"t"}"#)]
#[case::of_the_query_and_the_path("/PLANTED-1?apiKey=PLANTED-1", r#"{"token":"t"}"#)]
#[case::one_text("/a", r#""PLANTED-1""#)]
#[case::no_json("/a", "by PLANTED-1")]
#[case::of_a_form("/text?form", "password=PLANTED-1")]
fn a_miss_shows_no_secret(#[case] target: &str, #[case] body: &str) {
    let requests = [
        ("POST", "/a", r#"{"token":"recorded-token"}"#),
        ("POST", "/text", "a=recorded"),
    ];
    let emulator = replaying(&requests, &Settings::default());
    let mut missed = request("POST", target, body, "User me, Organization mine");
    if target.ends_with("?form") {
        missed = missed.header("content-type", "application/x-www-form-urlencoded");
    }
    let outcome = emulator.answer(&missed);
    assert_eq!(because(&outcome), "not-recorded; grade=assumed");
    let answer = text(&outcome.reply.body);
    assert!(!answer.contains("PLANTED-1"), "{answer}");
    let message = missed_by(&requests, &missed);
    assert!(!message.contains("PLANTED-1"), "{message}");
    let journal = emulator.answer(&Request::new(Method::GET, "/__admin/requests", ""));
    let journal = Json::parse(&journal.reply.body).unwrap();
    let answers: Vec<_> = journal
        .get("requests")
        .unwrap()
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry.get("answer").unwrap().to_string())
        .collect();
    assert!(
        answers.len() == 1 && !answers[0].contains("PLANTED-1"),
        "{answers:?}"
    );
}

/// The message of a replay about a request that it does not have.
fn missed_by(requests: &[(&str, &str, &str)], missed: &Request) -> String {
    let redaction = Policy::new(Catalog::documented());
    let replay = Replay::new(cassette(requests), redaction, Repeat::Never);
    assert!(replay.take(missed).is_none());
    let miss = replay.miss(missed);
    format!("{miss} {miss:?}")
}

#[rstest]
#[case::one(
    r#"{"token":["PLANTED"]}"#,
    "(body /token: recorded \"redacted-3\", now an array)"
)]
#[case::more(
    r#"{"token":"t","password":"PLANTED"}"#,
    "(body /password: extra (not shown))"
)]
#[case::text("by PLANTED", "(body: value (not shown))")]
fn place_and_kind_of_a_hidden_difference_are_shown(#[case] body: &str, #[case] expected: &str) {
    let requests = [("POST", "/a", r#"{"token":"recorded-token"}"#)];
    let message = missed_by(&requests, &request("POST", "/a", body, CREDENTIALS));
    assert!(message.contains(expected), "{message}");
}

/// Of many recorded requests the nearest is found, and a long path costs no more than a short one.
#[test]
fn the_nearest_of_many_is_found_by_its_path() {
    let targets: Vec<_> = (0..50)
        .map(|number| format!("/other/{number}/{}", "x".repeat(number)))
        .collect();
    let mut requests: Vec<_> = targets
        .iter()
        .map(|target| ("GET", target.as_str(), ""))
        .collect();
    requests.push(("GET", "/elements/6", ""));
    let message = missed_by(&requests, &request("GET", "/elements/7", "", CREDENTIALS));
    assert!(
        message.contains("nearest recorded: [51] GET /elements/api-v2/elements/6"),
        "{message}"
    );
    let long = format!("/elements/{}", "7".repeat(50_000));
    let message = missed_by(&requests, &request("GET", &long, "", CREDENTIALS));
    assert!(message.contains("nearest recorded: ["), "{message}");
}

#[test]
fn the_emulator_answers_the_rest_when_it_may() {
    let settings = Settings::default().cassette("unused", Fallback::Emulate);
    let emulator = replaying(&[("GET", "/elements", "")], &settings);
    assert_eq!(
        because(&ask(&emulator, "GET", "/elements", "")),
        "recorded; grade=recorded"
    );
    assert_eq!(
        because(&ask(&emulator, "GET", "/elements/6", "")),
        "element-get; grade=vendor"
    );
}

#[test]
fn a_place_can_be_left_out_of_the_comparison() {
    let settings = Settings::default()
        .ignore("body:/name".parse().unwrap())
        .ignore("query:at".parse().unwrap());
    let emulator = replaying(&[("POST", "/a?at=1", r#"{"name":"A","b":1}"#)], &settings);
    assert_eq!(
        number(&ask(&emulator, "POST", "/a?at=2", r#"{"name":"B","b":1}"#)),
        Some(0)
    );
    let emulator = replaying(&[("POST", "/a?at=1", r#"{"name":"A","b":1}"#)], &settings);
    assert_eq!(number(&ask(&emulator, "POST", "/a", r#"{"b":2}"#)), None);
}

#[test]
fn a_recorded_request_id_stays_the_one_that_its_body_repeats() {
    let ce = MockCe::start();
    let outcome = ce
        .emulator()
        .answer(&request("GET", "/instances/7", "", CREDENTIALS));
    let exchange = Exchange {
        method: Method::GET,
        target: format!("{BASE}/instances/7"),
        request_headers: http::HeaderMap::new(),
        request_body: bytes::Bytes::new(),
        status: outcome.reply.status,
        response_headers: outcome.reply.headers.clone(),
        response_body: outcome.reply.body.clone(),
    };
    let mut cassette = Cassette::new("https://api.example", "2017-03-14");
    cassette.push(
        Redactor::new(Policy::new(Catalog::documented()))
            .redact(&exchange)
            .unwrap(),
    );
    let settings = Settings::default();
    let emulator =
        Emulator::new(&settings, Catalog::documented().clone()).replaying(cassette, &settings);
    emulator.answer(&request("GET", "/other", "", CREDENTIALS));
    let again = emulator.answer(&request("GET", "/instances/7", "", CREDENTIALS));
    let body = Json::parse(&again.reply.body).unwrap();
    assert_eq!(
        again.reply.headers["elements-request-id"],
        body.get("requestId").unwrap().as_str().unwrap()
    );
    assert_eq!(
        body.get("message").unwrap().as_str(),
        Some("No instance found with ID 7")
    );
}

/// Recorded with one secret in the place of `*`, sent with another.
#[rstest]
#[case::markup("<login><password>*</password><x a=\"1\"/></login>", ["hunter-2", "other-99"], true)]
#[case::lines("{\"password\":\"*\"}\n{\"q\":\"a=b\"}", ["hunter-2", "other-99"], true)]
#[case::part(
    "--b\r\nContent-Disposition: form-data; name=\"password\"\r\n\r\n*\r\n--b--",
    ["hunter-2&b=c", "other-99"],
    true
)]
#[case::pin(r#"{"pin":"*"}"#, ["12", "7"], true)]
#[case::number(r#"{"token":*}"#, ["-123456", "77"], true)]
#[case::same_number_elsewhere(r#"{"pin":"1","count":*}"#, ["91", "5"], false)]
#[case::empty(r#"{"password":"","tags":"*"}"#, ["", "zzz"], false)]
fn a_body_with_a_secret_replays_with_another(
    #[case] body: &str,
    #[case] secrets: [&str; 2],
    #[case] expected: bool,
) {
    let room = Room::new();
    let asked = |secret: &str| {
        let body = body.replace('*', secret);
        let length = body.len();
        format!(
            "POST /x HTTP/1.1\r\nHost: me\r\nConnection: close\r\nContent-Type: text/plain\r\n\
             Content-Length: {length}\r\n\r\n{body}"
        )
    };
    let upstream = Canned::answering([answer("200 OK", "", "ok")]);
    let recorder = Recorder::to(upstream.url(), room.cassette()).start();
    raw(recorder.address(), &asked(secrets[0]));
    recorder.finish().unwrap();
    let recorder = Recorder::to("https://localhost:1", room.cassette()).start();
    let reply = raw(recorder.address(), &asked(secrets[1]));
    assert_eq!(reply.starts_with("HTTP/1.1 200"), expected, "{reply}");
}

/// A query and a header that are not UTF-8 come back byte by byte.
#[test]
fn bytes_that_are_not_text_survive() {
    let policy = Policy::new(Catalog::documented())
        .keep("query:q".parse().unwrap())
        .keep("response.header:x-bytes".parse().unwrap());
    let bytes = http::HeaderValue::from_bytes(b"a\xff\xfe").unwrap();
    let asked = |query: &str| request("GET", &format!("/a?q={query}"), "", CREDENTIALS);
    let mut response_headers = http::HeaderMap::new();
    response_headers.insert("x-bytes", bytes.clone());
    let exchange = Exchange {
        method: Method::GET,
        target: asked("a%FFb").uri.to_string(),
        request_headers: asked("").headers,
        request_body: bytes::Bytes::new(),
        status: StatusCode::OK,
        response_headers,
        response_body: bytes::Bytes::new(),
    };
    let mut cassette = Cassette::new("https://api.example", "2017-03-14").redacted_by(&policy);
    cassette.push(Redactor::new(policy).redact(&exchange).unwrap());
    let cassette = Cassette::parse(&cassette.to_text()).unwrap();
    let settings = Settings::default();
    let emulator =
        Emulator::new(&settings, Catalog::documented().clone()).replaying(cassette, &settings);
    assert_eq!(
        because(&emulator.answer(&asked("a%FEb"))),
        "not-recorded; grade=assumed"
    );
    let outcome = emulator.answer(&asked("a%ffb"));
    assert_eq!(because(&outcome), "recorded; grade=recorded");
    assert_eq!(outcome.reply.headers["x-bytes"], bytes);
}

/// The client's own values come back, in their places and inside of messages, and nobody else's.
#[test]
fn a_client_is_given_its_own_values_back() {
    let requests = [
        (
            "POST",
            "/instances",
            r#"{"name":"anna","tags":["one"],"size":12345678901}"#,
        ),
        (
            "POST",
            "/instances",
            r#"{"name":"anna","tags":["two"],"size":12345678901}"#,
        ),
    ];
    let policy = Policy::new(Catalog::documented());
    let mut redactor = Redactor::new(policy);
    let mut cassette = Cassette::new("https://api.example", "2017-03-14");
    for (method, target, body) in requests {
        let asked = request(method, target, body, CREDENTIALS);
        let echo = body.replace(
            '}',
            r#","message":"The name anna is used","token":"t-of-the-service"}"#,
        );
        let exchange = Exchange {
            method: asked.method,
            target: asked.uri.to_string(),
            request_headers: asked.headers,
            request_body: body.into(),
            status: StatusCode::OK,
            response_headers: http::HeaderMap::new(),
            response_body: echo.into(),
        };
        cassette.push(redactor.redact(&exchange).unwrap());
    }
    let settings = Settings::default();
    let emulator =
        Emulator::new(&settings, Catalog::documented().clone()).replaying(cassette, &settings);
    for name in ["mine", "another"] {
        let body = format!(r#"{{"name":"{name}","tags":["{name}-tag"],"size":98765432109}}"#);
        let outcome = ask(&emulator, "POST", "/instances", &body);
        let answer = text(&outcome.reply.body);
        let own = format!(
            r#"{{"name":"{name}","tags":["{name}-tag"],"size":98765432109,"message":"The name {name} is used","token":"redacted-"#
        );
        assert!(answer.starts_with(&own), "{answer}");
    }
}

#[test]
fn a_cassette_that_is_rewound_answers_from_its_beginning() {
    let settings = Settings::default();
    let emulator = replaying(&[("GET", "/elements", "")], &settings);
    let asked = || number(&ask(&emulator, "GET", "/elements", ""));
    assert_eq!((asked(), asked()), (Some(0), None));
    emulator.rewind().unwrap();
    assert_eq!((asked(), asked()), (Some(0), None));
    emulator.reset(Some("mine"));
    assert_eq!(asked(), None);
    emulator.reset(None);
    assert_eq!(asked(), Some(0));
    let bare = MockCe::start().rewind().unwrap_err();
    assert_eq!(
        bare.to_string(),
        "the server was started without --cassette FILE"
    );
}
