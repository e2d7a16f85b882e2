//! A document for each case, with the fixtures and the report that it must give.

use super::*;

/// Beside each document or folder of documents of `fixtures/broken-guides` stand, under `_expected`, the fixtures
/// (`.json`) and the report (`.txt`) that its import gives. `UPDATE_GOLDEN=1` rewrites them.
#[test]
fn every_document_gives_its_fixture_and_its_report() {
    let folder = fixtures("broken-guides");
    let mut entries: Vec<_> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    entries.retain(|path| !name(path).starts_with('_'));
    entries.sort();
    for path in &entries {
        let import = import_case(path, Mode::Tolerant);
        let stem = name(path);
        let stem = stem.strip_suffix(".md").unwrap_or(&stem);
        let texts: Vec<_> = import.fixtures.iter().map(Fixture::to_text).collect();
        compare(
            &folder.join(format!("_expected/{stem}.json")),
            &texts.concat(),
        );
        compare(
            &folder.join(format!("_expected/{stem}.txt")),
            &said(&import),
        );
        for fixture in &import.fixtures {
            assert_eq!(Fixture::parse(&fixture.to_text()).as_ref(), Ok(fixture));
        }
    }
}

/// A strict import accepts a guide that needs no repair and no assumption, and refuses every other.
#[test]
fn strict_refuses_every_repair_and_every_assumption() {
    let folder = fixtures("broken-guides");
    for path in fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
    {
        if path.is_dir() {
            continue;
        }
        let (tolerant, strict) = (
            import_case(&path, Mode::Tolerant),
            import_case(&path, Mode::Strict),
        );
        let report = &tolerant.reports[0];
        let is_doubtful = report.is_refused() || report.assumed() + report.repairs.len() > 0;
        assert_eq!(
            strict.reports[0].is_refused(),
            is_doubtful,
            "{}",
            strict.reports[0]
        );
        assert_eq!(
            strict.reports[0].repairs, report.repairs,
            "what is wrong is said all the same"
        );
    }
}

/// Each of these is `good.md` with a defect, and means the same.
#[rstest]
fn a_defect_changes_nothing(
    #[values(
        "fences",
        "javascript",
        "bare-quotes",
        "raw-line-break",
        "comments",
        "trailing-commas",
        "missing-brace",
        "unclosed-array",
        "unclosed-tags",
        "stray-text",
        "closed-early",
        "element-closed-early",
        "unclosed-fence",
        "oauth"
    )]
    name: &str,
) {
    let folder = fixtures("broken-guides");
    let found = import_case(&folder.join(format!("{name}.md")), Mode::Tolerant);
    assert_same_element(only(&found), only(&import_text(&good())));
}

#[rstest]
#[case::quoted_id("elementId: 9001", "elementId: \"9001\"")]
#[case::windows_line_ends("\n", "\r\n")]
#[case::tildes("```", "~~~~")]
#[case::indented_fences("```", "   ```")]
#[case::byte_order_mark("---\nheading", "\u{feff}---\nheading")]
#[case::generators_blocks("```json", "{% highlight json %}")]
fn what_is_no_defect_is_not_reported(#[case] from: &str, #[case] to: &str) {
    let import = import_text(&good().replace(from, to));
    assert_same_element(only(&import), only(&import_text(&good())));
    assert_eq!(import.reports[0].repairs, []);
}

#[rstest]
#[case::token(
    "  \"token\": \"cGlnZW9uIHBvc3Q=\",\n",
    "",
    36,
    "the response has no \"token\"; add it to the document"
)]
#[case::id(
    "elementId: 9001\n",
    "",
    35,
    "neither the response nor the front matter has the element's id"
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
    let Outcome::Refused(refusal) = &import_text(&text).reports[0].outcome else {
        panic!("it is refused");
    };
    assert!(refusal.reason.starts_with(reason), "{refusal:?}");
    assert_eq!(refusal.line, line);
}

fn name(path: &Path) -> String {
    path.file_name().unwrap().to_string_lossy().into_owned()
}

fn import_case(path: &Path, mode: Mode) -> Import {
    let mut importer = Importer::new(Options {
        mode,
        includes: Some(fixtures("broken-guides/_includes")),
        defines: [("site.brand".to_owned(), "Coo".to_owned())].into(),
        ..Options::default()
    });
    let mut files = vec![path.to_owned()];
    if path.is_dir() {
        files = fs::read_dir(path)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
        files.sort();
    }
    for file in files {
        let text = read(&file);
        importer.read(Guide {
            name: &name(&file),
            text: &text,
        });
    }
    importer.finish()
}

fn said(import: &Import) -> String {
    let lines = import.reports.iter().flat_map(|report| {
        let details = report.details().into_iter().map(|line| format!("  {line}"));
        std::iter::once(report.to_string()).chain(details)
    });
    lines.map(|line| line + "\n").collect()
}

fn compare(path: &Path, found: &str) {
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, found).unwrap();
    }
    assert_eq!(found, read(path), "{}", path.display());
}
