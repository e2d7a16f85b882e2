//! The binary's verbs around a cassette.

use std::fs;
use std::time::SystemTime;

use mock_ce::cassette::{Cassette, Policy};
use mock_ce::catalog::Catalog;
use mock_ce::recorder::{Mode, Recorder};
use mock_ce::{Json, MockCe, Shape};

use rstest::rstest;

use super::stand::{Caller, Canned, Room, answer, load, mailjet, member, mock_ce, text};

fn record(room: &Room, ce: &MockCe) -> Cassette {
    let upstream = format!("http://{}", ce.address());
    let recorder = Recorder::to(upstream, room.cassette())
        .mode(Mode::All)
        .start();
    Caller::of(recorder.address(), "user-secret", "organization-secret").live("Test");
    recorder.finish().unwrap();
    load(&room.cassette())
}

#[test]
fn a_command_is_recorded_for_as_long_as_it_runs_and_its_status_is_the_verbs() {
    let (room, ce) = (Room::new(), MockCe::start());
    let upstream = format!("http://{}", ce.address());
    let path = room.cassette();
    let file = path.to_str().unwrap();
    let mut words = vec![
        "record",
        "--upstream",
        &upstream,
        "--cassette",
        file,
        "--",
        "sh",
        "-c",
    ];
    words.push("echo \"$MOCK_CE_URL\"; exit 7");
    let output = mock_ce(&words);
    assert_eq!(output.status.code(), Some(7));
    let said = text(&output.stdout);
    assert!(
        said.starts_with("http://127.0.0.1:") && said.ends_with("/elements/api-v2\n"),
        "{said}"
    );
    words.truncate(6);
    words.push("no-such-command-here");
    assert_eq!(mock_ce(&words).status.code(), Some(127));
}

#[test]
fn check_has_nothing_to_tell_of_a_recording() {
    let (room, ce) = (Room::new(), MockCe::start());
    record(&room, &ce);
    let output = mock_ce(&["check", room.cassette().to_str().unwrap()]);
    assert_eq!(
        (output.status.code(), text(&output.stdout)),
        (Some(0), String::new())
    );
    let said = text(&output.stderr);
    assert!(
        said.contains("passed: seal, format, no value that may be a secret, each replays itself"),
        "{said}"
    );
}

#[test]
fn check_takes_several_files_and_goes_on_behind_one_that_fails() {
    let (room, ce) = (Room::new(), MockCe::start());
    record(&room, &ce);
    let cassette = room.cassette();
    let file = cassette.to_str().unwrap();
    let output = mock_ce(&["check", "nope.json", file]);
    assert_eq!(output.status.code(), Some(1));
    let said = text(&output.stderr);
    let absent = "mock-ce: the cassette \"nope.json\" is not there; check the path, or record it with mock-ce record";
    let lines: Vec<_> = said.lines().collect();
    assert_eq!((lines.len(), lines[0]), (2, absent), "{said}");
    assert!(lines[1].contains(" passed: "), "{said}");
}

/// Edits by hand are judged by the policy that recordings are written by.
#[rstest]
#[case::a_text(
    r#""name": "redacted-6""#,
    r#""name": "someone@corp.example""#,
    "interaction 1: request.body:/name holds what is not known to be harmless"
)]
#[case::a_name(
    r#""mailjet.api.key": "#,
    r#""someone@corp.example": "#,
    "interaction 1: the name of a member of request.body:/configuration holds what"
)]
#[case::a_number(
    r#""id": 1234"#,
    r#""id": 1234567890"#,
    "interaction 1: response.body:/id holds"
)]
#[case::a_path(
    r#""path": "/elements/api-v2/instances/1234""#,
    r#""path": "/elements/api-v2/instances/someone""#,
    "interaction 2: request.path holds"
)]
#[case::a_header(
    r#""elements-request-id": "#,
    r#""set-cookie": "a", "elements-request-id": "#,
    "interaction 1: response.header:set-cookie holds"
)]
fn check_names_what_a_recording_would_have_replaced(
    #[case] from: &str,
    #[case] to: &str,
    #[case] expected: &str,
) {
    let (room, ce) = (Room::new(), MockCe::start());
    record(&room, &ce);
    let path = room.cassette();
    let file = path.to_str().unwrap();
    let before = fs::read_to_string(&path).unwrap();
    let changed = before.replacen(from, to, 1);
    assert_ne!(before, changed);
    fs::write(&path, changed).unwrap();
    assert!(text(&mock_ce(&["check", file]).stderr).contains("seal is broken"));
    let output = mock_ce(&["check", "--reseal", file]);
    assert_eq!(output.status.code(), Some(1));
    let said = text(&output.stdout);
    assert!(
        said.contains(expected) && !said.contains("someone"),
        "{said}"
    );
    assert!(Cassette::load(&path).is_ok());
}

