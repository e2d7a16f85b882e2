//! The command that a server or recorder runs for.

use std::process::{Command, ExitCode, ExitStatus};

use super::signal::Signals;

/// The exit status when the command could not be started, as shells have it.
const NOT_STARTED: u8 = 127;

/// Variables that are set for the command beside those of this process, or taken away from them.
pub(super) type Environment<'e> = &'e [(&'static str, Option<String>)];

/// Runs a command to its end, passing on what the operator sends; `None` when it could not be started, which is told.
pub(super) fn run(
    words: &[String],
    environment: Environment<'_>,
    signals: Signals,
) -> Result<Option<ExitStatus>, String> {
    let (program, arguments) = words.split_first().ok_or("there is no command to run")?;
    let mut process = Command::new(program);
    process.args(arguments);
    for (name, value) in environment {
        match value {
            Some(value) => process.env(name, value),
            None => process.env_remove(name),
        };
    }
    let forwarding = signals.forward()?;
    let mut child = match forwarding.start(&mut process) {
        Ok(child) => child,
        Err(error) => {
            super::tell(&format!("mock-ce: cannot start {program:?}: {error}"));
            return Ok(None);
        }
    };
    let status = child.wait();
    forwarding.end();
    let status = status.map_err(|error| format!("cannot wait for {program:?}: {error}"))?;
    Ok(Some(status))
}

/// The exit status that says how a command ended.
pub(super) fn exit_code(status: Option<ExitStatus>) -> ExitCode {
    let Some(status) = status else {
        return ExitCode::from(NOT_STARTED);
    };
    let code = status.code().unwrap_or_else(|| code_by_signal(status));
    // Windows has statuses that only begin with 32 bits; they are all failures.
    ExitCode::from(u8::try_from(code).unwrap_or(1))
}

#[cfg(unix)]
fn code_by_signal(status: ExitStatus) -> i32 {
    use std::os::unix::process::ExitStatusExt as _;
    128 + status.signal().unwrap_or(0)
}

#[cfg(not(unix))]
fn code_by_signal(_: ExitStatus) -> i32 {
    1
}
