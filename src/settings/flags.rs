//! The table of flags: one row per setting.

use std::time::Duration;

use super::{
    Callbacks, ControlAccess, EmptyLists, Listen, MAX_THREADS, MIN_HEAD, OAuthCodes, Settings,
    Shape, WebhookBody,
};
use crate::cassette::{Fallback, Repeat, SelectorError};
use crate::catalog::BuiltIn;

/// One setting as a flag of the binary.
pub struct Flag {
    /// The name without the dashes: `"seed"`.
    pub name: &'static str,
    /// The placeholder of its value in the help; `None` for a flag without a value.
    pub value: Option<&'static str>,
    /// The line of the help.
    pub help: &'static str,
    /// Parses a value and applies it to the settings; the value of a flag without one is empty.
    ///
    /// # Errors
    /// The value is wrong; the text says so and what to write instead.
    pub apply: fn(Settings, &str) -> Result<Settings, String>,
}

/// All flags, in the order in which the help lists them.
pub static FLAGS: &[Flag] = &[
    Flag {
        name: "listen",
        value: Some("ADDRESS"),
        help: "Address to listen on, such as 127.0.0.1:6847, localhost:0 or 6847, or unix:PATH; port 0 takes any free one",
        apply: |settings, value| {
            #[cfg(unix)]
            if let Some(path) = value.strip_prefix("unix:") {
                return Ok(settings.listen_unix(path));
            }
            Ok(settings.listen(super::listen_address(value)?))
        },
    },
    Flag {
        name: "port",
        value: Some("PORT"),
        help: "Port to listen on, instead of that of --listen; 0 takes any free one",
        apply: |settings, value| {
            let Listen::Tcp(mut address) = settings.listen else {
                return Err(
                    "a Unix socket has no port; leave out --port or give --listen an address"
                        .to_owned(),
                );
            };
            address.set_port(
                value
                    .parse()
                    .map_err(|_| explain(value, "a port from 0 to 65535"))?,
            );
            Ok(settings.listen(address))
        },
    },
    #[cfg(feature = "tls")]
    Flag {
        name: "tls",
        value: None,
        help: "Speak HTTPS on the port, with a certificate made for this run",
        apply: |settings, _| Ok(settings.tls()),
    },
    #[cfg(feature = "tls")]
    Flag {
        name: "tls-name",
        value: Some("NAME"),
        help: "Another name or address for the certificate, beside those of this machine; repeatable",
        apply: |settings, value| Ok(settings.tls_name(value)),
    },
    #[cfg(feature = "tls")]
    Flag {
        name: "tls-cert",
        value: Some("FILE"),
        help: "PEM file with a certificate of your own, and those that vouch for it",
        apply: |settings, value| Ok(settings.tls_cert(value)),
    },
    #[cfg(feature = "tls")]
    Flag {
        name: "tls-key",
        value: Some("FILE"),
        help: "PEM file with the private key of --tls-cert",
        apply: |settings, value| Ok(settings.tls_key(value)),
    },
    #[cfg(feature = "tls")]
    Flag {
        name: "ca-file",
        value: Some("PATH"),
        help: "Write the certificate that a client must trust here",
        apply: |settings, value| Ok(settings.ca_file(value)),
    },
    #[cfg(feature = "tls")]
    Flag {
        name: "intercept",
        value: Some("HOST"),
        help: "Be a proxy that answers for https://HOST, such as api.cloud-elements.com; repeatable",
        apply: |settings, value| Ok(settings.intercept(value)),
    },
    #[cfg(feature = "tls")]
    Flag {
        name: "pass",
        value: None,
        help: "Pass on unread what is for hosts that are not intercepted [default: refuse it]",
        apply: |settings, _| Ok(settings.pass()),
    },
    Flag {
        name: "threads",
        value: Some("NUMBER"),
        help: "Threads that serve connections, 1 to 256, where a whole machine's tests share the server [default: 1]",
        apply: |settings, value| match parse_number(value)? {
            threads @ 1..=MAX_THREADS => Ok(settings.threads(threads)),
            _ => Err(explain(value, "a number from 1 to 256")),
        },
    },
    Flag {
        name: "seed",
        value: Some("NUMBER"),
        help: "Seed of tokens and request ids; the same seed gives the same ones [default: 0]",
        apply: |settings, value| Ok(settings.seed(parse_number(value)?)),
    },
    Flag {
        name: "shape",
        value: Some("SHAPE"),
        help: "Show instances as `documented` or as `platform` [default: documented]",
        apply: |settings, value| match value {
            "documented" => Ok(settings.shape(Shape::Documented)),
            "platform" => Ok(settings.shape(Shape::Platform)),
            _ => Err(explain(value, "documented or platform")),
        },
    },
    Flag {
        name: "empty-lists",
        value: Some("ANSWER"),
        help: "Answer an empty list with `not-found` or `ok` [default: not-found]",
        apply: |settings, value| match value {
            "not-found" => Ok(settings.empty_lists(EmptyLists::NotFound)),
            "ok" => Ok(settings.empty_lists(EmptyLists::Ok)),
            _ => Err(explain(value, "not-found or ok")),
        },
    },
    Flag {
        name: "credentials",
        value: Some("USER:ORGANIZATION"),
        help: "Accept these secrets only [default: any]",
        apply: |settings, value| match value.split_once(':') {
            Some((user, organization)) if !user.is_empty() && !organization.is_empty() => {
                Ok(settings.credentials(user, organization))
            }
            // The value is a secret, so the error does not repeat it.
            _ => Err("is not a pair of secrets; write USER:ORGANIZATION".to_owned()),
        },
    },
    Flag {
        name: "login",
        value: Some("NAME:PASSWORD"),
        help: "Accept this login only [default: any]",
        apply: |settings, value| match value.split_once(':') {
            Some((name, password)) if !name.is_empty() && !password.is_empty() => {
                Ok(settings.login(name, password))
            }
            // The value has a password, so the error does not repeat it.
            _ => Err("is not a name and a password; write NAME:PASSWORD".to_owned()),
        },
    },
    Flag {
        name: "oauth",
        value: Some("CODES"),
        help: "Provision OAuth elements by `any` code, or `strict`: by those of the own consent page [default: any]",
        apply: |settings, value| match value {
            "any" => Ok(settings.oauth(OAuthCodes::Any)),
            "strict" => Ok(settings.oauth(OAuthCodes::Strict)),
            _ => Err(explain(value, "any or strict")),
        },
    },
    Flag {
        name: "catalog",
        value: Some("FILE|DIR"),
        help: "Catalog fixture, or directory of them, with elements of your own; repeatable",
        apply: |settings, value| Ok(settings.catalog(value)),
    },
    Flag {
        name: "replace-built-in",
        value: None,
        help: "Let an element of your own take the place of a built-in one",
        apply: |settings, _| Ok(settings.built_in(BuiltIn::Replace)),
    },
    Flag {
        name: "clock",
        value: Some("TIME"),
        help: "Stop the clock at this time, such as 2017-03-14T19:20:16Z [default: the machine's clock]",
        apply: |settings, value| {
            let at = humantime::parse_rfc3339(value)
                .map_err(|_| explain(value, "a time such as 2017-03-14T19:20:16Z"))?;
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
        help: "Read the state from this file at the start if it exists, and write it at the end; its directory must be writable",
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
        help: "`refuse` requests that the cassette does not have, or `emulate` them [default: refuse]",
        apply: |mut settings, value| {
            settings.fallback = match value {
                "refuse" => Fallback::Refuse,
                "emulate" => Fallback::Emulate,
                _ => return Err(explain(value, "refuse or emulate")),
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
            _ => Err(explain(value, "never or last")),
        },
    },
    Flag {
        name: "ignore",
        value: Some("SELECTOR"),
        help: "Place where a request may differ from the recorded one, such as body:/name; repeatable",
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
            _ => Err(explain(value, "loopback or anywhere")),
        },
    },
    Flag {
        name: "control-origin",
        value: Some("URL"),
        help: "Let pages of this origin use the control API, such as http://localhost:3000; repeatable",
        apply: |settings, value| Ok(settings.control_origin(&super::address::origin(value)?)),
    },
    Flag {
        name: "callbacks",
        value: Some("WHERE"),
        help: "Send webhooks to `loopback` only or to `anywhere` [default: loopback]",
        apply: |settings, value| match value {
            "loopback" => Ok(settings.callbacks(Callbacks::Loopback)),
            "anywhere" => Ok(settings.callbacks(Callbacks::Anywhere)),
            _ => Err(explain(value, "loopback or anywhere")),
        },
    },
    #[cfg(feature = "tls")]
    Flag {
        name: "callback-ca",
        value: Some("FILE"),
        help: "PEM file with certificates to trust when webhooks go to https callbacks; repeatable",
        apply: |settings, value| Ok(settings.callback_ca(value)),
    },
    Flag {
        name: "webhook-body",
        value: Some("BODY"),
        help: "Send webhooks with the body below `message`, or the older one of the `guide` [default: message]",
        apply: |settings, value| match value {
            "message" => Ok(settings.webhook_body(WebhookBody::Message)),
            "guide" => Ok(settings.webhook_body(WebhookBody::Guide)),
            _ => Err(explain(value, "message or guide")),
        },
    },
    Flag {
        name: "webhook-delay",
        value: Some("TIME"),
        help: "Time between an event and its webhook [default: 250ms]",
        apply: |settings, value| Ok(settings.webhook_delay(parse_duration(value)?)),
    },
    Flag {
        name: "webhook-retry-unit",
        value: Some("TIME"),
        help: "Time that retries of webhooks are counted in: retry x follows after 4^x of it [default: 1s]",
        apply: |settings, value| Ok(settings.webhook_retry_unit(parse_duration(value)?)),
    },
    Flag {
        name: "webhook-timeout",
        value: Some("TIME"),
        help: "Maximum time of one attempt to send a webhook [default: 10s]",
        apply: |settings, value| Ok(settings.webhook_timeout(parse_duration(value)?)),
    },
    Flag {
        name: "journal-entries",
        value: Some("NUMBER"),
        help: "Maximum number of requests in the journal, from which the log is read [default: 10000]",
        apply: |settings, value| Ok(settings.journal_entries(parse_number(value)?)),
    },
    Flag {
        name: "journal-bytes",
        value: Some("BYTES"),
        help: "Maximum number of bytes in the journal [default: 16777216]",
        apply: |settings, value| Ok(settings.journal_bytes(parse_number(value)?)),
    },
    Flag {
        name: "journal-body-limit",
        value: Some("BYTES"),
        help: "Maximum number of bytes of one body in the journal [default: 16384]",
        apply: |settings, value| Ok(settings.journal_body_limit(parse_number(value)?)),
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
        help: "Maximum length of a body [default: 8388608]",
        apply: |settings, value| Ok(settings.body_limit(parse_number(value)?)),
    },
    Flag {
        name: "connection-limit",
        value: Some("NUMBER"),
        help: "Maximum number of open connections [default: 10000]",
        apply: |settings, value| Ok(settings.connection_limit(parse_from(1, value)?)),
    },
    Flag {
        name: "header-limit",
        value: Some("NUMBER"),
        help: "Maximum number of headers of a request [default: 100]",
        apply: |settings, value| Ok(settings.header_limit(parse_from(1, value)?)),
    },
    Flag {
        name: "head-limit",
        value: Some("BYTES"),
        help: "Maximum length of a request's head, at least 8192 [default: 65536]",
        apply: |settings, value| Ok(settings.head_limit(parse_from(MIN_HEAD, value)?)),
    },
    Flag {
        name: "head-timeout",
        value: Some("TIME"),
        help: "Maximum time for a request's head [default: 10s]",
        apply: |settings, value| Ok(settings.head_timeout(parse_duration(value)?)),
    },
    Flag {
        name: "body-timeout",
        value: Some("TIME"),
        help: "Maximum pause within a body [default: 30s]",
        apply: |settings, value| Ok(settings.body_timeout(parse_duration(value)?)),
    },
    Flag {
        name: "request-timeout",
        value: Some("TIME"),
        help: "Maximum time for a request and its reply [default: 60s]",
        apply: |settings, value| Ok(settings.request_timeout(parse_duration(value)?)),
    },
    Flag {
        name: "keep-alive-timeout",
        value: Some("TIME"),
        help: "Maximum idle time of a connection [default: 75s]",
        apply: |settings, value| Ok(settings.keep_alive_timeout(parse_duration(value)?)),
    },
];

/// Says that a value is not what was expected.
fn explain(value: &str, expected: &str) -> String {
    format!("{value:?} is not {expected}")
}

fn parse_number<T: std::str::FromStr>(value: &str) -> Result<T, String> {
    value.parse().map_err(|_| explain(value, "a whole number"))
}

/// Parses a number that must not be less than `least`.
fn parse_from(least: usize, value: &str) -> Result<usize, String> {
    let number = parse_number(value)?;
    match number >= least {
        true => Ok(number),
        false => Err(explain(value, &format!("a number of at least {least}"))),
    }
}

fn parse_duration(value: &str) -> Result<Duration, String> {
    humantime::parse_duration(value).map_err(|_| explain(value, "a time such as 10s or 500ms"))
}
