//! One server, many organizations: none sees another, and each control call can be limited to one.

use std::thread;

use http::Method;
use mock_ce::{MockCe, Predicate};
use rstest::rstest;

use super::{ask, asking, done, length_at, look, number_at, of, order, refusal, text_at};
use crate::support::{Client, Request, mailjet};

#[test]
fn two_organizations_at_once_never_see_each_other() {
    const EACH: u64 = 150;
    let ce = MockCe::start();
    let hammer = |organization: &'static str| {
        let ce = &ce;
        move || {
            let mut client = Client::connect(ce.address());
            let mut tokens = Vec::new();
            for number in 0..EACH {
                let created = client
                    .ask(&Request::post("/instances", mailjet(organization)).by(&of(organization)));
                assert_eq!(created.id(), 1234 + number, "each counts for itself");
                tokens.push(created.token());
                let list = client.ask(&Request::get("/instances?pageSize=1").by(&of(organization)));
                assert_eq!(
                    list.header("elements-total-count"),
                    Some(&*(number + 1).to_string())
                );
            }
            let list = client.ask(&Request::get("/instances").by(&of(organization)));
            let list = list.json().into_owned();
            let names = (0..EACH).map(|at| text_at(&list, &format!("{at}.name")));
            assert!(names.into_iter().all(|name| name == organization));
            tokens
        }
    };
    let (a, b) = thread::scope(|scope| {
        let (a, b) = (scope.spawn(hammer("a")), scope.spawn(hammer("b")));
        (a.join().unwrap(), b.join().unwrap())
    });
    assert!(a.iter().all(|token| !b.contains(token)));
    for organization in ["a", "b"] {
        let limited = format!("?organization={organization}");
        let found = look(&ce, &format!("/requests{limited}"));
        assert_eq!(length_at(&found, "requests") as u64, 2 * EACH + 1);
        let state = look(&ce, &format!("/state{limited}"));
        assert_eq!(length_at(&state, "organizations"), 1);
        assert_eq!(
            text_at(&state, "organizations.0.organization"),
            organization
        );
        let ledger = look(&ce, &format!("/ledger{limited}"));
        assert_eq!(length_at(&ledger, "left") as u64, EACH);
    }
}

/// A request has a sender even if it was refused before its credentials were looked at, or needs none.
#[rstest]
#[case::open(Request::get("/elements"))]
#[case::unknown_route(Request::get("/nowhere"))]
#[case::method(Request::delete("/elements"))]
fn a_request_belongs_to_who_sent_it(#[case] request: Request) {
    let ce = MockCe::start();
    ask(&ce, &request.by(&of("a")));
    assert_eq!(
        length_at(&look(&ce, "/requests?organization=a"), "requests"),
        1
    );
    assert_eq!(
        length_at(&look(&ce, "/requests?organization=b"), "requests"),
        0
    );
}

/// A near miss of another organization would be its business.
#[test]
fn nothing_near_is_told_from_another_organization() {
    let ce = MockCe::start();
    ask(&ce, &Request::get("/instances/77").by(&of("a")));
    let near = |organization: &str| {
        let path = format!("/requests?organization={organization}&path=/instances&method=post");
        length_at(&look(&ce, &path), "nearest")
    };
    assert_eq!((near("a"), near("b")), (1, 0));
}

#[test]
fn a_reset_of_one_organization_leaves_the_others() {
    let ce = MockCe::start();
    for organization in ["a", "b"] {
        ask(
            &ce,
            &Request::post("/instances", mailjet("n")).by(&of(organization)),
        );
        let script = format!("/script?organization={organization}");
        done(
            &ce,
            "POST",
            &script,
            r#"{"effect":"reset","when":{"nth":99}}"#,
        );
    }
    done(&ce, "DELETE", "/state?organization=a", "");
    let left = |organization: &str| {
        let limited = format!("?organization={organization}");
        let ledger = look(&ce, &format!("/ledger{limited}"));
        [
            length_at(&look(&ce, &format!("/requests{limited}")), "requests"),
            length_at(&look(&ce, &format!("/state{limited}")), "organizations"),
            length_at(&look(&ce, &format!("/script{limited}")), ""),
            length_at(&ledger, "relied"),
            length_at(&ledger, "left"),
            length_at(&ledger, "unfired"),
        ]
    };
    assert_eq!(left("a"), [0; 6]);
    assert_eq!(left("b"), [1; 6]);
    let again = ask(&ce, &Request::post("/instances", mailjet("n")).by(&of("a")));
    assert_eq!(again.id(), 1234);
    ce.organization("b").reset();
    assert_eq!(left("b"), [0; 6]);
    assert_eq!(left("a")[0], 1);
}

