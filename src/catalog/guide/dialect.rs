//! The guides' two spellings of one noun. Fixtures know only `element`.

use super::tree::Node;

/// The two spellings, the fixtures' own first.
const NOUNS: [&str; 2] = ["element", "your_mom"];

/// The front matter's spellings of the element's id.
pub(super) const ID_SETTINGS: [&str; 2] = ["elementId", "your_momId"];

/// The front matter's spellings of the element's key.
pub(super) const KEY_SETTINGS: [&str; 2] = ["elementKey", "your_momKey"];

/// The node under the noun, in whichever spelling.
pub(super) fn element(node: &Node) -> Option<&Node> {
    NOUNS.iter().find_map(|noun| node.get(noun))
}

/// A block in the `element` spelling; a block that is already in it is not touched.
pub(super) fn translate(mut node: Node) -> Node {
    if node.get(NOUNS[0]).is_none() && node.get(NOUNS[1]).is_some() {
        node.change_texts(&translate_text);
    }
    node
}

/// A text of a `your_mom` guide in the `element` spelling.
pub(super) fn translate_text(text: &str) -> String {
    text.replace("Your_mom", "Element")
        .replace("your_mom", "element")
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case::noun("your_moms/provider_x.png", "elements/provider_x.png")]
    #[case::capital("Cloud Your_moms", "Cloud Elements")]
    #[case::inside_a_word("?p=CYour_moms", "?p=CElements")]
    #[case::neither("an element", "an element")]
    fn texts_are_translated(#[case] text: &str, #[case] expected: &str) {
        assert_eq!(translate_text(text), expected);
    }
}
