//! Bad input for every endpoint of the service: what is refused has the documented shape and changes nothing, and
//! nobody reaches what is another organization's.

use mock_ce::emulator::route::Access;
use mock_ce::emulator::routes::ROUTES;
use mock_ce::{Json, Surface};
use rstest::rstest;

use super::{event, provision};
use crate::support::{Core, Harness as _, Reply, Request};

/// Bodies of wrong types, with unknown members, too deep, or no JSON at all.
const BODIES: [&[u8]; 11] = [
    b"",
    b"null",
    b"[]",
    b"\"text\"",
    b"7",
    b"{}",
    br#"{"unknown":{"deep":[1,{"deeper":null}]}}"#,
    br#"{"name":7,"tags":"x","configuration":[],"element":"e","providerData":[],"fields":{},"vendorName":[],"method":7,
        "path":[],"propertyValue":{},"objectName":[],"username":[],"password":{},"apiKey":7,"apiSecret":[],"callbackUrl":{},
        "key":[],"active":"x","events":"x","objects":7,"instance_id":[],"notification.webhook.failure.policy":[]}"#,
    br#"{"fields":[7,null,{"path":7},{"path":"a","configuration":"x"}],"vendorName":"messages"}"#,
    b"{\"a\":",
    b"\xff\xfe",
];

/// An organization with some of everything.
struct Victim {
    ce: Core,
    token: String,
    before: Json<'static>,
}

