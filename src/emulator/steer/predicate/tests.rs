use std::borrow::Cow;

use http::{HeaderName, Method, StatusCode};
use rstest::rstest;

use super::*;
use crate::emulator::identity;
use crate::rules::{self, Grade, Rule};
use crate::wire::json::Json;
use crate::wire::message::{Body, Request};

/// A request that was answered.
struct Answered {
    request: Request,
    organization: &'static str,
    status: u16,
}

impl Answered {
    fn new(method: Method, target: &str, body: &str) -> Self {
        let request = Request::new(method, target, body.to_owned())
            .header("x-color", "red")
            .header("accept", "application/json");
        let (organization, status) = ("acme", 200);
        Answered {
            request,
            organization,
            status,
        }
    }
}

impl Subject for Answered {
    fn method(&self) -> &str {
        self.request.method.as_str()
    }

    fn path(&self) -> &str {
        self.request.uri.path()
    }

    fn query(&self) -> &str {
        self.request.uri.query().unwrap_or_default()
    }

    fn header(&self, name: &HeaderName) -> Vec<Cow<'_, str>> {
        let values = self.request.headers.get_all(name).iter();
        values
            .map(|value| String::from_utf8_lossy(value.as_bytes()))
            .collect()
    }

    fn header_names(&self) -> Vec<Cow<'_, str>> {
        let names = self.request.headers.keys();
        names.map(|name| name.as_str().into()).collect()
    }

    fn body(&self) -> &[u8] {
        match &self.request.body {
            Body::Whole(body) => body,
            Body::TooLarge(_) => &[],
        }
    }

    fn element(&self) -> Option<Cow<'_, str>> {
        Some("mailjet".into())
    }

    fn is_of(&self, fingerprint: u64) -> bool {
        identity::fingerprint(self.organization) == fingerprint
    }

    fn organization_name(&self) -> Option<Cow<'_, str>> {
        Some(self.organization.into())
    }

    fn instance(&self) -> Option<u64> {
        Some(1234)
    }

    fn rule(&self) -> Option<&'static Rule> {
        rules::find("create")
    }

    fn status(&self) -> Option<StatusCode> {
        StatusCode::from_u16(self.status).ok()
    }

    fn request(&self) -> Cow<'_, Request> {
        Cow::Borrowed(&self.request)
    }
}

fn posted() -> Answered {
    Answered::new(
        Method::POST,
        "/elements/api-v2/instances?pageSize=20&searchText=a%20b",
        r#"{"name":"n","tags":["a","b"]}"#,
    )
}

fn read(text: &str) -> Result<Predicate, String> {
    Predicate::read(&Json::parse(text.as_bytes()).unwrap(), "match")
}

