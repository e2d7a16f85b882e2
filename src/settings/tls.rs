//! The settings of HTTPS and of interception.

use std::path::PathBuf;

use super::Settings;

/// The names that a server answers to under TLS, and where its certificate comes from.
#[derive(Clone, Debug, Default)]
pub(crate) struct TlsSettings {
    /// `true` if the port itself speaks TLS.
    pub(crate) port: bool,
    pub(crate) names: Vec<String>,
    pub(crate) certificate: Option<PathBuf>,
    pub(crate) key: Option<PathBuf>,
    pub(crate) ca_file: Option<PathBuf>,
    /// Hosts for which the port is a proxy.
    pub(crate) intercepted: Vec<String>,
    pub(crate) others: Others,
    pub(crate) further_hosts: FurtherHosts,
    /// PEM files with certificates by which receivers of webhooks are trusted.
    pub(crate) callback_ca: Vec<PathBuf>,
}

/// The conduct of a proxy towards the hosts that it does not intercept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Others {
    /// They are refused, and nothing is sent anywhere.
    #[default]
    Refused,
    /// Their bytes are passed on unread.
    Passed,
}

/// The way in which further hosts can be intercepted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum FurtherHosts {
    /// By another `--intercept`.
    #[default]
    Intercepted,
    /// By another recording, for one is of one service.
    #[cfg(feature = "recorder")]
    Recorded,
}

impl FurtherHosts {
    /// The advice to a client that asks for another host.
    pub(crate) fn advice(self) -> &'static str {
        match self {
            FurtherHosts::Intercepted => {
                "--intercept HOST adds a host, --pass lets all others through"
            }
            #[cfg(feature = "recorder")]
            FurtherHosts::Recorded => {
                "a recording is of one service, so give the other a recorder of its own; --pass lets all others through, \
                 unrecorded"
            }
        }
    }
}

impl Settings {
    /// Speaks HTTPS on the port, with a certificate of this run's own authority. Default: plain HTTP.
    ///
    /// The authority's key comes from the system's randomness and is dropped before the port is served. A client trusts
    /// the authority by [`MockCe::ca_pem`](crate::MockCe::ca_pem).
    pub fn tls(mut self) -> Self {
        self.tls.port = true;
        self
    }

    /// Adds a host name or an address to the certificate, which always has `localhost`, `127.0.0.1` and `::1`.
    pub fn tls_name(mut self, name: impl Into<String>) -> Self {
        self.tls.names.push(name.into());
        self
    }

    /// Uses the certificates in this PEM file, the server's own first, instead of an authority of this run.
    pub fn tls_cert(mut self, file: impl Into<PathBuf>) -> Self {
        self.tls.certificate = Some(file.into());
        self
    }

    /// Uses the private key in this PEM file, which belongs to the certificate of [`Settings::tls_cert`].
    pub fn tls_key(mut self, file: impl Into<PathBuf>) -> Self {
        self.tls.key = Some(file.into());
        self
    }

    /// Writes the certificate that a client must trust to this PEM file at the start. Default: none.
    ///
    /// A file that is there is replaced if it is empty, or has the certificate of another run and nothing else. Whatever
    /// else is there stays, and the server does not start; a symbolic link is not followed.
    pub fn ca_file(mut self, file: impl Into<PathBuf>) -> Self {
        self.tls.ca_file = Some(file.into());
        self
    }

    /// Makes the port a proxy that answers for `https://HOST` itself, and refuses every other host; repeatable.
    ///
    /// A client whose host is compiled in is served unchanged when `https_proxy` names this server. The proxy is open to
    /// this machine only.
    pub fn intercept(mut self, host: impl Into<String>) -> Self {
        self.tls.intercepted.push(host.into());
        self
    }

    /// Passes on unread what is for hosts that are not intercepted. Default: they are refused.
    pub fn pass(mut self) -> Self {
        self.tls.others = Others::Passed;
        self
    }

    /// Trusts the certificates in this PEM file when webhooks go to `https` callbacks, beside the machine's and the server's
    /// own; repeatable. A receiver's own self-signed certificate will do.
    pub fn callback_ca(mut self, file: impl Into<PathBuf>) -> Self {
        self.tls.callback_ca.push(file.into());
        self
    }
}