#[rstest]
#[case::no_final_status(
    "\"status\": 200",
    "\"status\": 100",
    "response.status is no final HTTP status"
)]
#[case::framing(
    "\"elements-request-id\": ",
    "\"content-length\": \"1\", \"transfer-encoding\": \"chunked\", \"elements-request-id\": ",
    "response.headers has content-length"
)]
fn check_refuses_what_cannot_be_answered(
    #[case] from: &str,
    #[case] to: &str,
    #[case] reason: &str,
) {
    let (room, ce) = (Room::new(), MockCe::start());
    record(&room, &ce);
    let path = room.cassette();
    let changed = fs::read_to_string(&path).unwrap().replacen(from, to, 1);
    fs::write(&path, changed).unwrap();
    let output = mock_ce(&["check", "--reseal", path.to_str().unwrap()]);
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        said.contains("interaction 1: ") && said.contains(reason) && said.lines().count() == 1,
        "{said}"
    );
}

#[cfg(unix)]
#[test]
fn a_file_is_not_converted_into_itself() {
    let (room, ce) = (Room::new(), MockCe::start());
    record(&room, &ce);
    let path = room.cassette();
    let before = fs::read_to_string(&path).unwrap();
    let other_name = room.join("link.json");
    std::os::unix::fs::symlink(&path, &other_name).unwrap();
    for to in [&path, &other_name] {
        let output = mock_ce(&["convert", path.to_str().unwrap(), to.to_str().unwrap()]);
        assert_eq!(output.status.code(), Some(1));
        let said = text(&output.stderr);
        assert!(said.contains("cannot be converted into itself"), "{said}");
    }
    assert_eq!(fs::read_to_string(&path).unwrap(), before);
}

#[test]
fn a_file_that_is_there_is_replaced_by_force_only() {
    let (room, ce) = (Room::new(), MockCe::start());
    record(&room, &ce);
    let (path, to) = (room.cassette(), room.join("mine.txt"));
    fs::write(&to, "precious").unwrap();
    let words = ["convert", path.to_str().unwrap(), to.to_str().unwrap()];
    let output = mock_ce(&words);
    assert_eq!(output.status.code(), Some(1));
    let said = text(&output.stderr);
    assert!(
        said.contains("mine.txt\" is there already; give --force"),
        "{said}"
    );
    assert_eq!(fs::read_to_string(&to).unwrap(), "precious");
    // The second time the file says what it is to say.
    for more in [&["--force"][..], &[]] {
        let output = mock_ce(&[&words[..], more].concat());
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        assert!(fs::read_to_string(&to).unwrap().contains("\"log\""));
    }
}

#[test]
fn a_cassette_goes_to_har_and_back() {
    let (room, ce) = (Room::new(), MockCe::start());
    let before = record(&room, &ce);
    let (har, back) = (room.join("a.har"), room.join("back.json"));
    let path = room.cassette();
    let words = |from: &std::path::Path, to: &std::path::Path| {
        let output = mock_ce(&["convert", from.to_str().unwrap(), to.to_str().unwrap()]);
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    };
    words(&path, &har);
    let document = fs::read_to_string(&har).unwrap();
    let document = Json::parse(document.as_bytes()).unwrap();
    let log = document.get("log").unwrap();
    assert_eq!(log.get("version").unwrap().as_str(), Some("1.2"));
    assert_eq!(log.get("entries").unwrap().as_array().unwrap().len(), 9);
    words(&har, &back);
    assert_eq!(load(&back), before);
    assert_eq!(
        fs::read_to_string(&back).unwrap(),
        fs::read_to_string(&path).unwrap()
    );
}

/// A HAR document says in members of its own what the user redacted and kept.
#[test]
fn the_places_of_the_user_survive_a_har_document() {
    let (room, ce) = (Room::new(), MockCe::start());
    let recorder = Recorder::to(format!("http://{}", ce.address()), room.cassette())
        .redact("body:description".parse().unwrap())
        .keep("request.body:/name".parse().unwrap())
        .start();
    Caller::of(recorder.address(), "user-secret", "organization-secret").live("Test");
    recorder.finish().unwrap();
    let before = load(&room.cassette());
    let har = before.to_har();
    assert!(
        har.contains("\"_redact\"") && har.contains("\"_keep\""),
        "{har}"
    );
    let (back, _) = Cassette::from_har(&har, Policy::new(Catalog::documented())).unwrap();
    assert_eq!(back, before);
}

