//! The binary `mock-ce`.

mod cli;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::run()
}