#[test]
fn a_journal_is_emptied_for_one_organization() {
    let ce = MockCe::start();
    for organization in ["a", "b"] {
        ask(&ce, &Request::get("/elements").by(&of(organization)));
    }
    done(&ce, "DELETE", "/requests?organization=a", "");
    let found = ce.journal(&Predicate::new());
    assert_eq!(found.requests.len(), 1);
    ce.received(Method::GET, "/elements")
        .organization("b")
        .once();
    ce.forget_requests();
    assert_eq!(ce.journal(&Predicate::new()).requests, []);
}

#[test]
fn a_state_is_restored_for_one_organization() {
    let ce = MockCe::start();
    for organization in ["a", "b"] {
        ask(
            &ce,
            &Request::post("/instances", mailjet(organization)).by(&of(organization)),
        );
    }
    let before = look(&ce, "/state?organization=a").to_string();
    ask(&ce, &Request::delete("/instances/1234").by(&of("a")));
    ask(&ce, &Request::delete("/instances/1234").by(&of("b")));
    done(&ce, "PUT", "/state?organization=a", &before);
    let status =
        |organization| ask(&ce, &Request::get("/instances/1234").by(&of(organization))).status;
    assert_eq!((status("a"), status("b")), (200, 404));
    let refused = refusal(&ce, "PUT", "/state?organization=b", &before);
    assert!(refused.contains("another organization"), "{refused}");
    let taken = before.replace(r#""organization":"a""#, r#""organization":"b""#);
    let refused = refusal(&ce, "PUT", "/state?organization=b", &taken);
    assert_eq!(
        refused,
        "organizations[0].instances[0].token belongs to another organization's instance"
    );
}

/// A limit that is misspelt would order for everybody.
#[rstest]
#[case(
    "DELETE",
    "/state?organisation=a",
    "the query parameter \"organisation\" is not known here; did you mean \"organization\"?"
)]
#[case("DELETE", "/state?organization=", "organization must not be blank")]
#[case(
    "DELETE",
    "/requests?method=GET",
    "the query parameter \"method\" is not known here; known: organization"
)]
#[case(
    "PUT",
    "/clock?organization=a",
    "the query parameter \"organization\" is not known here; known: none"
)]
#[case(
    "POST",
    "/state/save?organization=a",
    "the query parameter \"organization\" is not known here; known: none"
)]
fn a_limit_that_is_none_is_refused(
    #[case] method: &str,
    #[case] path: &str,
    #[case] message: &str,
) {
    let ce = MockCe::start();
    ask(&ce, &Request::post("/instances", mailjet("n")));
    assert_eq!(refusal(&ce, method, path, "{}"), message);
    assert_eq!(ce.instances().len(), 1);
}

#[test]
fn seeding_can_be_limited_to_an_organization() {
    let ce = MockCe::start();
    let path = "/state/instances?organization=a";
    done(&ce, "POST", path, r#"{"element":"mailjet","name":"n"}"#);
    assert_eq!(ce.instances()[0].organization, "a");
    let other = r#"{"organization":"b","element":"mailjet","name":"n"}"#;
    let reply = ask(&ce, &order("POST", path, other));
    assert_eq!(
        reply.member("message"),
        "organization is another one than the call is limited to"
    );
    assert_eq!(
        number_at(&look(&ce, "/state"), "organizations.0.nextId"),
        1235
    );
    let health = ask(&ce, &asking("GET", "/health"));
    assert_eq!(health.status, 200);
}

/// A server can be a `static` of a test binary.
#[test]
fn threads_may_share_a_server() {
    static SHARED: std::sync::LazyLock<MockCe> = std::sync::LazyLock::new(MockCe::start);
    thread::scope(|scope| {
        for organization in ["a", "b"] {
            scope.spawn(move || {
                let created = Request::post("/instances", mailjet("n")).by(&of(organization));
                assert_eq!(ask(&SHARED, &created).id(), 1234);
            });
        }
    });
}