/// Each condition in JSON and in Rust: they are the same predicate, which holds or says why not.
#[rstest]
#[case::method(r#"{"method":"post"}"#, Predicate::new().method(Method::POST), &[])]
#[case::methods(
    r#"{"method":["PUT","PATCH"]}"#,
    Predicate::new().methods([Method::PUT, Method::PATCH]),
    &["method: expected PUT or PATCH, was POST"]
)]
#[case::path(r#"{"path":"/instances"}"#, Predicate::new().path("/instances"), &[])]
#[case::other_path(
    r#"{"path":"/instances/*"}"#,
    Predicate::new().path("/instances/*"),
    &["path: expected /instances/*, was /elements/api-v2/instances"]
)]
#[case::query(r#"{"query":{"pageSize":20,"searchText":"a b"}}"#, Predicate::new().query("pageSize", 20).query("searchText", "a b"), &[])]
#[case::other_query(
    r#"{"query":{"pageSize":"2"}}"#,
    Predicate::new().query("pageSize", 2),
    &[r#"query pageSize: expected "2", was "20""#]
)]
#[case::misspelt_query(
    r#"{"query":{"pagesize":"20"}}"#,
    Predicate::new().query("pagesize", 20),
    &[r#"query pagesize: expected "20", was absent (there is "pageSize")"#]
)]
#[case::no_query(r#"{"query":{"nextPage":null}}"#, Predicate::new().query_absent("nextPage"), &[])]
#[case::header(r#"{"headers":{"X-Color":"red"}}"#, Predicate::new().header("x-color", "red"), &[])]
#[case::other_header(
    r#"{"headers":{"x-colour":"red"}}"#,
    Predicate::new().header("x-colour", "red"),
    &[r#"header x-colour: expected "red", was absent (there is "x-color")"#]
)]
#[case::any_header(r#"{"headers":{"x-color":{"present":true}}}"#, Predicate::new().header_present("x-color"), &[])]
#[case::no_header(
    r#"{"headers":{"x-color":null}}"#,
    Predicate::new().header_absent("x-color"),
    &[r#"header x-color: expected none, was "red""#]
)]
#[case::json_body(
    r#"{"body":{"json":{"name":"n","tags":["a","b"]}}}"#,
    Predicate::new().body_json(serde_json::json!({"name": "n", "tags": ["a", "b"]})),
    &[]
)]
#[case::other_json_body(
    r#"{"body":{"json":{"name":"m"}}}"#,
    Predicate::new().body_json(serde_json::json!({"name": "m"})),
    &[r#"body /name: expected "m", was "n""#, r#"body /tags: expected none, was ["a","b"]"#]
)]
#[case::part_of_a_body(r#"{"body":{"contains":{"tags":["b"]}}}"#, Predicate::new().body_contains(serde_json::json!({"tags": ["b"]})), &[])]
#[case::value_in_a_body(
    r#"{"body":{"at":{"/tags/0":"c"}}}"#,
    Predicate::new().body_at("/tags/0", "c"),
    &[r#"body /tags/0: expected "c", was "a""#]
)]
#[case::text(
    r#"{"body":{"text":"x"}}"#,
    Predicate::new().body_text("x"),
    &[r#"body: expected "x", was "{\"name\":\"n\",\"tags\":[\"a\",\"b\"]}""#]
)]
#[case::part_of_a_text(r#"{"body":{"textContains":"tags"}}"#, Predicate::new().body_text_contains("tags"), &[])]
#[case::element(r#"{"element":"twilio"}"#, Predicate::new().element("twilio"), &["element: expected twilio, was mailjet"])]
#[case::organization(
    r#"{"organization":"other"}"#,
    Predicate::new().organization("other"),
    &["organization: expected other, was acme"]
)]
#[case::instance(r#"{"instance":5}"#, Predicate::new().instance(5), &["instance: expected 5, was 1234"])]
#[case::rule(r#"{"rule":"instance-get"}"#, Predicate::new().rule("instance-get"), &["rule: expected instance-get, was create"])]
#[case::grade(r#"{"grade":"assumed"}"#, Predicate::new().grade(Grade::Assumed), &["grade: expected assumed, was guide (of rule create)"])]
#[case::status(r#"{"status":404}"#, Predicate::new().status(404), &["status: expected 404, was 200"])]
#[case::status_code(r#"{"status":200}"#, Predicate::new().status(StatusCode::OK), &[])]
fn a_condition_is_the_same_in_both_languages(
    #[case] json: &str,
    #[case] predicate: Predicate,
    #[case] differences: &[&str],
) {
    assert_eq!(read(json).as_ref(), Ok(&predicate));
    assert_eq!(predicate.differences(&posted()), differences);
    assert_eq!(predicate.fits(&posted()), differences.is_empty());
    let written = predicate.to_json();
    assert_eq!(Predicate::read(&written, ""), Ok(predicate), "{written}");
}

