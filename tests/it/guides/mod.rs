//! The importer: the built-in catalog from the five guides, and every known defect of the vendor's family of guides.

mod defects;
mod random;
mod several;
#[cfg(feature = "cli")]
mod verb;

use std::fs;
use std::path::{Path, PathBuf};

use mock_ce::catalog::fixture::Fixture;
use mock_ce::catalog::guide::{Defect, Guide, Import, Mode, Severity, import};
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

fn good() -> String {
    read(&fixtures("broken-guides").join("good.md"))
}

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
