//! Smallest accepted provisioning requests, one an element.

pub(crate) fn mailjet(name: &str) -> String {
    payload("mailjet", &["mailjet.api.key", "mailjet.api.secret"], name)
}

pub(crate) fn twilio(name: &str) -> String {
    let entries = ["protocol", "account", "sender", "token", "callback.url"];
    let entries = entries.map(|entry| format!("messaging.sms.twilio.{entry}"));
    payload("twilio", &entries.each_ref().map(|entry| &**entry), name)
}

pub(crate) fn sendgrid(name: &str) -> String {
    let entries = [
        "username", "password", "sender", "protocol", "port", "server",
    ];
    let entries = entries.map(|entry| format!("messaging.smtp.sendgrid.{entry}"));
    payload("sendgrid", &entries.each_ref().map(|entry| &**entry), name)
}

/// Each entry's value is `v`.
fn payload(key: &str, entries: &[&str], name: &str) -> String {
    let entries: Vec<_> = entries
        .iter()
        .map(|entry| format!("\"{entry}\":\"v\""))
        .collect();
    let entries = entries.join(",");
    format!(r#"{{"element":{{"key":"{key}"}},"configuration":{{{entries}}},"name":"{name}"}}"#)
}
