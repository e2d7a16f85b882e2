//! Stubs: which request each answers and with what, in Rust and as JSON, and that one can be read, replaced and removed.

use std::thread;

use http::Method;
use mock_ce::{Effect, LiteralReply, MockCe, Predicate, Request as Sent, Scripted};
use rstest::rstest;
use serde_json::json;

use super::{ask, asking, at, done, length_at, look, number_at, of, order, refusal, text_at};
use crate::support::{Client, Reply, Request, mailjet};

const PING: &str = "/hubs/messaging/ping";

fn ping(ce: &MockCe) -> Reply {
    ask(ce, &Request::get(PING))
}

fn stubbed(ce: &MockCe, stub: &str) -> u64 {
    let reply = done(ce, "POST", "/stubs", stub);
    number_at(&reply.json().into_owned(), "id")
}

/// Rule `stub`.
#[test]
fn a_stub_answers_in_the_place_of_the_service_until_it_is_dropped() {
    let ce = MockCe::start();
    let stub = ce
        .stub(Method::GET, PING)
        .status(201)
        .header("x-a", "b")
        .json(json!({"pong": true}));
    let reply = ping(&ce);
    assert_eq!(reply.verdict(), (201, "stub"));
    assert_eq!(reply.text(), r#"{"pong":true}"#);
    assert_eq!(reply.header("content-type"), Some("application/json"));
    assert_eq!(reply.header("x-a"), Some("b"));
    assert!(reply.header("elements-request-id").is_some());
    assert_eq!(ask(&ce, &Request::delete(PING)).rule(), "hub-call-401");
    assert_eq!(stub.fired(), 1);
    let received = ce.received(Method::GET, PING).once();
    assert_eq!(received.stub, Some(stub.id()));
    assert!(
        received
            .to_line()
            .ends_with("(stub; grade=scripted) [stub 1]")
    );
    drop(stub);
    assert_eq!(ping(&ce).rule(), "hub-call-401");
}

#[test]
fn a_stub_that_is_kept_stays_until_it_is_removed_or_reset() {
    let ce = MockCe::start();
    let id = ce.stub(Method::GET, PING).forever();
    assert_eq!(ping(&ce).verdict(), (200, "stub"));
    ce.remove_stub(id).unwrap();
    assert_eq!(
        ce.remove_stub(id).unwrap_err().to_string(),
        "there is no stub 1: it was removed, reset, or is another organization's"
    );
    let held = ce.stub(Method::GET, PING);
    ce.reset();
    let next = ce.stub(Method::GET, PING).forever();
    // Its id is nobody else's.
    drop(held);
    assert_eq!(ping(&ce).rule(), "stub");
    assert_eq!(next, 3);
}

#[test]
fn the_newest_stub_answers_and_leaves_what_is_over_its_times_to_older_ones() {
    let ce = MockCe::start();
    let _old = ce.stub(Method::GET, "/hubs/**").text("old");
    let new = ce.stub(Method::GET, PING).text("new").times(2);
    let told: Vec<_> = (0..3).map(|_| ping(&ce).text().to_owned()).collect();
    assert_eq!(told, ["new", "new", "old"]);
    assert_eq!(new.fired(), 2);
}

#[test]
fn a_closure_answers_from_the_request() {
    let ce = MockCe::start();
    let _echo = ce
        .stub(Method::POST, PING)
        .matching(|request| request.headers.contains_key("x-echo"))
        .respond_with(|request: &Sent| {
            LiteralReply::new(202).json(json!({"to": request.uri.path()}))
        });
    let sent = Request::post(PING, "{}");
    assert_eq!(ask(&ce, &sent).rule(), "hub-call-401");
    let sent = Request::post(PING, "{}").header("x-echo", "1");
    let reply = ask(&ce, &sent);
    assert_eq!(
        (reply.status, reply.member("to")),
        (202, format!("/elements/api-v2{PING}"))
    );
}

/// No lock is held meanwhile, and what goes wrong in it is an answer.
#[test]
fn a_closure_may_steer_the_server_and_panic() {
    let ce = std::sync::Arc::new(MockCe::start());
    let weak = std::sync::Arc::downgrade(&ce);
    let stub = ce.stub(Method::GET, PING).respond_with(move |_| {
        let ce = weak.upgrade().expect("the server runs");
        ce.stub(Method::GET, "/hubs/messaging/more").forever();
        ce.emulator().clear_script(None);
        panic!("on purpose")
    });
    assert_eq!(ping(&ce).verdict(), (500, "internal"));
    assert_eq!(
        ask(&ce, &Request::get("/hubs/messaging/more")).rule(),
        "stub"
    );
    drop(stub);
}

#[test]
fn a_scripted_effect_applies_to_the_answer_of_a_stub() {
    let ce = MockCe::start();
    let stub = ce.stub(Method::GET, PING).json(json!({"pong": true}));
    ce.script(Scripted::new(Effect::Status(503)).first(1));
    ce.script(Scripted::new(Effect::MalformedJson).first(1));
    assert_eq!((ping(&ce).status, stub.fired()), (503, 0));
    assert_eq!((ping(&ce).text(), stub.fired()), (r#"{"pong"#, 1));
    let received = ce.received(Method::GET, PING).times(2);
    assert_eq!(
        (received[1].effect, received[1].stub),
        (Some("malformedJson"), Some(stub.id()))
    );
}

#[test]
fn a_stub_as_json_fills_in_its_placeholders() {
    let ce = MockCe::start();
    stubbed(
        &ce,
        r#"{"match": {"method": "POST", "path": "/hubs/{hub}/ping/{name}"},
            "reply": {"status": 201, "headers": {"x-trace": "a-{{request.headers.x-trace}}"}, "body": {
                "hello": "{{request.path.name}} of {{request.query.from}}", "count": "{{request.body.count}}",
                "tags": ["{{request.body.tags}}"], "absent": "{{request.body.other}}"}}}"#,
    );
    let sent = Request::post(
        "/hubs/crm/ping/J%20D?from=x",
        r#"{"count": 3, "tags": ["a", 1]}"#,
    );
    let reply = ask(&ce, &sent.header("x-trace", "7"));
    assert_eq!(reply.verdict(), (201, "stub"));
    assert_eq!(reply.header("x-trace"), Some("a-7"));
    assert_eq!(
        reply.text(),
        r#"{"hello":"J D of x","count":3,"tags":[["a",1]],"absent":null}"#
    );
}

#[rstest]
#[case("{}", "reply is required")]
#[case(r#"{"reply":{}}"#, "reply.status is required")]
#[case(
    r#"{"reply":{"status":42}}"#,
    "reply.status must be a status from 200 to 999"
)]
#[case(r#"{"reply":{"status":200},"times":0}"#, "times must be at least 1")]
#[case(
    r#"{"reply":{"status":200},"dealy":1}"#,
    "dealy is not known here; did you mean \"delay\"?"
)]
#[case(
    r#"{"reply":{"status":200},"delay":"soon"}"#,
    "delay must be a time such as \"200ms\", found text"
)]
#[case(
    r#"{"reply":{"status":200,"headers":{"a b":"c"}}}"#,
    "reply.headers.a b is not a header"
)]
#[case(
    r#"{"reply":{"status":200},"times":-1}"#,
    "times must be a whole number, found -1"
)]
#[case(
    r#"{"reply":{"status":200},"times":1.5}"#,
    "times must be a whole number, found 1.5"
)]
#[case(
    r#"{"path":"/x","reply":{"status":200}}"#,
    "path is not known here; did you mean \"match.path\"?"
)]
#[case(
    r#"{"body":"x","reply":{"status":200}}"#,
    "body is not known here; did you mean \"reply.body\"?"
)]
#[case(
    r#"{"reply":{"status":200,"headers":{"a":"b\nc"}}}"#,
    "reply.headers.a must be text without line breaks and other control characters"
)]
#[case(
    r#"{"reply":{"status":200,"headers":{"Content-Length":"5"}}}"#,
    "reply.headers.Content-Length is set by the server as the body demands; leave it out"
)]
#[case(
    r#"{"match":{"status":404},"reply":{"status":200}}"#,
    "match.status is known only when the request is answered; a script and a stub decide before"
)]
#[case(
    r#"{"match":{"element":"mailjett"},"reply":{"status":200}}"#,
    "match.element must be an element of the catalog, found \"mailjett\"; did you mean \"mailjet\"?"
)]
#[case(
    r#"{"reply":{"status":200,"body":{"a":[{"b":"{{request.bdy.name}}"}]}}}"#,
    "reply.body.a[0].b has the unknown placeholder {{request.bdy.name}}; did you mean {{request.body.name}}?"
)]
#[case(
    r#"{"match":{"path":"/hubs/{hub}"},"reply":{"status":200,"headers":{"x-a":"{{request.path.hob}}"}}}"#,
    "reply.headers.x-a has the unknown placeholder {{request.path.hob}}; did you mean {{request.path.hub}}?"
)]
#[case(
    r#"{"reply":{"status":200,"body":"{{request.method"}}"#,
    "reply.body has {{ without }}"
)]
fn a_mistake_in_a_stub_is_named(#[case] stub: &str, #[case] message: &str) {
    let ce = MockCe::start();
    assert_eq!(refusal(&ce, "POST", "/stubs", stub), message);
    let both = format!(r#"[{{"reply":{{"status":200}}}},{stub}]"#);
    assert_eq!(
        refusal(&ce, "POST", "/stubs", &both),
        format!("[1].{message}")
    );
    assert_eq!(length_at(&look(&ce, "/stubs"), ""), 0);
}

#[rstest]
#[case::script("/script", r#"{"match":{"organization":"p"},"effect":"reset"}"#)]
#[case::stub("/stubs", r#"{"match":{"organization":"p"},"reply":{"status":200}}"#)]
fn an_order_for_another_organization_than_the_querys_is_refused(
    #[case] path: &str,
    #[case] order: &str,
) {
    let ce = MockCe::start();
    let message =
        "match.organization is another organization than the query names; leave one of them out";
    let limited = format!("{path}?organization=o");
    assert_eq!(refusal(&ce, "POST", &limited, order), message);
    done(&ce, "POST", &format!("{path}?organization=p"), order);
    let array = format!("[{order}]");
    assert_eq!(
        refusal(&ce, "PUT", &format!("{path}/1"), &array),
        "the body must be an object, found an array"
    );
}

#[test]
#[should_panic(expected = "mock-ce: times must be at least 1")]
fn a_builder_refuses_what_json_refuses() {
    let ce = MockCe::start();
    let _stub = ce.stub(Method::GET, PING).times(0);
}

#[rstest]
#[case::script(
    "/script",
    r#"{"match":{"method":"GET","organization":"o"},"when":{"nth":9},"effect":{"delay":"1m"}}"#,
    r#"{"match":{"organization":"o"},"effect":{"status":418}}"#
)]
#[case::stub(
    "/stubs",
    r#"{"match":{"method":"PUT","organization":"o"},"reply":{"status":200,"headers":{},"body":{"a":1}}}"#,
    r#"{"match":{"organization":"o"},"reply":{"status":418}}"#
)]
fn one_order_is_read_whole_replaced_and_removed(
    #[case] path: &str,
    #[case] first: &str,
    #[case] second: &str,
) {
    let ce = MockCe::start();
    let ids = done(&ce, "POST", path, &format!("[{first},{first}]"));
    let ids = ids.json().into_owned();
    assert_eq!((number_at(&ids, "0.id"), number_at(&ids, "1.id")), (1, 2));
    let one = format!("{path}/2");
    let whole = look(&ce, &one);
    for (name, value) in mock_ce::Json::parse(first.as_bytes())
        .unwrap()
        .as_object()
        .unwrap()
    {
        if name != "match" {
            assert_eq!(at(&whole, name), value, "{name}");
        }
    }
    // What was read may be sent back, though the organization is shown by its short name.
    done(&ce, "PUT", &one, &whole.to_string());
    assert_eq!(look(&ce, &one), whole);
    assert_eq!(
        length_at(&look(&ce, &format!("{path}?organization=o")), ""),
        2
    );
    done(&ce, "PUT", &one, second);
    assert_eq!(ping(&ce).status, 418);
    assert_eq!(number_at(&look(&ce, &one), "fired"), 1);
    let theirs = format!("{one}?organization=p");
    for request in [
        asking("GET", &theirs),
        order("PUT", &theirs, second),
        order("DELETE", &theirs, ""),
        asking("GET", &format!("{path}/9")),
    ] {
        assert_eq!(ask(&ce, &request).status, 404, "{}", request.method);
    }
    done(&ce, "DELETE", &format!("{one}?organization=o"), "");
    assert_eq!(ping(&ce).status, 401);
    assert_eq!(number_at(&look(&ce, path), "0.id"), 1);
}

