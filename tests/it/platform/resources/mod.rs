//! The resource engine: addresses, callers, rows, pages, conditions, nulls, objects.

mod addresses;
mod listing;
mod objects;
mod rows;
mod snapshots;

use mock_ce::Json;

use crate::platform::{WithToken as _, with_hub};
use crate::support::{Core, Harness, Reply, Request};

/// The ids of a list of rows, which are text.
fn ids(reply: &Reply) -> Vec<String> {
    assert_eq!(reply.status, 200, "{}", reply.text());
    let list = reply.json();
    let id = |row: &Json<'_>| row.get("id").and_then(Json::as_str).unwrap().to_owned();
    list.as_array().unwrap().iter().map(id).collect()
}

fn accounts(count: usize) -> (Core, String) {
    let (mut ce, token) = with_hub("crm");
    for at in 5..=count {
        let body = format!(r#"{{"name":"n{at}","size":{at}}}"#);
        ce.ask(Request::post("/accounts", body).token(&token));
    }
    (ce, token)
}
