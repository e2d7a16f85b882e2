//! The settings as a document, for somebody who asks a running server.

use std::path::Path;
use std::time::Duration;

use super::{
    Callbacks, ControlAccess, EmptyLists, OAuthCodes, Secrets, Settings, Shape, WebhookBody,
};
#[cfg(feature = "tls")]
use super::{Others, TlsSettings};
use crate::cassette::{Fallback, Repeat};
use crate::catalog::BuiltIn;
use crate::wire::json::{Json, object};

impl Settings {
    /// The settings by the names of the flags, and in their values; of a secret it says only whether there is one.
    #[must_use]
    pub fn to_json(&self) -> Json<'static> {
        let Json::Object(mut all) = self.behaviour() else {
            unreachable!("it is an object")
        };
        for part in [
            self.access(),
            self.cassette_json(),
            self.webhooks_json(),
            self.limits_json(),
            #[cfg(feature = "tls")]
            self.tls_json(),
        ] {
            if let Json::Object(members) = part {
                all.extend(members);
            }
        }
        Json::Object(all)
    }

    fn behaviour(&self) -> Json<'static> {
        let clock = self
            .clock
            .map(|at| humantime::format_rfc3339_millis(at).to_string());
        object([
            ("listen", self.listen.to_string().into()),
            ("port", self.listen.port().map(u64::from).into()),
            ("threads", (self.threads as u64).into()),
            ("seed", self.seed.into()),
            (
                "shape",
                match self.shape {
                    Shape::Documented => "documented",
                    Shape::Platform => "platform",
                }
                .into(),
            ),
            (
                "empty-lists",
                match self.empty_lists {
                    EmptyLists::NotFound => "not-found",
                    EmptyLists::Ok => "ok",
                }
                .into(),
            ),
            (
                "oauth",
                match self.oauth {
                    OAuthCodes::Any => "any",
                    OAuthCodes::Strict => "strict",
                }
                .into(),
            ),
            ("catalog", self.catalogs.iter().map(shown).collect()),
            (
                "replace-built-in",
                (self.built_in == BuiltIn::Replace).into(),
            ),
            ("clock", clock.into()),
            ("min-grade", self.min_grade.name().into()),
            ("state", self.state.as_ref().map(shown).into()),
        ])
    }

    fn access(&self) -> Json<'static> {
        let origins = self.control_origins.iter().cloned().map(Json::from);
        object([
            ("credentials", self.credentials.is_some().into()),
            ("login", self.login.is_some().into()),
            (
                "control",
                match self.control {
                    ControlAccess::Loopback => "loopback",
                    ControlAccess::Anywhere => "anywhere",
                }
                .into(),
            ),
            ("control-origin", origins.collect()),
            ("show-secrets", (self.secrets == Secrets::Shown).into()),
        ])
    }

    fn cassette_json(&self) -> Json<'static> {
        object([
            ("cassette", self.cassette.as_ref().map(shown).into()),
            (
                "fallback",
                match self.fallback {
                    Fallback::Refuse => "refuse",
                    Fallback::Emulate => "emulate",
                }
                .into(),
            ),
            (
                "repeat",
                match self.repeat {
                    Repeat::Never => "never",
                    Repeat::Last => "last",
                }
                .into(),
            ),
            (
                "ignore",
                self.ignored
                    .iter()
                    .map(|place| Json::from(place.to_string()))
                    .collect(),
            ),
        ])
    }

    fn webhooks_json(&self) -> Json<'static> {
        object([
            (
                "callbacks",
                match self.webhooks.callbacks {
                    Callbacks::Loopback => "loopback",
                    Callbacks::Anywhere => "anywhere",
                }
                .into(),
            ),
            (
                "webhook-body",
                match self.webhooks.body {
                    WebhookBody::Message => "message",
                    WebhookBody::Guide => "guide",
                }
                .into(),
            ),
            ("webhook-delay", time(self.webhooks.delay)),
            ("webhook-retry-unit", time(self.webhooks.retry_unit)),
            ("webhook-timeout", time(self.webhooks.timeout)),
        ])
    }

    #[cfg(feature = "tls")]
    fn tls_json(&self) -> Json<'static> {
        let TlsSettings {
            port,
            names,
            certificate,
            key,
            ca_file,
            intercepted,
            others,
            further_hosts: _,
            callback_ca,
        } = &self.tls;
        let texts = |texts: &[String]| texts.iter().cloned().map(Json::from).collect::<Json<'_>>();
        object([
            ("tls", (*port).into()),
            ("tls-name", texts(names)),
            ("tls-cert", certificate.as_ref().map(shown).into()),
            ("tls-key", key.as_ref().map(shown).into()),
            ("ca-file", ca_file.as_ref().map(shown).into()),
            ("intercept", texts(intercepted)),
            ("pass", (*others == Others::Passed).into()),
            ("callback-ca", callback_ca.iter().map(shown).collect()),
        ])
    }

    fn limits_json(&self) -> Json<'static> {
        let (journal, limits) = (&self.journal, &self.limits);
        let count = |count: usize| Json::from(count as u64);
        object([
            ("journal-entries", count(journal.entries)),
            ("journal-bytes", count(journal.bytes)),
            ("journal-body-limit", count(journal.body)),
            ("body-limit", count(limits.body)),
            ("connection-limit", count(limits.connections)),
            ("header-limit", count(limits.headers)),
            ("head-limit", count(limits.head)),
            ("head-timeout", time(limits.head_time)),
            ("body-timeout", time(limits.body_idle)),
            ("request-timeout", time(limits.request_time)),
            ("keep-alive-timeout", time(limits.keep_alive)),
        ])
    }
}

fn shown(path: impl AsRef<Path>) -> Json<'static> {
    path.as_ref().display().to_string().into()
}

fn time(time: Duration) -> Json<'static> {
    humantime::format_duration(time).to_string().into()
}
