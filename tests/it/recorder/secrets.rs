//! Planted in every place and encoding: none reaches the disk.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use mock_ce::recorder::Recorder;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use rstest::rstest;

use super::stand::{Canned, RecorderProcess, Room, answer, load, raw};

/// Planted secrets, each with the place where the recorder meets it first.
const SECRETS: [(&str, &str); 13] = [
    ("user", "PLANTED/user+1="),
    ("organization", "PLANTED/organization+2="),
    ("cookie", "PLANTED-cookie-3"),
    ("set-cookie", "PLANTED-set-cookie-4"),
    ("header", "PLANTED-header-5"),
    ("query", "PLANTED query&6"),
    ("configuration", "PLANTED\"configuration\\7"),
    ("account", "PLANTED-account-8"),
    ("providerData", "PLANTED-provider-9"),
    ("token", "UExBTlRFRC10b2tlbi0xMC0tLS0="),
    ("e-mail", "PLANTED@eleven.example"),
    ("name", "PLANTED-name-12"),
    ("password of a catalog", "PLANTED-password-13"),
];

fn encodings(secret: &str) -> Vec<String> {
    let quoted = mock_ce::Json::from(secret).to_string();
    vec![
        secret.to_owned(),
        quoted[1..quoted.len() - 1].to_owned(),
        format!("x{secret}y"),
        STANDARD.encode(secret),
        STANDARD.encode(format!("u:{secret}")),
        URL_SAFE_NO_PAD.encode(format!("ab{secret}?")),
        utf8_percent_encode(secret, NON_ALPHANUMERIC).to_string(),
        utf8_percent_encode(&STANDARD.encode(secret), NON_ALPHANUMERIC).to_string(),
    ]
}

/// The traces of a secret that no file may have: its encodings, without what would be there anyway.
fn traces(secret: &str) -> Vec<String> {
    let mut traces = encodings(secret);
    traces[2] = secret.to_owned();
    // The first and last characters of base64 depend on what stands around.
    for trace in &mut traces[3..6] {
        *trace = trace.trim_end_matches('=')[6..trace.trim_end_matches('=').len() - 3].to_owned();
    }
    traces
}

fn text(value: &str) -> String {
    mock_ce::Json::from(value).to_string()
}

fn request(secret: impl Fn(&str) -> String) -> String {
    let everywhere: Vec<_> = SECRETS
        .iter()
        .flat_map(|(_, secret)| encodings(secret))
        .collect();
    let notes: Vec<_> = everywhere.iter().map(|note| text(note)).collect();
    let body = format!(
        r#"{{"configuration":{{"a.secret":{},"b.account":{},"c.password":{}}},"providerData":{{"code":{}}},"user":{{"emailAddress":{},"firstName":{}}},"notes":[{}]}}"#,
        text(&secret("configuration")),
        text(&secret("account")),
        text(&secret("password of a catalog")),
        text(&secret("providerData")),
        text(&secret("e-mail")),
        text(&secret("name")),
        notes.join(","),
    );
    let encoded = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    let path = encoded(&secret("user"));
    let query = encoded(&secret("query"));
    let note = encoded(&secret("header"));
    format!(
        "POST /{path}/x?api_key={query}&note={note} HTTP/1.1\r\nHost: me\r\nConnection: close\r\n\
         Authorization: User {}, Organization {}\r\nCookie: a={}; b=c\r\nX-Api-Key: {}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        secret("user"),
        secret("organization"),
        secret("cookie"),
        secret("header"),
        body.len(),
    )
}

fn secret(name: &str) -> String {
    let (_, secret) = SECRETS.iter().find(|(known, _)| *known == name).unwrap();
    (*secret).to_owned()
}

fn planted_answer() -> Vec<u8> {
    let everywhere: Vec<_> = SECRETS
        .iter()
        .flat_map(|(_, secret)| encodings(secret))
        .map(|note| text(&note))
        .collect();
    let body = format!(
        r#"{{"token":{},"notes":[{}]}}"#,
        text(&secret("token")),
        everywhere.join(",")
    );
    let cookie = format!("set-cookie: s={}; Path=/\r\n", secret("set-cookie"));
    answer("200 OK", &cookie, body)
}

