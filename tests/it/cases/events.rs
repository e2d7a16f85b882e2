//! Events, analytics, the usage log and pages.

use super::{Body, Case, Step, case, step};
use crate::support::{Request, mailjet};

fn created() -> Step {
    let enabled =
        r#""configuration":{"event.notification.enabled":true,"event.objects":"contacts","#;
    let payload = mailjet("first").replacen(r#""configuration":{"#, enabled, 1);
    step(
        Request::post("/instances", payload),
        200,
        "create",
        Body::Has(&["\"id\":1234"]),
    )
}

fn event(path: &str, body: &str) -> Request {
    Request::to("POST", &format!("/events/{path}"))
        .without("authorization")
        .body(body)
}

/// Whatever needs no receiver.
pub(super) fn cases() -> Vec<Case> {
    let by_token = |path: &str| Request::get(path).by("User u, Element {token}");
    vec![
        case(
            "an event, in and read back",
            &[],
            [
                created(),
                step(event("mailjet", "a=1"), 200, "event-in", Body::Is("{}")),
                step(
                    event("mailjetPolling/MTIzNA==", "{}"),
                    200,
                    "event-in",
                    Body::Is("{}"),
                ),
                step(
                    event("mailject", "{}"),
                    404,
                    "event-in-key",
                    Body::Has(&["Did you mean mailjet?"]),
                ),
                step(
                    event("mailjet/x", "{}"),
                    404,
                    "event-match-rest",
                    Body::Says("\"x\" is not an instance id in base64"),
                ),
                step(
                    Request::get("/instances/events/5001"),
                    200,
                    "event-get",
                    Body::Is(concat!(
                        r#"{"id":"5001","eventDate":"2017-03-14T19:20:16.000Z","status":"CONSUMED","providerData":"a=1","#,
                        r#""notifiedData":[],"eventElementInstances":[]}"#
                    )),
                ),
                step(
                    by_token("/instances/events"),
                    200,
                    "event-list",
                    Body::Has(&["5002", "5001"]),
                ),
                step(
                    by_token("/instances/event-poller-records"),
                    200,
                    "event-poller-records",
                    Body::Has(&["contacts"]),
                ),
                step(
                    Request::get("/instances/1234/events/5003"),
                    404,
                    "event-get",
                    Body::Says("No event found with ID 5003"),
                ),
            ],
        ),
        case(
            "events that there are none of",
            &[("empty-lists", "ok")],
            [step(
                Request::get("/instances/events"),
                200,
                "event-list",
                Body::Is("[]"),
            )],
        ),
        case(
            "analytics of events",
            &[],
            [
                created(),
                step(event("mailjet", "{}"), 200, "event-in", Body::Is("{}")),
                step(
                    Request::get(
                        "/instances/events/analytics/instances?from=2017-03-14&to=2017-03-14T23:00:00Z&interval=day",
                    ),
                    200,
                    "analytics-instances",
                    Body::Is(
                        r#"[{"count":1,"total":1,"records":[{"instanceId":1234,"count":1,"success":0,"failed":0}],"timestamp":"2017-03-14T00:00:00.000Z"}]"#,
                    ),
                ),
                step(
                    Request::get("/instances/events/analytics?accountIds%5B%5D=0"),
                    403,
                    "analytics-foreign-account",
                    Body::Says("No access to account with ID 0"),
                ),
                step(
                    Request::get("/instances/events/dispositions"),
                    200,
                    "dispositions",
                    Body::Has(&["5001"]),
                ),
            ],
        ),
        case(
            "a usage log without calls",
            &[],
            [
                step(
                    Request::get("/usage"),
                    404,
                    "usage-empty",
                    Body::Says("No usage found"),
                ),
                step(
                    Request::get("/usage/1"),
                    404,
                    "usage-get",
                    Body::Says("No usage found with ID 1"),
                ),
                step(
                    Request::get("/usage/analytics/activity/element-instances"),
                    200,
                    "usage-activity",
                    Body::Is(r#"{"usage":[]}"#),
                ),
            ],
        ),
        case(
            "a login page",
            &[],
            [step(
                Request::raw("GET", "/elements/jsp/login.jsp"),
                200,
                "jsp-frame",
                Body::Has(&["<!DOCTYPE html>"]),
            )],
        ),
    ]
}