#[rstest]
#[case::method(
    r#"{"method":"PSOT"}"#,
    r#"match.method must be a verb, found "PSOT"; did you mean "POST"?"#
)]
#[case::no_method(r#"{"method":[]}"#, "match.method must name a verb")]
#[case::query_in_path(
    r#"{"path":"/instances?pageSize=1"}"#,
    r#"match.path must not have a query, found "/instances?pageSize=1"; write the path "/instances" and a condition on the query parameter "pageSize""#
)]
#[case::host_in_path(
    r#"{"path":"http://h:1/instances"}"#,
    r#"match.path must be a path without scheme and host, found "http://h:1/instances"; write "/instances""#
)]
#[case::blank_path(
    r#"{"path":" "}"#,
    r#"match.path must be a path such as "/instances/*", found " ""#
)]
#[case::part_of_a_word(
    r#"{"path":"/inst*"}"#,
    r#"match.path must have *, ** and {name} alone between slashes, found "inst*"; write %2A, %7B and %7D where they are meant as characters"#
)]
#[case::parameter_in_a_word(
    r#"{"path":"/v/a{x}b"}"#,
    r#"match.path must have *, ** and {name} alone between slashes, found "a{x}b"; write %2A, %7B and %7D where they are meant as characters"#
)]
#[case::two_parameters(
    r#"{"path":"/v/{a}-{b}"}"#,
    r#"match.path must have *, ** and {name} alone between slashes, found "{a}-{b}"; write %2A, %7B and %7D where they are meant as characters"#
)]
#[case::fragment(
    r#"{"path":"/a#b"}"#,
    r#"match.path must not have a fragment, which no client sends, found "/a#b"; write "/a""#
)]
#[case::header(
    r#"{"headers":{"a b":"c"}}"#,
    r#"match.headers.a b must name a header, found "a b""#
)]
#[case::header_value(
    r#"{"headers":{"a":{"containz":"c"}}}"#,
    "match.headers.a.containz is not known here; did you mean \"contains\"?"
)]
#[case::pointer(
    r#"{"body":{"at":{"element.key":1}}}"#,
    r#"match.body.at must be a JSON pointer, found "element.key"; did you mean "/element/key"?"#
)]
#[case::body(
    r#"{"body":{"jsno":1}}"#,
    "match.body.jsno is not known here; did you mean \"json\"?"
)]
#[case::rule(
    r#"{"rule":"creat"}"#,
    r#"match.rule must be the id of a rule, found "creat"; did you mean "create"?"#
)]
#[case::grade(
    r#"{"grade":"guid"}"#,
    r#"match.grade must be a grade, found "guid"; did you mean "guide"?"#
)]
#[case::status(
    r#"{"status":42}"#,
    "match.status must be a status from 200 to 999, found 42"
)]
#[case::blank_element(r#"{"element":""}"#, "match.element must not be blank")]
#[case::member(
    r#"{"methd":"GET"}"#,
    "match.methd is not known here; did you mean \"method\"?"
)]
fn what_can_match_nothing_is_refused(#[case] json: &str, #[case] reason: &str) {
    assert_eq!(read(json), Err(reason.to_owned()));
}

#[rstest]
#[case::status(|| Predicate::new().status(42), "mock-ce: status must be a status from 200 to 999, found 42")]
#[case::path(|| Predicate::new().path(""), "mock-ce: path must be a path such as \"/instances/*\", found \"\"")]
#[case::rule(|| Predicate::new().rule("creat"), "mock-ce: rule must be the id of a rule, found \"creat\"; did you mean \"create\"?")]
fn rust_refuses_what_json_refuses(#[case] build: fn() -> Predicate, #[case] message: &str) {
    let panic = std::panic::catch_unwind(build).expect_err("it is refused");
    assert_eq!(panic.downcast_ref::<String>().unwrap(), message);
}