#[test]
fn one_script_is_replaced_and_removed_in_rust() {
    let ce = MockCe::start();
    let o = ce.organization("o");
    let id = o.script(Scripted::new(Effect::Status(503)));
    assert_eq!(ping(&ce).status, 503);
    o.replace_script(id, Scripted::new(Effect::Status(500)))
        .unwrap();
    assert_eq!(ping(&ce).status, 500);
    assert!(ce.organization("p").remove_script(id).is_err());
    o.remove_script(id).unwrap();
    assert_eq!(ping(&ce).status, 401);
}

fn preflight(verb: &str) -> Request {
    let asked = Request::to("OPTIONS", PING).without("authorization");
    asked
        .header("origin", "http://app.test")
        .header("access-control-request-method", verb)
        .header("access-control-request-headers", "x-a")
}

/// Rules `cors`, `stub`.
#[test]
fn a_stub_is_open_to_browsers_and_no_preflight_uses_anything_up() {
    let ce = MockCe::start();
    let path = "/elements/api-v2/../nowhere";
    let nowhere = |verb| Request::raw(verb, path).header("origin", "http://app.test");
    ce.stub(Method::PUT, path).times(1).forever();
    ce.script(Scripted::new(Effect::Status(503)).first(1));
    let asked = nowhere("OPTIONS").header("access-control-request-method", "PUT");
    let reply = ask(&ce, &asked);
    assert_eq!(reply.verdict(), (200, "cors"));
    assert_eq!(reply.header("access-control-allow-methods"), Some("PUT"));
    assert_eq!(ask(&ce, &nowhere("PUT")).status, 503);
    let reply = ask(&ce, &nowhere("PUT"));
    assert_eq!(reply.verdict(), (200, "stub"));
    assert_eq!(
        reply.header("access-control-allow-origin"),
        Some("http://app.test")
    );
    ce.stub(Method::POST, PING).forever();
    let verbs = ask(&ce, &preflight("POST"));
    assert_eq!(
        verbs.header("access-control-allow-methods"),
        Some("GET, HEAD, POST, PUT, PATCH, DELETE")
    );
}

