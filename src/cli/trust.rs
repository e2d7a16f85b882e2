//! The environment in which a command's clients find the proxy, and trust the certificate of this run.

use std::env;
use std::fs::{self, DirBuilder};
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use clap::ArgMatches;
use mock_ce::{TrustStore, file};

use super::record::all;

/// Variables that name a PEM file of trusted certificates.
const PEM_VARIABLES: [&str; 5] = [
    "SSL_CERT_FILE",
    "CURL_CA_BUNDLE",
    "REQUESTS_CA_BUNDLE",
    "GIT_SSL_CAINFO",
    "NODE_EXTRA_CA_CERTS",
];
const PROXY_VARIABLES: [&str; 4] = ["https_proxy", "HTTPS_PROXY", "http_proxy", "HTTP_PROXY"];
const JAVA: &str = "JAVA_TOOL_OPTIONS";

/// The files that a command's clients read; removed when this is dropped.
pub(super) struct TrustFiles {
    directory: PathBuf,
}

/// A variable for the command, and its value.
pub(super) type Variable = (&'static str, Option<String>);

/// Writes the files for a command, and returns them with the variables that name them.
///
/// Where other hosts cannot be reached anyway, nothing but this run's authority is trusted.
pub(super) fn prepare(
    trust: &TrustStore,
    address: SocketAddr,
    matches: &ArgMatches,
) -> Result<(TrustFiles, Vec<Variable>), String> {
    let hosts: Vec<String> = all(matches, "intercept");
    let is_alone = !hosts.is_empty() && !matches.get_flag("pass");
    let trust = match is_alone {
        true => trust.clone(),
        false => trust.clone().with_system_roots(),
    };
    let files = TrustFiles::write(&trust).map_err(|error| {
        format!("cannot write certificates for the command: {error}; TMPDIR says where")
    })?;
    let mut java = format!(
        "\"-Djavax.net.ssl.trustStore={}\" -Djavax.net.ssl.trustStoreType=PKCS12",
        files.pkcs12().display()
    );
    let pem = files.pem().display().to_string();
    let mut variables: Vec<Variable> = Vec::new();
    variables.extend(PEM_VARIABLES.map(|name| (name, Some(pem.clone()))));
    if !hosts.is_empty() {
        let ip = match address.ip() {
            ip if ip.is_unspecified() => IpAddr::from(Ipv4Addr::LOCALHOST),
            ip => ip,
        };
        let port = address.port();
        let proxy = format!("http://{}", SocketAddr::from((ip, port)));
        variables.extend(PROXY_VARIABLES.map(|name| (name, Some(proxy.clone()))));
        for name in ["no_proxy", "NO_PROXY"] {
            let given = env::var(name).unwrap_or_default();
            variables.push((name, Some(without_hosts(&given, &hosts))));
        }
        variables.push(("NODE_USE_ENV_PROXY", Some("1".to_owned())));
        for scheme in ["http", "https"] {
            java += &format!(" -D{scheme}.proxyHost={ip} -D{scheme}.proxyPort={port}");
        }
    }
    if let Ok(given) = env::var(JAVA) {
        java = format!("{given} {java}");
    }
    variables.push((JAVA, Some(java)));
    Ok((files, variables))
}

impl TrustFiles {
    fn write(trust: &TrustStore) -> io::Result<Self> {
        let files = TrustFiles {
            directory: create_directory()?,
        };
        file::write(&files.pem(), &trust.to_pem())?;
        fs::write(files.pkcs12(), trust.to_pkcs12())?;
        Ok(files)
    }

    fn pem(&self) -> PathBuf {
        self.directory.join("trust.pem")
    }

    fn pkcs12(&self) -> PathBuf {
        self.directory.join("trust.p12")
    }
}

impl Drop for TrustFiles {
    fn drop(&mut self) {
        // They hold nothing secret, so a leftover is worth no error.
        let _ = fs::remove_dir_all(&self.directory);
    }
}

/// Creates a directory that only this user can enter.
fn create_directory() -> io::Result<PathBuf> {
    const MAX_LEFTOVERS: u32 = 1000;
    #[cfg_attr(not(unix), expect(unused_mut, reason = "only Unix has modes"))]
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    let mut number = 0;
    loop {
        let name = format!("mock-ce-{}-{number}", std::process::id());
        let path: &Path = &env::temp_dir().join(name);
        match builder.create(path) {
            Err(error)
                if error.kind() == io::ErrorKind::AlreadyExists && number < MAX_LEFTOVERS =>
            {
                number += 1;
            }
            created => return created.map(|()| path.to_owned()),
        }
    }
}

/// The hosts that are asked without the proxy: those that were, without the intercepted ones, and this machine.
fn without_hosts(given: &str, hosts: &[String]) -> String {
    let is_kept = |entry: &&str| !entry.is_empty() && !hosts.iter().any(|host| covers(entry, host));
    let kept = given.split(',').map(str::trim).filter(is_kept);
    let local = ["localhost", "127.0.0.1", "::1"];
    kept.chain(local).collect::<Vec<_>>().join(",")
}

/// Tells whether an entry of `NO_PROXY` names this host or a domain that it is in.
fn covers(entry: &str, host: &str) -> bool {
    let (entry, host) = (entry.to_ascii_lowercase(), host.to_ascii_lowercase());
    let domain = entry.trim_start_matches("*").trim_start_matches('.');
    let domain = domain.split(':').next().unwrap_or_default();
    domain.is_empty()
        || host
            .strip_suffix(domain)
            .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case::nothing("", "localhost,127.0.0.1,::1")]
    #[case::other("db, example.com", "db,example.com,localhost,127.0.0.1,::1")]
    #[case::itself("API.vendor.com", "localhost,127.0.0.1,::1")]
    #[case::domain(".vendor.com,x", "x,localhost,127.0.0.1,::1")]
    #[case::bare_domain("vendor.com:443", "localhost,127.0.0.1,::1")]
    #[case::pattern("*.vendor.com", "localhost,127.0.0.1,::1")]
    #[case::everything("*", "localhost,127.0.0.1,::1")]
    #[case::looks_alike("endor.com", "endor.com,localhost,127.0.0.1,::1")]
    fn an_intercepted_host_is_asked_by_the_proxy(#[case] given: &str, #[case] expected: &str) {
        assert_eq!(
            without_hosts(given, &["api.vendor.com".to_owned()]),
            expected
        );
    }
}
