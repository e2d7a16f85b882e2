//! `mock-ce serve` runs a server until a signal stops it.
//!
//! The base URL is the only line on standard output, so that a script can read it. The banner and one line per request
//! go to standard error. With `--log json` there is no banner, so that whoever collects the log reads JSON only.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Arg, ArgMatches, Command, value_parser};
use mock_ce::wire::json::object;
use mock_ce::{MockCe, file};

use super::log::{self, Log};
use super::settings;
use super::signal::Signals;

/// The port without `--listen`. It is fixed so that a client can be configured once.
const DEFAULT_PORT: u16 = 6847;

pub(super) fn command() -> Command {
    let ready_file = Arg::new("ready-file")
        .long("ready-file")
        .value_name("PATH")
        .value_parser(value_parser!(PathBuf))
        .help("Write {base_url, admin_url, pid, version} as JSON here once the port is open");
    let about =
        format!("Serve the API until interrupted [default address: 127.0.0.1:{DEFAULT_PORT}]");
    settings::add_flags(Command::new("serve").about(about).arg(ready_file))
        .arg(log::flag("text"))
        .after_help("Example: mock-ce serve --port 0 --catalog elements --ready-file ready.json")
}

pub(super) fn run(matches: &ArgMatches) -> Result<ExitCode, String> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, DEFAULT_PORT));
    let chosen = settings::apply(MockCe::builder().listen(address), matches);
    let mut signals = Signals::listen()?;
    let ce = settings::start(chosen)?;
    let ready_file = matches.get_one::<PathBuf>("ready-file");
    let ready = ready_file.map(|path| write_ready_file(path, &ce));
    let ready = ready.transpose()?;
    super::print(&format!("{}\n", ce.base_url()))?;
    let log = log::chosen(matches);
    if log != Log::Json {
        super::tell(&render_banner(&ce, matches));
    }
    let log = log.follow(ce.emulator().clone());
    signals.wait();
    if let Some((path, text)) = ready_file.zip(ready) {
        remove_ready_file(path, &text);
    }
    settings::stop(ce)?;
    log.finish();
    Ok(ExitCode::SUCCESS)
}

/// Renders the greeting, with a `curl` command that creates an instance.
fn render_banner(ce: &MockCe, matches: &ArgMatches) -> String {
    let url = ce.base_url();
    let mut curl = "curl".to_owned();
    #[cfg(unix)]
    if let Some(path) = ce.socket() {
        curl += &format!(" --unix-socket '{}'", path.display());
    }
    let mut more = String::new();
    if ce.trust_store().is_some() {
        let written = matches.try_get_many::<String>("ca-file").ok().flatten();
        let written = written.and_then(Iterator::last);
        more = match written {
            Some(path) => format!("\nclients must trust the certificate in {path}"),
            None => format!(
                "\nclients must trust {}/ca.pem; --ca-file PATH writes it",
                ce.admin_url()
            ),
        };
        if url.starts_with("https:") {
            curl += &match written {
                Some(path) => format!(" --cacert '{path}'"),
                None => " -k".to_owned(),
            };
        } else {
            more += &format!(", and ask by the proxy http://{}", ce.address());
        }
    }
    format!(
        "mock-ce {} serves {url} and stops at Ctrl-C; try\n  \
         {curl} -H 'Authorization: User u, Organization o' -H 'Content-Type: application/json' -d \
         '{{\"element\":{{\"key\":\"mailjet\"}},\"configuration\":{{\"mailjet.api.key\":\"k\",\
         \"mailjet.api.secret\":\"s\"}},\"name\":\"Test\"}}' {url}/instances{more}",
        env!("CARGO_PKG_VERSION")
    )
}

/// Writes the file that tells a waiting script that the port is open, and returns its text.
fn write_ready_file(path: &Path, ce: &MockCe) -> Result<String, String> {
    let ready = object([
        ("base_url", ce.base_url().into()),
        ("admin_url", ce.admin_url().into()),
        ("pid", u64::from(std::process::id()).into()),
        ("version", env!("CARGO_PKG_VERSION").into()),
    ]);
    let text = ready.to_pretty() + "\n";
    let written = file::write(path, &text);
    written
        .map_err(|error| format!("cannot write the ready file {:?}: {error}", path.display()))?;
    Ok(text)
}

/// Removes the ready file, unless another server has written it meanwhile.
fn remove_ready_file(path: &Path, text: &str) {
    let Ok(path) = path.canonicalize() else {
        return;
    };
    if fs::read_to_string(&path).is_ok_and(|found| found == text) {
        // A file that stays behind is told by its `pid`; that is no reason to fail at the end.
        let _ = fs::remove_file(path);
    }
}
