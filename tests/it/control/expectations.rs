//! Expectations in a test: what they return, and what they say when they fail.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, UNIX_EPOCH};

use http::Method;
use mock_ce::{Expectation, MockCe, Predicate};

use super::{ask, of};
use crate::support::{Request, mailjet, sendgrid};

fn failure(assertion: impl FnOnce()) -> String {
    let panic = catch_unwind(AssertUnwindSafe(assertion)).expect_err("the expectation fails");
    panic.downcast_ref::<String>().expect("a text").clone()
}

#[test]
fn what_was_received_is_narrowed_and_returned() {
    let ce = MockCe::start();
    let created = ask(&ce, &Request::post("/instances", mailjet("n")));
    ask(
        &ce,
        &Request::post("/instances", sendgrid("n")).by(&of("p")),
    );
    ask(&ce, &Request::post("/instances", "{}"));
    let posts = || ce.received(Method::POST, "/instances");
    assert_eq!(posts().times(3).len(), 3);
    assert_eq!(posts().element("sendgrid").once().rule.id, "create");
    assert_eq!(posts().status(400).once().instance, None);
    assert_eq!(
        posts().organization("p").once().element.as_deref(),
        Some("sendgrid")
    );
    let received = posts()
        .instance(created.id())
        .organization("o")
        .rule("create")
        .once();
    assert_eq!(received.number, 1);
    assert_eq!(
        received.request_id,
        created.header("elements-request-id").unwrap()
    );
    assert_eq!(received.header("content-type"), Some("application/json"));
    assert!(
        received.body.text.contains("\"name\":\"n\""),
        "{}",
        received.body.text
    );
    ce.received(Method::DELETE, "/instances/*").never();
}

#[test]
fn a_failed_expectation_says_what_came_near_and_why_each_did_not_fit() {
    let ce = MockCe::start();
    ask(&ce, &Request::get("/elements"));
    ask(&ce, &Request::post("/instances", "{}"));
    ask(&ce, &Request::post("/instances/", sendgrid("n")));
    let expected = ce
        .received(Method::POST, "/instances")
        .element("mailjet")
        .status(200);
    let told = failure(|| drop(expected.once()));
    let lines: Vec<_> = told.lines().collect();
    assert_eq!(
        lines[0],
        "expected 1 request with method POST, path /instances, element mailjet, status 200, but received 0"
    );
    assert_eq!(
        lines[1..3],
        [
            "  nearest: POST /elements/api-v2/instances/ → 200 (create; grade=guide)",
            "    element: expected mailjet, was sendgrid"
        ]
    );
    assert!(
        lines[3].starts_with("  nearest: POST /elements/api-v2/instances → 400"),
        "{told}"
    );
    assert_eq!(
        lines[4..6],
        [
            "    element: expected mailjet, was none",
            "    status: expected 200, was 400"
        ]
    );
    assert!(
        lines[6].starts_with("  nearest: GET /elements/api-v2/elements → 200"),
        "{told}"
    );
    assert_eq!(
        lines[7..],
        [
            "    method: expected POST, was GET",
            "    path: expected /instances, was /elements/api-v2/elements",
            "    element: expected mailjet, was none"
        ]
    );
}

#[test]
fn too_many_are_listed() {
    let ce = MockCe::start();
    for _ in 0..2 {
        ask(&ce, &Request::get("/elements"));
    }
    let expected: Expectation<'_> = ce.received(Method::GET, "/elements");
    let told = failure(|| drop(expected.once()));
    assert!(
        told.starts_with("expected 1 request with method GET, path /elements, but received 2"),
        "{told}"
    );
    assert_eq!(told.matches("\n  received: GET").count(), 2);
    let told = failure(|| expected.never());
    assert!(told.starts_with("expected 0 requests"), "{told}");
}

#[test]
fn nothing_at_all_is_said_too() {
    let ce = MockCe::start();
    let told = failure(|| drop(ce.received(Method::GET, "/elements").once()));
    assert!(told.ends_with("\n  nothing else was received"), "{told}");
}