#[test]
fn no_planted_secret_reaches_the_disk() {
    let room = Room::new();
    let upstream = Canned::answering([planted_answer(), planted_answer()]);
    let recorder = Recorder::to(upstream.url(), room.cassette()).start();
    raw(recorder.address(), &request(secret));
    let journal = std::fs::read_to_string(room.join("cassette.json.journal")).unwrap();
    raw(recorder.address(), &request(secret));
    recorder.finish().unwrap();
    let cassette = std::fs::read_to_string(room.cassette()).unwrap();
    for written in [journal, cassette] {
        assert!(written.contains("redacted-1"), "{written}");
        for (name, secret) in SECRETS {
            for trace in traces(secret) {
                assert!(
                    !written.contains(&trace),
                    "{name} as {trace:?} in {written}"
                );
            }
        }
    }
}

#[test]
fn what_the_upstream_is_sent_is_what_the_client_sent() {
    let room = Room::new();
    let upstream = Canned::answering([planted_answer()]);
    let recorder = Recorder::to(upstream.url(), room.cassette()).start();
    let reply = raw(recorder.address(), &request(secret));
    let asked = upstream.asked();
    for (name, secret) in SECRETS {
        let everywhere = format!("{asked}{reply}");
        assert!(
            everywhere.contains(secret) || everywhere.contains(&encodings(secret)[1]),
            "{name}"
        );
    }
}

/// One place is kept by the user, and holds a value that is replaced elsewhere.
#[rstest]
#[case::plain("a note on user-secret-1")]
#[case::a_number("a note on 554236")]
#[case::base64(&STANDARD.encode("note:user-secret-1"))]
#[case::escaped("user%2Dsecret%2d1")]
fn an_exchange_that_would_hold_a_secret_is_dropped_and_the_others_written(#[case] note: &str) {
    let room = Room::new();
    let body = format!(r#"{{"note":"{note}"}}"#);
    let upstream = Canned::answering([answer("200 OK", "", body), answer("200 OK", "", "[]")]);
    let kept = ["--keep", "response.body:/note"];
    let recorder = RecorderProcess::start(&upstream.url(), &room, &kept);
    for path in ["/x", "/y"] {
        let request = format!(
            "GET {path}?pin.x=554236 HTTP/1.1\r\nHost: me\r\nConnection: close\r\nAuthorization: User user-secret-1, Organization o\r\n\r\n"
        );
        assert!(raw(recorder.address, &request).starts_with("HTTP/1.1 200"));
    }
    let output = recorder.end();
    let said = super::stand::text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("response.body:/note"), "{said}");
    assert!(said.contains("1 interaction dropped"), "{said}");
    let cassette = std::fs::read_to_string(room.cassette()).unwrap();
    assert!(
        !format!("{said}{cassette}").contains("user-secret-1"),
        "{said}{cassette}"
    );
    assert_eq!(load(&room.cassette()).interactions().len(), 1);
}

#[test]
fn places_are_redacted_and_kept_as_the_user_says() {
    let room = Room::new();
    let body = r#"{"token":"public-token","type":"sendgrid"}"#;
    let upstream = Canned::answering([answer("200 OK", "x-rate-limit: 7\r\n", body)]);
    let recorder = Recorder::to(upstream.url(), room.cassette())
        .keep("response.body:token".parse().unwrap())
        .keep("header:x-rate-limit".parse().unwrap())
        .redact("body:type".parse().unwrap())
        .start();
    raw(
        recorder.address(),
        "GET /x HTTP/1.1\r\nHost: me\r\nConnection: close\r\n\r\n",
    );
    recorder.finish().unwrap();
    let cassette = std::fs::read_to_string(room.cassette()).unwrap();
    assert!(
        cassette.contains("public-token") && !cassette.contains("sendgrid"),
        "{cassette}"
    );
    assert!(cassette.contains("\"x-rate-limit\": \"7\""), "{cassette}");
}

