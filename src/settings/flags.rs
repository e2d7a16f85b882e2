//! Every setting as a flag: one flat table.

use std::time::Duration;

use super::{ControlAccess, EmptyLists, Settings, Shape};
use crate::cassette::{Fallback, Repeat, SelectorError};

/// One setting as a flag of the binary.
pub struct Flag {
    /// Without the dashes: `"seed"`.
    pub name: &'static str,
    /// What its value is called in the help; `None` for a flag that takes none.
    pub value: Option<&'static str>,
    /// One line for the help.
    pub help: &'static str,
    /// Applies the value; that of a flag without one is empty.
    ///
    /// # Errors
    /// What is wrong with the value, and what to write instead.
    pub apply: fn(Settings, &str) -> Result<Settings, String>,
}

/// Every setting as a flag, in the order of the help.
pub static FLAGS: &[Flag] = &[
    Flag {
        name: "listen",
        value: Some("ADDRESS"),
        help: "Address to listen on; port 0 takes any free one",
        apply: |settings, value| {
            let address = value
                .parse()
                .map_err(|_| wrong(value, "an address such as 127.0.0.1:6847"))?;
            Ok(settings.listen(address))
        },
    },
    Flag {
        name: "seed",
        value: Some("NUMBER"),
        help: "What tokens and request ids derive from [default: 0]",
        apply: |settings, value| Ok(settings.seed(number(value)?)),
    },
    Flag {
        name: "shape",
        value: Some("SHAPE"),
        help: "Show instances as `documented` or as `platform` [default: documented]",
        apply: |settings, value| match value {
            "documented" => Ok(settings.shape(Shape::Documented)),
            "platform" => Ok(settings.shape(Shape::Platform)),
            _ => Err(wrong(value, "documented or platform")),
        },
    },
    Flag {
        name: "empty-lists",
        value: Some("ANSWER"),
        help: "Answer an empty list with `not-found` or `ok` [default: not-found]",
        apply: |settings, value| match value {
            "not-found" => Ok(settings.empty_lists(EmptyLists::NotFound)),
            "ok" => Ok(settings.empty_lists(EmptyLists::Ok)),
            _ => Err(wrong(value, "not-found or ok")),
        },
    },
    Flag {
        name: "credentials",
        value: Some("USER:ORGANIZATION"),
        help: "The only secrets accepted [default: any]",
        apply: |settings, value| match value.split_once(':') {
            Some((user, organization)) if !user.is_empty() && !organization.is_empty() => {
                Ok(settings.credentials(user, organization))
            }
            // The value is a secret: not repeated.
            _ => Err("is not a pair of secrets; write USER:ORGANIZATION".to_owned()),
        },
    },
    Flag {
        name: "catalog",
        value: Some("DIR"),
        help: "Directory of catalog fixtures with elements of your own; repeatable",
        apply: |settings, value| Ok(settings.catalog(value)),
    },
    Flag {
        name: "clock",
        value: Some("TIME"),
        help: "Stand still at this time, such as 2017-03-14T19:20:16Z [default: the machine's clock]",
        apply: |settings, value| {
            let at = humantime::parse_rfc3339(value)
                .map_err(|_| wrong(value, "a time such as 2017-03-14T19:20:16Z"))?;
            Ok(settings.clock(at))
        },
    },
    Flag {
        name: "min-grade",
        value: Some("GRADE"),
        help: "Answer 501 instead of following a rule graded below guide, vendor or client",
        apply: |settings, value| Ok(settings.min_grade(value.parse()?)),
    },
    Flag {
        name: "state",
        value: Some("FILE"),
        help: "Read the state from here if it is there, write it at the end and on request",
        apply: |settings, value| Ok(settings.state(value)),
    },
    Flag {
        name: "cassette",
        value: Some("FILE"),
        help: "Answer from this cassette",
        apply: |settings, value| {
            let fallback = settings.fallback;
            Ok(settings.cassette(value, fallback))
        },
    },
    Flag {
        name: "fallback",
        value: Some("ANSWER"),
        help: "`refuse` what the cassette does not have, or `emulate` it [default: refuse]",
        apply: |mut settings, value| {
            settings.fallback = match value {
                "refuse" => Fallback::Refuse,
                "emulate" => Fallback::Emulate,
                _ => return Err(wrong(value, "refuse or emulate")),
            };
            Ok(settings)
        },
    },
    Flag {
        name: "repeat",
        value: Some("ANSWER"),
        help: "Replay each recorded answer once, then `never` again or the `last` one [default: never]",
        apply: |settings, value| match value {
            "never" => Ok(settings.repeat(Repeat::Never)),
            "last" => Ok(settings.repeat(Repeat::Last)),
            _ => Err(wrong(value, "never or last")),
        },
    },
    Flag {
        name: "ignore",
        value: Some("SELECTOR"),
        help: "Place of requests that need not be as recorded, such as body:/name; repeatable",
        apply: |settings, value| {
            let place = value
                .parse()
                .map_err(|error: SelectorError| error.to_string())?;
            Ok(settings.ignore(place))
        },
    },
    Flag {
        name: "control",
        value: Some("FROM"),
        help: "Open the control API to `loopback` or to `anywhere` [default: loopback]",
        apply: |settings, value| match value {
            "loopback" => Ok(settings.control(ControlAccess::Loopback)),
            "anywhere" => Ok(settings.control(ControlAccess::Anywhere)),
            _ => Err(wrong(value, "loopback or anywhere")),
        },
    },
    Flag {
        name: "journal-entries",
        value: Some("NUMBER"),
        help: "Most requests that the journal keeps [default: 10000]",
        apply: |settings, value| Ok(settings.journal_entries(number(value)?)),
    },
    Flag {
        name: "journal-bytes",
        value: Some("BYTES"),
        help: "Most bytes that the journal keeps [default: 16777216]",
        apply: |settings, value| Ok(settings.journal_bytes(number(value)?)),
    },
    Flag {
        name: "journal-body-limit",
        value: Some("BYTES"),
        help: "Most bytes of one body that the journal keeps [default: 16384]",
        apply: |settings, value| Ok(settings.journal_body_limit(number(value)?)),
    },
    Flag {
        name: "show-secrets",
        value: None,
        help: "Show requests below /__admin and on standard error with their secrets",
        apply: |settings, _| Ok(settings.show_secrets()),
    },
    Flag {
        name: "body-limit",
        value: Some("BYTES"),
        help: "Largest body [default: 8388608]",
        apply: |settings, value| Ok(settings.body_limit(number(value)?)),
    },
    Flag {
        name: "connection-limit",
        value: Some("NUMBER"),
        help: "Most connections open at once [default: 10000]",
        apply: |settings, value| Ok(settings.connection_limit(number(value)?)),
    },
    Flag {
        name: "header-limit",
        value: Some("NUMBER"),
        help: "Most headers of a request [default: 100]",
        apply: |settings, value| Ok(settings.header_limit(number(value)?)),
    },
    Flag {
        name: "head-limit",
        value: Some("BYTES"),
        help: "Largest head of a request, at least 8192 [default: 65536]",
        apply: |settings, value| Ok(settings.head_limit(number(value)?)),
    },
    Flag {
        name: "head-timeout",
        value: Some("TIME"),
        help: "How long a request's head may take [default: 10s]",
        apply: |settings, value| Ok(settings.head_timeout(duration(value)?)),
    },
    Flag {
        name: "body-timeout",
        value: Some("TIME"),
        help: "How long a body may pause [default: 30s]",
        apply: |settings, value| Ok(settings.body_timeout(duration(value)?)),
    },
    Flag {
        name: "request-timeout",
        value: Some("TIME"),
        help: "How long a whole request may take [default: 60s]",
        apply: |settings, value| Ok(settings.request_timeout(duration(value)?)),
    },
    Flag {
        name: "keep-alive-timeout",
        value: Some("TIME"),
        help: "How long a connection may idle [default: 75s]",
        apply: |settings, value| Ok(settings.keep_alive_timeout(duration(value)?)),
    },
];

fn wrong(value: &str, expected: &str) -> String {
    format!("{value:?} is not {expected}")
}

fn number<T: std::str::FromStr>(value: &str) -> Result<T, String> {
    value.parse().map_err(|_| wrong(value, "a whole number"))
}

fn duration(value: &str) -> Result<Duration, String> {
    humantime::parse_duration(value).map_err(|_| wrong(value, "a time such as 10s or 500ms"))
}