#[test]
fn an_expectation_fails_where_nobody_can_tell_and_says_so() {
    let ce = MockCe::builder().journal_entries(1).start();
    ask(&ce, &Request::get("/elements").by(&of("a")));
    ask(&ce, &Request::get("/elements").by(&of("b")));
    let told = failure(|| ce.received(Method::POST, "/instances").never());
    assert!(
        told.contains("the journal has dropped 1 requests: keep more with journal_entries"),
        "{told}"
    );
    // Nothing of this organization was dropped.
    ce.received(Method::GET, "/elements")
        .organization("b")
        .once();
    failure(|| {
        ce.received(Method::GET, "/elements")
            .organization("a")
            .never()
    });
    // What was dropped before a reset is of no concern after it.
    ce.reset();
    ce.received(Method::POST, "/instances").never();
}

#[test]
fn a_range_of_requests_is_expected() {
    let ce = MockCe::start();
    for _ in 0..2 {
        ask(&ce, &Request::get("/elements"));
    }
    let gets = || ce.received(Method::GET, "/elements");
    assert_eq!(gets().at_least(1).len(), 2);
    assert_eq!(gets().at_most(2).len(), 2);
    assert_eq!(gets().between(2, 3).len(), 2);
    let told = failure(|| drop(gets().at_least(3)));
    assert!(
        told.starts_with("expected at least 3 requests with"),
        "{told}"
    );
    let told = failure(|| drop(gets().at_most(1)));
    assert!(
        told.starts_with("expected at most 1 request with"),
        "{told}"
    );
    let told = failure(|| drop(gets().between(3, 4)));
    assert!(told.starts_with("expected 3 to 4 requests with"), "{told}");
}

#[test]
fn what_was_dropped_matters_only_where_it_changes_the_verdict() {
    let ce = MockCe::builder().journal_entries(1).start();
    for _ in 0..2 {
        ask(&ce, &Request::get("/elements"));
    }
    assert_eq!(ce.received(Method::GET, "/elements").at_least(1).len(), 1);
    failure(|| drop(ce.received(Method::GET, "/elements").at_least(2)));
    failure(|| drop(ce.received(Method::GET, "/elements").at_most(2)));
}

#[test]
fn every_difference_of_the_nearest_request_is_told() {
    let ce = MockCe::start();
    let body = r#"{"element":{"key":"sendgrid"},"nmae":"n","tags":["a"]}"#;
    ask(
        &ce,
        &Request::post("/instances?hydrate=true", body).header("x-trace", "1"),
    );
    let told = failure(|| {
        let expected = ce.received(Method::POST, "/instances");
        let expected = expected.query("hydrate", false).header("x-trace", 2);
        let body =
            serde_json::json!({"element": {"key": "mailjet"}, "name": "n", "tags": ["a", "b"]});
        drop(expected.body_json(body).once());
    });
    let lines: Vec<_> = told.lines().skip(2).collect();
    assert_eq!(
        lines,
        [
            r#"    query hydrate: expected "false", was "true""#,
            r#"    header x-trace: expected "2", was "1""#,
            r#"    body /element/key: expected "mailjet", was "sendgrid""#,
            r#"    body /name: expected "n", was absent (there is "nmae")"#,
            r#"    body /tags/1: expected "b", was absent"#,
            r#"    body /nmae: expected none, was "n""#,
        ],
        "{told}"
    );
}

#[test]
fn another_organization_is_told_only_where_nothing_else_differs_and_as_the_test_spelled_it() {
    let ce = MockCe::start();
    let (acme, _beta) = (ce.organization("acme"), ce.organization("beta"));
    ask(&ce, &Request::get("/instances/1234").by(&of("beta")));
    ask(&ce, &Request::get("/instances").by(&of("beta")));
    let told = failure(|| drop(acme.received(Method::GET, "/instances/*").once()));
    assert!(
        told.contains("with method GET, path /instances/*, organization acme, but"),
        "{told}"
    );
    assert_eq!(told.matches("nearest: ").count(), 1, "{told}");
    assert!(
        told.ends_with("\n    organization: expected acme, was beta"),
        "{told}"
    );
    // One that the test never named is not spelled.
    ask(
        &ce,
        &Request::get("/elements").by(&of("a-secret-of-somebody")),
    );
    let told = failure(|| drop(acme.received(Method::GET, "/elements").once()));
    assert!(told.contains("expected acme, was secret-"), "{told}");
}

