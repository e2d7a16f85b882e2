#![doc = include_str!("../../docs/guides.md")]

mod call;
mod demand;
mod dialect;
mod evidence;
mod group;
mod markdown;
mod piece;
mod repair;
mod report;
mod resources;
mod role;
mod statement;
mod template;
mod tree;

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;

pub use report::{Certainty, Change, Decision, Evidence, Outcome, Refusal, Repair, Report};

use super::CatalogError;
use super::fixture::Fixture;
use super::identity::{BuiltIn, Identities};
use demand::Demand;
use group::Group;
use statement::Statement;
use template::{Filler, Source};

/// A document of more bytes is no guide and is refused unread.
pub const MAX_LEN: usize = 1 << 20;

/// A guide document: its name, as messages show it, and its text.
#[derive(Clone, Copy, Debug)]
pub struct Guide<'a> {
    /// The file's name, with or without the folders before it.
    pub name: &'a str,
    /// The Markdown text.
    pub text: &'a str,
}

/// The treatment of a document that cannot be read as it stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// It is repaired, what it leaves open is assumed, and both are reported.
    #[default]
    Tolerant,
    /// It is refused if it needs a repair, or if a decision about it is graded `assumed`.
    Strict,
}

/// The settings of an import.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The treatment of a document that cannot be read as it stands.
    pub mode: Mode,
    /// Values for the placeholders of the site generator, by name: `page.elementKey` or `elementKey`.
    pub defines: BTreeMap<String, String>,
    /// The directory of the files that guides include.
    pub includes: Option<PathBuf>,
    /// Ids that win over those of the guides, by key; the one of an empty key is for every other element.
    pub ids: BTreeMap<String, u64>,
    /// The answer to an element with the key of a built-in one.
    pub built_in: BuiltIn,
}

/// The result of an import.
#[derive(Clone, Debug, Default)]
pub struct Import {
    /// One fixture an element, in the order of the documents.
    pub fixtures: Vec<Fixture>,
    /// The report on each document, in their order.
    pub reports: Vec<Report>,
}

impl Import {
    /// Takes an element out of the import, and says in the reports of its guides why.
    pub fn refuse(&mut self, key: &str, reason: &str) {
        self.fixtures.retain(|fixture| fixture.key() != key);
        let own = |report: &&mut Report| matches!(&report.outcome, Outcome::Imported { key: own, .. } if own == key);
        self.reports
            .iter_mut()
            .filter(own)
            .for_each(|report| report.refuse(1, reason));
    }
}

/// The elements that these guides document.
pub(crate) fn read_all(texts: &[String], built_in: BuiltIn) -> Result<Vec<Fixture>, CatalogError> {
    if texts.is_empty() {
        // Every server comes by here, and an importer knows all built-in elements.
        return Ok(Vec::new());
    }
    let mut importer = Importer::new(Options {
        built_in,
        ..Options::default()
    });
    for (at, text) in texts.iter().enumerate() {
        let name = format!("guide {}", at + 1);
        importer.read(Guide { name: &name, text });
    }
    let import = importer.finish();
    let is_imported = |report: &&Report| matches!(report.outcome, Outcome::Imported { .. });
    match import.reports.iter().find(|report| !is_imported(report)) {
        Some(refused) => Err(CatalogError::Guide(refused.to_string())),
        None => Ok(import.fixtures),
    }
}

/// Reads guides one by one; those of one element become one fixture.
///
/// ```
/// use mock_ce::catalog::BuiltIn;
/// use mock_ce::catalog::guide::{Guide, Importer, Options};
///
/// let text = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/guides/mailjet.md"));
/// let mut importer = Importer::new(Options { built_in: BuiltIn::Replace, ..Options::default() });
/// importer.read(Guide { name: "mailjet.md", text });
/// let import = importer.finish();
/// assert_eq!(import.fixtures[0].key(), "mailjet");
/// assert_eq!(import.reports[0].repairs.len(), 1, "a raw line break inside a text");
/// ```
#[derive(Debug, Default)]
pub struct Importer {
    options: Options,
    reports: Vec<Report>,
    groups: Vec<Group>,
    by_key: HashMap<String, usize>,
    /// Documents without a creation, whose element another one may document.
    waiting: Vec<(usize, Statement)>,
}

impl Importer {
    /// An import of nothing yet.
    #[must_use]
    pub fn new(options: Options) -> Self {
        Importer {
            options,
            ..Importer::default()
        }
    }

    /// Reads one document; its text is not kept.
    pub fn read(&mut self, guide: Guide<'_>) {
        let mut report = Report::new(guide.name);
        let statement = self.statement(guide, &mut report);
        let index = self.reports.len();
        self.reports.push(report);
        if let Some(statement) = statement {
            self.join(index, statement);
        }
    }

