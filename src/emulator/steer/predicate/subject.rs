//! The view of a request that conditions look at.

use std::borrow::Cow;

use http::{HeaderName, StatusCode};

use crate::rules::Rule;
use crate::wire::message::Request;

/// A request and, once it is answered, what came of it.
///
/// The costly members are asked for only by a condition that needs them.
pub(crate) trait Subject {
    fn method(&self) -> &str;

    /// The path as sent, without the query.
    fn path(&self) -> &str;

    /// The query as sent, without its question mark.
    fn query(&self) -> &str;

    /// Every value of a header, in order.
    fn header(&self, name: &HeaderName) -> Vec<Cow<'_, str>>;

    /// The names of all headers, in lower case.
    fn header_names(&self) -> Vec<Cow<'_, str>>;

    fn body(&self) -> &[u8];

    /// Tells whether `body` is only the beginning of what was sent.
    fn is_cut(&self) -> bool {
        false
    }

    /// The key of the element that the request is about.
    fn element(&self) -> Option<Cow<'_, str>>;

    /// Tells whether the organization's secret has this fingerprint.
    fn is_of(&self, fingerprint: u64) -> bool;

    /// The organization as a message may name it.
    fn organization_name(&self) -> Option<Cow<'_, str>>;

    fn instance(&self) -> Option<u64> {
        None
    }

    /// The rule that decided the answer; `None` before there is one.
    fn rule(&self) -> Option<&'static Rule> {
        None
    }

    fn status(&self) -> Option<StatusCode> {
        None
    }

    /// The request itself, for a closure.
    fn request(&self) -> Cow<'_, Request>;
}
