//! The importer: the built-in catalog from the five guides, and a document for every case that a guide can be.

mod golden;
mod random;
mod scale;
#[cfg(feature = "cli")]
mod verb;

use std::fs;
use std::path::{Path, PathBuf};

use mock_ce::catalog::BuiltIn;
use mock_ce::catalog::fixture::Fixture;
use mock_ce::catalog::guide::{Change, Guide, Import, Importer, Mode, Options, Outcome};
use rstest::rstest;

fn fixtures(folder: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fixtures")
        .join(folder)
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn import_files(folder: &str, names: &[&str], options: Options) -> Import {
    let mut importer = Importer::new(options);
    for name in names {
        let text = read(&fixtures(folder).join(name));
        importer.read(Guide { name, text: &text });
    }
    importer.finish()
}

fn import_text(text: &str) -> Import {
    let guide = Guide {
        name: "guide.md",
        text,
    };
    mock_ce::catalog::guide::import(&[guide], Options::default())
}

/// The fixture of an import that refused nothing.
fn only(import: &Import) -> &Fixture {
    let refused = import.reports.iter().find(|report| report.is_refused());
    assert_eq!(refused, None, "every document is imported");
    assert_eq!(import.fixtures.len(), 1, "one element");
    &import.fixtures[0]
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

fn import_guides(names: &[&str]) -> Import {
    let built_in = BuiltIn::Replace;
    let options = Options {
        built_in,
        ..Options::default()
    };
    import_files("guides", names, options)
}

/// `UPDATE_GOLDEN=1` rewrites the catalog.
#[test]
fn the_built_in_catalog_is_what_import_makes_of_the_guides() {
    let import = import_guides(&GUIDES);
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
fn the_guides_need_these_repairs_and_nothing_about_them_is_assumed() {
    let import = import_guides(&GUIDES);
    let mut found = Vec::new();
    for report in &import.reports {
        assert_eq!(report.assumed(), 0, "{report}");
        let repairs = report.repairs.iter();
        found.extend(repairs.map(|repair| (report.guide.as_str(), repair.line, repair.change)));
    }
    assert_eq!(
        found,
        [
            ("mailjet.md", 88, Change::Escaped),
            ("mailjet.your_mom.md", 87, Change::Escaped),
            ("sendgrid.your_mom.md", 125, Change::Escaped),
            ("twilio.md", 87, Change::Escaped),
            ("twilio.your_mom.md", 86, Change::Escaped),
        ]
    );
}

#[rstest]
#[case::mailjet("mailjet.md", "mailjet.your_mom.md")]
#[case::twilio("twilio.md", "twilio.your_mom.md")]
fn both_spellings_of_a_guide_say_the_same(#[case] element: &str, #[case] your_mom: &str) {
    let (one, other) = (import_guides(&[element]), import_guides(&[your_mom]));
    assert_same_element(only(&other), only(&one));
}

#[test]
fn the_broken_texts_of_the_guides_are_read_as_what_they_mean() {
    let import = import_guides(&GUIDES);
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
    let import = import_guides(&["sendgrid.your_mom.md"]);
    let entries = only(&import).configuration().iter();
    let (required, optional): (Vec<_>, Vec<_>) = entries.partition(|entry| entry.required);
    assert_eq!((required.len(), optional.len()), (6, 14));
}

/// The importer compares a request with the response to it, not with that of another sample.
#[test]
fn a_later_sample_of_a_resource_changes_nothing() {
    let first = "`POST /letters`\n\n    {\"to\": \"a\", \"urgent\": true}\n\n    {\"id\": 1, \"to\": \"a\", \"status\": \"sent\"}\n\n\
                 `GET /letters/{id}`\n\n    {\"id\": 1, \"to\": \"a\", \"status\": \"sent\"}\n\n";
    let later = "`POST /letters`\n\n    {\"status\": \"draft\"}\n\n    {\"id\": 2, \"status\": \"draft\"}\n\n";
    let of = |text: &str| only(&import_text(&(good() + text))).resources().to_vec();
    let [letters] = &of(first)[..] else {
        panic!("one resource");
    };
    assert_eq!(letters.sets().to_string(), r#"{"status":"sent"}"#);
    assert_eq!(letters.echoed(), Some(&["to".to_owned()][..]));
    assert_eq!(of(&format!("{first}{later}")), of(first));
}