/// What a recording keeps of an element of one's own, check and conversion keep too.
#[test]
fn a_cassette_with_elements_of_ones_own_is_checked_and_converted_with_them() {
    let room = Room::new();
    let catalog = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/example/catalog");
    let ce = MockCe::builder().catalog(catalog).start();
    let upstream = format!("http://{}", ce.address());
    let recorder = Recorder::to(upstream, room.cassette())
        .catalog(catalog)
        .start();
    Caller::of(recorder.address(), "user-secret", "organization-secret").call(
        http::Method::GET,
        "/elements/pigeon",
        "",
    );
    recorder.finish().unwrap();
    let (path, har, again) = (room.cassette(), room.join("a.har"), room.join("b.json"));
    let [path, har, again] = [&path, &har, &again].map(|path| path.to_str().unwrap());
    assert_eq!(mock_ce(&["check", path]).status.code(), Some(1));
    let output = mock_ce(&["check", path, "--catalog", catalog]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stdout));
    assert!(mock_ce(&["convert", path, har]).status.success());
    assert!(
        mock_ce(&["convert", har, again, "--catalog", catalog])
            .status
            .success()
    );
    assert_eq!(
        load(again.as_ref()).interactions(),
        load(path.as_ref()).interactions()
    );
}

#[test]
fn a_har_of_a_browser_is_redacted_on_its_way_in() {
    let room = Room::new();
    let har = r#"{"log":{"version":"1.2","entries":[
      {"startedDateTime":"2017-03-14T10:00:00.000Z","request":{"method":"POST","url":"https://api.example/a?token=query-secret#top",
       "headers":[{"name":":authority","value":"api.example"},{"name":"Authorization","value":"User user-secret"},{"name":"Content-Type","value":"application/x-www-form-urlencoded"}],
       "postData":{"mimeType":"application/x-www-form-urlencoded","params":[{"name":"password","value":"form-secret"},{"name":"b","value":"user-secret"}]}},
       "response":{"status":200,"headers":[],"content":{"size":9,"text":"dXNlci1zZWNyZXQ=","encoding":"base64"}}},
      {"request":{"method":"GET","url":"https://cdn.example/x.js","headers":[]},"response":{"status":200,"headers":[],"content":{}}},
      {"request":{"method":"GET","url":"https://api.example/blocked","headers":[]},"response":{"status":0,"headers":[],"content":{}}}
    ]}}"#;
    fs::write(room.join("in.har"), har).unwrap();
    let output = mock_ce(&[
        "convert",
        room.join("in.har").to_str().unwrap(),
        room.cassette().to_str().unwrap(),
    ]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let said = text(&output.stderr);
    assert!(
        said.contains(
            "1 interaction with https://api.example; 1 with other services left out; 1 without an answer (status 0) left out"
        ),
        "{said}"
    );
    let written = fs::read_to_string(room.cassette()).unwrap();
    for secret in [
        "user-secret",
        "query-secret",
        "form-secret",
        "dXNlci1zZWNyZXQ",
    ] {
        assert!(!written.contains(secret), "{secret}: {written}");
    }
    assert!(
        written.contains("\"recorded\": \"2017-03-14\""),
        "{written}"
    );
    assert!(
        written.contains("password=redacted-3&b=redacted-2"),
        "{written}"
    );
}

#[rstest]
#[case::no_day("2017-03-14T10:00:00.000Z", "user-secret", 200, Ok("1970-01-01"))]
#[case::switched(
    "2017-03-14T10:00:00.000Z",
    "2017-03-15",
    101,
    Err("response.status is no final HTTP status")
)]
fn a_har_becomes_a_cassette_that_can_be_read(
    #[case] usual: &str,
    #[case] started: &str,
    #[case] status: u16,
    #[case] expected: Result<&str, &str>,
) {
    let entry = r#"{"startedDateTime":"AT","request":{"method":"GET","url":"https://api.example/a","headers":[]},
        "response":{"status":STATUS,"headers":[],"content":{}}}"#;
    let har = format!(r#"{{"log":{{"version":"1.2","entries":[{entry}]}}}}"#);
    let har = har.replace("STATUS", &status.to_string());
    let read =
        |at: &str| Cassette::from_har(&har.replace("AT", at), Policy::new(Catalog::documented()));
    match (read(started), expected) {
        (Ok((cassette, _)), Ok(day)) => {
            assert_eq!(cassette.recorded(), day);
            assert_eq!(read(usual).unwrap().0.recorded(), "2017-03-14");
            assert!(Cassette::parse(&cassette.to_text()).is_ok());
        }
        (Err(error), Err(reason)) => assert!(error.to_string().contains(reason), "{error}"),
        (read, _) => panic!("{read:?}"),
    }
}