#[rstest]
#[case::script("/script", r#"{"match":{"method":"OPTIONS"},"effect":{"status":418}}"#)]
#[case::stub(
    "/stubs",
    r#"{"match":{"method":["PUT","OPTIONS"]},"reply":{"status":418}}"#
)]
fn a_preflight_is_met_by_what_names_its_verb(#[case] path: &str, #[case] order: &str) {
    let ce = MockCe::start();
    done(&ce, "POST", path, order);
    assert_eq!(ask(&ce, &preflight("GET")).status, 418);
}

#[test]
fn stubs_are_no_part_of_a_snapshot_and_survive_a_restore() {
    let ce = MockCe::start();
    let before = ce.snapshot();
    ce.stub(Method::GET, PING).forever();
    assert_eq!(ce.snapshot().to_string(), before.to_string());
    ce.restore(&before).unwrap();
    assert_eq!(ping(&ce).rule(), "stub");
}

#[test]
fn a_stub_that_answered_nothing_is_told_as_one() {
    let ce = MockCe::start();
    ce.organization("o").stub(Method::GET, PING).forever();
    ce.organization("p").stub(Method::GET, PING).forever();
    assert_eq!(ping(&ce).rule(), "stub");
    let unfired = ce.unfired();
    assert_eq!(unfired.len(), 1);
    assert!(
        unfired[0]
            .starts_with("stub 2 for method GET, path /hubs/messaging/ping, organization secret-")
    );
    assert_eq!(ce.ledger().unfired, unfired);
    ce.organization("o").assert_fired();
}

