//! A good guide broken at random places, and texts that are no guides at all.

use super::*;
use proptest::prelude::*;

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
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 256, ..ProptestConfig::default() })]

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
