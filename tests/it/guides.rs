//! The importer: the built-in catalog from the five guides, and every known defect of the vendor's family of guides.

use std::fs;
use std::path::{Path, PathBuf};

use mock_ce::catalog::fixture::Fixture;
use mock_ce::catalog::guide::{Defect, Guide, Import, Mode, Severity, import};
use proptest::prelude::*;
use rstest::rstest;

fn fixtures(folder: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fixtures")
        .join(folder)
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn import_files(folder: &str, names: &[&str], mode: Mode) -> Import {
    let texts: Vec<_> = names
        .iter()
        .map(|name| read(&fixtures(folder).join(name)))
        .collect();
    let guides: Vec<_> = names
        .iter()
        .zip(&texts)
        .map(|(name, text)| Guide { name, text })
        .collect();
    import(&guides, mode)
}

fn import_text(text: &str) -> Import {
    let guide = Guide {
        name: "broken.md",
        text,
    };
    import(&[guide], Mode::Tolerant)
}

fn only(import: &Import) -> &Fixture {
    assert_eq!(import.refusals, [], "the document is imported");
    assert_eq!(import.fixtures.len(), 1, "one document, one element");
    &import.fixtures[0]
}

fn findings(import: &Import) -> Vec<(usize, Defect)> {
    let mut places: Vec<_> = import
        .findings
        .iter()
        .map(|finding| (finding.line, finding.defect))
        .collect();
    places.sort_by_key(|(line, defect)| (*line, format!("{defect:?}")));
    places
}

/// Everything but the names of the documents.
fn assert_same_element(found: &Fixture, expected: &Fixture) {
    assert_eq!(
        found.instance().to_string(),
        expected.instance().to_string()
    );
    assert_eq!(found.configuration(), expected.configuration());
    let bodies = |fixture: &Fixture| -> Vec<_> {
        let samples = fixture.samples().iter();
        samples.map(|sample| sample.body.to_string()).collect()
    };
    assert_eq!(bodies(found), bodies(expected));
}

fn entries(fixture: &Fixture) -> Vec<(&str, bool)> {
    let entries = fixture.configuration().iter();
    entries
        .map(|entry| (entry.key.as_str(), entry.required))
        .collect()
}

// ---- the five guides ---------------------------------------------------------------------------------------------

const GUIDES: [&str; 5] = [
    "mailjet.md",
    "mailjet.your_mom.md",
    "sendgrid.your_mom.md",
    "twilio.md",
    "twilio.your_mom.md",
];

/// `UPDATE_GOLDEN=1` rewrites the catalog.
#[test]
fn the_built_in_catalog_is_what_import_makes_of_the_guides() {
    let import = import_files("guides", &GUIDES, Mode::Tolerant);
    assert_eq!(import.refusals, []);
    let keys: Vec<_> = import.fixtures.iter().map(Fixture::key).collect();
    assert_eq!(keys, ["mailjet", "sendgrid", "twilio"]);
    for fixture in &import.fixtures {
        let path = fixtures("catalog").join(format!("{}.json", fixture.key()));
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            fs::write(&path, fixture.to_text()).expect("the catalog can be written");
        }
        assert_eq!(read(&path), fixture.to_text(), "{}", path.display());
    }
}

#[test]
fn the_guides_need_these_repairs_and_no_others() {
    let import = import_files("guides", &GUIDES, Mode::Tolerant);
    let found: Vec<_> = import
        .findings
        .iter()
        .map(|finding| (finding.file.as_str(), finding.line, finding.defect))
        .collect();
    assert_eq!(
        found,
        [
            ("mailjet.md", 88, Defect::RawLineBreak),
            ("mailjet.your_mom.md", 87, Defect::RawLineBreak),
            ("sendgrid.your_mom.md", 125, Defect::BareQuote),
            ("twilio.md", 87, Defect::BareQuote),
            ("twilio.your_mom.md", 86, Defect::BareQuote),
        ]
    );
}

#[rstest]
#[case::mailjet("mailjet.md", "mailjet.your_mom.md")]
#[case::twilio("twilio.md", "twilio.your_mom.md")]
fn both_spellings_of_a_guide_say_the_same(#[case] element: &str, #[case] your_mom: &str) {
    let one = import_files("guides", &[element], Mode::Tolerant);
    let other = import_files("guides", &[your_mom], Mode::Tolerant);
    assert_same_element(only(&other), only(&one));
}

