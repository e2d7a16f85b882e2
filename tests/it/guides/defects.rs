//! Every known defect of the vendor's family of guides, in a document of its own.

use super::*;

/// Every document is `good.md` with one defect, and means the same.
#[rstest]
#[case::none("good.md", &[])]
#[case::json_in_capitals_and_bare_fences("fences.md", &[])]
#[case::javascript_fences("javascript.md", &[])]
#[case::bare_quotes_in_html("bare-quotes.md", &[(49, Defect::BareQuote)])]
#[case::raw_line_break("raw-line-break.md", &[(48, Defect::RawLineBreak)])]
#[case::comments("comments.md", &[(46, Defect::Comment), (55, Defect::Comment)])]
#[case::trailing_commas("trailing-commas.md", &[(52, Defect::TrailingComma), (57, Defect::TrailingComma)])]
#[case::missing_brace("missing-brace.md", &[(37, Defect::MissingBrace)])]
#[case::unclosed_array("unclosed-array.md", &[(50, Defect::UnclosedArray)])]
#[case::unclosed_array_with_items("unclosed-tags.md", &[(27, Defect::UnclosedArray)])]
#[case::stray_text("stray-text.md", &[(59, Defect::StrayText)])]
#[case::closed_early("closed-early.md", &[(56, Defect::EarlyClose)])]
#[case::element_closed_early("element-closed-early.md", &[(47, Defect::EarlyClose)])]
#[case::unclosed_fence("unclosed-fence.md", &[(18, Defect::UnclosedFence), (33, Defect::StrayText)])]
#[case::other_id("other-id.md", &[(42, Defect::IdDisagrees)])]
#[case::other_key("other-key.md", &[(44, Defect::KeyDisagrees)])]
#[case::oauth_samples("oauth.md", &[(18, Defect::OtherCall)])]
fn a_defect_is_reported_on_its_line_and_changes_nothing(
    #[case] name: &str,
    #[case] expected: &[(usize, Defect)],
) {
    let good = import_files("broken-guides", &["good.md"], Mode::Strict);
    let import = import_files("broken-guides", &[name], Mode::Tolerant);
    assert_same_element(only(&import), only(&good));
    assert_eq!(findings(&import), expected);
}

#[rstest]
#[case::bare_quotes_in_html("bare-quotes.md")]
#[case::raw_line_break("raw-line-break.md")]
#[case::comments("comments.md")]
#[case::trailing_commas("trailing-commas.md")]
#[case::missing_brace("missing-brace.md")]
#[case::unclosed_array("unclosed-array.md")]
#[case::unclosed_array_with_items("unclosed-tags.md")]
#[case::stray_text("stray-text.md")]
#[case::closed_early("closed-early.md")]
#[case::element_closed_early("element-closed-early.md")]
#[case::unclosed_fence("unclosed-fence.md")]
fn strict_refuses_what_needs_a_repair_and_says_where(#[case] name: &str) {
    let tolerant = import_files("broken-guides", &[name], Mode::Tolerant);
    let strict = import_files("broken-guides", &[name], Mode::Strict);
    assert_eq!(strict.fixtures, []);
    assert_eq!(
        strict.findings, tolerant.findings,
        "what is wrong is reported all the same"
    );
    let [refusal] = strict.refusals.as_slice() else {
        panic!("one document, one refusal: {:?}", strict.refusals);
    };
    assert_eq!(
        (refusal.file.as_str(), refusal.line),
        (name, tolerant.findings[0].line)
    );
    assert!(
        refusal.reason.contains(&tolerant.findings[0].reason),
        "{refusal}"
    );
}

#[rstest]
#[case::good("good.md")]
#[case::javascript("javascript.md")]
#[case::other_id("other-id.md")]
#[case::other_key("other-key.md")]
#[case::oauth_samples("oauth.md")]
#[case::variants("variants.md")]
fn strict_accepts_what_needs_no_repair(#[case] name: &str) {
    let import = import_files("broken-guides", &[name], Mode::Strict);
    only(&import);
}

#[rstest]
#[case::neither_is_minimum("variants.md", &[("pigeon.loft", true), ("pigeon.password", false), ("pigeon.news", false)])]
#[case::second_is_minimum("minimum.md", &[("pigeon.news", true), ("pigeon.loft", true), ("pigeon.password", false)])]
fn several_requests_say_what_is_required(#[case] name: &str, #[case] expected: &[(&str, bool)]) {
    let import = import_files("broken-guides", &[name], Mode::Tolerant);
    assert_eq!(entries(only(&import)), expected);
    assert_eq!(only(&import).samples().len(), 2);
}

