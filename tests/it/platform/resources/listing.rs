//! Lists of rows: pages and conditions.

use rstest::rstest;

use super::{accounts, ids};
use crate::platform::{WithToken as _, with_hub};
use crate::support::{Harness, Request};

/// Rule `generic-paging`: pages in order, their end, their count.
#[rstest]
#[case::first("page=1&pageSize=2", &["1", "2"], true, None)]
#[case::second("page=2&pageSize=2", &["3", "4"], true, None)]
#[case::last("page=4&pageSize=2&returnCount=true", &["7"], false, Some("7"))]
#[case::past_the_end("page=9&pageSize=2", &[], false, None)]
#[case::far_past_the_end("page=18446744073709551615&pageSize=200", &[], false, None)]
#[case::all("", &["1", "2", "3", "4", "5", "6", "7"], false, None)]
#[case::larger_than_allowed("pageSize=1000", &["1", "2", "3", "4", "5", "6", "7"], false, None)]
#[case::of_those_that_fit("where=size > 4&pageSize=1&page=2&returnCount=true", &["6"], true, Some("3"))]
fn rows_come_in_pages(
    #[case] query: &str,
    #[case] expected: &[&str],
    #[case] has_more: bool,
    #[case] total: Option<&str>,
) {
    let (mut ce, token) = accounts(7);
    let target = format!(
        "/accounts?{}",
        query.replace(' ', "%20").replace('>', "%3E")
    );
    let page = ce.ask(Request::get(&target).token(&token));
    assert_eq!(ids(&page), expected);
    assert_eq!(page.header("elements-next-page-token").is_some(), has_more);
    assert_eq!(page.header("elements-total-count"), total);
}

/// Rule `generic-paging`: a token continues the list, and wins over `page`; also where a condition is.
#[rstest]
#[case("", 7)]
#[case("&where=name%20LIKE%20'n%25'", 3)]
fn a_token_continues_the_list(#[case] condition: &str, #[case] count: usize) {
    let (mut ce, token) = accounts(7);
    let (mut all, mut next) = (Vec::new(), "&page=1".to_owned());
    loop {
        let page =
            ce.ask(Request::get(&format!("/accounts?pageSize=2{condition}{next}")).token(&token));
        all.extend(ids(&page));
        match page.header("elements-next-page-token") {
            Some(token) => next = format!("&page=1&nextPage={token}"),
            None => break,
        }
    }
    let expected: Vec<_> = (8 - count..=7).map(|id| id.to_string()).collect();
    assert_eq!(all, expected);
}

/// Rules `generic-paging`, `generic-where`: what cannot be read is refused.
#[rstest]
#[case(
    "page=0",
    "generic-paging",
    "page must be a whole number from 1, found \"0\""
)]
#[case(
    "pageSize=x",
    "generic-paging",
    "pageSize must be a whole number from 1, found \"x\""
)]
#[case(
    "pageSize=-1",
    "generic-paging",
    "pageSize must be a whole number from 1, found \"-1\""
)]
#[case("nextPage=2", "generic-paging", "nextPage is not a token of this API")]
#[case("where=name%20LIKE", "generic-where", "Error parsing query: ")]
fn a_query_that_cannot_be_read_is_refused(
    #[case] query: &str,
    #[case] rule: &str,
    #[case] message: &str,
) {
    let (mut ce, token) = with_hub("crm");
    let reply = ce.ask(Request::get(&format!("/accounts?{query}")).token(&token));
    assert_eq!(reply.verdict(), (400, rule));
    assert!(reply.message().starts_with(message), "{}", reply.message());
}

/// Rule `generic-where`: only rows that fulfil the condition.
#[rstest]
#[case("name = 'n5'", &["5"])]
#[case("Name='n5' OR SIZE >= 7", &["5", "7"])]
#[case("name IN ('n5', 'Example Company')", &["1", "5"])]
#[case("NOT name LIKE 'Example%'", &["5", "6", "7"])]
#[case("parent_id IS NULL", &["1", "2", "3", "4"])]
#[case("color = 'red'", &[])]
fn a_condition_selects_rows(#[case] condition: &str, #[case] expected: &[&str]) {
    let (mut ce, token) = accounts(7);
    let query: String = form_urlencoded::byte_serialize(condition.as_bytes()).collect();
    let page = ce.ask(Request::get(&format!("/accounts?where={query}")).token(&token));
    assert_eq!(ids(&page), expected);
    assert_eq!(page.rule(), "generic-where");
}
