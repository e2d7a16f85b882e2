//! The sample requests of the guides: each one, sent as it is printed, gets the response that the guide prints.

use mock_ce::{Dialect, Json};
use rstest::rstest;

use super::support::{Core, Document, Harness, Reply, Request, Server};

/// Sends every sample of every guide verbatim, each to a fresh server.
fn every_sample_is_answered_as_documented<H: Harness>() {
    let mut sent = 0;
    for guide in Document::all() {
        for sample in &guide.samples {
            let mut request = Request::raw("POST", &guide.path).body(sample.as_str());
            request.headers = guide.headers.clone();
            let reply = H::start(&[]).ask(request);
            assert_eq!(
                reply.verdict(),
                (200, "create"),
                "{}: {}",
                guide.file,
                reply.text()
            );
            assert_eq!(reply.header("content-type"), Some("application/json"));
            assert_is_documented(&reply, &guide);
            sent += 1;
        }
    }
    assert_eq!(sent, 6, "five guides have six requests");
}

/// Compares a reply with the guide's response: the same members, order and values, except `id`, `name` and `token`.
fn assert_is_documented(reply: &Reply, guide: &Document) {
    assert_eq!(reply.id(), 1234);
    assert_eq!(reply.member("name"), "<INSERT_INSTANCE_NAME>");
    assert!(reply.token().ends_with('='));
    let mut expected = guide.response.clone();
    if let Json::Object(members) = &mut expected {
        for (name, value) in members {
            if matches!(&**name, "id" | "name" | "token") {
                *value = reply.json().get(name).unwrap().clone().into_owned();
            }
        }
    }
    assert_eq!(reply.text(), expected.to_string(), "{}", guide.file);
}

/// Rule `create`: through the core.
#[test]
fn every_sample_is_answered_as_documented_by_the_core() {
    every_sample_is_answered_as_documented::<Core>();
}

/// Rule `create`: over a socket.
#[test]
fn every_sample_is_answered_as_documented_in_process() {
    every_sample_is_answered_as_documented::<Server>();
}

/// Rule `create`: by the binary.
#[cfg(feature = "cli")]
#[test]
fn every_sample_is_answered_as_documented_by_the_binary() {
    every_sample_is_answered_as_documented::<super::support::Binary>();
}

/// Rule `placeholders`: values such as `<INSERT_TAGS>`, which a reader should replace, are ordinary values.
#[test]
fn placeholders_are_kept_as_they_are_printed() {
    for guide in Document::all() {
        let mut request = Request::raw("POST", &guide.path).body(guide.samples[0].as_str());
        request.headers = guide.headers.clone();
        let reply = Core::start(&[("shape", "platform")]).ask(request);
        assert_eq!(
            reply.json().get("tags").unwrap().to_string(),
            r#"["<INSERT_TAGS>"]"#
        );
        let configuration = reply.json().get("configuration").unwrap().to_string();
        let printed = match guide.element_id {
            6 => "\"messaging.smtp.sendgrid.username\":\"<INSERT_SENDGRID_SMTP_USERNAME>\"",
            7 => "\"messaging.sms.twilio.account\":\"<INSERT_TWILIO_SMS_ACCOUNT>\"",
            _ => "\"mailjet.api.key\":\"********\"",
        };
        assert!(
            configuration.contains(printed),
            "{}: {configuration}",
            guide.file
        );
    }
}

/// A guide's minimum payload in a dialect, with the configuration entries that `keep` accepts.
fn payload(guide: &Document, dialect: Dialect, keep: impl Fn(&str) -> bool) -> String {
    let mut body = Json::parse(guide.samples[0].as_bytes()).unwrap();
    if let Json::Object(members) = &mut body {
        for (name, value) in members {
            match value {
                Json::Object(entries) if name == "configuration" => {
                    entries.retain(|(key, _)| keep(key))
                }
                _ if name == guide.dialect().noun() => *name = dialect.noun().into(),
                _ => {}
            }
        }
    }
    body.to_string()
}

fn create(dialect: Dialect, body: String) -> Reply {
    let request = Request::post("/instances", body);
    let request = if dialect == Dialect::YourMom {
        request.your_mom()
    } else {
        request
    };
    Core::start(&[]).ask(request)
}

fn assert_missing(reply: &Reply, missing: &[String]) {
    assert_eq!(reply.verdict(), (400, "configuration-missing"));
    let expected = format!(
        "configuration is missing required entries: {}",
        missing.join(", ")
    );
    assert_eq!(reply.message(), expected);
}