impl Victim {
    fn start() -> Self {
        let mut ce = Core::start(&[("clock", "2018-09-17T12:00:00Z")]);
        let callback = r#""event.notification.callback.url":"http://127.0.0.1:1/""#;
        let token = provision(&mut ce, callback).token();
        let of_token = format!("User u, Element {token}");
        let definition = r#"{"fields":[{"path":"x"}]}"#;
        let mapping = r#"{"vendorName":"messages","fields":[{"path":"x","vendorPath":"id"}]}"#;
        for made in [
            Request::post("/messages", r#"{"to":"a@b.c"}"#).by(&of_token),
            Request::post("/instances/1234/objects/owls/definitions", definition),
            Request::post("/instances/1234/transformations/owls", mapping),
            Request::post(
                "/elements/mailjet/resources",
                r#"{"method":"GET","path":"/extra"}"#,
            ),
            Request::post("/hubs", r#"{"name":"Own","key":"own"}"#),
            event("mailjet", "{}"),
            Request::post("/instances", crate::support::mailjet("n")).by("User u, Organization p"),
        ] {
            let reply = ce.ask(made);
            assert_eq!(reply.status, 200, "{}", reply.text());
        }
        let before = ce.emulator().snapshot(None);
        Victim { ce, token, before }
    }

    /// Everything that the organization has, but for the log of its calls.
    fn state(&self) -> String {
        let snapshot = self.ce.emulator().snapshot(Some("o"));
        let mut members = snapshot.as_object().unwrap().clone();
        members.retain(|(name, _)| name != "usage" && name != "requests");
        Json::Object(members).to_string()
    }

    /// Asks in the state of the beginning; returned is also whether the organization's state is still the same.
    fn ask(&mut self, request: Request) -> (Reply, bool) {
        let before = self.state();
        let shown = format!("{} {}", request.method, request.target);
        let reply = self.ce.ask(request);
        assert!(reply.status < 500, "{shown}: {}", reply.text());
        let is_same = self.state() == before;
        if reply.status < 400 {
            self.ce.emulator().restore(&self.before, None).unwrap();
        }
        if reply.status >= 400 {
            reply.assert_error_shape();
            assert!(
                is_same,
                "{shown} was refused and changed something: {}",
                reply.text()
            );
        }
        (reply, is_same)
    }
}

/// The endpoints of the service: verb, path with its parameters filled in, and access.
fn endpoints(id: &str) -> impl Iterator<Item = (&'static str, String, Access)> {
    let api = ROUTES.iter().filter(|route| route.surface == Surface::Api);
    api.map(move |route| {
        let words = route.pattern.split('/').map(|word| match word {
            "{keyOrId}" => "mailjet",
            "{hub}" => "own",
            "{name}" => "owls",
            "{resource}" => "messages",
            "{configId}" => "1234001",
            "{instance}" => "MTIzNA==",
            "{eventId}" => "5001",
            "{id}" => id,
            "**" | "{resourceId}" | "{number}" => "1",
            "{operationId}" => "getMessages",
            word => {
                assert!(!word.starts_with('{'), "{word}");
                word
            }
        });
        let path = words.collect::<Vec<_>>().join("/");
        (route.method.as_str(), path, route.access)
    })
}

/// Wrong types and unknown members.
#[test]
fn bad_bodies_are_refused_or_change_what_was_asked() {
    let mut victim = Victim::start();
    let all = format!("User u, Organization o, Element {}", victim.token);
    for (verb, path, _) in endpoints("1234") {
        for body in BODIES {
            victim.ask(Request::to(verb, &path).json(body).by(&all));
        }
    }
}

/// Foreign ids, and ids that are none.
#[rstest]
#[case("1235")]
#[case("0")]
#[case("-1")]
#[case("x")]
#[case("99999999999999999999")]
#[case("1234%2f")]
#[case("%00")]
fn bad_ids_reach_nothing(#[case] id: &str) {
    let mut victim = Victim::start();
    for (verb, path, access) in endpoints(id) {
        if !path.contains(&format!("/instances/{id}")) || access != Access::Organization {
            continue;
        }
        let (reply, is_same) = victim.ask(Request::to(verb, &path).json("{}"));
        assert!(
            is_same && matches!(reply.status, 400 | 404),
            "{verb} {path}: {}",
            reply.text()
        );
    }
}

/// Dead tokens and strangers: refused, and whatever a stranger is given is its own.
#[rstest]
#[case::dead_token("User u, Organization o, Element dead=")]
#[case::stranger("User u, Organization p")]
#[case::mixed("User u, Organization p, Element TOKEN")]
#[case::nobody("User u")]
#[case::bearer("Bearer x")]
fn nobody_else_changes_an_organization(#[case] caller: &str) {
    let mut victim = Victim::start();
    let is_dead = caller.ends_with("dead=");
    let caller = caller.replace("TOKEN", &victim.token);
    for (verb, path, access) in endpoints("1234") {
        let needs_token = matches!(access, Access::Token | Access::Resource);
        let is_owner = is_dead && access == Access::Organization;
        // A provider's message needs no credentials, and without an organization it is for everybody.
        let is_open = access == Access::Open && !caller.contains(" p");
        if is_owner || is_open {
            continue;
        }
        let (reply, is_same) = victim.ask(Request::to(verb, &path).json("{}").by(&caller));
        assert!(is_same, "{verb} {path}: {}", reply.text());
        if needs_token {
            assert!(
                matches!(reply.status, 401 | 404),
                "{verb} {path}: {}",
                reply.text()
            );
        }
    }
}

/// Queries of the wrong kind are refused or ignored, never answered with 500.
#[test]
fn bad_queries_are_answered() {
    let mut victim = Victim::start();
    let all = format!("User u, Organization o, Element {}", victim.token);
    let paths = endpoints("1234").collect::<Vec<_>>();
    let api = ROUTES.iter().filter(|route| route.surface == Surface::Api);
    for (route, (verb, path, _)) in api.zip(paths) {
        for parameter in route.query {
            for value in [
                "",
                "x",
                "-1",
                "99999999999999999999",
                "%ff%00",
                "'",
                "((((",
                "2018-99-99",
            ] {
                let target = format!("{path}?{}={value}", parameter.name);
                victim.ask(Request::to(verb, &target).by(&all));
            }
        }
    }
}

/// Bodies at the limit are taken, those above it refused, whatever they are for.
#[rstest]
#[case("/messages", 200)]
#[case("/events/mailjet", 200)]
#[case("/instances/1234/objects/hawks/definitions", 200)]
#[case("/hubs", 200)]
#[case("/elements/mailjet/resources", 200)]
fn bodies_at_the_limit(#[case] path: &str, #[case] expected: u16) {
    let limit = 4096;
    let mut ce = Core::start(&[("body-limit", "4096")]);
    let token = provision(&mut ce, "").token();
    let all = format!("User u, Organization o, Element {token}");
    let body = |length: usize| {
        let body = r#"{"fields":[],"name":"n","key":"k","method":"GET","path":"/x","text":""}"#;
        let (start, end) = body.split_at(body.len() - 2);
        format!("{start}{}{end}", "x".repeat(length - body.len()))
    };
    for (length, expected) in [(limit, expected), (limit + 1, 429)] {
        let reply = ce.ask(Request::post(path, body(length)).by(&all));
        assert_eq!(reply.status, expected, "{}", reply.text());
    }
}