#[test]
fn the_broken_texts_of_the_guides_are_read_as_what_they_mean() {
    let import = import_files("guides", &GUIDES, Mode::Tolerant);
    let text = |fixture: usize, name: &str| {
        let element = import.fixtures[fixture].element();
        element
            .get(name)
            .and_then(|text| text.as_str().map(str::to_owned))
            .unwrap_or_default()
    };
    assert_eq!(
        text(0, "existingAccountDescription"),
        "Give Cloud Elements access to your existing\n MailJet accountEntern  details for using Cloud Elements \
         MailJet Account"
    );
    assert_eq!(
        text(1, "configDescription"),
        "If you do not have an SendGrid account, you can create one at <a \
         href=\"http://sendgrid.com/pricing.html\" target=\"_blank\">SendGrid Signup</a>"
    );
    assert_eq!(
        text(0, "signupURL"),
        "https://www.mailjet.com/signup/?p=CElements"
    );
}

#[test]
fn the_minimum_payload_is_required_and_the_rest_of_the_extended_one_is_not() {
    let import = import_files("guides", &["sendgrid.your_mom.md"], Mode::Tolerant);
    let entries = entries(only(&import)).into_iter();
    let (required, optional): (Vec<_>, Vec<_>) = entries.partition(|(_, required)| *required);
    assert_eq!((required.len(), optional.len()), (6, 14));
}

// ---- every known defect ------------------------------------------------------------------------------------------

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

// ---- several documents -------------------------------------------------------------------------------------------

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

// ---- broken at random --------------------------------------------------------------------------------------------

fn good() -> String {
    read(&fixtures("broken-guides").join("good.md"))
}

/// A way to break the good guide; the number chooses among the places where that can be done.
#[derive(Clone, Copy, Debug)]
enum Break {
    BareQuotes,
    SplitText,
    Comment(usize),
    TrailingComma(usize),
    MissingBrace,
    UnclosedArray,
    StrayText,
    ElementClosedEarly(usize),
    ClosedEarly(usize),
    OtherId,
    OtherKey,
}

/// Where the response's lines stand in `good.md`, counted from 0.
const OPENING: usize = 36;
const ELEMENT: std::ops::Range<usize> = 41..52;
const MEMBERS: [usize; 7] = [37, 38, 39, 53, 54, 55, 56];
const CLOSING: usize = 57;

/// The good guide, line by line, with what was done to it.
struct Broken {
    lines: Vec<String>,
    expected: Vec<(usize, Defect)>,
}

impl Broken {
    fn new() -> Self {
        Broken {
            lines: good().lines().map(str::to_owned).collect(),
            expected: Vec::new(),
        }
    }

    fn apply(&mut self, way: Break) {
        match way {
            Break::BareQuotes => {
                self.replace_on("configDescription", "\\\"", "\"", Defect::BareQuote);
            }
            Break::SplitText => {
                self.replace_on("existingAccount", "\\n", "\n", Defect::RawLineBreak);
            }
            Break::UnclosedArray => {
                self.replace_on("\"parameters\"", "[]", "[", Defect::UnclosedArray);
            }
            Break::OtherId => self.replace_on("    \"id\": 9001", "9001", "7", Defect::IdDisagrees),
            Break::OtherKey => {
                let line = 43;
                self.replace(line, "pigeonpost", "dovepost", Defect::KeyDisagrees);
            }
            Break::Comment(place) => {
                let places: Vec<_> = ELEMENT.chain(MEMBERS).collect();
                self.append(pick(&places, place), " // coo, coo", Defect::Comment);
            }
            Break::TrailingComma(place) => {
                let line = pick(&[51, 56], place);
                self.append_to_value(line, ",", Defect::TrailingComma);
            }
            Break::MissingBrace => {
                self.lines[OPENING].clear(); // and the next line is where that shows
                self.expected.push((OPENING + 1, Defect::MissingBrace));
            }
            Break::StrayText => self.append(CLOSING, "\ncoo \"coo\" {", Defect::StrayText),
            Break::ElementClosedEarly(place) => {
                let places: Vec<_> = (ELEMENT.start..ELEMENT.end - 1).collect();
                self.append_to_value(pick(&places, place), " }", Defect::EarlyClose);
            }
            Break::ClosedEarly(place) => {
                self.append_to_value(pick(&[53, 54, 55], place), " }", Defect::EarlyClose);
            }
        }
    }

    fn replace_on(&mut self, start: &str, from: &str, to: &str, defect: Defect) {
        let line = self.lines.iter().position(|line| line.contains(start));
        self.replace(line.expect("the line is there"), from, to, defect);
    }

    fn replace(&mut self, line: usize, from: &str, to: &str, defect: Defect) {
        assert!(self.lines[line].contains(from), "{}", self.lines[line]);
        self.lines[line] = self.lines[line].replace(from, to);
        self.expected.push((line, defect));
    }