/// Bodies that are no JSON document of members with their own names.
#[rstest]
#[case::a_member_twice(
    "application/json",
    r#"{"password":"PLANTED-1","password":"PLANTED-2"}"#,
    "(application/json, 47 bytes)"
)]
#[case::an_object(
    "application/json",
    r#"{"secret":{"a":"PLANTED-1","b":["PLANTED-2"]}}"#,
    r#""b": ["#
)]
#[case::byte_order_mark(
    "application/json",
    "\u{feff}{\"password\":\"PLANTED-1\"}",
    "(application/json, 27 bytes)"
)]
#[case::lines(
    "application/x-ndjson",
    "{\"token\":\"PLANTED-1\"}\n{\"token\":\"PLANTED-2\"}\n",
    "(application/x-ndjson, 44 bytes)"
)]
#[case::truncated("application/json", r#"{"a":{"password":"PLANTED-1"#, "27 bytes)")]
#[case::in_a_string(
    "application/json",
    r#"{"a":"{\"password\":\"PLANTED-1\"}"}"#,
    r#""a": "redacted-"#
)]
#[case::a_form_in_other_case(
    "Application/X-WWW-Form-Urlencoded",
    "password=PLANTED-1&a=b",
    "password=redacted-"
)]
#[case::no_form(
    "application/x-www-form-urlencoded",
    "{\"password\":\"PLANTED-1\"}x=",
    "(application/x-www-form-urlencoded, 26 bytes)"
)]
#[case::a_form_as_text("text/plain", "a=b&password=PLANTED-1", "(text/plain, 22 bytes)")]
#[case::json_in_a_form(
    "application/x-www-form-urlencoded",
    "a=%7B%22token%22%3A%22PLANTED-1%22%7D",
    "a=redacted-"
)]
#[case::parts(
    "multipart/form-data; boundary=b",
    "--b\r\nContent-Disposition: form-data; name=\"password\"\r\n\r\nPLANTED-1\r\n--b--\r\n",
    "(multipart/form-data, 74 bytes)"
)]
#[case::markup(
    "application/xml",
    "<a><password>PLANTED-1</password></a>",
    "(application/xml, 37 bytes)"
)]
#[case::a_type_of_its_own("PLANTED/PLANTED", "PLANTED-1", "(body, 9 bytes)")]
#[case::an_address(
    "application/json",
    r#"{"a":"https://h/cb?code=1#access_token=PLANTED-1"}"#,
    r#""a": "https://redacted-"#
)]
#[case::an_e_mail_address(
    "application/json",
    r#"{"contact":"PLANTED-1@corp.example"}"#,
    "@example.com"
)]
#[case::a_number(
    "application/json",
    r#"{"phone":5551234567,"id":7}"#,
    r#""phone": 90000000000"#
)]
fn a_body_of_any_kind_is_emptied(
    #[case] content_type: &str,
    #[case] body: &str,
    #[case] expected: &str,
) {
    let room = Room::new();
    let headers = format!(
        "Content-Type: {content_type}\r\nLocation: https://u:PLANTED-4@h/cb?access_token=PLANTED-5&state=1#id_token=PLANTED-6\r\nLink: <https://h/a?api_key=PLANTED-7>; rel=next\r\nSet-Cookie: PLANTED-8=PLANTED-9\r\nX-PLANTED: PLANTED-10\r\n"
    );
    let upstream = Canned::answering([answer("200 OK", &headers, body)]);
    let recorder = Recorder::to(upstream.url(), room.cassette()).start();
    let length = body.len();
    let asked = format!(
        "POST /x HTTP/1.1\r\nHost: me\r\nConnection: close\r\nContent-Type: {content_type}\r\nContent-Length: {length}\r\n\r\n{body}"
    );
    assert!(raw(recorder.address(), &asked).ends_with(body));
    recorder.finish().unwrap();
    let cassette = std::fs::read_to_string(room.cassette()).unwrap();
    assert!(
        !cassette.to_lowercase().contains("planted") && !cassette.contains("5551234567"),
        "{cassette}"
    );
    assert_eq!(cassette.matches(expected).count(), 2, "{cassette}");
    let checked = super::stand::mock_ce(&["check", room.cassette().to_str().unwrap()]);
    assert!(
        checked.status.success(),
        "{}",
        super::stand::text(&checked.stdout)
    );
}

