//! Refusals as the API's caller reads them: one constructor per situation.
//!
//! Messages name the offending path or value and, where one is near, the valid choice. What the operator of the mock
//! is told is another type, next to what fails.

use http::StatusCode;

use super::json::JsonProblem;
use super::message::{Connection, Malformed};
use super::vocabulary::text;
use crate::rules::{self, Grade, Rule};

/// A refused request: the status and message for the caller, and the rule that refused.
///
/// On the wire: `{"requestId": "…", "message": "…"}` (rule `error-body`).
#[derive(Clone, Debug, PartialEq)]
pub struct ApiError {
    pub(crate) status: StatusCode,
    pub(crate) rule: &'static Rule,
    pub(crate) message: String,
    /// The verbs for `Allow`.
    pub(crate) allow: Option<String>,
    /// A help for the developer where the vendor's fixed text is none; it goes into the header `mock-ce-hint`.
    pub(crate) hint: Option<String>,
    pub(crate) connection: Connection,
}

/// The most characters of a caller's text that a message repeats.
const MAX_CLIPPED: usize = 120;

/// Clips a caller's text to what a message may repeat.
pub(crate) fn clip(text: &str) -> &str {
    if text.len() <= MAX_CLIPPED {
        return text;
    }
    text.char_indices()
        .nth(MAX_CLIPPED)
        .map_or(text, |(end, _)| &text[..end])
}

/// The ways to make an element known that is not.
const ADDING_AN_ELEMENT: &str = "an element of your own is a fixture, which mock-ce new-element KEY writes and mock-ce \
     import makes of a guide; add it with --catalog FILE, with POST /__admin/elements, or in Rust with \
     MockCe::builder().element(fixture)";

impl ApiError {
    fn new(status: StatusCode, rule: &'static Rule, message: impl Into<String>) -> Self {
        let (allow, connection) = (None, Connection::KeepAlive);
        ApiError {
            status,
            rule,
            message: message.into(),
            allow,
            hint: None,
            connection,
        }
    }

    /// The same with a hint.
    pub(crate) fn hinted(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// 400 for a reason that the rule explains.
    pub(crate) fn bad_request(rule: &'static Rule, message: impl Into<String>) -> Self {
        ApiError::new(StatusCode::BAD_REQUEST, rule, message)
    }

    /// 404 for a path that no route has.
    pub(crate) fn unknown_route(message: String) -> Self {
        ApiError::new(StatusCode::NOT_FOUND, &rules::UNKNOWN_ROUTE, message)
    }

    /// 405 with the verbs that the path does have.
    pub(crate) fn method(method: &http::Method, path: &str, allow: String) -> Self {
        let message = format!(
            "{} is not allowed on {}; allowed: {allow}",
            clip(method.as_str()),
            clip(path)
        );
        let allow = Some(allow);
        ApiError {
            allow,
            ..ApiError::new(StatusCode::METHOD_NOT_ALLOWED, &rules::METHOD, message)
        }
    }

    /// 401 with the vendor's fixed text.
    pub(crate) fn unauthorized(rule: &'static Rule) -> Self {
        ApiError::new(StatusCode::UNAUTHORIZED, rule, text::UNAUTHORIZED)
    }

    /// 406.
    pub(crate) fn not_acceptable(accept: &str) -> Self {
        let message = format!(
            "Accept: {} excludes JSON, the only type served; send Accept: application/json",
            clip(accept)
        );
        ApiError::new(StatusCode::NOT_ACCEPTABLE, &rules::ACCEPT, message)
    }

    /// 415.
    pub(crate) fn unsupported_media_type(sent: Option<&str>) -> Self {
        let sent = sent.map_or("a body without Content-Type".to_owned(), |sent| {
            format!("Content-Type: {}", clip(sent))
        });
        let message = format!("{sent} was sent; send Content-Type: application/json");
        ApiError::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            &rules::CONTENT_TYPE,
            message,
        )
    }

