//! Lists: order, filters, pages.

use rstest::rstest;

use super::fresh;
use crate::support::{Core, Harness, Reply, Request, mailjet, twilio};

fn tagged(name: &str, tags: &str) -> String {
    mailjet(name).replace("\"name\"", &format!("\"tags\":{tags},\"name\""))
}

/// Four instances: 1234 "Alpha" [red, big], 1235 "beta" [red], 1236 "Gamma" of twilio, 1237 "a&b=c d" [a b].
fn four() -> Core {
    let mut ce = fresh();
    for payload in [
        tagged("Alpha", r#"["red","big"]"#),
        tagged("beta", r#"["red"]"#),
        twilio("Gamma"),
        tagged("a&b=c d", r#"["a b"]"#),
    ] {
        assert_eq!(ce.ask(Request::post("/instances", payload)).status, 200);
    }
    ce
}

/// Rule `instance-list`: oldest first, each as it is alone, and how many there are.
#[test]
fn a_list_has_all_instances_oldest_first() {
    let mut ce = four();
    ce.ask(Request::put("/instances/1234", r#"{"name":"Alpha"}"#));
    let list = ce.ask(Request::get("/instances"));
    assert_eq!(list.verdict(), (200, "instance-list"));
    assert_eq!(list.ids(), [1234, 1235, 1236, 1237]);
    assert_eq!(list.header("elements-total-count"), Some("4"));
    assert_eq!(list.header("elements-next-page-token"), None);
    for item in list.json().as_array().unwrap() {
        let id = item.get("id").unwrap();
        assert_eq!(
            ce.ask(Request::get(&format!("/instances/{id}"))).text(),
            item.to_string()
        );
    }
}

/// Rule `instance-list`: whatever token the header also carries, the list is whole.
#[test]
fn a_token_in_the_header_does_not_narrow_the_list() {
    let mut ce = four();
    let token = ce.ask(Request::get("/instances/1235")).token();
    for token in [&*token, "nobodys="] {
        let by = format!("User u, Organization o, Element {token}");
        assert_eq!(ce.ask(Request::get("/instances").by(&by)).ids().len(), 4);
    }
}

/// Rule `instance-list`: filters.
#[rstest]
#[case::tag("tags[]=red", &[1234, 1235])]
#[case::tag_encoded("tags%5B%5D=red", &[1234, 1235])]
#[case::all_tags_must_match("tags[]=red&tags[]=big", &[1234])]
#[case::tag_with_a_space("tags[]=a+b", &[1237])]
#[case::own_name_as_tag("tags[]=Gamma", &[1236])]
#[case::name_in_any_case("searchText=ALPHA", &[1234])]
#[case::part_of_a_name("searchText=et", &[1234, 1235, 1237])]
#[case::element_key("searchText=Twil", &[1236])]
#[case::name_with_signs("searchText=a%26b%3Dc%20d", &[1237])]
#[case::both("tags[]=red&searchText=beta", &[1235])]
#[case::search_for_nothing("searchText=", &[1234, 1235, 1236, 1237])]
#[case::unknown_parameters_are_ignored("weather=fine", &[1234, 1235, 1236, 1237])]
fn a_list_is_filtered(#[case] query: &str, #[case] ids: &[u64]) {
    let list = four().ask(Request::get(&format!("/instances?{query}")));
    assert_eq!(list.ids(), ids);
    assert_eq!(
        list.header("elements-total-count"),
        Some(&*ids.len().to_string())
    );
}

/// Rule `empty-list`: a list that a filter empties is empty.
#[rstest]
#[case("tags[]=blue")]
#[case("tags[]=red&tags[]=blue")]
#[case("tags[]=RED")]
#[case("searchText=nobody")]
fn a_filter_can_leave_nothing(#[case] query: &str) {
    let reply = four().ask(Request::get(&format!("/instances?{query}")));
    assert_eq!(reply.verdict(), (404, "empty-list"));
}

/// Rule `empty-list`: 404, or an empty array when the server was started so.
#[rstest]
#[case("/instances", "instance-list")]
#[case("/elements/mailjet/instances", "by-element")]
fn an_empty_list_is_an_error_unless_told_otherwise(#[case] path: &str, #[case] rule: &str) {
    let refused = fresh().ask(Request::get(path));
    assert_eq!(refused.verdict(), (404, "empty-list"));
    assert_eq!(refused.message(), "No instances found");
    let empty = Core::start(&[("empty-lists", "ok")]).ask(Request::get(path));
    assert_eq!((empty.verdict(), empty.text()), ((200, rule), "[]"));
    assert_eq!(empty.header("elements-total-count"), Some("0"));
}

const MANY: u64 = 450;

/// Every page of a list, followed by its tokens.
fn pages(ce: &mut Core, query: &str) -> Vec<Vec<u64>> {
    let (mut pages, mut next) = (Vec::new(), String::new());
    loop {
        let page: Reply = ce.ask(Request::get(&format!("/instances?{query}{next}")));
        assert_eq!(page.verdict(), (200, "instance-list"));
        assert_eq!(page.header("elements-total-count"), Some("450"));
        pages.push(page.ids());
        match page.header("elements-next-page-token") {
            Some(token) => next = format!("&nextPage={token}"),
            None => return pages,
        }
    }
}

/// Rule `instance-list`: pages of at most 200, which together are the list.
#[rstest]
#[case::default("", &[200, 200, 50])]
#[case::largest("pageSize=200", &[200, 200, 50])]
#[case::odd("pageSize=199", &[199, 199, 52])]
#[case::even_end("pageSize=150", &[150, 150, 150])]
#[case::filtered("pageSize=170&searchText=many&tags[]=t", &[170, 170, 110])]
fn a_long_list_comes_in_pages(#[case] query: &str, #[case] sizes: &[usize]) {
    let mut ce = fresh();
    for _ in 0..MANY {
        ce.ask(Request::post(
            "/instances",
            tagged("one of many", r#"["t"]"#),
        ));
    }
    let pages = pages(&mut ce, query);
    assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), sizes);
    assert_eq!(pages.concat(), (1234..1234 + MANY).collect::<Vec<_>>());
}

/// Rule `instance-list`: a page goes on where the last one ended, whatever was deleted or created between.
#[test]
fn a_page_goes_on_where_the_last_one_ended() {
    let mut ce = four();
    let first = ce.ask(Request::get("/instances?pageSize=2"));
    let next = first.header("elements-next-page-token").unwrap();
    ce.ask(Request::delete("/instances/1235"));
    ce.ask(Request::post("/instances", mailjet("late")));
    let second = ce.ask(Request::get(&format!(
        "/instances?pageSize=2&nextPage={next}"
    )));
    assert_eq!(second.ids(), [1236, 1237]);
}

/// Rule `instance-list`: what is no page size and no token of a page is refused.
#[rstest]
#[case(
    "pageSize=0",
    "pageSize must be a whole number from 1 to 200, found \"0\""
)]
#[case(
    "pageSize=201",
    "pageSize must be a whole number from 1 to 200, found \"201\""
)]
#[case(
    "pageSize=-1",
    "pageSize must be a whole number from 1 to 200, found \"-1\""
)]
#[case(
    "pageSize=ten",
    "pageSize must be a whole number from 1 to 200, found \"ten\""
)]
#[case(
    "pageSize=",
    "pageSize must be a whole number from 1 to 200, found \"\""
)]
#[case("nextPage=2", "nextPage is not a token of this API")]
#[case("nextPage=", "nextPage is not a token of this API")]
fn a_page_that_cannot_be_is_refused(#[case] query: &str, #[case] message: &str) {
    let reply = four().ask(Request::get(&format!("/instances?{query}")));
    assert_eq!(reply.verdict(), (400, "instance-list"));
    assert!(reply.message().starts_with(message), "{}", reply.message());
}

/// Rule `instance-list`: `hydrate=false` leaves out `configuration` and nothing else.
#[test]
fn a_list_can_leave_the_configuration_out() {
    let mut ce = Core::start(&[("shape", "platform")]);
    ce.ask(Request::post("/instances", mailjet("n")));
    let configuration =
        r#""configuration":{"mailjet.api.key":"********","mailjet.api.secret":"********"},"#;
    for path in ["/instances", "/elements/84/instances"] {
        let whole = ce.ask(Request::get(path));
        assert!(whole.text().contains(configuration));
        assert_eq!(
            ce.ask(Request::get(&format!("{path}?hydrate=true"))).body,
            whole.body
        );
        let bare = ce.ask(Request::get(&format!("{path}?hydrate=false")));
        assert_eq!(bare.text(), whole.text().replace(configuration, ""));
    }
}