#[test]
fn a_secret_is_compared_and_not_told() {
    let ce = MockCe::start();
    let sent =
        |key: &str| format!(r#"{{"configuration":{{"mailjet.api.secret":"{key}"}},"name":"n"}}"#);
    ask(&ce, &Request::post("/instances", sent("hush-hush")));
    let of_secret = |secret: &str| {
        let posts = ce.received(Method::POST, "/instances");
        posts.body_at("/configuration/mailjet.api.secret", secret)
    };
    of_secret("hush-hush").once();
    let told = failure(|| drop(of_secret("something").once()));
    let told_apart = "mailjet.api.secret: expected \"secret-1b536f59\", was \"secret-25a88122\"";
    assert!(told.contains(told_apart), "{told}");
    assert!(
        !told.contains("hush") && !told.contains("something"),
        "{told}"
    );
    // What agrees is no difference, though it is shown masked.
    let told = failure(|| drop(of_secret("hush-hush").body_at("/name", "m").once()));
    let differences: Vec<_> = told.lines().skip(2).collect();
    assert_eq!(
        differences,
        ["    body /name: expected \"m\", was \"n\""],
        "{told}"
    );
}

#[test]
fn a_long_list_is_cut_with_its_count() {
    let ce = MockCe::start();
    for _ in 0..15 {
        ask(&ce, &Request::get("/elements"));
    }
    let told = failure(|| ce.received(Method::GET, "/elements").never());
    assert_eq!(told.lines().count(), 12, "{told}");
    assert!(told.ends_with("\n  received: 5 more"), "{told}");
}

#[test]
fn an_expectation_that_nothing_can_meet_is_refused() {
    let ce = MockCe::start();
    let told = failure(|| {
        ce.received(Method::POST, "/instances")
            .element("mailjett")
            .never()
    });
    assert_eq!(
        told,
        "mock-ce: element must be an element of the catalog, found \"mailjett\"; did you mean \"mailjet\"?"
    );
    let told = failure(|| drop(ce.received(Method::GET, "/instances?pageSize=1")));
    assert!(told.contains("path must not have a query"), "{told}");
}

#[test]
fn an_element_that_nothing_has_is_refused_by_the_journal_and_by_waiting() {
    let ce = MockCe::start();
    let (query, patience) = (Predicate::new().element("mailjett"), Duration::ZERO);
    let acme = ce.organization("acme");
    for told in [
        failure(|| drop(ce.journal(&query))),
        failure(|| drop(ce.wait_for(1, &query, patience))),
        failure(|| drop(acme.journal(&query))),
        failure(|| drop(acme.wait_for(1, &query, patience))),
    ] {
        assert!(told.contains("did you mean \"mailjet\"?"), "{told}");
    }
}

/// A wait for what came already would take an hour if the id did not count as the key does.
#[test]
fn an_element_is_waited_for_by_its_id() {
    let ce = MockCe::start();
    ask(&ce, &Request::post("/instances", mailjet("n")));
    let (query, hour) = (Predicate::new().element("84"), Duration::from_secs(3600));
    assert_eq!(ce.expect(query.clone()).eventually(hour).len(), 1);
    assert_eq!(ce.wait_for(1, &query, hour).requests.len(), 1);
    assert_eq!(ce.journal(&query).requests.len(), 1);
    let told = failure(|| drop(ce.expect(query).status(201).once()));
    assert!(told.contains("status: expected 201, was 200"), "{told}");
    assert!(!told.contains("element: expected"), "{told}");
}

#[test]
fn a_closure_decides_too() {
    let ce = MockCe::start();
    ask(&ce, &Request::post("/instances", mailjet("a")));
    ask(&ce, &Request::post("/instances", mailjet("bb")));
    let long_names = |request: &mock_ce::Request| match &request.body {
        mock_ce::wire::message::Body::Whole(body) => body.len() > mailjet("a").len(),
        mock_ce::wire::message::Body::TooLarge(_) => false,
    };
    let found = ce.expect(Predicate::new().matching(long_names)).once();
    assert_eq!(found.number, 2);
}

const PATIENCE: Duration = Duration::from_secs(30);

#[test]
fn what_comes_later_is_seen() {
    let ce = MockCe::start();
    let seen = std::thread::scope(|scope| {
        let gets = ce.received(Method::GET, "/elements").count(2..);
        let waiting = scope.spawn(move || gets.eventually(PATIENCE).len());
        for _ in 0..2 {
            ask(&ce, &Request::get("/elements"));
        }
        waiting.join().unwrap()
    });
    assert_eq!(seen, 2);
    let told = failure(|| {
        let puts = ce.received(Method::PUT, "/instances");
        drop(puts.eventually(Duration::from_millis(1)));
    });
    assert!(
        told.starts_with("expected at least 1 request with method PUT"),
        "{told}"
    );
}

/// On a runtime of one thread, which a blocking wait would starve.
#[test]
fn a_spawned_task_is_seen_without_blocking_its_runtime() {
    let ce = MockCe::start();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let seen = runtime.block_on(async {
        let address = ce.address();
        let asking = tokio::spawn(async move {
            use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
            tokio::task::yield_now().await;
            let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
            let request =
                b"GET /elements/api-v2/elements HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n";
            stream.write_all(request).await.unwrap();
            stream.read_to_end(&mut Vec::new()).await.unwrap();
        });
        let seen = ce
            .received(Method::GET, "/elements")
            .eventually_async(PATIENCE)
            .await;
        asking.await.unwrap();
        seen
    });
    assert_eq!(seen.len(), 1);
}

#[test]
fn patience_that_is_over_fails_without_a_runtime_of_the_test_s_own() {
    let ce = MockCe::start();
    let told = failure(|| {
        let puts = ce.received(Method::PUT, "/instances");
        let waiting = puts.eventually_async(Duration::from_millis(1));
        // Nothing but the waker of this thread drives it.
        let waker = std::task::Waker::from(std::sync::Arc::new(Unpark(std::thread::current())));
        let mut context = std::task::Context::from_waker(&waker);
        let mut waiting = std::pin::pin!(waiting);
        while waiting.as_mut().poll(&mut context).is_pending() {
            std::thread::park();
        }
    });
    assert!(
        told.contains("\n  asked for at tests/it/control/expectations.rs:"),
        "{told}"
    );
}

struct Unpark(std::thread::Thread);

impl std::task::Wake for Unpark {
    fn wake(self: std::sync::Arc<Self>) {
        self.0.unpark();
    }
}

#[test]
fn a_guard_verifies_at_the_end_of_its_scope() {
    let ce = MockCe::start();
    {
        let _created = ce
            .received(Method::GET, "/elements")
            .count(1..=1)
            .verified_on_drop();
        ask(&ce, &Request::get("/elements"));
    }
    let told = failure(|| {
        let _deleted = ce
            .received(Method::DELETE, "/instances/*")
            .verified_on_drop();
    });
    assert!(
        told.starts_with("expected at least 1 request with method DELETE"),
        "{told}"
    );
    assert!(
        told.contains("\n  expected at tests/it/control/expectations.rs:"),
        "{told}"
    );
    // A panic in the scope is the one that is told: a second one would end the process.
    let panic = catch_unwind(AssertUnwindSafe(|| {
        let _deleted = ce
            .received(Method::DELETE, "/instances/*")
            .verified_on_drop();
        panic!("of the test");
    }));
    assert_eq!(
        panic.unwrap_err().downcast_ref::<&str>(),
        Some(&"of the test")
    );
}

#[test]
fn scripts_that_have_not_fired_are_an_assertion() {
    let ce = MockCe::start();
    ce.assert_fired();
    ce.organization("p")
        .script(mock_ce::Scripted::new(mock_ce::Effect::Reset).nth(2));
    let told = failure(|| ce.assert_fired());
    assert!(
        told.starts_with(
            "expected every script and stub to fire, but these have not:\n  reset for organization secret-"
        ),
        "{told}"
    );
    ce.organization("o").assert_fired();
    assert_eq!(ce.organization("p").unfired().len(), 1);
}

#[test]
fn a_received_request_is_read_by_serde_and_has_its_time() {
    let ce = MockCe::builder().clock(UNIX_EPOCH).start();
    ask(
        &ce,
        &Request::post("/instances", mailjet("n")).header("X-Trace", "1"),
    );
    let received = ce.received(Method::POST, "/instances").once();
    let body: serde_json::Value = received.json().unwrap();
    assert_eq!(body["name"], "n");
    assert_eq!(
        (received.time(), received.header("x-TRACE")),
        (UNIX_EPOCH, Some("1"))
    );
    let written = serde_json::to_value(&received).unwrap();
    assert_eq!(
        (&written["status"], &written["rule"]),
        (&200.into(), &"create".into())
    );
}

/// A test that catches panics may use its server inside.
#[test]
fn a_server_is_unwind_safe() {
    let ce = MockCe::start();
    assert!(std::panic::catch_unwind(|| ce.instances().len()).is_ok());
}
