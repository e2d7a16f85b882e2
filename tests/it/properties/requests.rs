//! Any request to the service itself: near-valid paths, headers and bodies.

use mock_ce::wire::message::Body;
use proptest::prelude::*;

use crate::fuzzing::targets::{assert_restores, assert_well_formed, read};

fn one_of(texts: &'static [&'static str]) -> impl Strategy<Value = String> {
    prop::sample::select(texts).prop_map(str::to_owned)
}

fn target() -> impl Strategy<Value = String> {
    let base = one_of(&[
        "/elements/api-v2",
        "/your_moms/api-v2",
        "/__admin",
        "",
        "/elements/api-v1",
        "//elements/api-v2",
        "http://h/elements/api-v2",
    ]);
    let segment = prop_oneof![
        6 => one_of(&["instances", "elements", "your_moms", "keys", "1234", "1235", "mailjet", "84", "twilio"]),
        2 => one_of(&["", "..", ".", "%2e%2e", "%00", "%ff", "-1", "99999999999999999999", "instance", "%69nstances", "inst%61nces%2F1234"]),
        2 => one_of(&["requests", "script", "state", "ledger", "clock", "rules", "health", "openapi.json", "wait", "save"]),
        1 => "[!-\"$->@-~]{0,30}",
    ];
    let query = prop_oneof![
        2 => Just(String::new()),
        1 => one_of(&["?", "?pageSize=1", "?pageSize=0", "?nextPage=x", "?tags[]=a&tags[]=b", "?searchText=%ff", "?hydrate=false", "?organization=o", "?status=200&rule=create"]),
        1 => "\\?[!-\"$-~]{0,40}",
    ];
    let segments = prop::collection::vec(segment, 0..5);
    (base, segments, query).prop_map(|(base, segments, query)| {
        segments
            .iter()
            .fold(base, |path, segment| path + "/" + segment)
            + &query
    })
}

fn header() -> impl Strategy<Value = String> {
    prop_oneof![
        6 => Just("authorization: User u, Organization o".to_owned()),
        1 => "authorization: [ -~]{0,40}",
        1 => Just("authorization: User u, Element DRglrjHpBm14lU342pC+f4SA5ID9jbQ=".to_owned()),
        5 => Just("content-type: application/json".to_owned()),
        1 => "content-type: [ -~]{0,30}",
        1 => "accept: [ -~]{0,30}",
        1 => Just("origin: http://a".to_owned()),
        1 => Just("access-control-request-method: POST".to_owned()),
        1 => Just("host: 127.0.0.1".to_owned()),
        1 => "[a-z-]{1,12}: [ -~]{0,40}",
    ]
}

fn body() -> impl Strategy<Value = String> {
    let value = one_of(&[
        "\"mailjet\"",
        "\"x\"",
        "null",
        "1234",
        "1e400",
        "true",
        "[]",
        "[\"a\",\"b\"]",
        "{}",
        "{\"key\":\"mailjet\"}",
        "{\"id\":84}",
        "{\"mailjet.api.key\":\"k\",\"mailjet.api.secret\":\"s\"}",
        "\"<b>\"",
        "\"\\ud800\"",
        "“",
    ]);
    let name = one_of(&[
        "element",
        "your_mom",
        "name",
        "tags",
        "configuration",
        "id",
        "key",
        "providerData",
        "effect",
        "match",
        "when",
        "organization",
        "version",
    ]);
    let members = prop::collection::vec((name, value), 0..5).prop_map(|members| {
        let members: Vec<_> = members
            .iter()
            .map(|(name, value)| format!("\"{name}\":{value}"))
            .collect();
        format!("{{{}}}", members.join(","))
    });
    prop_oneof![
        2 => Just(crate::abuse::BODY.to_owned()),
        6 => members,
        1 => Just(String::new()),
        1 => "[\\[\\]{}\",:0-9a-z“”\\\\ ]{0,60}",
    ]
}

fn request() -> impl Strategy<Value = String> {
    let method = prop_oneof![
        9 => one_of(&["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"]),
        1 => "[A-Z!#$%&'*+.^_`|~-]{1,20}",
    ];
    let headers = prop::collection::vec(header(), 0..6);
    (method, target(), headers, body()).prop_map(|(method, target, headers, body)| {
        let headers: String = headers.iter().map(|header| format!("{header}\n")).collect();
        format!("{method} {target}\n{headers}\n{body}")
    })
}

proptest! {
    #![proptest_config(super::cases(100))]

    #[test]
    fn any_request_gets_a_well_formed_answer(texts in prop::collection::vec(request(), 1..20), too_large in any::<prop::sample::Index>()) {
        let emulator = super::emulator();
        let mut requests: Vec<_> = texts.iter().filter_map(|text| read(text.as_bytes())).collect();
        if !requests.is_empty() {
            let index = too_large.index(requests.len());
            requests[index].body = Body::TooLarge(10);
        }
        // What a script orders may be anything.
        requests.retain(|request| !request.uri.path().starts_with("/__admin/script"));
        for request in &requests {
            assert_well_formed(request, &emulator.answer(request));
        }
        assert_restores(&emulator);
    }
}
