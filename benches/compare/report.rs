//! Tables in Markdown, printed as they come and kept together.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

use crate::arguments::Arguments;
use crate::process;

/// A table with a title.
pub(crate) struct Table {
    title: String,
    heads: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Table {
    pub(crate) fn new<const N: usize>(title: &str, heads: [&str; N]) -> Self {
        Table {
            title: title.to_owned(),
            heads: heads.map(str::to_owned).to_vec(),
            rows: Vec::new(),
        }
    }

    pub(crate) fn row<const N: usize>(&mut self, cells: [String; N]) {
        self.rows.push(cells.to_vec());
    }

    fn to_markdown(&self) -> String {
        let mut text = format!("### {}\n\n", self.title);
        let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
        text += &line(&self.heads);
        let aligned = (0..self.heads.len()).map(|at| if at == 0 { "---" } else { "---:" });
        text += &line(&aligned.map(str::to_owned).collect::<Vec<_>>());
        self.rows.iter().for_each(|cells| text += &line(cells));
        text
    }
}

/// The commit that is measured, with a mark where the tree differs from it.
fn commit() -> String {
    let described = Command::new("git")
        .args(["describe", "--always", "--dirty", "--exclude=*"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output();
    let described = described.ok().filter(|output| output.status.success());
    let name = described.and_then(|output| String::from_utf8(output.stdout).ok());
    name.map_or_else(|| "unknown".to_owned(), |name| name.trim().to_owned())
}

/// The heading below which the file has what other programs measured; it stays as it is.
const OTHERS: &str = "## Measured otherwise";

/// All tables of a run.
pub(crate) struct Report(String);

impl Report {
    pub(crate) fn new(arguments: &Arguments) -> Self {
        let date = humantime::format_rfc3339_seconds(SystemTime::now()).to_string();
        let mut head = String::from("# Measured\n\n");
        let _infallible = writeln!(
            head,
            "{}, commit {}, {}; {} rounds of {} ms each.\nMedian (least–greatest); a ratio is of requests a second, to bare \
             hyper in the same round.\nmock-ce, full: with {} instances.",
            &date[..10],
            commit(),
            process::machine(),
            arguments.rounds,
            arguments.slice.as_millis(),
            arguments.full,
        );
        print(&head);
        Report(head)
    }

    pub(crate) fn add(&mut self, tables: impl IntoIterator<Item = Table>) {
        for table in tables {
            let text = format!("\n{}", table.to_markdown());
            print(&text);
            self.0 += &text;
        }
    }

    /// Writes it beside the benches.
    pub(crate) fn write(&self, name: &str) {
        let before = fs::read_to_string(beside(name)).unwrap_or_default();
        let others = before.find(OTHERS).map_or("", |start| &before[start..]);
        let text = format!("{}\n{others}", self.0);
        fs::write(beside(name), text).expect("the benches' directory can be written");
    }
}

/// A file beside the benches.
pub(crate) fn beside(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("benches")
        .join(name)
}

#[expect(clippy::print_stdout, reason = "tables are this program's output")]
fn print(text: &str) {
    print!("{text}");
}

/// Says how far the run is.
#[expect(clippy::print_stderr, reason = "standard output has the tables")]
pub(crate) fn tell(text: &str) {
    eprintln!("{text}");
}
