//! The README and the pages of `src/docs` are true: their tables are those of the code, and their commands run.

#[cfg(all(feature = "cli", unix))]
mod commands;
mod package;
mod tables;

use std::path::{Path, PathBuf};

/// A file of this package.
pub(crate) fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// The text of a file of this package.
pub(crate) fn text(name: &str) -> String {
    std::fs::read_to_string(path(name)).unwrap()
}

/// The fenced blocks of a page in this language, in order.
fn blocks(page: &str, language: &str) -> Vec<String> {
    let text = text(page);
    let open = format!("```{language}\n");
    let blocks = text.split(&open).skip(1);
    blocks
        .map(|block| block.split("```").next().unwrap().to_owned())
        .collect()
}

/// The first cells of the table whose first heading is this one.
fn first_cells(page: &str, heading: &str) -> Vec<String> {
    let text = text(page);
    let open = format!("| {heading} |");
    let table = text.lines().skip_while(|line| !line.starts_with(&open));
    let rows = table.skip(2).take_while(|line| line.starts_with("| "));
    rows.map(|row| row.split(" | ").next().unwrap().replace("| ", ""))
        .collect()
}
