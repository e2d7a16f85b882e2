//! Bytes that are no guides, documents that are too long, and very many guides.

use super::*;
use proptest::prelude::*;

#[test]
fn a_document_of_ten_megabytes_is_refused_unread() {
    let text = good() + &"coo ".repeat(10 << 18);
    let import = import_text(&text);
    assert_eq!(
        import.reports[0].to_string(),
        "guide.md:1: refused: longer than 1048576 bytes, which no guide is; check the file"
    );
}

/// Filled in full, they would be twenty gigabytes.
#[rstest]
#[case::in_one_line("{{page.x}}", 5)]
#[case::in_many_lines("{{page.x}}\n", 6)]
fn a_document_that_its_own_marks_make_too_long_is_refused(#[case] mark: &str, #[case] line: usize) {
    let value = "x".repeat(500_000);
    let text = format!("---\nx: {value}\n---\n\n{}", mark.repeat(40_000));
    let import = import_text(&text);
    assert_eq!(
        import.reports[0].to_string(),
        format!(
            "guide.md:{line}: refused: longer than 1048576 bytes once its includes and {{{{ … }}}} are filled in, which \
             no guide is; check what is filled in here"
        )
    );
}

/// Each is read and dropped; two make one element.
#[test]
fn ten_thousand_guides_are_one_import() {
    const COUNT: usize = 10_000;
    let mut importer = Importer::new(Options::default());
    for number in 0..COUNT {
        let id = 100_000 + number / 2;
        let text = format!(
            "```\n{{\"element\": {{\"key\": \"p{id}\"}}}}\n{{\"id\": 1, \"name\": \"\", \"token\": \"t\", \"element\": \
             {{\"id\": {id}, \"key\": \"p{id}\"}}}}\n```\n"
        );
        importer.read(Guide {
            name: &format!("{number}.md"),
            text: &text,
        });
    }
    let import = importer.finish();
    assert_eq!(import.fixtures.len(), COUNT / 2);
    assert!(import.reports.iter().all(|report| !report.is_refused()));
}

/// A document of one piece, over and over: what is not linear does not come back.
#[rstest]
#[case::fences("```json\n{\n")]
#[case::requests("```\n{\"element\": {\"key\": \"k\"}}\n```\n")]
#[case::responses("```\n{\"id\": 1, \"element\": {\"key\": \"k\"}}\n```\n")]
#[case::requests_in_one_block("{\"element\": {\"key\": \"k\"}}\n")]
#[case::front_matter("elementId: 1\n")]
#[case::braces("{")]
#[case::placeholders("{{ page.x }} {{")]
#[case::includes("{% include x.md %}\n")]
#[case::tables("| a | b |\n")]
#[case::names("`a.b` ")]
#[case::sentences("a.b is optional. ")]
#[case::calls("GET /a/b\n\n    {}\n\n")]
#[case::entries("\"a.b\": \"c\",\n")]
fn a_hostile_document_is_refused_in_no_time(
    #[case] piece: &str,
    #[values("---\n", "```\n", "")] before: &str,
) {
    let text = format!("{before}{}", piece.repeat(400_000 / piece.len()));
    assert_eq!(import_text(&text).fixtures, []);
}

/// As many paths as fit into a document.
#[test]
fn many_resources_are_read_in_no_time() {
    let call = |number: usize| format!("`GET /r{number}`\n\n    {{\"id\": 1}}\n\n");
    let text: String = (0..3_000).map(call).collect();
    let import = import_text(&(good() + &text));
    assert_eq!(only(&import).resources().len(), 3_000);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 256, ..ProptestConfig::default() })]

    #[test]
    fn no_text_makes_the_importer_panic(text in "(?s).{0,400}") {
        import_text(&text);
    }

    #[test]
    fn no_bytes_in_place_of_others_make_the_importer_panic(
        start in 0..1500_usize, length in 0..80_usize, bytes in prop::collection::vec(any::<u8>(), 0..40),
    ) {
        let mut text = good().into_bytes();
        let start = start.min(text.len());
        let end = (start + length).min(text.len());
        text.splice(start..end, bytes);
        let import = import_text(&String::from_utf8_lossy(&text));
        prop_assert_eq!(import.reports.len(), 1);
    }

    #[test]
    fn marks_in_place_of_others_do_not_make_the_importer_panic(
        start in 0..1500_usize, length in 0..80_usize, marks in "[{}\\[\\]\":,`\n/|%. *-]{0,20}",
    ) {
        let mut text = good();
        let start = start.min(text.len());
        let end = (start + length).min(text.len());
        text.replace_range(start..end, &marks);
        let import = import_text(&text);
        prop_assert!(import.fixtures.iter().all(|fixture| Fixture::parse(&fixture.to_text()).as_ref() == Ok(fixture)));
    }
}