    /// 415 for a body in a coding that is not read.
    pub(crate) fn unsupported_coding(header: &http::HeaderName, sent: &str) -> Self {
        let message = format!(
            "{header}: {} is not read; send the body as it is",
            clip(sent)
        );
        ApiError::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            &rules::CONTENT_TYPE,
            message,
        )
    }

    /// 429 as the vendor documents it, and the connection ends.
    pub(crate) fn too_large(limit: usize) -> Self {
        let message = format!("The request body exceeds the limit of {limit} bytes");
        let connection = Connection::Close;
        ApiError {
            connection,
            ..ApiError::new(StatusCode::TOO_MANY_REQUESTS, &rules::TOO_LARGE, message)
        }
    }

    /// 400 for a body that is not JSON; `curly_quote` is what there is to say about one in the text.
    pub(crate) fn malformed(problem: &JsonProblem, curly_quote: Option<String>) -> Self {
        let (rule, hint) = match curly_quote {
            Some(hint) => (&rules::CURLY_QUOTES, format!("; {hint}")),
            None => (&rules::JSON_MALFORMED, String::new()),
        };
        ApiError::bad_request(
            rule,
            format!("The request body is not valid JSON: {problem}{hint}"),
        )
    }

    /// 400 for members that a body lacks, all of them named.
    pub(crate) fn missing(rule: &'static Rule, names: &[&str]) -> Self {
        let verb = if names.len() == 1 { "is" } else { "are" };
        ApiError::bad_request(rule, format!("{} {verb} required", names.join(", ")))
    }

    /// 404 for an element, in the words of the rule that looked for it.
    pub(crate) fn no_element(rule: &'static Rule, key_or_id: &str, nearest: Option<&str>) -> Self {
        let nearest = nearest.map_or(String::new(), |nearest| {
            format!(". Did you mean {nearest}?")
        });
        ApiError::new(
            StatusCode::NOT_FOUND,
            rule,
            format!("{} {}{nearest}", text::NO_ELEMENT, clip(key_or_id)),
        )
        .hinted(ADDING_AN_ELEMENT)
    }

    /// 404 for an instance.
    pub(crate) fn no_instance(rule: &'static Rule, id: &str) -> Self {
        ApiError::new(
            StatusCode::NOT_FOUND,
            rule,
            format!("{} {}", text::NO_INSTANCE, clip(id)),
        )
    }

    /// 404 for a configuration entry.
    pub(crate) fn no_configuration(id: &str) -> Self {
        let message = format!("No configuration found with ID {}", clip(id));
        ApiError::not_found(&rules::INSTANCE_CONFIG_GET, message)
    }

    /// 404 for a reason that the rule explains.
    pub(crate) fn not_found(rule: &'static Rule, message: impl Into<String>) -> Self {
        ApiError::new(StatusCode::NOT_FOUND, rule, message)
    }

    /// 403 for a reason that the rule explains.
    pub(crate) fn not_permitted(rule: &'static Rule, message: impl Into<String>) -> Self {
        ApiError::new(StatusCode::FORBIDDEN, rule, message)
    }

    /// 409 for a reason that the rule explains.
    pub(crate) fn conflict(rule: &'static Rule, message: impl Into<String>) -> Self {
        ApiError::new(StatusCode::CONFLICT, rule, message)
    }

    /// 404 for an empty list.
    pub(crate) fn no_instances() -> Self {
        ApiError::new(
            StatusCode::NOT_FOUND,
            &rules::EMPTY_LIST,
            text::NO_INSTANCES,
        )
    }

    /// 400 or 431 for what is no HTTP/1 request, and the connection ends.
    pub(crate) fn malformed_http(malformed: Malformed) -> Self {
        let (status, message) = match malformed {
            Malformed::NotHttp => (StatusCode::BAD_REQUEST, "The request is not valid HTTP/1.1"),
            Malformed::CutShort => (
                StatusCode::BAD_REQUEST,
                "The request was cut short: the connection ended before the body did",
            ),
            Malformed::Host => (
                StatusCode::BAD_REQUEST,
                "A request of HTTP/1.1 must have exactly one Host header",
            ),
            Malformed::TooLarge => (
                StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
                "The request line and headers exceed the limits of the server",
            ),
            Malformed::Plain => (
                StatusCode::BAD_REQUEST,
                "This port speaks HTTPS; write https:// instead of http://",
            ),
        };
        let connection = Connection::Close;
        ApiError {
            connection,
            ..ApiError::new(status, &rules::HTTP_MALFORMED, message)
        }
    }

    /// A status that the test ordered.
    pub(crate) fn scripted(status: u16) -> Self {
        let answers = StatusCode::from_u16(status)
            .ok()
            .filter(|status| !status.is_informational());
        let status = answers.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let message = match status {
            StatusCode::UNAUTHORIZED => text::UNAUTHORIZED.to_owned(),
            other => format!("Scripted answer: {other}"),
        };
        ApiError::new(status, &rules::SCRIPTED, message)
    }

    /// 501 in the place of an answer whose rule is evidenced too poorly.
    pub(crate) fn below_grade(rule: &'static Rule, demanded: Grade) -> Self {
        let Rule {
            id,
            grade,
            statement,
            ..
        } = rule;
        let message =
            format!("The rule {id} is graded {grade}, but {demanded} was demanded: {statement}");
        ApiError::new(StatusCode::NOT_IMPLEMENTED, rule, message)
    }

    /// 403 for a sender that may not steer.
    pub(crate) fn forbidden(reason: &str) -> Self {
        ApiError::new(StatusCode::FORBIDDEN, &rules::CONTROL, reason)
    }

    /// 403 for a request to the proxy that it does not carry out.
    #[cfg(feature = "tls")]
    pub(crate) fn not_intercepted(reason: String) -> Self {
        ApiError::new(StatusCode::FORBIDDEN, &rules::INTERCEPT, reason)
    }

    /// 502 for a host that nothing can be passed on to.
    #[cfg(feature = "tls")]
    pub(crate) fn not_passed(reason: String) -> Self {
        ApiError::new(StatusCode::BAD_GATEWAY, &rules::INTERCEPT, reason)
    }

    /// 502 for a request that a recorder got no answer to.
    #[cfg(feature = "recorder")]
    pub(crate) fn upstream_failed(message: String) -> Self {
        ApiError::new(StatusCode::BAD_GATEWAY, &rules::UPSTREAM_FAILED, message)
    }

    /// 501 for a request that a cassette does not have.
    pub(crate) fn not_recorded(message: String) -> Self {
        ApiError::new(StatusCode::NOT_IMPLEMENTED, &rules::NOT_RECORDED, message)
    }

    /// 500 for what the machine refused, with what it said.
    pub(crate) fn failed(message: String) -> Self {
        ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, &rules::INTERNAL, message)
    }

    /// 500.
    pub(crate) fn internal() -> Self {
        let message = "Something went wrong inside mock-ce; the next request is served as if nothing had happened";
        ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, &rules::INTERNAL, message)
    }
}
