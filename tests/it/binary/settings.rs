//! The flags of `serve` and the settings of the library.

use std::path::Path;

use mock_ce::settings::{FLAGS, Flag};

use super::{PIGEON, catalog, run, text};
use crate::support::{Binary, Harness, Request, mailjet};

/// The lines of a help text that start with a flag, as `--name <VALUE>`.
fn flags_of(help: &str) -> Vec<String> {
    let flags = help
        .lines()
        .map(str::trim)
        .filter(|line| line.starts_with("--"));
    flags
        .map(|line| line.split("  ").next().unwrap().to_owned())
        .collect()
}

#[test]
fn the_help_of_serve_has_every_setting_and_no_other_flag() {
    let output = run(&["serve", "--help"]);
    assert!(output.status.success());
    let with_value = |flag: &Flag| match flag.value {
        Some(value) => format!("--{} <{value}>", flag.name),
        None => format!("--{}", flag.name),
    };
    let mut expected: Vec<_> = FLAGS.iter().map(with_value).collect();
    expected.push("--ready-file <PATH>".to_owned());
    expected.push("--log <FORMAT>".to_owned());
    let mut shown = flags_of(text(&output.stdout));
    shown.sort();
    expected.sort();
    assert_eq!(shown, expected);
}

/// Every setting, with a value that fits.
#[test]
fn serve_takes_every_setting() {
    let directory = catalog(PIGEON);
    // A proxy is not itself asked by HTTPS; `https::port` has that.
    let is_for_https = |name: &str| ["tls", "tls-cert", "tls-key", "callback-ca"].contains(&name);
    let values: Vec<_> = FLAGS
        .iter()
        .filter(|flag| !is_for_https(flag.name))
        .map(|flag| (flag.name, a_value(flag.name, directory.path())))
        .collect();
    let flags: Vec<_> = values
        .iter()
        .map(|(name, value)| (*name, &**value))
        .collect();
    let mut ce = Binary::start(&flags);
    let reply = ce.ask(Request::post("/instances", mailjet("n")));
    assert_eq!(reply.status, 200);
    assert!(
        reply
            .text()
            .contains("\"createdDate\":\"2017-03-14T19:20:16Z\""),
        "{}",
        reply.text()
    );
}

/// A cassette with nothing in it.
fn cassette(directory: &Path) -> String {
    let path = directory.join("cassette");
    let empty = mock_ce::cassette::Cassette::new("https://api.example", "2017-03-14");
    std::fs::write(&path, empty.to_text()).unwrap();
    path.display().to_string()
}

fn a_value(flag: &str, directory: &Path) -> String {
    match flag {
        "listen" => "127.0.0.1:0".to_owned(),
        "shape" => "platform".to_owned(),
        "empty-lists" => "ok".to_owned(),
        "credentials" => "u:o".to_owned(),
        "login" => "a:pw".to_owned(),
        "oauth" => "strict".to_owned(),
        "min-grade" => "assumed".to_owned(),
        "port" => "0".to_owned(),
        "threads" => "2".to_owned(),
        "control-origin" => "http://localhost:3000".to_owned(),
        "control" | "callbacks" => "loopback".to_owned(),
        "webhook-body" => "guide".to_owned(),
        "webhook-delay" | "webhook-retry-unit" => "5s".to_owned(),
        "state" => directory.join("state").display().to_string(),
        "ca-file" => directory.join("ca.pem").display().to_string(),
        "intercept" | "tls-name" => "api.example".to_owned(),
        "catalog" => directory.display().to_string(),
        "cassette" => cassette(directory),
        "fallback" => "emulate".to_owned(),
        "repeat" => "last".to_owned(),
        "ignore" => "body:/name".to_owned(),
        "clock" => "2017-03-14T19:20:16Z".to_owned(),
        timeout if timeout.ends_with("timeout") => "5s".to_owned(),
        _ => "10000".to_owned(),
    }
}
