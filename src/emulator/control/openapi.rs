//! The OpenAPI document of the emulated API and of the control API.
//!
//! A test makes the file from the route table. The tests' clients hold the replies of routes against it, but for those
//! that a script, a stub or a recording gave.

use crate::wire::json::Json;

const DOCUMENT: &str = include_str!("../../../fixtures/openapi.json");

/// The address that the file names; a running server names its own.
const DEFAULT_URL: &str = "\"http://127.0.0.1:6847\"";

/// The document with the address of the server that is asked, as its `Host` has it.
pub(super) fn document(host: Option<&str>) -> String {
    match host {
        None => DOCUMENT.to_owned(),
        Some(host) => {
            let url = Json::from(format!("http://{host}")).to_string();
            DOCUMENT.replacen(DEFAULT_URL, &url, 1)
        }
    }
}