/// Rule `configuration-missing`.
#[rstest]
#[case::element(Dialect::Element)]
#[case::your_mom(Dialect::YourMom)]
fn each_required_entry_left_out_is_named(#[case] dialect: Dialect) {
    for guide in Document::one_an_element() {
        for missing in guide.required() {
            let reply = create(dialect, payload(&guide, dialect, |key| key != missing));
            assert_missing(&reply, &[missing]);
        }
    }
}

/// Rule `configuration-missing`: one message names all entries, in the order of the catalog.
#[rstest]
#[case::element(Dialect::Element)]
#[case::your_mom(Dialect::YourMom)]
fn all_required_entries_left_out_are_named_at_once(#[case] dialect: Dialect) {
    for guide in Document::one_an_element() {
        let whole = payload(&guide, dialect, |_| false);
        let absent = whole.replace("\"configuration\":{},", "");
        let null = whole.replace("\"configuration\":{}", "\"configuration\":null");
        assert!(absent.len() < whole.len() && null.len() == whole.len() + 2);
        for body in [whole, absent, null] {
            assert_missing(&create(dialect, body), &guide.required());
        }
    }
}

/// Rule `configuration-missing`: a message about two entries names them in the order of the catalog.
#[test]
fn two_required_entries_left_out_are_named_in_the_order_of_the_catalog() {
    for guide in Document::one_an_element() {
        for pair in guide.required().windows(2) {
            let body = payload(&guide, Dialect::Element, |key| {
                !pair.iter().any(|missing| missing == key)
            });
            assert_missing(&create(Dialect::Element, body), pair);
        }
    }
}

/// Rule `configuration-required`: the minimum payload has exactly the required entries, and each of them suffices.
#[test]
fn the_minimum_payload_is_enough_and_the_catalog_says_so() {
    for guide in Document::one_an_element() {
        let element =
            Core::start(&[]).ask(Request::get(&format!("/elements/{}", guide.element_id)));
        let element = element.json();
        let entries = element
            .get("configuration")
            .and_then(Json::as_array)
            .unwrap();
        let required = entries
            .iter()
            .filter(|entry| entry.get("required") == Some(&Json::Bool(true)));
        let required: Vec<_> = required
            .map(|entry| entry.get("key").and_then(Json::as_str).unwrap())
            .collect();
        assert_eq!(required, guide.required(), "{}", guide.file);
        let reply = create(
            Dialect::Element,
            payload(&guide, Dialect::Element, |_| true),
        );
        assert_eq!(reply.status, 200);
    }
}

/// Rule `configuration-required`: the entries that only SendGrid's extended payload has are optional and in the catalog.
#[test]
fn the_extended_entries_are_optional() {
    let guides = Document::all();
    let sendgrid = guides
        .iter()
        .find(|guide| guide.samples.len() == 2)
        .unwrap();
    let extended = Json::parse(sendgrid.samples[1].as_bytes()).unwrap();
    let sent: Vec<_> = extended
        .get("configuration")
        .and_then(Json::as_object)
        .unwrap()
        .iter()
        .map(|(key, _)| key.to_string())
        .collect();
    let element = Core::start(&[]).ask(Request::get("/elements/sendgrid"));
    let element = element.json();
    let known = element
        .get("configuration")
        .and_then(Json::as_array)
        .unwrap();
    let known: Vec<_> = known
        .iter()
        .map(|entry| entry.get("key").and_then(Json::as_str).unwrap())
        .collect();
    assert_eq!(known, sent);
    assert_eq!(sent.len(), 20);
}

/// Rule `element-documented`: the catalog shows each element with every member and text of its guide.
#[test]
fn the_catalog_shows_each_element_as_documented() {
    for guide in Document::all() {
        let request = Request::get(&format!(
            "/{}/{}",
            guide.dialect().plural(),
            guide.element_id
        ));
        let request = if guide.dialect() == Dialect::YourMom {
            request.your_mom()
        } else {
            request
        };
        let reply = Core::start(&[]).ask(request);
        let Json::Object(mut shown) = reply.json() else {
            panic!("an object")
        };
        let (last, _) = shown.pop().unwrap();
        assert_eq!(last, "configuration");
        assert_eq!(&Json::Object(shown), guide.element(), "{}", guide.file);
    }
}
