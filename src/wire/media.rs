//! Media types as far as a JSON-only API cares: is it JSON, does it accept JSON.

use std::cmp::Ordering;

/// Tells whether a `Content-Type` names JSON: `application/json` or any `…+json`, with any parameters.
#[must_use]
pub fn is_json(content_type: &str) -> bool {
    if content_type == "application/json" {
        return true;
    }
    let essence = essence(content_type);
    essence == "application/json"
        || (essence.starts_with("application/") && essence.ends_with("+json"))
}

/// Tells whether an `Accept` value lets JSON through: its most specific range for `application/json` has a weight above zero.
#[must_use]
pub fn accepts_json(accept: &str) -> bool {
    if matches!(accept, "*/*" | "application/json") {
        return true;
    }
    let ranges = accept.split(',').filter(|range| !range.trim().is_empty());
    let fitting = ranges.filter_map(|range| Some((specificity(&essence(range))?, weight(range))));
    let best = fitting.max_by(|a, b| {
        a.0.cmp(&b.0)
            .then(a.1.partial_cmp(&b.1).unwrap_or(Ordering::Equal))
    });
    accept.trim().is_empty() || best.is_some_and(|(_, weight)| weight > 0.0)
}

fn essence(media_type: &str) -> String {
    media_type
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase()
}

/// Ranks how closely a range names JSON; `None` when it does not cover it.
fn specificity(range: &str) -> Option<u8> {
    match range {
        "*/*" | "*" => Some(0),
        "application/*" => Some(1),
        _ => is_json(range).then_some(2),
    }
}

fn weight(range: &str) -> f32 {
    let quality = range
        .split(';')
        .skip(1)
        .find_map(|parameter| parameter.trim().strip_prefix("q="));
    quality
        .and_then(|quality| quality.trim().parse().ok())
        .unwrap_or(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    /// Rule `content-type`.
    #[rstest]
    #[case("application/json", true)]
    #[case("Application/JSON; charset=utf-8", true)]
    #[case("application/vnd.api+json", true)]
    #[case("text/json", false)]
    #[case("application/x-www-form-urlencoded", false)]
    #[case("", false)]
    fn names_json(#[case] content_type: &str, #[case] expected: bool) {
        assert_eq!(is_json(content_type), expected);
    }

    /// Rule `accept`.
    #[rstest]
    #[case("*/*", true)]
    #[case("application/json", true)]
    #[case("text/html, application/*;q=0.1", true)]
    #[case("text/html", false)]
    #[case("application/json;q=0, */*", false)]
    #[case("", true)]
    fn lets_json_through(#[case] accept: &str, #[case] expected: bool) {
        assert_eq!(accepts_json(accept), expected);
    }
}
