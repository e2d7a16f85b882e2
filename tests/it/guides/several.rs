//! Several documents of one element.

use super::*;

#[test]
fn where_two_guides_disagree_the_first_is_believed_and_both_places_are_named() {
    let other = good()
        .replace("\"valid\": true", "\"valid\": false")
        .replace("    \"hub\": \"messaging\"", "    \"nest\": \"roof\"")
        .replace(
            "    \"pigeon.password\": \"<INSERT_PASSWORD>\"",
            "    \"pigeon.wing\": \"left\"",
        );
    let good = good();
    let guides = [("one.md", &good), ("two.md", &other)].map(|(name, text)| Guide { name, text });
    let import = import(&guides, Mode::Strict);
    assert_eq!(
        only(&import).instance(),
        only(&import_text(&good)).instance()
    );
    assert_eq!(only(&import).guides(), ["one.md", "two.md"]);
    assert_eq!(only(&import).samples().len(), 2);
    let said: Vec<_> = import.findings.iter().map(ToString::to_string).collect();
    assert_eq!(
        said,
        [
            "two.md:41: warning: instance.element.hub is absent, but not in one.md:52, which is kept",
            "two.md:52: warning: instance.element.nest is present, but not in one.md:41, which is kept",
            "two.md:55: warning: instance.valid is not what it is in one.md:55, which is kept",
            "two.md:36: warning: the entry pigeon.password is absent, but not in one.md:25, which is kept",
            "two.md:25: warning: the entry pigeon.wing is present, but not in one.md:36, which is kept",
        ]
    );
}

#[test]
fn a_guide_given_twice_is_named_once() {
    let import = import_files("broken-guides", &["good.md", "good.md"], Mode::Strict);
    assert_eq!(only(&import).guides(), ["good.md"]);
    assert_eq!(only(&import).samples().len(), 1);
    assert_eq!(import.findings, []);
}

#[test]
fn one_key_with_two_ids_is_refused() {
    let other = good().replace("9001", "17");
    let good = good();
    let guides = [("one.md", &good), ("two.md", &other)].map(|(name, text)| Guide { name, text });
    let import = import(&guides, Mode::Tolerant);
    assert_eq!(import.fixtures.len(), 1);
    assert_eq!(
        import.refusals[0].to_string(),
        "two.md:36: refused: the element \"pigeonpost\" has the id 17 here and 9001 in one.md:36; correct one of the \
         documents"
    );
}
