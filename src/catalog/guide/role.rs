//! What a fenced block is in its guide: a request, a response or something else; and what the guide calls it.

use super::dialect;
use super::markdown::{Block, Document};
use super::repair;
use super::tree::Node;

/// What a block turned out to be.
pub(super) enum Role {
    Request,
    Response,
    Other,
}

/// Whether the guide calls a request its minimum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Payload {
    Minimum,
    Other,
}

pub(super) fn holds_json(block: &Block<'_>) -> bool {
    block.may_be_json() && repair::looks_like_an_object(block.text)
}

pub(super) fn role(node: &Node) -> Role {
    let is_element = dialect::element(node).is_some_and(Node::is_object);
    let is_answer = node.get("token").is_some() || node.get("id").is_some();
    match (is_element, is_answer) {
        (true, true) => Role::Response,
        (true, false) if key(node).is_some() => Role::Request,
        _ => Role::Other,
    }
}

pub(super) fn key(node: &Node) -> Option<&str> {
    let key = dialect::element(node)?.get("key")?.text()?;
    (!key.trim().is_empty()).then_some(key)
}

pub(super) fn payload(block: &Block<'_>) -> Payload {
    let introduction = block.introduction.to_lowercase();
    let heading = block.heading.to_lowercase();
    if introduction.contains("extended") {
        Payload::Other
    } else if introduction.contains("minimum") || heading.contains("minimum") {
        Payload::Minimum
    } else {
        Payload::Other
    }
}

/// The caption before the block, else the heading above it, else the document's own title or name.
pub(super) fn title(document: &Document<'_>, block: &Block<'_>, file: &str) -> String {
    let caption = Some(block.introduction).filter(|line| line.ends_with(':'));
    let heading = Some(block.heading).filter(|line| !line.is_empty());
    let setting = document.setting(&["title"]).map(|setting| setting.value);
    let said = caption.or(heading).or(setting).unwrap_or(file);
    let plain = said
        .trim_start_matches(['#', '*', ' '])
        .trim_end_matches(':')
        .replace("__", "")
        .replace("**", "");
    dialect::translate_text(&plain)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case::request(r#"{"element": {"key": "k"}}"#, "request")]
    #[case::other_spelling(r#"{"your_mom": {"key": "k"}}"#, "request")]
    #[case::response(r#"{"id": 1, "element": {"key": "k"}}"#, "response")]
    #[case::oauth_answer(r#"{"element": "k", "oauthUrl": "https://example.com"}"#, "other")]
    #[case::blank_key(r#"{"element": {"key": " "}}"#, "other")]
    #[case::something_else(r#"{"to": "x"}"#, "other")]
    fn a_block_is_what_its_members_say(#[case] text: &str, #[case] expected: &str) {
        let found = match role(&repair::read(text, 1).unwrap().node) {
            Role::Request => "request",
            Role::Response => "response",
            Role::Other => "other",
        };
        assert_eq!(found, expected);
    }

    #[rstest]
    #[case::caption("# H\n__Minimum__ JSON:\n", "Minimum JSON")]
    #[case::heading("## Step 1. Call\nSome prose.\n", "Step 1. Call")]
    #[case::translated("## A Your_mom\n", "A Element")]
    #[case::front_matter("---\ntitle: Create\n---\n", "Create")]
    #[case::file("", "x.md")]
    fn a_request_is_called_what_the_guide_calls_it(#[case] before: &str, #[case] expected: &str) {
        let text = format!("{before}```json\n{{}}\n```\n");
        let document = Document::parse(&text);
        assert_eq!(title(&document, &document.blocks[0], "x.md"), expected);
    }

    #[rstest]
    #[case::minimum("# H\n__Minimum__ JSON:\n", Payload::Minimum)]
    #[case::under_a_heading("# Minimum\nJSON:\n", Payload::Minimum)]
    #[case::extended("# Minimum\nExtended, not minimum:\n", Payload::Other)]
    #[case::neither("# H\nJSON:\n", Payload::Other)]
    fn the_introduction_says_which_payload_is_the_minimum(
        #[case] before: &str,
        #[case] expected: Payload,
    ) {
        let text = format!("{before}```json\n{{}}\n```\n");
        assert_eq!(payload(&Document::parse(&text).blocks[0]), expected);
    }
}