    /// Adds the report of a document that could not even be read.
    pub fn refuse(&mut self, name: &str, line: usize, reason: impl Into<String>) {
        let mut report = Report::new(name);
        report.refuse(line, reason);
        self.reports.push(report);
    }

    /// The fixtures of all that was read, each id and key once.
    #[must_use]
    pub fn finish(mut self) -> Import {
        for (index, statement) in std::mem::take(&mut self.waiting) {
            self.attach(index, statement);
        }
        let mut identities = Identities::new(self.options.built_in);
        let mut fixtures = Vec::new();
        for group in self.groups {
            let fixture = group.finish(&mut self.reports);
            let place = group.place();
            let claimed = identities.claim(fixture.id(), fixture.key(), &place);
            match claimed {
                Ok(()) => fixtures.push(fixture),
                Err(clash) => {
                    let reason = format!(
                        "{clash}; give one of them another id with --id KEY=ID, or leave one out"
                    );
                    group.refuse(&mut self.reports, &reason);
                }
            }
        }
        Import {
            fixtures,
            reports: self.reports,
        }
    }

    fn statement(&self, guide: Guide<'_>, report: &mut Report) -> Option<Statement> {
        if guide.text.len() > MAX_LEN {
            report.refuse(
                1,
                format!("longer than {MAX_LEN} bytes, which no guide is; check the file"),
            );
            return None;
        }
        let text = guide.text.strip_prefix('\u{feff}').unwrap_or(guide.text);
        let filler = Filler {
            defines: &self.options.defines,
            front_matter: markdown::front_matter(text),
            includes: self.options.includes.as_ref(),
        };
        let source = Source::fill(text, &filler);
        if let Some(line) = source.overflow() {
            let reason = format!(
                "longer than {MAX_LEN} bytes once its includes and {{{{ … }}}} are filled in, which no guide is; check what \
                 is filled in here"
            );
            report.refuse(line, reason);
            return None;
        }
        let read = statement::read(guide.name, &source.text, &self.options.ids, report);
        let place = |line: &mut usize| *line = source.origin(*line);
        let (repairs, decisions) = (&mut report.repairs, &mut report.decisions);
        repairs.iter_mut().for_each(|one| place(&mut one.line));
        decisions.iter_mut().for_each(|one| place(&mut one.line));
        report.repairs.sort_by_key(|repair| repair.line);
        report.decisions.sort_by_key(|decision| decision.line);
        match read {
            Ok(None) => None,
            Ok(Some(mut statement)) => {
                if let Some(creation) = &mut statement.creation {
                    place(&mut creation.line);
                    let demands = creation.demands.iter_mut();
                    demands.for_each(|demand| place(&mut demand.line));
                }
                self.accept(statement, report)
            }
            Err(Refusal { line, reason }) => {
                report.refuse(source.origin(line), reason);
                None
            }
        }
    }

    /// A statement that strictness allows and that makes a valid fixture.
    fn accept(&self, statement: Statement, report: &mut Report) -> Option<Statement> {
        if self.options.mode == Mode::Strict {
            let creation = statement.creation.iter();
            let demands: Vec<_> = creation
                .flat_map(|creation| creation.demands.iter().map(Demand::decision))
                .collect();
            if report.refuse_doubts(demands) {
                return None;
            }
        }
        if statement.creation.is_some()
            && let Err(error) = Group::new(0, statement.clone()).build()
        {
            report.refuse(
                statement.line(),
                format!("{}; correct the document", error.reason),
            );
            return None;
        }
        Some(statement)
    }

    fn join(&mut self, report: usize, statement: Statement) {
        let Some(key) = statement
            .key
            .clone()
            .filter(|_| statement.creation.is_some())
        else {
            self.waiting.push((report, statement));
            return;
        };
        match self.by_key.get(&key) {
            Some(group) => self.groups[*group].add(report, statement, &mut self.reports),
            None => {
                self.by_key.insert(key, self.groups.len());
                self.groups.push(Group::new(report, statement));
            }
        }
    }

    /// Adds the resources of a document that creates nothing to the element that its front matter names.
    fn attach(&mut self, report: usize, statement: Statement) {
        let named = statement
            .key
            .as_ref()
            .and_then(|key| self.by_key.get(key).copied());
        let group = named.or_else(|| {
            self.groups
                .iter()
                .position(|group| statement.id.is_some() && group.id() == statement.id)
        });
        match group {
            Some(group) => self.groups[group].add(report, statement, &mut self.reports),
            None => self.reports[report].refuse(
                1,
                "documents calls of an element that no guide of this import creates; import it together with that \
                 element's guide, and name the element in its front matter (elementId or elementKey)",
            ),
        }
    }
}

/// Reads several guides at once.
#[must_use]
pub fn import(guides: &[Guide<'_>], options: Options) -> Import {
    let mut importer = Importer::new(options);
    guides.iter().for_each(|guide| importer.read(*guide));
    importer.finish()
}