#[test]
fn more_orders_than_there_is_room_for_are_refused_whole() {
    let ce = MockCe::start();
    let many = |order: &str| format!("[{}]", vec![order; 10_001].join(","));
    let message =
        "there is room for 10000, 0 are there and 10001 were sent: remove some, or send fewer";
    for (path, order) in [
        ("/stubs", r#"{"reply":{"status":200}}"#),
        ("/script", r#"{"effect":"reset"}"#),
    ] {
        assert_eq!(refusal(&ce, "POST", path, &many(order)), message);
        assert_eq!(length_at(&look(&ce, path), ""), 0);
    }
}

/// Each organization stubs, scripts, asks, reads and clears for itself, all at once.
#[test]
fn two_hundred_clients_steer_their_own_organizations_and_none_sees_anothers() {
    const CLIENTS: usize = 200;
    const ROUNDS: usize = 5;
    let ce = MockCe::start();
    let steer = |client: usize| {
        let mut connection = Client::connect(ce.address());
        let name = format!("organization-{client}");
        let limit = |path: &str| format!("{path}?organization={name}");
        for round in 0..ROUNDS {
            let stub = format!(
                r#"{{"match":{{"method":"GET","path":"{PING}"}},"reply":{{"status":200,"body":"{name} {round}"}},"times":1}}"#
            );
            let script =
                r#"{"match":{"path":"/elements/*"},"effect":{"status":503},"when":{"first":1}}"#;
            for (path, json) in [("/stubs", &*stub), ("/script", script)] {
                assert_eq!(
                    connection.ask(&order("POST", &limit(path), json)).status,
                    200
                );
            }
            let mut asked = |path: &str| connection.ask(&Request::get(path).by(&of(&name)));
            assert_eq!(asked(PING).text(), format!("{name} {round}"));
            assert_eq!(asked(PING).rule(), "hub-call-401");
            assert_eq!(asked("/elements/6").status, 503);
            assert_eq!(asked("/elements/6").status, 200);
            for path in ["/stubs", "/script"] {
                let own = connection.ask(&asking("GET", &limit(path)));
                let own = own.json().into_owned();
                assert_eq!((length_at(&own, ""), number_at(&own, "0.fired")), (1, 1));
                let one = format!("{path}/{}", number_at(&own, "0.id"));
                assert_eq!(
                    connection.ask(&order("DELETE", &limit(&one), "")).status,
                    200
                );
            }
        }
    };
    thread::scope(|scope| {
        for client in 0..CLIENTS {
            let steer = &steer;
            scope.spawn(move || steer(client));
        }
    });
    assert_eq!(
        ce.journal(&Predicate::new().rule("stub")).requests.len(),
        CLIENTS * ROUNDS
    );
    assert_eq!(ce.run_ledger().unfired, [""; 0]);
}

/// The list tells of each stub as it is given, secrets masked.
#[test]
fn the_stubs_are_listed_with_what_they_answered() {
    let ce = MockCe::start();
    stubbed(
        &ce,
        r#"{"match":{"organization":"o"},"reply":{"status":200,"body":"hi"},"delay":"1ms","times":3}"#,
    );
    let _closure = ce
        .stub(Method::PUT, PING)
        .respond_with(|_| LiteralReply::new(200));
    ask(&ce, &Request::post("/instances", mailjet("n")));
    let stubs = look(&ce, "/stubs");
    assert_eq!(text_at(&stubs, "0.reply.body"), "hi");
    assert_eq!(text_at(&stubs, "0.delay"), "1ms");
    assert_eq!(
        (number_at(&stubs, "0.times"), number_at(&stubs, "0.fired")),
        (3, 1)
    );
    assert!(text_at(&stubs, "0.match.organization").starts_with("secret-"));
    assert_eq!(text_at(&stubs, "1.reply"), "a closure");
    ce.organization("o").clear_stubs();
    assert_eq!(length_at(&look(&ce, "/stubs"), ""), 1);
}
