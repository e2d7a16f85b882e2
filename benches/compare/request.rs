//! The requests of the benchmarks, rendered once.

/// The guide's MailJet request as a client would fill it in: 412 bytes.
pub(crate) const MAILJET: &str = include_str!("mailjet.json");
/// The guide's SendGrid "Minimum" request, as it stands there.
pub(crate) const SENDGRID: &str = include_str!("sendgrid.json");

pub(crate) const INSTANCES: &str = "/elements/api-v2/instances";

pub(crate) const MESSAGES: &str = "/elements/api-v2/hubs/messaging/messages";
/// A message as a client would send it.
pub(crate) const MESSAGE: &str = r#"{"from":"me@example.com","to":"you@example.com","subject":"Hello","message":"Good morning to you"}"#;

/// The MailJet request without its secret.
pub(crate) fn incomplete() -> String {
    MAILJET.replace("mailjet.api.secret", "mailjet.api.secreT")
}

/// A whole HTTP request of `organization`; one with a body says that it is JSON.
pub(crate) fn render(method: &str, target: &str, organization: &str, body: &str) -> Vec<u8> {
    render_by(
        method,
        target,
        &format!("Organization {organization}"),
        body,
    )
}

/// The same of a caller who is named by this word and secret.
pub(crate) fn render_by(method: &str, target: &str, caller: &str, body: &str) -> Vec<u8> {
    let about_body = if body.is_empty() {
        String::new()
    } else {
        format!(
            "content-type: application/json\r\ncontent-length: {}\r\n",
            body.len()
        )
    };
    format!(
        "{method} {target} HTTP/1.1\r\nhost: localhost\r\n\
         authorization: User u8Jx1DqvCYIpQnzY, {caller}\r\n\
         accept: */*\r\n{about_body}\r\n{body}"
    )
    .into_bytes()
}