#[test]
fn an_element_that_the_catalog_lacks_is_refused_and_an_id_is_its_key() {
    let catalog = Catalog::documented();
    let mut unknown = Predicate::new().element("sendgird");
    assert_eq!(
        unknown.resolve(catalog).unwrap_err(),
        "element must be an element of the catalog, found \"sendgird\"; did you mean \"sendgrid\"?"
    );
    let mut far = Predicate::new().element("zzzzzzzzz");
    let reason = far.resolve(catalog).unwrap_err();
    assert!(
        reason.ends_with("; known: sendgrid, twilio, mailjet"),
        "{reason}"
    );
    let mut by_id = Predicate::new().element("84");
    by_id.resolve(catalog).unwrap();
    assert_eq!(by_id, Predicate::new().element("mailjet"));
}

#[test]
fn a_closure_sees_the_request() {
    let long = Predicate::new().matching(|request| request.uri.path().len() > 3);
    assert!(long.fits(&posted()));
    let never = Predicate::new().matching(|_| false);
    assert_eq!(
        never.differences(&posted()),
        ["matching: the closure said no"]
    );
}

#[test]
fn conditions_add_up_or_replace_each_other_and_stand_in_one_order() {
    let predicate = Predicate::new()
        .status(404)
        .body_at("/a", 1)
        .header("b", "c")
        .query("d", "e")
        .body_at("/f", 2)
        .method(Method::PUT)
        .method(Method::POST);
    assert_eq!(
        predicate.to_string(),
        "method POST, query d \"e\", header b \"c\", body /a 1, body /f 2, status 404"
    );
}

#[test]
fn the_nearest_request_differs_in_the_fewest_conditions_then_lines_and_is_the_latest() {
    let wanted = Predicate::new()
        .method(Method::POST)
        .path("/instances")
        .body_json(serde_json::json!({"a": 1, "b": 2}));
    let of = |method: Method, body: &str| Answered::new(method, "/elements/api-v2/instances", body);
    let sent = [
        of(Method::GET, ""),
        of(Method::POST, r#"{"a":1,"b":3}"#),
        of(Method::POST, r#"{"a":1,"b":4}"#),
        of(Method::POST, r#"{"a":2,"b":4}"#),
        of(Method::POST, r#"{"a":1,"b":2}"#),
    ];
    let near = wanted.nearest(&sent, 3);
    let bodies: Vec<_> = near
        .iter()
        .map(|near| String::from_utf8_lossy(near.body()).into_owned())
        .collect();
    assert_eq!(
        bodies,
        [r#"{"a":1,"b":4}"#, r#"{"a":1,"b":3}"#, r#"{"a":2,"b":4}"#]
    );
}

#[rstest]
#[case::empty("", "body: expected JSON, was empty")]
#[case::malformed(
    "{x",
    "body: expected JSON, was \"{x\" (line 1, column 2: key must be a string, found 'x')"
)]
fn a_body_that_is_no_json_is_said_once(#[case] body: &str, #[case] line: &str) {
    let wanted = Predicate::new().body_at("/a", 1).body_at("/b", 2);
    let sent = Answered::new(Method::POST, "/a", body);
    assert_eq!(wanted.differences(&sent), [line]);
}

#[test]
fn a_long_list_of_differences_is_cut() {
    let items: Vec<_> = (0..30).collect();
    let wanted = Predicate::new().body_json(items);
    let sent = Answered::new(Method::POST, "/a", "[]");
    let lines = wanted.differences(&sent);
    assert_eq!(lines.len(), 21);
    assert_eq!(lines[20], "body: 10 more differences");
}

#[test]
fn a_predicate_is_read_by_serde_with_the_same_errors() {
    let read = serde_json::from_str::<Predicate>(r#"{"method": "POST", "path": "/instances"}"#);
    let told = read.unwrap().to_json().to_string();
    assert_eq!(told, r#"{"method":"POST","path":"/instances"}"#);
    let refused = serde_json::from_str::<Predicate>(r#"{"metod": "POST"}"#);
    assert!(refused.unwrap_err().to_string().contains("metod"));
}