    fn append(&mut self, line: usize, text: &str, defect: Defect) {
        self.lines[line].push_str(text);
        self.expected.push((line, defect));
    }

    /// Puts `text` behind the value of a line, before its comma and any comment.
    fn append_to_value(&mut self, line: usize, text: &str, defect: Defect) {
        let whole = &self.lines[line];
        let code = whole.find(" // coo").unwrap_or(whole.len());
        let value = whole[..code].trim_end_matches(',').len();
        self.lines[line].insert_str(value, text);
        self.expected.push((line, defect));
    }
}

fn pick(places: &[usize], place: usize) -> usize {
    places[place % places.len()]
}

fn way() -> impl Strategy<Value = Break> {
    prop_oneof![
        Just(Break::BareQuotes),
        Just(Break::SplitText),
        any::<usize>().prop_map(Break::Comment),
        any::<usize>().prop_map(Break::TrailingComma),
        Just(Break::MissingBrace),
        Just(Break::UnclosedArray),
        Just(Break::StrayText),
        any::<usize>().prop_map(Break::ElementClosedEarly),
        any::<usize>().prop_map(Break::ClosedEarly),
        Just(Break::OtherId),
        Just(Break::OtherKey),
    ]
}

/// Several ways, each at most once: two of a kind on one line would be one defect.
fn ways() -> impl Strategy<Value = Vec<Break>> {
    prop::collection::vec(way(), 1..5).prop_map(|mut ways| {
        let mut seen = Vec::new();
        ways.retain(|way| {
            let kind = std::mem::discriminant(way);
            let is_new = !seen.contains(&kind);
            seen.push(kind);
            is_new
        });
        ways
    })
}

impl Broken {
    /// The document, and where in it each defect stands.
    fn finish(self) -> (String, Vec<(usize, Defect)>) {
        let breaks = |line: &String| line.matches('\n').count();
        let place = |line: usize, defect: Defect| {
            let begins = line + 1 + self.lines[..line].iter().map(breaks).sum::<usize>();
            match defect {
                Defect::RawLineBreak => begins,
                _ => begins + breaks(&self.lines[line]),
            }
        };
        let expected = self.expected.iter();
        let mut expected: Vec<_> = expected
            .map(|(line, defect)| (place(*line, *defect), *defect))
            .collect();
        expected.sort_by_key(|(line, defect)| (*line, format!("{defect:?}")));
        (self.lines.join("\n"), expected)
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 1024, ..ProptestConfig::default() })]

    #[test]
    fn a_good_guide_broken_in_any_way_is_the_same_guide(ways in ways()) {
        let mut broken = Broken::new();
        for way in ways {
            broken.apply(way);
        }
        let (text, expected) = broken.finish();
        let import = import_text(&text);
        prop_assert_eq!(findings(&import), expected, "{}", text);
        assert_same_element(only(&import), only(&import_text(&good())));
    }

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
        prop_assert!(import.fixtures.len() + import.refusals.len() == 1);
    }

    #[test]
    fn marks_of_json_in_place_of_others_do_not_make_the_importer_panic(
        start in 0..1500_usize, length in 0..80_usize, marks in "[{}\\[\\]\":,`\n/ ]{0,20}",
    ) {
        let mut text = good();
        let start = start.min(text.len());
        let end = (start + length).min(text.len());
        text.replace_range(start..end, &marks);
        let import = import_text(&text);
        prop_assert!(import.fixtures.len() + import.refusals.len() == 1);
        prop_assert!(import.fixtures.iter().all(|fixture| Fixture::parse(&fixture.to_text()).as_ref() == Ok(fixture)));
    }
}

#[rstest]
#[case::fences("```json\n{\n")]
#[case::requests("```\n{\"element\": {\"key\": \"k\"}}\n```\n")]
#[case::front_matter("elementId: 1\n")]
#[case::braces("{")]
fn a_hostile_document_is_refused_in_no_time(#[case] piece: &str) {
    let text = format!("---\n{}", piece.repeat(1_000_000 / piece.len()));
    assert_eq!(import_text(&text).refusals.len(), 1);
    let text = format!("```\n{}", piece.repeat(1_000_000 / piece.len()));
    assert_eq!(import_text(&text).refusals.len(), 1);
}

#[test]
fn repairs_and_warnings_are_told_apart() {
    let severities = [Defect::BareQuote, Defect::IdDisagrees].map(Defect::severity);
    assert_eq!(severities, [Severity::Repair, Severity::Warning]);
}

// ---- the verb ----------------------------------------------------------------------------------------------------

#[cfg(feature = "cli")]
mod verb {
    use super::*;
    use std::process::{Command, Output};