#[rstest]
#[case::no_request("no-request.md", "no usable request: ")]
#[case::no_reply("no-reply.md", "no usable response: ")]
fn a_document_that_does_not_say_enough_is_refused(#[case] name: &str, #[case] reason: &str) {
    let import = import_files("broken-guides", &[name], Mode::Tolerant);
    assert_eq!(import.fixtures, []);
    assert!(
        import.refusals[0].reason.starts_with(reason),
        "{}",
        import.refusals[0]
    );
    assert!(
        import.refusals[0]
            .reason
            .ends_with("add one, or leave this document out")
    );
}

#[rstest]
#[case::token(
    "  \"token\": \"cGlnZW9uIHBvc3Q=\",\n",
    "",
    36,
    "the response has no \"token\"; add it to the document"
)]
#[case::any_id(
    "elementId: 9001\n",
    "",
    35,
    "neither the front matter nor the response has the element's id as a whole number; add it"
)]
#[case::blank_entry(
    "\"pigeon.loft\"",
    "\"\"",
    36,
    "\"key\" is blank; correct the document"
)]
fn what_a_fixture_needs_is_not_invented(
    #[case] from: &str,
    #[case] to: &str,
    #[case] line: usize,
    #[case] reason: &str,
) {
    let text = good()
        .replacen(from, to, 1)
        .replace("    \"id\": 9001,\n", "");
    let import = import_text(&text);
    assert_eq!(import.fixtures, []);
    assert_eq!(import.refusals[0].line, line, "{}", import.refusals[0]);
    assert!(
        import.refusals[0].reason.starts_with(reason),
        "{}",
        import.refusals[0]
    );
}

#[test]
fn the_front_matter_is_read_behind_a_byte_order_mark() {
    let text = format!("\u{feff}{}", good().replace("    \"id\": 9001,\n", ""));
    assert_eq!(only(&import_text(&text)).id(), 9001);
}

#[test]
fn what_the_response_leaves_out_and_the_document_says_elsewhere_is_taken_from_there() {
    let text = good()
        .replace("    \"id\": 9001,\n", "")
        .replace("    \"key\": \"pigeonpost\",\n", "");
    let import = import_text(&text);
    assert_same_element(only(&import), only(&import_text(&good())));
    assert_eq!(
        findings(&import),
        [(41, Defect::IdDisagrees), (41, Defect::KeyDisagrees)]
    );
}

#[rstest]
#[case::quoted_id("elementId: 9001", "elementId: \"9001\"")]
#[case::windows_line_ends("\n", "\r\n")]
#[case::tildes("```", "~~~~")]
#[case::indented_fences("```", "   ```")]
fn what_is_no_defect_is_not_reported(#[case] from: &str, #[case] to: &str) {
    let import = import_text(&good().replace(from, to));
    assert_same_element(only(&import), only(&import_text(&good())));
    assert_eq!(findings(&import), []);
}

const OTHER_REQUEST: &str =
    "Or:\n\n```json\n{\"element\": {\"key\": \"dovepost\"}}\n```\n\nThe reply:\n";
const OTHER_REPLY: &str = "```json\n{\"id\": 1, \"token\": \"\", \"name\": \"\", \"element\": {\"id\": 3, \"key\": \"x\"}}\n\
                           ```\n\nThe reply:\n";
const BROKEN_BLOCK: &str = "```json\n{\"x\":\n[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\n\
                            ```\n\nThe reply:\n";

#[rstest]
#[case::request_for_another_element("The reply:\n", OTHER_REQUEST, &[(36, Defect::KeyDisagrees)])]
#[case::reply_of_another_element("The reply:\n", OTHER_REPLY, &[])]
#[case::block_that_is_no_json("The reply:\n", BROKEN_BLOCK, &[(36, Defect::NotRead)])]
#[case::id_that_is_no_number("elementId: 9001", "elementId: pigeon", &[(4, Defect::IdDisagrees)])]
fn what_is_left_out_is_reported(
    #[case] from: &str,
    #[case] to: &str,
    #[case] expected: &[(usize, Defect)],
) {
    let import = import_text(&good().replacen(from, to, 1));
    assert_same_element(only(&import), only(&import_text(&good())));
    assert_eq!(findings(&import), expected);
}

#[test]
fn a_configuration_that_is_no_object_has_no_entries() {
    let text = good()
        .replace("\"configuration\": {", "\"configuration\": [{")
        .replace("_PASSWORD>\"\n  }", "_PASSWORD>\"\n  }]");
    let import = import_text(&text);
    assert_eq!(entries(only(&import)), []);
    assert_eq!(findings(&import), [(23, Defect::NotRead)]);
}

#[test]
fn a_document_too_long_to_be_a_guide_is_refused() {
    let text = good() + &"coo ".repeat(300_000);
    let refusal = import_text(&text).refusals.remove(0);
    assert!(
        refusal.reason.starts_with("longer than 1048576 bytes"),
        "{refusal}"
    );
}