#[test]
fn credentials_in_an_address_of_a_har_are_left_out() {
    let room = Room::new();
    let entry = |url: &str| {
        format!(
            r#"{{"request":{{"method":"GET","url":"{url}","headers":[]}},"response":{{"status":200,"headers":[],"content":{{}}}}}}"#
        )
    };
    let urls = [
        "https://uSECRET:pSECRET@API.example:443/a",
        "https://api.example/b",
    ];
    let har = format!(r#"{{"log":{{"entries":[{}]}}}}"#, urls.map(entry).join(","));
    fs::write(room.join("in.har"), har).unwrap();
    let (from, path) = (room.join("in.har"), room.cassette());
    let output = mock_ce(&["convert", from.to_str().unwrap(), path.to_str().unwrap()]);
    let said = text(&output.stderr);
    assert!(
        said.contains("2 interactions with https://api.example; 0 with other services"),
        "{said}"
    );
    let written = fs::read_to_string(&path).unwrap();
    assert!(!format!("{said}{written}").contains("SECRET"), "{said}");
}

#[test]
fn a_har_without_entries_is_refused() {
    let room = Room::new();
    fs::write(room.join("in.har"), r#"{"log":{"entries":[]}}"#).unwrap();
    let (from, path) = (room.join("in.har"), room.cassette());
    let output = mock_ce(&["convert", from.to_str().unwrap(), path.to_str().unwrap()]);
    let said = text(&output.stderr);
    assert!(said.contains("there is nothing to convert"), "{said}");
    assert!(!output.status.success() && !path.exists());
}

#[rstest]
#[case::credentials("https://uSECRET:pSECRET@api.example")]
#[case::query("https://api.example?key=SECRET")]
#[case::path("https://api.example/SECRET")]
#[case::no_address("SECRET")]
fn check_names_an_upstream_that_is_more_than_an_address(#[case] upstream: &str) {
    let room = Room::new();
    Cassette::new(upstream, "2017-03-14")
        .save(room.cassette())
        .unwrap();
    let output = mock_ce(&["check", "--reseal", room.cassette().to_str().unwrap()]);
    let told = format!("{}{}", text(&output.stdout), text(&output.stderr));
    assert_eq!(output.status.code(), Some(1), "{told}");
    assert!(
        told.contains("upstream is more than scheme and host"),
        "{told}"
    );
    assert!(!told.contains("SECRET"), "{told}");
}

#[test]
fn compare_has_nothing_to_tell_while_nothing_has_drifted() {
    let (room, ce) = (Room::new(), MockCe::builder().seed(7).start());
    // Another id than the emulator will give.
    Caller::of(ce.address(), "user-secret", "organization-secret").call(
        http::Method::POST,
        "/instances",
        &mailjet("First"),
    );
    record(&room, &ce);
    let output = mock_ce(&["compare", room.cassette().to_str().unwrap()]);
    let said = text(&output.stdout);
    // The first one is in the recorded list, and in no other.
    assert!(
        said.contains("header elements-total-count: recorded 2, now 1"),
        "{said}"
    );
    assert!(
        said.ends_with("9 interactions, 1 answered otherwise\n"),
        "{said}"
    );
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn compare_follows_ids_and_tokens_of_a_live_service() {
    let (room, ce) = (Room::new(), MockCe::builder().seed(7).start());
    record(&room, &ce);
    let path = room.cassette();
    let other = MockCe::builder().seed(8).start();
    let url = format!("http://{}", other.address());
    let same = mock_ce(&["compare", path.to_str().unwrap(), "--against", &url]);
    assert_eq!(
        (same.status.code(), text(&same.stdout)),
        (Some(0), "9 interactions, 0 answered otherwise\n".to_owned())
    );
}

#[test]
fn compare_tells_what_it_found_before_a_service_breaks_off() {
    let (room, ce) = (Room::new(), MockCe::start());
    record(&room, &ce);
    let path = room.cassette();
    let service = Canned::answering([answer("404 Not Found", "", ""), b"nonsense".to_vec()]);
    let words = ["compare", path.to_str().unwrap(), "--against"];
    let output = mock_ce(&[&words[..], &[&service.url()]].concat());
    let (found, failed) = (text(&output.stdout), text(&output.stderr));
    assert!(found.contains("status: recorded 200, now 404"), "{found}");
    assert!(
        found.ends_with("1 interaction, 1 answered otherwise\n"),
        "{found}"
    );
    let place = "interaction 2 of 9 and the rest are not compared: ";
    assert!(
        failed.contains(place) && failed.contains("broke off"),
        "{failed}"
    );
    assert_eq!(output.status.code(), Some(1), "{failed}");
}

#[test]
fn compare_compares_no_body_of_a_head() {
    let (room, ce) = (Room::new(), MockCe::start());
    let upstream = format!("http://{}", ce.address());
    let recorder = Recorder::to(upstream, room.cassette()).start();
    let mut caller = Caller::of(recorder.address(), "user-secret", "organization-secret");
    caller.call(http::Method::HEAD, "/elements", "");
    recorder.finish().unwrap();
    let output = mock_ce(&["compare", room.cassette().to_str().unwrap()]);
    assert_eq!(
        text(&output.stdout),
        "1 interaction, 0 answered otherwise\n"
    );
}

#[test]
fn compare_refuses_a_secret_for_a_placeholder_that_is_never_sent() {
    let (room, ce) = (Room::new(), MockCe::start());
    record(&room, &ce);
    let path = room.cassette();
    let compare = |secret: &str| {
        let output = mock_ce(&["compare", path.to_str().unwrap(), "--secret", secret]);
        text(&output.stderr)
    };
    assert_eq!(
        compare("redacted-999=PATH"),
        "mock-ce: no recorded request has the placeholder \"redacted-999\", which --secret names\n"
    );
    assert_eq!(compare("redacted-1=PATH"), "");
}

#[test]
fn compare_does_not_count_ids_of_entries_and_times() {
    let (room, ce) = (
        Room::new(),
        MockCe::builder().clock(SystemTime::UNIX_EPOCH).start(),
    );
    // The recorded instance has another id than the emulator will give, and so have its entries.
    Caller::of(ce.address(), "user-secret", "organization-secret").call(
        http::Method::POST,
        "/instances",
        &mailjet("First"),
    );
    let upstream = format!("http://{}", ce.address());
    let recorder = Recorder::to(upstream, room.cassette()).start();
    let mut caller = Caller::of(recorder.address(), "user-secret", "organization-secret");
    let created = caller.call(http::Method::POST, "/instances", &mailjet("n"));
    let id = member(&created, "id").as_u64().unwrap();
    let token = member(&created, "token").as_str().unwrap().to_owned();
    let path = format!("/instances/{id}/configuration");
    let entries = text(&caller.call(http::Method::GET, &path, "").body);
    assert!(entries.contains(&format!("{id}003")), "{entries}");
    let one = r#"{"propertyValue":"false"}"#;
    caller.call(http::Method::PATCH, &format!("{path}/{id}003"), one);
    let by_token = format!("User user-secret, Element {token}");
    let message = r#"{"to":"a@b.c"}"#;
    let sent = caller.call_as(&by_token, http::Method::POST, "/messages", message);
    assert!(text(&sent.body).contains("sentTime"));
    recorder.finish().unwrap();
    let output = mock_ce(&["compare", room.cassette().to_str().unwrap()]);
    assert_eq!(
        text(&output.stdout),
        "4 interactions, 0 answered otherwise\n"
    );
}

#[test]
fn compare_names_every_difference_as_text_and_as_json() {
    let (room, ce) = (
        Room::new(),
        MockCe::builder().shape(Shape::Platform).start(),
    );
    record(&room, &ce);
    let path = room.cassette();
    let file = path.to_str().unwrap();
    let output = mock_ce(&["compare", file]);
    assert_eq!(output.status.code(), Some(1));
    let said = text(&output.stdout);
    assert!(
        said.contains("[1] POST /elements/api-v2/instances (rule create, guide)"),
        "{said}"
    );
    assert!(
        said.contains("body /externalAuthentication: recorded \"none\", now nothing"),
        "{said}"
    );
    let output = mock_ce(&["compare", file, "--json"]);
    let report = Json::parse(&output.stdout).unwrap().into_owned();
    let first = &report.as_array().unwrap()[0];
    assert_eq!(first.get("rule").unwrap().as_str(), Some("create"));
    let kinds: Vec<_> = first
        .get("differences")
        .unwrap()
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one.get("kind").unwrap().as_str().unwrap())
        .collect();
    assert!(kinds.contains(&"missing"), "{kinds:?}");
    let same = mock_ce(&["compare", file, "--shape", "platform"]);
    assert_eq!(same.status.code(), Some(0), "{}", text(&same.stdout));
}