    fn run(arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_mock-ce"))
            .arg("import")
            .args(arguments)
            .current_dir(fixtures("broken-guides"))
            .output()
            .expect("the binary runs")
    }

    fn text(bytes: &[u8]) -> String {
        String::from_utf8_lossy(bytes).into_owned()
    }

    /// A directory of the test's own, empty.
    fn directory(name: &str) -> PathBuf {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).expect("the directory can be created");
        path
    }

    fn names(directory: &Path) -> Vec<String> {
        let entries = fs::read_dir(directory).expect("the directory is there");
        let mut names: Vec<_> = entries
            .flatten()
            .map(|entry| entry.file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn one_element_is_printed_as_its_fixture_and_findings_go_to_standard_error() {
        let output = run(&["comments.md"]);
        assert_eq!(output.status.code(), Some(0));
        let fixture = Fixture::parse(&text(&output.stdout)).expect("a fixture is printed");
        assert_eq!(fixture.guides(), ["comments.md"]);
        assert_eq!(
            text(&output.stderr),
            "comments.md:46: repair: the comment \"// it flies\" is left out\n\
             comments.md:55: repair: the comment \"// as long as the pigeon lives\" is left out\n"
        );
    }

    #[test]
    fn several_elements_are_printed_as_an_array() {
        let output = run(&["good.md", "../guides/twilio.md"]);
        let printed = mock_ce::Json::parse(&output.stdout).expect("an array is printed");
        assert_eq!(printed.as_array().map(<[_]>::len), Some(2));
    }

    #[test]
    fn with_out_each_element_gets_a_file_and_nothing_is_left_beside_it() {
        let out = directory("import-out").join("new");
        let path = out.display().to_string();
        for _ in ["written", "replaced"] {
            let output = run(&["good.md", "../guides/twilio.md", "--out", &path]);
            assert_eq!(
                (output.status.code(), output.stdout.as_slice()),
                (Some(0), &b""[..])
            );
        }
        assert_eq!(names(&out), ["pigeonpost.json", "twilio.json"]);
        let written = Fixture::parse(&read(&out.join("twilio.json")));
        assert_eq!(
            written.map(|fixture| fixture.guides().to_vec()),
            Ok(vec!["twilio.md".to_owned()])
        );
    }

    #[test]
    fn a_refused_document_keeps_no_other_from_being_written_and_shows_in_the_status() {
        let out = directory("import-refused");
        let path = out.display().to_string();
        let output = run(&[
            "comments.md",
            "../guides/twilio.md",
            "good.md",
            "--strict",
            "--out",
            &path,
        ]);
        assert_eq!(output.status.code(), Some(1));
        assert_eq!(names(&out), ["pigeonpost.json"]);
        assert!(text(&output.stderr).contains("comments.md:46: refused: 2 repair(s) needed, "));
    }

    #[rstest]
    #[case::parent("../pigeon")]
    #[case::hidden(".pigeon")]
    #[case::blank("a pigeon")]
    fn a_key_that_is_no_safe_file_name_is_never_written(#[case] key: &str) {
        let folder = directory(&format!("import-unsafe-{}", key.len()));
        let guide = folder.join("guide.md");
        fs::write(&guide, good().replace("pigeonpost", key)).expect("the guide can be written");
        let (guide, out) = (guide.display().to_string(), folder.join("out"));
        let output = run(&[&guide, "--out", &out.display().to_string()]);
        assert_eq!(output.status.code(), Some(1));
        assert!(
            text(&output.stderr).contains("is no safe file name"),
            "{output:?}"
        );
        assert_eq!(names(&out), [""; 0]);
        assert_eq!(names(&folder), ["guide.md", "out"]);
    }

    #[test]
    fn a_document_is_not_read_beyond_the_length_of_a_guide() {
        let guide = directory("import-long").join("guide.md");
        fs::write(&guide, "\u{e9}".repeat(600_000)).expect("the guide can be written");
        let output = run(&[&guide.display().to_string()]);
        assert_eq!(output.status.code(), Some(1));
        assert!(
            text(&output.stderr).contains(":1: refused: longer than 1048576 bytes"),
            "{output:?}"
        );
    }

    #[rstest]
    #[case::missing("nowhere.md", "cannot read the guide \"nowhere.md\": ")]
    #[case::directory(".", "cannot read the guide \".\": ")]
    fn a_guide_that_cannot_be_read_is_one_line(#[case] guide: &str, #[case] message: &str) {
        let output = run(&[guide]);
        assert_eq!(output.status.code(), Some(1));
        let said = text(&output.stderr);
        assert!(
            said.contains(message) && said.lines().count() == 1,
            "{said}"
        );
    }
}