/// A value that also stands where nothing can be replaced is no reason to leave an exchange out.
#[rstest]
#[case::the_name_of_a_member(r#"{"bob@corp.example":{"a":1},"email":"bob@corp.example"}"#)]
#[case::a_plain_name(r#"{"kuzobetum":{"a":1},"note":"of Kuzobetum, x"}"#)]
#[case::a_word_of_the_catalog(r#"{"name":"Instance","description":"instance","tags":["element"]}"#)]
#[case::numbers(r#"{"token":-123456,"secret":1.5}"#)]
fn what_is_redacted_can_be_written(#[case] body: &str) {
    let room = Room::new();
    let upstream = Canned::answering([answer("200 OK", "", body)]);
    let recorder = Recorder::to(upstream.url(), room.cassette()).start();
    let asked = "GET /x HTTP/1.1\r\nHost: me\r\nConnection: close\r\n\r\n";
    raw(recorder.address(), asked);
    assert_eq!(recorder.finish().unwrap().recorded, 1);
    let cassette = std::fs::read_to_string(room.cassette()).unwrap();
    for replaced in ["corp.example", "uzobetum", "123456", "1.5"] {
        assert!(!cassette.contains(replaced), "{cassette}");
    }
}

/// Exchanges with an id of six digits, which is kept where an id belongs and replaced elsewhere.
#[rstest]
#[case::in_a_message("554236", "", r#"{"message":"Instance 554236 could not be loaded"}"#)]
#[case::in_a_link("1", "", r#"{"id":554237,"href":"/elements/api-v2/instances/554237"}"#)]
#[case::in_a_note("1", "", r#"{"id":554238,"note":"554238"}"#)]
#[case::in_markup("554239", "", "<html>Instance 554239</html>")]
#[case::in_a_location(
    "1",
    "location: /instances/554236\r\n",
    r#"{"href":"/instances/554236"}"#
)]
#[case::in_a_header_of_its_own("554236", "x-instance: 554236\r\n", "{}")]
fn an_id_beside_what_repeats_it_is_recorded(
    #[case] id: &str,
    #[case] headers: &str,
    #[case] body: &str,
) {
    let room = Room::new();
    let upstream = Canned::answering([answer("200 OK", headers, body), answer("200 OK", "", "[]")]);
    let recorder = Recorder::to(upstream.url(), room.cassette()).start();
    for path in [format!("/instances/{id}"), "/instances/554236".to_owned()] {
        let asked = format!("GET {path} HTTP/1.1\r\nHost: me\r\nConnection: close\r\n\r\n");
        raw(recorder.address(), &asked);
    }
    assert_eq!(recorder.finish().unwrap().recorded, 2);
}

#[test]
fn a_number_that_is_a_secret_is_dropped_where_an_id_belongs() {
    let room = Room::new();
    let body = r#"{"id":554236,"password":"554236"}"#;
    let upstream = Canned::answering(vec![answer("200 OK", "", body); 2]);
    let recorder = RecorderProcess::start(&upstream.url(), &room, &[]);
    let asked = "GET /x HTTP/1.1\r\nHost: me\r\nConnection: close\r\n\r\n";
    raw(recorder.address, asked);
    raw(recorder.address, asked);
    let output = recorder.end();
    let said = super::stand::text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    let told = "response.body:/id holds a value that was replaced in response.body:/password; \
                if it is no secret, --keep response.body:/password, otherwise --redact response.body:/id";
    assert!(said.contains(told), "{said}");
    let plural = "2 interactions dropped, because a secret was left in them";
    assert!(said.contains(plural), "{said}");
}

#[test]
fn a_secret_of_any_length_has_a_placeholder() {
    let room = Room::new();
    let key = "0af1".repeat(20_000);
    let body = format!(
        r#"{{"privateKey":"{key}","token":"{}"}}"#,
        "1".repeat(70_000)
    );
    let upstream = Canned::answering([answer("200 OK", "", body)]);
    let recorder = Recorder::to(upstream.url(), room.cassette()).start();
    let asked = "GET /x HTTP/1.1\r\nHost: me\r\nConnection: close\r\n\r\n";
    raw(recorder.address(), asked);
    assert_eq!(recorder.finish().unwrap().recorded, 1);
    let cassette = std::fs::read_to_string(room.cassette()).unwrap();
    assert!(!cassette.contains("0af10af1") && !cassette.contains("11111111"));
}
