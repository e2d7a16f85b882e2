//! The part that a JSON value plays in its guide, and what the guide calls it.

use super::dialect;
use super::piece::Piece;
use super::tree::{Node, Value};

/// The role of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// It names the element of an instance to be.
    Request,
    /// It shows an instance.
    Response,
    Other,
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
    let key = dialect::element(node)?.get("key")?.scalar()?.as_str()?;
    (!key.trim().is_empty()).then_some(key)
}

/// The objects of a value: itself, or the items of an array.
pub(super) fn objects(node: &Node) -> Vec<&Node> {
    match &node.value {
        Value::Array(items) => items.iter().filter(|item| item.is_object()).collect(),
        _ => vec![node],
    }
}

/// Tells whether the guide calls a request its minimum.
pub(super) fn is_minimum(piece: &Piece<'_>) -> bool {
    let introduction = piece.introduction.to_lowercase();
    let heading = piece.heading.to_lowercase();
    let is_minimum = introduction.contains("minimum") || heading.contains("minimum");
    is_minimum && !introduction.contains("extended")
}

/// The caption before a value, else the heading above it, else the document's own title or name.
pub(super) fn title(piece: &Piece<'_>, document: Option<&str>, file: &str) -> String {
    let caption = Some(piece.introduction).filter(|line| line.ends_with(':'));
    let heading = Some(piece.heading).filter(|line| !line.is_empty());
    let said = caption.or(heading).or(document).unwrap_or(file);
    let plain = said
        .trim_start_matches(['#', '*', ' '])
        .trim_end_matches(':')
        .replace("__", "")
        .replace("**", "");
    dialect::translate_text(&plain)
}
